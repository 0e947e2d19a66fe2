import { describe, expect, test } from "vitest";
import { HELP, parseArguments } from "../../src/cli/arguments.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { QUEUE_NAMES } from "../../src/queues.ts";

const words = (line: string): readonly string[] => line.split(" ").filter((word) => word !== "");

describe("understands", () => {
  test.each([
    { line: "--help", is: { kind: "help" } },
    { line: "-h", is: { kind: "help" } },
    { line: "--version", is: { kind: "version" } },
    { line: "serve --help", is: { kind: "help" } },
    { line: "serve --config a.yaml", is: { kind: "serve", config: "a.yaml" } },
    { line: "--config a.yaml serve", is: { kind: "serve", config: "a.yaml" } },
    { line: "serve -c a.yaml", is: { kind: "serve", config: "a.yaml" } },
    { line: "serve --config=a.yaml", is: { kind: "serve", config: "a.yaml" } },
    { line: "run --once --config a.yaml", is: { kind: "run", config: "a.yaml" } },
    { line: "run --config a.yaml --once", is: { kind: "run", config: "a.yaml" } },
    { line: "worker poll -c a", is: { kind: "worker", config: "a", queues: ["poll"] } },
    { line: "worker poll verify -c a", is: { kind: "worker", config: "a", queues: ["poll", "verify"] } },
    { line: "worker poll poll -c a", is: { kind: "worker", config: "a", queues: ["poll"] } },
    { line: "worker all -c a", is: { kind: "worker", config: "a", queues: QUEUE_NAMES } },
    { line: "serve -c a -c b", is: { kind: "serve", config: "b" } },
    { line: "export a.jsonl.gz -c a", is: { kind: "export", config: "a", file: "a.jsonl.gz" } },
    { line: "import a.jsonl.gz -c a", is: { kind: "import", config: "a", file: "a.jsonl.gz" } },
    { line: "probe redis:8", is: { kind: "probe", image: "redis:8", output: "text" } },
    {
      line: "probe -c a --platform linux/arm64 --json redis:8",
      is: { kind: "probe", image: "redis:8", config: "a", platform: "linux/arm64", output: "json" },
    },
    {
      line: "probe redis --enforce -c a",
      is: { kind: "probe", image: "redis", config: "a", output: "enforce" },
    },
  ])("$line", ({ line, is }) => {
    expect(parseArguments(words(line))).toEqual(is);
  });

  test("a worker of each queue", () => {
    expect(QUEUE_NAMES.length).toBeGreaterThan(5);
    for (const queue of QUEUE_NAMES) {
      expect(parseArguments(["worker", queue, "-c", "a"])).toMatchObject({ queues: [queue] });
    }
  });
});

describe("refuses", () => {
  test.each([
    { line: "", says: "no command given" },
    { line: "start -c a", says: 'unknown command "start"' },
    { line: "Serve -c a", says: 'unknown command "Serve"' },
    { line: "export -c a", says: "export needs one FILE" },
    { line: "import a b -c a", says: "import needs one FILE" },
    { line: "export a", says: "export needs --config FILE" },
    { line: "serve", says: "serve needs --config FILE" },
    { line: "run --once", says: "run needs --config FILE" },
    { line: "worker poll", says: "worker needs --config FILE" },
    { line: "serve --config", says: "argument missing" },
    { line: "serve --config --once", says: "argument is ambiguous" },
    { line: "serve poll -c a", says: 'serve takes no "poll"' },
    { line: "run --once all -c a", says: 'run takes no "all"' },
    { line: "run -c a", says: "run needs --once (to keep running, use serve)" },
    { line: "worker -c a", says: "worker needs a queue: schedule, redeliver, repositories, discover" },
    { line: "worker nothing -c a", says: 'no such queue: "nothing"' },
    { line: "worker poll,verify -c a", says: 'no such queue: "poll,verify"' },
    { line: "worker all poll -c a", says: 'no such queue: "all"' },
    { line: "worker poll all -c a", says: 'no such queue: "all"' },
    { line: "worker POLL -c a", says: 'no such queue: "POLL"' },
    { line: "serve -c a --port 80", says: "Unknown option '--port'" },
    { line: "serve -c a -x", says: "Unknown option '-x'" },
    { line: "run --once=yes -c a", says: "does not take an argument" },
    { line: "run --no-once -c a", says: "Unknown option '--no-once'" },
    { line: "probe", says: "probe needs an image" },
    { line: "probe redis nginx", says: 'probe takes one image, not also "nginx"' },
    { line: "probe redis --json --enforce", says: "probe takes one of --json and --enforce" },
    { line: "probe redis --platform", says: "argument missing" },
    { line: "doctor -c a --enforce", says: "doctor takes no --enforce" },
    { line: "serve -c a --platform linux/amd64", says: "serve takes no --platform" },
  ])("$line: $says", ({ line, says }) => {
    const parse = (): unknown => parseArguments(words(line));
    expect(parse).toThrow(InvalidInputError);
    expect(parse).toThrow(says);
    expect(parse).toThrow(/\(see hullkeeper --help\)$/);
  });

  test("text that would change a terminal, quoted", () => {
    expect(() => parseArguments(["\u001b[2J"])).toThrow(String.raw`unknown command "\u001b[2J"`);
  });
});

test("help names every command, every queue and every exit code", () => {
  for (const word of ["serve", "worker", "run --once", "--config", "REDIS_URL", ...QUEUE_NAMES]) {
    expect(HELP).toContain(word);
  }
  expect(HELP).toMatch(/Exit codes: 0 .*, 1 .*, 64 /);
});
