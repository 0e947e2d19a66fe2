import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOf, lineOf } from "./ordering-rows.ts";

/** The order of versions, asked as an outside party would. */

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hk-versions-"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function fileOf(text: string): Promise<string> {
  const path = join(directory, "rows.txt");
  await writeFile(path, text);
  return path;
}

describe("a line", () => {
  test.each([
    { text: "1 < 2", line: { kind: "row", a: "1", b: "2", order: -1 } },
    { text: "  1\t=  1 # why", line: { kind: "row", a: "1", b: "1", order: 0 } },
    { text: "1.# > 1", line: { kind: "row", a: "1.#", b: "1", order: 1 } },
    { text: "# 1 < 2", line: { kind: "comment" } },
    { text: "#1 < 2", line: { kind: "comment" } },
    { text: "// 1 < 2", line: { kind: "comment" } },
    { text: "", line: { kind: "comment" } },
    { text: "1 ~ 2", line: { kind: "other" } },
    { text: "!1", line: { kind: "other" } },
    { text: "1 < 2 3", line: { kind: "other" } },
  ])("$text", ({ text, line }) => {
    expect(lineOf(text)).toStrictEqual(line);
  });
});

describe("an answer", () => {
  test("counts what is right", async () => {
    const file = await fileOf("1.9-r0 < 1.10-r0\n# of our own\n1.0-r0 = 1.0-r0\n\n1_p1 > 1\n");
    expect(await answerOf(["Alpine", file])).toStrictEqual({
      code: 0,
      output: ["3 right, 0 wrong"],
      errors: [],
    });
  });

  test("prints every wrong row, and names what is no row", async () => {
    const file = await fileOf("1.0 < 1.0.post1\n1.0 > 2.0\nfoo < 1.0\n1.0 < 1.0\n1.0 ~ 1\n");
    expect(await answerOf(["pypi", file])).toStrictEqual({
      code: 1,
      output: ["1.0 > 2.0: is <", "foo < 1.0: no order", "1.0 < 1.0: is =", "1 right, 3 wrong"],
      errors: ["line 5 is no row: 1.0 ~ 1"],
    });
  });

  test.each([
    { title: "nothing", args: [] },
    { title: "no file", args: ["apk"] },
    { title: "too much", args: ["apk", "file", "file"] },
    { title: "an unknown ecosystem", args: ["oci", "file"] },
    { title: "a file that is not there", args: ["apk", "/nonexistent/rows.txt"] },
    { title: "a folder", args: ["apk", "/"] },
  ])("refuses $title", async ({ args }) => {
    const { code, output, errors } = await answerOf(args);
    expect({ code, output }).toStrictEqual({ code: 2, output: [] });
    expect(errors).toContain("usage: node test/conformance/versions.ts ECOSYSTEM FILE");
  });

  test("refuses a file without rows", async () => {
    const { code, errors } = await answerOf(["apk", await fileOf("# nothing\n1 ~ 2\n")]);
    expect(code).toBe(2);
    expect(errors[0]).toBe("no rows");
  });

  test.each([
    { rows: "1 < 2\n", code: 0, output: "1 right, 0 wrong\n" },
    { rows: "1 > 2\n", code: 1, output: "1 > 2: is <\n0 right, 1 wrong\n" },
  ])("ends the process with $code", async ({ rows, code, output }) => {
    const client = fileURLToPath(new URL("versions.ts", import.meta.url));
    const ended = await promisify(execFile)(process.execPath, [client, "rubygems", await fileOf(rows)]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: unknown) => ({
        code: error instanceof Error && "code" in error ? error.code : undefined,
        stdout: error instanceof Error && "stdout" in error ? error.stdout : undefined,
      }),
    );
    expect(ended).toStrictEqual({ code, stdout: output });
  });
});
