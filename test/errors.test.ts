import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CodedError,
  ERROR_CODES,
  type ErrorCode,
  InvalidInputError,
  messageOf,
  quote,
} from "../src/errors.ts";
import { REJECTIONS, type Verdict } from "../src/trust/verdict.ts";

const codes = Object.keys(ERROR_CODES).filter((code): code is ErrorCode => Object.hasOwn(ERROR_CODES, code));

describe("foreign text in a message", () => {
  test.each([
    { title: "plain", text: "abc", is: '"abc"' },
    { title: "empty", text: "", is: '""' },
    { title: "a quote", text: 'a"b', is: String.raw`"a\"b"` },
    { title: "a line break", text: "a\nb\r", is: String.raw`"a\nb\r"` },
    { title: "a terminal's escape", text: "\u001b[31mred", is: String.raw`"\u001b[31mred"` },
    { title: "a C1 control", text: "a\u009b31m", is: String.raw`"a\u009b31m"` },
    { title: "delete", text: "\u007f", is: String.raw`"\u007f"` },
    { title: "right to left", text: "a\u202egpj", is: String.raw`"a\u202egpj"` },
    { title: "isolates", text: "\u2066a\u2069", is: String.raw`"\u2066a\u2069"` },
    { title: "an Arabic letter mark", text: "a\u061cb", is: String.raw`"a\u061cb"` },
    { title: "zero width", text: "a\u200bb\u2060c\ufeff", is: String.raw`"a\u200bb\u2060c\ufeff"` },
    { title: "a soft hyphen", text: "a\u00adb", is: String.raw`"a\u00adb"` },
    { title: "separators of lines", text: "a\u2028b\u2029", is: String.raw`"a\u2028b\u2029"` },
    { title: "invisible tags", text: "a\u{e0041}", is: String.raw`"a\udb40\udc41"` },
    { title: "half a character", text: "\ud83d", is: String.raw`"\ud83d"` },
    { title: "other scripts", text: "größe 日本 😀", is: '"größe 日本 😀"' },
  ])("$title", ({ text, is }) => {
    expect(quote(text)).toBe(is);
  });

  test("is cut at 80 characters", () => {
    expect(quote("a".repeat(80))).toBe(`"${"a".repeat(80)}"`);
    expect(quote("a".repeat(81))).toBe(`"${"a".repeat(79)}…"`);
  });

  test("reads back as its beginning, holds nothing invisible, and is bounded", () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.string({ maxLength: 200 }));
    fc.assert(
      fc.property(text, (any) => {
        const quoted = quote(any);
        expect(quoted).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(quoted.length).toBeLessThanOrEqual(2 + 80 * 6);
        const read: unknown = JSON.parse(quoted);
        expect(any.length <= 80 ? read : any.startsWith(String(read).slice(0, -1))).toBe(
          any.length <= 80 ? any : true,
        );
      }),
    );
  });
});

describe("an error with a code", () => {
  test.each(codes)("%s says whether it may pass", (code) => {
    const error = new CodedError(code, "asking failed");
    expect(error).toMatchObject({ code, message: "asking failed", transient: ERROR_CODES[code].transient });
    expect(error).toBeInstanceOf(Error);
  });

  test("carries what was answered, and its cause", () => {
    const cause = new Error("ECONNRESET");
    const error = new CodedError("registry-rate-limited", "slow down", {
      status: 429,
      retryAfterMs: 5,
      cause,
    });
    expect(error).toMatchObject({ status: 429, retryAfterMs: 5, cause, name: "CodedError" });
  });

  test("has no cause of undefined", () => {
    expect(Object.hasOwn(new CodedError("registry-timeout", "late"), "cause")).toBe(false);
  });

  test("of input is told apart", () => {
    expect(new InvalidInputError("tag-invalid", "not a tag")).toMatchObject({
      name: "InvalidInputError",
      transient: false,
    });
    expect(new InvalidInputError("tag-invalid", "")).toBeInstanceOf(CodedError);
  });
});

describe("what a thrown value says", () => {
  test.each<{ title: string; thrown: unknown; is: string }>([
    { title: "an error", thrown: new TypeError("x is not a function"), is: "x is not a function" },
    { title: "a text", thrown: "stop", is: "stop" },
    { title: "nothing", thrown: undefined, is: "undefined" },
    { title: "a symbol", thrown: Symbol("stop"), is: "Symbol(stop)" },
  ])("$title", ({ thrown, is }) => {
    expect(messageOf(thrown)).toBe(is);
  });
});

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = globSync(["src/**/*.ts", "workers/**/*.ts", "config/**/*.ts"], { cwd: ROOT })
  .filter((file) => file !== "src/errors.ts")
  .map((file) => readFileSync(join(ROOT, file), "utf8"))
  .join("\n");

describe("docs/errors.md", () => {
  /** Every kind of verdict: the compiler keeps this whole. */
  const VERDICTS = {
    verified: "yes",
    rejected: "never",
    "awaiting-evidence": "not yet",
    unverifiable: "never",
  } satisfies Record<Verdict["kind"], string>;

  test("has a row for each code, and no other", () => {
    expect(rowsOf("code").map(([code]) => code)).toEqual(expect.arrayContaining(codes));
    expect(rowsOf("code")).toHaveLength(codes.length);
  });

  test("says of each code whether it is tried again", () => {
    expect(Object.fromEntries(rowsOf("code").map(([code = "", again]) => [code, again]))).toEqual(
      Object.fromEntries(codes.map((code) => [code, ERROR_CODES[code].transient ? "yes" : "no"])),
    );
  });

  test("has a row for each refusal, most telling first, and one for an SBOM that is refused", () => {
    expect(rowsOf("refusal").map(([refusal]) => refusal)).toEqual([...REJECTIONS]);
  });

  test("has a row for each verdict, and says what is proposed", () => {
    const rows = rowsOf("verdict").map(([verdict = "", proposed]) => [verdict, proposed]);
    expect(rows).toEqual(Object.entries(VERDICTS));
  });

  test("says in each row what it means and what to do", () => {
    const rows = [...rowsOf("code"), ...rowsOf("refusal"), ...rowsOf("verdict")];
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((cells) => cells.length < 3 || cells.some((cell) => cell === ""))).toEqual([]);
  });
});

test.each(codes)("%s is thrown somewhere", (code) => {
  // A comparison is no throw.
  expect(SOURCES).toMatch(new RegExp(`(?<!=== )"${code}"`));
});

/** The rows of all tables of the document whose first column is called so; the first cell without its backticks. */
function rowsOf(column: string): readonly (readonly string[])[] {
  const lines = readFileSync(join(ROOT, "docs/errors.md"), "utf8").split("\n");
  let isIn = false;
  return lines.flatMap((line) => {
    if (!line.startsWith("|")) isIn = false;
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (!isIn) {
      isIn = cells[0] === column;
      return [];
    }
    const name = /^`([a-z-]+)`$/.exec(cells[0] ?? "")?.[1];
    return name === undefined ? [] : [[name, ...cells.slice(1)]];
  });
}
