import { parseArgs } from "node:util";
import { InvalidInputError, messageOf, quote } from "../errors.ts";
import { QUEUE_NAMES } from "../queues.ts";

import { type AcceptAction, acceptActionOf } from "./accept-arguments.ts";
import {
  type ApproveAction,
  approveActionOf,
  type DecisionOptions,
  type DistrustAction,
  distrustActionOf,
} from "./decision-arguments.ts";

/** What the command line asks for. */
export type Command =
  | { readonly kind: "help" | "version" }
  | { readonly kind: "serve"; readonly config: string }
  | { readonly kind: "worker"; readonly config: string; readonly queues: readonly string[] }
  | { readonly kind: "run"; readonly config: string }
  | { readonly kind: "export" | "import"; readonly config: string; readonly file: string }
  | { readonly kind: "doctor"; readonly config: string; readonly format: "text" | "json" }
  | { readonly kind: "approve"; readonly config: string; readonly action: ApproveAction }
  | { readonly kind: "distrust"; readonly config: string; readonly action: DistrustAction }
  | { readonly kind: "accept"; readonly config: string; readonly action: AcceptAction }
  | {
      readonly kind: "probe";
      /** Absent: the built-in profiles, without log-ins. */
      readonly config?: string;
      readonly image: string;
      readonly platform?: string;
      readonly output: "text" | "json" | "enforce";
    };

export const HELP = `hullkeeper: verified, explained digest updates for hardened container images

  hullkeeper serve --config FILE            all queues and the web pages in one process
  hullkeeper worker QUEUE... --config FILE  some queues; any number of processes may share one Redis
  hullkeeper run --once --config FILE       one full pass, then ends; the exit code says whether anything failed
  hullkeeper doctor --config FILE [--json]  looks at everything it needs and says what is missing; changes nothing
  hullkeeper approve IMAGE:TAG@DIGEST --reason TEXT [--by NAME] --config FILE
                                            lets a step backwards be proposed; --withdraw takes that back, --list shows all
  hullkeeper distrust WHAT --reason TEXT [--by NAME] --config FILE
                                            takes trust away at once; --lift gives it back, --list shows all
  hullkeeper accept ID OWNER/NAME [IMAGE:TAG] --until DATE --reason TEXT [--by NAME] --config FILE
                                            bears the risk of a vulnerability for a time; --lift ends that, --list shows all
  hullkeeper probe IMAGE [--config FILE] [--platform OS/ARCH] [--json | --enforce]
                                            looks at an image and its evidence, and says whether its profile accepts it;
                                            without FILE by the built-in profiles, as nobody; stores nothing;
                                            --enforce prints the lines that let an accepted profile decide
  hullkeeper export FILE --config FILE      writes stored component lists and mirrored feeds into FILE (.jsonl.gz)
  hullkeeper import FILE --config FILE      stores what such a file holds, for networks that end here
  hullkeeper --version | --help

  WHAT is one of: key FINGERPRINT, identity ISSUER SUBJECT, certificate ROOT SUBJECT, digest sha256:…
  QUEUE is one of: ${QUEUE_NAMES.join(", ")}; or all.
  REDIS_URL names the Redis to use. Without it (and without redis.url in FILE), serve and run start a private one.

Exit codes: 0 done, 1 something failed or was not accepted, 64 the command line is wrong.
`;

/**
 * Reads a command line.
 *
 * @param words what follows the program's name
 * @throws {InvalidInputError} `usage-invalid`
 */
