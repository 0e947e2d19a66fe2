import { CodedError, messageOf } from "../errors.ts";
import { VERSION } from "../version.ts";
import { type Command, HELP, parseArguments } from "./arguments.ts";

const EXIT_FAILURE = 1;
/** @see sysexits.h, EX_USAGE */
const EXIT_USAGE = 64;

/** Does what a command line says. Answers with the exit code; what went wrong is on standard error. */
export async function main(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  try {
    return await run(parseArguments(words), environment);
  } catch (error) {
    process.stderr.write(`hullkeeper: ${messageOf(error)}\n`);
    if (error instanceof CodedError) return error.code === "usage-invalid" ? EXIT_USAGE : EXIT_FAILURE;
    process.stderr.write(`${error instanceof Error ? (error.stack ?? "") : ""}\n`);
    return EXIT_FAILURE;
  }
}

async function run(command: Command, environment: NodeJS.ProcessEnv): Promise<number> {
  switch (command.kind) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "version":
      process.stdout.write(`${VERSION}\n`);
      return 0;
    // Each command imports what it needs when it is asked for: --help loads no adapter.
    case "serve":
      return (await import("./serve.ts")).serve(command, environment);
    case "worker":
      return (await import("./worker.ts")).work(command, environment);
    case "run":
      return (await import("./run.ts")).runOnce(command, environment);
    case "doctor":
      return (await import("./doctor.ts")).doctor(command, environment);
    case "approve":
      return (await import("./approve.ts")).approveSteps(command, environment);
    case "distrust":
      return (await import("./distrust.ts")).distrustSubjects(command, environment);
    case "accept":
      return (await import("./accept.ts")).acceptRisks(command, environment);
    case "export":
      return (await import("./archive.ts")).exportArchive(command, environment);
    case "import":
      return (await import("./archive.ts")).importArchive(command, environment);
    case "probe":
      return (await import("./probe.ts")).probe(command, environment);
    default:
      return command satisfies never;
  }
}
