import { readDockerfile, type Instruction } from "./dockerfile-lines.ts";
import { type Variables, expand } from "./expand.ts";
import type { FileFormat } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";
import { type Traced, sliceOf } from "./traced.ts";
import { type EscapeToken, wordsOf } from "./words.ts";
import { embeddedIn } from "./embedded.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, unreadPlace } from "./place.ts";

const FILE_NAME = /dockerfile|^(?:.+\.)?containerfile(?:[._-].+)?$/i;
/** Endings of files that are about Dockerfiles and are none. */
const OTHER_ENDINGS =
  /\.(?:[cm]?[jt]sx?|py|go|rs|rb|java|kt|php|c|h|cpp|cs|swift|vim|lua|el|sh|md|mdx|rst|txt|html?|css|json5?|ya?ml|toml|lock|sum|xml|svg|png|sha256|sig|asc|earth|dockerignore|containerignore|tmlanguage|snap|patch|diff)$/i;
const OTHER_FOLDERS = new Set(["node_modules", "vendor"]);

/** Whether a path of a code repository is a Dockerfile or Containerfile by name, and not somebody else's copy. */
export function isDockerfile(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  // The folders last: every path of every code repository is asked about.
  if (name.length > 255 || !FILE_NAME.test(name) || OTHER_ENDINGS.test(name)) return false;
  const folders = path.split("/").slice(0, -1);
  return !folders.some((folder) => OTHER_FOLDERS.has(folder));
}

/** Dockerfiles and Containerfiles. */
export const DOCKERFILE: FileFormat = {
  id: "dockerfile",
  isNamed: isDockerfile,
  occurrencesIn: ({ text }) => occurrencesIn(text),
};

/**
 * Every place of a Dockerfile that names an image: the directive `syntax`, each `FROM`, `COPY --from=` and `RUN --mount=from=`, in their
 * order; stages and `scratch` are no images.
 *
 * An editable place is where its digest is written, which may be the default of an `ARG`; several `FROM`s that get the same
 * reference from there are one place. A digest that serves two different references is reported: no edit would be right.
 */
export function occurrencesIn(text: string): readonly Occurrence[] {
  const { escape, syntax, instructions } = readDockerfile(text);
  const variables = new Map<string, Traced>();
  const earlierStages = new Set<string>();
  const stages = stagesOf(instructions);
  const places: Place[] = syntax === undefined ? [] : [placeOf(syntax, text)];
  const scope = { text, escape, variables, stages: earlierStages };
  let isGlobal = true;
  for (const { keyword, operands, heredocs } of instructions) {
    switch (keyword) {
      case "from": {
        // An ARG below a FROM belongs to that stage: only those above the first reach a FROM.
        isGlobal = false;
        const from = readFrom(operands);
        if (from === undefined) break;
        places.push(...imageOf(from, scope));
        if (from.stage !== undefined) earlierStages.add(from.stage);
        break;
      }
      case "arg":
        if (isGlobal) declare(operands, variables, escape);
        break;
      case "copy":
      case "add":
      case "run":
        places.push(
          ...sourcesOf(keyword, operands, escape).flatMap((source) =>
            sourceOf(source, { text, escape, variables: NO_VARIABLES, stages }),
          ),
        );
        break;
      case "other":
        break;
      default:
        keyword satisfies never;
    }
    places.push(...heredocs.flatMap((range) => embeddedIn(text, range)));
  }
  return occurrencesAt(places, text);
}

interface From {
  readonly image: Traced;
  readonly stage?: string;
  readonly form: "complete" | "malformed";
}

/** Names of all stages: `COPY --from` may name a later one, too. */
function stagesOf(instructions: readonly Instruction[]): ReadonlySet<string> {
  return new Set(
    instructions.flatMap(({ keyword, operands }) => {
      const stage = keyword === "from" ? readFrom(operands)?.stage : undefined;
      return stage === undefined ? [] : [stage];
    }),
  );
}

/** Operands of a `FROM`; undefined where it names nothing. */
export function readFrom(operands: Traced): From | undefined {
  const words = plainWordsOf(operands);
  const start = words.findIndex(({ text }) => !text.startsWith("--"));
  const [image, as, name, ...rest] = start === -1 ? [] : words.slice(start);
  if (image === undefined) return undefined;
  if (as === undefined) return { image, form: "complete" };
  if (as.text.toLowerCase() !== "as" || name === undefined || rest.length > 0) {
    return { image, form: "malformed" };
  }
  return { image, stage: name.text.toLowerCase(), form: "complete" };
}

