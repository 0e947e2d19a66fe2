import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDotenv } from "../../src/edit/dotenv.ts";
import { INTERPOLATED_LENGTH_MAX, interpolate } from "../../src/edit/interpolate.ts";
import { tracedOf } from "../../src/edit/traced.ts";

const VALUES = new Map([
  ["A", "alpha"],
  ["EMPTY", ""],
  ["LONG", "x".repeat(1_000)],
]);

function valueOf(name: string) {
  const value = VALUES.get(name);
  return value === undefined ? undefined : tracedOf(value, 1_000);
}

describe("variables of Compose files", () => {
  test.each([
    { text: "a:1", value: "a:1" },
    { text: "$A:1", value: "alpha:1" },
    { text: "x${A}y", value: "xalphay" },
    { text: "$$A", value: "$A" },
    { text: "${A:-b}", value: "alpha" },
    { text: "${EMPTY:-b}", value: "b" },
    { text: "${EMPTY-b}", value: "" },
    { text: "${NONE:-b:1}", value: "b:1" },
    { text: "${NONE-b}", value: "b" },
    { text: "${NONE:-${A}/${NONE:-c}}", value: "alpha/c" },
    { text: "${A:+b}", value: "b" },
    { text: "${NONE:+b}", value: "" },
    { text: "${A:?no}", value: "alpha" },
    { text: "${NONE:-}", value: "" },
  ])("$text is $value", ({ text, value }) => {
    expect(interpolate(tracedOf(text, 0), valueOf)?.text).toBe(value);
  });

  test.each([
    { title: "a variable without a value", text: "${NONE}" },
    { title: "the same without braces", text: "$NONE" },
    { title: "one that is required", text: "${NONE:?say it}" },
    { title: "an empty one that is required", text: "${EMPTY:?say it}" },
    { title: "a default that is not known", text: "${NONE:-${NONE}}" },
    { title: "a brace that does not close", text: "${A" },
    { title: "a default that does not close", text: "${NONE:-a${A}" },
    { title: "no name", text: "${}" },
    { title: "a sign at the end", text: "a$" },
    { title: "an operator of shells", text: "${A%b}" },
    { title: "too much text", text: "$LONG".repeat(100) },
    { title: "defaults inside defaults without end", text: `${"${N:-".repeat(50)}a${"}".repeat(50)}` },
    { title: "a text that is too long", text: "a".repeat(INTERPOLATED_LENGTH_MAX + 1) },
  ])("refuses $title", ({ text }) => {
    expect(interpolate(tracedOf(text, 0), valueOf)).toBeUndefined();
  });

  test("every character stands where it was written", () => {
    const part = fc.constantFrom("a", "$A", "${A}", "$$", "${NONE:-b:1}", "${A:+cd}");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const text = parts.join("/");
        const traced = interpolate(tracedOf(text, 0), valueOf);
        const source = text.padEnd(1_000, "_") + "alpha";
        expect(traced?.offsets.map((offset) => source[offset]).join("")).toBe(traced?.text);
      }),
    );
  });
});

describe("values of a .env file", () => {
  test.each([
    { title: "plain", text: "A=b:1", value: "b:1" },
    { title: "exported", text: "export A=b:1", value: "b:1" },
    { title: "with white space", text: "  A = b:1  ", value: "b:1" },
    { title: "before a comment", text: "A=b:1 # c", value: "b:1" },
    { title: "with a sign that starts no comment", text: "A=b#1", value: "b#1" },
    { title: "in single quotes", text: "A='b:$1' # c", value: "b:$1" },
    { title: "in double quotes", text: 'A="b:1"', value: "b:1" },
    { title: "with a colon", text: "A: b:1", value: "b:1" },
    { title: "before a carriage return", text: "A=b:1\r\n", value: "b:1" },
    { title: "behind a byte order mark", text: "\ufeffA=b:1", value: "b:1" },
    { title: "the last of two", text: "A=x\nA=b:1", value: "b:1" },
    { title: "from another", text: "B=b\nA=${B}:1", value: "b:1" },
    { title: "with a default", text: "A=${B:-b}:1", value: "b:1" },
    { title: "nothing", text: "A=", value: "" },
    { title: "a comment alone", text: "A=# c", value: "" },
  ])("$title", ({ text, value }) => {
    const traced = readDotenv(text, 100).get("A");
    expect(traced?.text).toBe(value);
    expect(traced?.offsets.map((offset) => text[offset - 100]).join("")).toBe(value);
  });

  test.each([
    { title: "a comment", text: "# A=b" },
    { title: "a name that is none", text: "1A=b" },
    { title: "a quote that does not close", text: 'A="b' },
    { title: "an escape", text: 'A="b\\n"' },
    { title: "text behind a quote", text: "A='b'c" },
    { title: "a variable that is not known", text: "A=$B" },
    { title: "a variable that comes later", text: "A=$B\nB=b" },
    { title: "a value that is too long", text: `A=${"b".repeat(2_000)}` },
    { title: "a value that is not known after one that is", text: "A=b\nA=$C" },
    { title: "a file that is too long", text: `A=b\n#${" ".repeat(300_000)}` },
  ])("none in $title", ({ text }) => {
    expect(readDotenv(text, 0).get("A")).toBeUndefined();
  });
});
