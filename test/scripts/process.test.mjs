import { describe, expect, test } from "vitest";
import { capture, faultLineOf, runThrough, withoutCredentials } from "../../scripts/lib/process.mjs";

describe("capture", () => {
  test("keeps both outputs and the code", async () => {
    expect(await capture("sh", ["-c", "echo out; echo err >&2; exit 3"])).toEqual({
      code: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
  });
  test("answers 127 for a command that is not there", async () => {
    expect(await capture("no-such-command-here", [])).toMatchObject({ code: 127 });
  });
  test("ends what takes too long, and answers 124", async () => {
    expect(await capture("sleep", ["60"], { timeoutMs: 50 })).toMatchObject({ code: 124 });
  });
  test("answers 128 and the signal", async () => {
    expect(await capture("sh", ["-c", "kill -KILL $$"])).toMatchObject({ code: 137 });
  });
  test("leaves no listener behind", async () => {
    const before = process.listenerCount("SIGTERM");
    await capture("true", []);
    await capture("no-such-command-here", []);
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});

test("runThrough rejects what cannot be started", async () => {
  await expect(runThrough("no-such-command-here", [])).rejects.toThrow("ENOENT");
});

test.each([
  {
    title: "apt",
    text: "Reading lists\nW: a warning\nE: Unable to locate package x\n",
    line: "Unable to locate package x",
  },
  {
    title: "npm",
    text: "npm warn old\nnpm error code ENOENT\nnpm error path /x\n",
    line: "code ENOENT; path /x",
  },
  { title: "others: the last line", text: "one\ntwo\n\n", line: "two" },
  { title: "nobody", text: "\n", line: "no output" },
])("the fault line of $title", ({ text, line }) => {
  expect(faultLineOf(text)).toBe(line);
});

test.each([
  { text: "E: http://user:secret@host/debian failed", clean: "E: http://host/debian failed" },
  { text: "https://token@host", clean: "https://host" },
  { text: "https://host/a@b", clean: "https://host/a@b" },
])("credentials go from $clean", ({ text, clean }) => {
  expect(withoutCredentials(text)).toBe(clean);
});
