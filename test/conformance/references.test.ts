import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOf } from "./reference-lines.ts";

/** Places that name images, asked as an outside party would. */

const PROGRAM = fileURLToPath(new URL("references.ts", import.meta.url));
const execute = promisify(execFile);
const OLD = `sha256:${"a".repeat(64)}`;
const NEW = `sha256:${"b".repeat(64)}`;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hk-references-"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

async function shownOf(path: string, ...args: readonly string[]): Promise<unknown> {
  const { code, output, error } = await answerOf([...args, path]);
  expect({ code, error }).toEqual({ code: 0, error: "" });
  return JSON.parse(output);
}

describe("as a process", () => {
  test("prints a line per file, and the file after an edit", async () => {
    const text = `\ufeff# Ümlaut\r\nFROM redis:7@${OLD}\r\nFROM scratch\r\n`;
    const path = await written("process/Dockerfile", text);
    const other = await written("process/notes.txt", "redis:7\n");
    const listed = await execute(process.execPath, [PROGRAM, path, other]);
    const byteStart = Buffer.byteLength(text.slice(0, text.indexOf(OLD)));
    expect(
      listed.stdout
        .trimEnd()
        .split("\n")
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      {
        path,
        format: "dockerfile",
        occurrences: [
          {
            line: 2,
            byteStart,
            byteEnd: byteStart + OLD.length,
            raw: `redis:7@${OLD}`,
            registry: "docker.io",
            repository: "library/redis",
            tag: "7",
            digest: OLD,
            editable: true,
          },
        ],
      },
      { path: other, format: null, occurrences: [] },
    ]);
    const edited = await execute(process.execPath, [PROGRAM, "--set-digest", NEW, path]);
    expect(edited.stdout).toBe(text.replace(OLD, NEW));
  });

  test("ends with 2 and says how to ask", async () => {
    await expect(execute(process.execPath, [PROGRAM])).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("usage: node test/conformance/references.ts"),
    });
  });
});

describe("what is not asked properly", () => {
  test.each([
    { title: "no file", args: [] },
    { title: "an unknown option", args: ["--set-tag", "x", "Dockerfile"] },
    { title: "a digest that is none", args: ["--set-digest", "sha256:abc", "Dockerfile"] },
    { title: "a digest without its file", args: ["--set-digest", NEW] },
    { title: "a digest for two files", args: ["--set-digest", NEW, "Dockerfile", "Containerfile"] },
    { title: "pins without a digest", args: ["--pin", "Dockerfile"] },
  ])("refuses $title", async ({ args }) => {
    expect(await answerOf(args)).toMatchObject({ code: 2, output: "" });
  });
});

describe("what cannot be looked at", () => {
  test.each([
    {
      title: "bytes that are no UTF-8",
      content: Buffer.from([0x46, 0xff, 0xfe]),
      problem: "not UTF-8: convert it first",
    },
    {
      title: "a binary",
      content: Buffer.from("FROM a\0"),
      problem: "binary: it has a NUL byte; name files of text",
    },
    {
      title: "a huge file",
      content: "#".repeat(1_048_577),
      problem: "larger than 1048576 bytes: the workers skip such a file, too; split it",
    },
    {
      title: "one of 50 MB",
      content: Buffer.alloc(50_000_000, "#"),
      problem: "larger than 1048576 bytes: the workers skip such a file, too; split it",
    },
  ])("says so of $title, and what helps", async ({ content, problem }) => {
    const path = await written("odd/Dockerfile", content);
    const error = `${path}: ${problem}\n`;
    expect(await answerOf([path])).toEqual({
      code: 1,
      output: `${JSON.stringify({ path, format: null, occurrences: [], problem })}\n`,
      error,
    });
    expect(await answerOf(["--set-digest", NEW, path])).toEqual({ code: 1, output: "", error });
  });

  test("a file that is not there ends with 1, and the others are shown", async () => {
    const there = await written("missing/Dockerfile", `FROM redis:7@${OLD}\n`);
    const none = join(directory, "none");
    const { code, output, error } = await answerOf([none, directory, "-", "/dev/null", there, there]);
    const lines = output.trimEnd().split("\n");
    expect(code).toBe(1);
    expect(error.trimEnd().split("\n")).toEqual([
      `${none}: cannot be read (ENOENT): there is no such file; name one that is there`,
      `${directory}: a folder: name the files in it`,
      "-: standard input is not read: the name of a file tells what it is; name one",
      "/dev/null: not a regular file: name one",
    ]);
    expect(lines).toHaveLength(6);
    expect(lines.slice(0, 4).every((line) => line.includes('"problem":'))).toBe(true);
    expect(lines[4]).toContain('"editable":true');
    expect(lines[5]).toBe(lines[4]);
  });
});

describe("a .env file", () => {
  test("is shown with what the Compose files beside it say it names, and edited", async () => {
    const text = `OTHER=1\nREDIS=redis:7@${OLD}\n`;
    const path = await written("env/.env", text);
    await written("env/app.compose.yaml", "services: {a: {image: '${REDIS}'}, b: {image: 'b:1'}}\n");
    const byteStart = text.indexOf(OLD);
    expect(await shownOf(path)).toMatchObject({
      format: "dotenv",
      occurrences: [
        {
          line: 2,
          byteStart,
          raw: "${REDIS}",
          editable: true,
          via: expect.stringContaining("app.compose.yaml"),
        },
      ],
    });
    const { output } = await answerOf(["--set-digest", NEW, path]);
    expect(output).toBe(text.replace(OLD, NEW));
  });
});

describe("whose file it is", () => {
  test("a folder of test data above a file that was named does not matter, below the root it does", async () => {
    const path = await written("fixtures/app/Dockerfile", `FROM redis:7@${OLD}\n`);
    expect(await shownOf(path)).toMatchObject({ occurrences: [{ editable: true }] });
    expect(await shownOf(path, "--root", directory)).toMatchObject({
      occurrences: [{ editable: "test-data", digest: OLD, byteStart: null, byteEnd: null }],
    });
    const { output } = await answerOf(["--root", directory, "--set-digest", NEW, path]);
    expect(output).toBe(`FROM redis:7@${OLD}\n`);
  });

  test("a generated file says so wherever it is", async () => {
    const path = await written(
      "made/Dockerfile",
      `# Code generated by x. DO NOT EDIT.\nFROM redis:7@${OLD}\n`,
    );
    expect(await shownOf(path)).toMatchObject({ occurrences: [{ editable: "generated" }] });
  });
});