/** Words of a `FROM`: other than in most instructions, quotes do not hold white space together. */
function plainWordsOf(operands: Traced): readonly Traced[] {
  return Array.from(operands.text.matchAll(/[^\t\v\f\r ]+/g), ({ 0: word, index }) =>
    sliceOf(operands, index, index + word.length),
  );
}

/** Takes what an `ARG` declares into the variables; one without a value has none from now on. */
export function declare(operands: Traced, variables: Map<string, Traced>, escape: EscapeToken): void {
  for (const word of wordsOf(operands, escape)) {
    const equals = word.text.indexOf("=");
    const name = equals === -1 ? word.text : word.text.slice(0, equals);
    const value = equals === -1 ? undefined : expand(sliceOf(word, equals + 1), variables, escape);
    if (value === undefined) variables.delete(name);
    else variables.set(name, value);
  }
}

/** A program makes the Dockerfile from this one. */
const TEMPLATED = /\{\{|<%/;

/** What is known where an instruction stands. */
interface Scope {
  /** Of the whole file. */
  readonly text: string;
  readonly escape: EscapeToken;
  readonly variables: Variables;
  /** Names, in lower case, that mean a stage here. */
  readonly stages: ReadonlySet<string>;
}

/** The image a `FROM` gets, variables put in; nothing for `scratch` and stages. */
export function imageOf({ image, form }: From, { text, escape, variables, stages }: Scope): readonly Place[] {
  if (TEMPLATED.test(image.text)) return [unreadPlace(image, "embedded")];
  if (form === "malformed") return [unreadPlace(image, "reference-invalid")];
  const name = expand(image, variables, escape);
  if (name === undefined || name.text === "") return [unreadPlace(image, "variable-unresolved")];
  if (name.text === "scratch" || stages.has(name.text.toLowerCase())) return [];
  return [placeOf(name, text, { raw: image })];
}

/** Variables of a stage do not reach what its flags name. */
const NO_VARIABLES: Variables = new Map();

const FROM_FLAG = "--from=";
const MOUNT_FLAG = "--mount=";
const FROM_FIELD = /(?:^|,)["']?from=/gi;

/** What the flags of an instruction say about where it takes files from, as written. */
function sourcesOf(
  keyword: "copy" | "add" | "run",
  operands: Traced,
  escape: EscapeToken,
): readonly Traced[] {
  const sources: Traced[] = [];
  for (const word of wordsOf(operands, escape)) {
    if (!word.text.startsWith("--")) break;
    if (keyword !== "run" && word.text.startsWith(FROM_FLAG)) sources.push(sliceOf(word, FROM_FLAG.length));
    if (keyword === "run" && word.text.startsWith(MOUNT_FLAG)) {
      sources.push(...fromFieldsOf(unquoted(sliceOf(word, MOUNT_FLAG.length))));
    }
  }
  return sources;
}

/** `type=bind,from=image,target=/x`: a list with commas. */
function fromFieldsOf(mount: Traced): readonly Traced[] {
  return Array.from(mount.text.matchAll(FROM_FIELD), ({ 0: field, index }) => {
    const start = index + field.length;
    const comma = mount.text.indexOf(",", start);
    const value = sliceOf(mount, start, comma === -1 ? undefined : comma);
    return /["']$/.test(value.text) && /["']from=$/i.test(field)
      ? sliceOf(value, 0, value.text.length - 1)
      : value;
  });
}

function unquoted(value: Traced): Traced {
  const isQuoted = value.text.length > 1 && /^(["']).*\1$/s.test(value.text);
  return isQuoted ? sliceOf(value, 1, value.text.length - 1) : value;
}

/** A stage by its number. */
const STAGE_NUMBER = /^\d+$/;

/**
 * A name without tag, digest and path may as well be that of a build context, which the command line gives.
 *
 * @see BuildKit frontend/dockerfile/dockerfile2llb/convert.go: no variables there, a stage has to be named for that
 */
function sourceOf(source: Traced, { text, escape, variables, stages }: Scope): readonly Place[] {
  if (TEMPLATED.test(source.text)) return [unreadPlace(source, "embedded")];
  const name = expand(source, variables, escape);
  if (name === undefined) return [unreadPlace(source, "variable-unresolved")];
  const isImage = !["", "scratch"].includes(name.text) && !STAGE_NUMBER.test(name.text);
  if (!isImage || stages.has(name.text.toLowerCase())) return [];
  if (/[/:@.]/.test(name.text)) return [placeOf(name, text, { raw: source })];
  return [unreadPlace(source, "not-pinned")];
}