export function parseArguments(words: readonly string[]): Command {
  const { values, positionals } = parse(words);
  const { reason, by, list, lift, withdraw, until } = values;
  const decision: DecisionOptions = { reason, by, list, lift, withdraw };
  if (values.help === true) return { kind: "help" };
  if (values.version === true) return { kind: "version" };

  const [command, ...rest] = positionals;
  if (command === undefined) throw usage("no command given");
  if (!isCommand(command)) {
    throw usage(`unknown command ${quote(command)}`);
  }
  refuseStray(command, values, decision);
  if (command === "probe") return probeOf(rest, values);
  if (values.config === undefined) throw usage(`${command} needs --config FILE`);
  if (command === "approve") {
    return { kind: command, config: values.config, action: approveActionOf(rest, decision) };
  }
  if (command === "distrust") {
    return { kind: command, config: values.config, action: distrustActionOf(rest, decision) };
  }
  if (command === "accept") {
    return { kind: command, config: values.config, action: acceptActionOf(rest, { ...decision, until }) };
  }
  if (command === "worker") return { kind: "worker", config: values.config, queues: queuesOf(rest) };
  if (command === "export" || command === "import") {
    const [file, ...more] = rest;
    if (file === undefined || more.length > 0) throw usage(`${command} needs one FILE`);
    return { kind: command, config: values.config, file };
  }
  if (rest.length > 0) throw usage(`${command} takes no ${quote(rest.join(" "))}`);
  if (command === "serve") return { kind: "serve", config: values.config };
  if (command === "doctor") {
    return { kind: "doctor", config: values.config, format: values.json === true ? "json" : "text" };
  }
  if (values.once !== true) throw usage("run needs --once (to keep running, use serve)");
  return { kind: "run", config: values.config };
}

type CommandName = Exclude<Command["kind"], "help" | "version">;
type Values = ReturnType<typeof parse>["values"];

const COMMANDS: readonly string[] = [
  "serve",
  "worker",
  "run",
  "doctor",
  "probe",
  "approve",
  "distrust",
  "accept",
  "export",
  "import",
];

function isCommand(word: string): word is CommandName {
  return COMMANDS.includes(word);
}

function probeOf(
  [image, ...more]: readonly string[],
  { config, platform, json, enforce }: Values,
): Extract<Command, { kind: "probe" }> {
  if (image === undefined) throw usage("probe needs an image");
  if (more.length > 0) throw usage(`probe takes one image, not also ${quote(more.join(" "))}`);
  if (json === true && enforce === true) throw usage("probe takes one of --json and --enforce");
  return {
    kind: "probe",
    image,
    ...(config === undefined ? {} : { config }),
    ...(platform === undefined ? {} : { platform }),
    output: json === true ? "json" : enforce === true ? "enforce" : "text",
  };
}

/** What is for one command alone means nothing to the others. */
function refuseStray(
  command: CommandName,
  { platform, enforce, until }: Values,
  decision: DecisionOptions,
): void {
  const isDecision = command === "approve" || command === "distrust" || command === "accept";
  const [misplaced] = Object.entries(decision).find(([, value]) => value !== undefined) ?? [];
  if (misplaced !== undefined && !isDecision) throw usage(`${command} takes no --${misplaced}`);
  if (until !== undefined && command !== "accept") throw usage(`${command} takes no --until`);
  if (command === "probe") return;
  if (platform !== undefined) throw usage(`${command} takes no --platform`);
  if (enforce !== undefined) throw usage(`${command} takes no --enforce`);
}

function queuesOf(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw usage(`worker needs a queue: ${QUEUE_NAMES.join(", ")}, or all`);
  if (names.length === 1 && names[0] === "all") return QUEUE_NAMES;
  const unknown = names.find((name) => !QUEUE_NAMES.includes(name));
  if (unknown !== undefined)
    throw usage(`no such queue: ${quote(unknown)}; there are ${QUEUE_NAMES.join(", ")}`);
  return [...new Set(names)];
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        config: { type: "string", short: "c" },
        once: { type: "boolean" },
        json: { type: "boolean" },
        reason: { type: "string" },
        by: { type: "string" },
        list: { type: "boolean" },
        lift: { type: "boolean" },
        withdraw: { type: "boolean" },
        until: { type: "string" },
        platform: { type: "string" },
        enforce: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (cause) {
    throw new InvalidInputError("usage-invalid", `${messageOf(cause)} (see hullkeeper --help)`, { cause });
  }
}

function usage(reason: string): InvalidInputError {
  return new InvalidInputError("usage-invalid", `${reason} (see hullkeeper --help)`);
}
