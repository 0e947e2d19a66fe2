import type { ImageConfig } from "../image/config.ts";
import type { ConfigChange, ConfigRisk } from "./config-change.ts";

/** Variables that decide what is run or loaded, whoever set them. */
const LOADER =
  /^(?:LD_[A-Z_]+|DYLD_[A-Z_]+|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|CLASSPATH|NODE_OPTIONS|NODE_PATH|PYTHONPATH|PYTHONHOME|PYTHONSTARTUP|RUBYOPT|RUBYLIB|PERL5LIB|PERL5OPT|BASH_ENV|ENV|GLIBC_TUNABLES|DOTNET_STARTUP_HOOKS|CORECLR_[A-Z_]+|SSL_CERT_FILE|SSL_CERT_DIR|OPENSSL_CONF)$/i;
/** Where something is installed: scripts and builds name the place. */
const HOME = /(?:^|_)(?:HOME|ROOT|PREFIX)$/;
/** What says which version is inside, and its sum. */
const VERSION = /(?:VERSION|_SHA\d*|SHA256|CHECKSUM|_MD5|_COMMIT|_REVISION|BUILD|GPG_KEYS?)(?:_[A-Z]+)?$/i;

/** What other variables mean, by name. */
export function environmentChangesOf(old: ImageConfig, current: ImageConfig): readonly ConfigChange[] {
  const names = new Set([...Object.keys(old.environment), ...Object.keys(current.environment)]);
  const hidden = new Set([...old.masked, ...current.masked]);
  return [...names].toSorted().flatMap((name) => {
    const from = valueOf(old, name);
    const to = valueOf(current, name);
    if (from === to) return [];
    const meant = meaningOf(name, from, to);
    if (meant === undefined) return [];
    return [
      {
        kind: "environment" as const,
        ...meant,
        name,
        ...(from === undefined ? {} : { from: hidden.has(name) ? HIDDEN : from }),
        ...(to === undefined ? {} : { to: hidden.has(name) ? HIDDEN : to }),
      },
    ];
  });
}

/** Stands for a value that is not shown. */
const HIDDEN = "[not shown]";

function valueOf({ environment }: ImageConfig, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined;
}

type Meaning = Pick<ConfigChange, "risk" | "sentence">;

function meaningOf(name: string, from: string | undefined, to: string | undefined): Meaning | undefined {
  if (name === "PATH") return pathMeaningOf(from, to);
  if (LOADER.test(name)) return loaderMeaningOf(from, to);
  if (HOME.test(name)) return homeMeaningOf(from, to);
  if (VERSION.test(name)) return { risk: "note", sentence: "says which version is inside" };
  if (to === undefined) return { risk: "review", sentence: "what reads it finds nothing" };
  if (from === undefined) return { risk: "note", sentence: "what reads it finds something now" };
  return { risk: "review", sentence: "what reads it does something else" };
}

/** What is found by its name alone: places that are searched no more, then another order, then new ones. */
function pathMeaningOf(from: string | undefined, to: string | undefined): Meaning {
  const [old, current] = [placesOf(from), placesOf(to)];
  if (old.some((place) => !current.includes(place))) {
    return {
      risk: "breaking",
      sentence: "programs in a place that is searched no more are not found by name",
    };
  }
  const kept = current.filter((place) => old.includes(place));
  const isOrderKept = kept.every((place, at) => place === old[at]);
  const isAppended = isOrderKept && old.every((place, at) => current[at] === place);
  return isAppended
    ? { risk: "note", sentence: "one more place is searched, after all others" }
    : { risk: "review", sentence: "another program of the same name may be found first" };
}

function placesOf(path: string | undefined): readonly string[] {
  return [...new Set((path ?? "").split(":"))].filter((place) => place !== "");
}

function loaderMeaningOf(from: string | undefined, to: string | undefined): Meaning {
  if (to === undefined)
    return { risk: "review", sentence: "what it loaded or set at the start is no longer" };
  return {
    risk: "review",
    sentence:
      from === undefined
        ? "it decides what is loaded or set at the start of every process"
        : "other things are loaded or set at the start of every process",
  };
}

function homeMeaningOf(from: string | undefined, to: string | undefined): Meaning {
  const risk: ConfigRisk = from === undefined ? "note" : "breaking";
  if (to === undefined) return { risk, sentence: "scripts and builds that use it find no place" };
  return {
    risk,
    sentence:
      from === undefined
        ? "what reads it finds a place now"
        : "scripts and builds that name the old place find nothing there",
  };
}
