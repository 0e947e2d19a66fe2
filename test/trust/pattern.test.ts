import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { PATTERN_LENGTH_MAX, isMatchedBy, parsePattern } from "../../src/trust/pattern.ts";

const matches = (pattern: string, text: string): boolean => isMatchedBy(parsePattern(pattern), text);

describe("what vendors' patterns mean", () => {
  const workflow = "https://github.com/vendor/images/.github/workflows/release.yaml@refs/heads/main";
  const pinned = String.raw`https://github\.com/vendor/images/\.github/workflows/release\.yaml@refs/heads/main`;
  test.each([
    { pattern: pinned, text: workflow, expected: true },
    { pattern: `^${pinned}$`, text: workflow, expected: true },
    { pattern: pinned, text: `${workflow}-evil`, expected: false },
    { pattern: pinned, text: `https://evil.example/${workflow}`, expected: false },
    { pattern: String.raw`release\.yaml`, text: workflow, expected: false },
    { pattern: "^https://a|b$", text: "https://a.evil.example", expected: false },
    { pattern: "^https://a|b$", text: "evil/b", expected: false },
    { pattern: "^https://a|b$", text: "b", expected: true },
    {
      pattern: String.raw`https://issuer\.enforce\.dev/(aaa/bbb|ccc)`,
      text: "https://issuer.enforce.dev/ccc",
      expected: true,
    },
    {
      pattern: String.raw`https://issuer\.enforce\.dev/(aaa/bbb|ccc)`,
      text: "https://issuer-enforce.dev/ccc",
      expected: false,
    },
    { pattern: String.raw`refs/tags/v\d+(\.\d+){2}(-[a-z]+)?`, text: "refs/tags/v1.22.3", expected: true },
    { pattern: String.raw`refs/tags/v\d+(\.\d+){2}(-[a-z]+)?`, text: "refs/tags/v1.22.3-rc", expected: true },
    { pattern: String.raw`refs/tags/v\d+(\.\d+){2}(-[a-z]+)?`, text: "refs/tags/v1.22", expected: false },
    { pattern: ".*", text: "", expected: true },
    { pattern: "a.c", text: "a\nc", expected: false },
    { pattern: "a{2,}", text: "aaa", expected: true },
    { pattern: "a{2,}", text: "a", expected: false },
    { pattern: "a{0,2}", text: "aaa", expected: false },
    { pattern: "(a*)*b", text: "aaab", expected: true },
    { pattern: "a$b", text: "ab", expected: false },
    { pattern: "", text: "", expected: true },
    { pattern: "", text: "a", expected: false },
    { pattern: "[^/]+", text: "a/b", expected: false },
    { pattern: String.raw`[\w.-]+@vendor\.example`, text: "keyless@vendor.example", expected: true },
    {
      pattern: String.raw`[\w.-]+@vendor\.example`,
      text: "keyless@evil.example@vendor.example",
      expected: false,
    },
  ])("$pattern on $text: $expected", ({ pattern, text, expected }) => {
    expect(matches(pattern, text)).toBe(expected);
  });
});

describe("a pattern is refused that", () => {
  test.each([
    { title: "looks ahead", pattern: "(?=a)a" },
    { title: "looks back", pattern: "(?<!a)a" },
    { title: "refers back", pattern: String.raw`(a)\1` },
    { title: "names a group", pattern: "(?<name>a)" },
    { title: "opens a group", pattern: "(a" },
    { title: "closes a group", pattern: "a)" },
    { title: "opens a class", pattern: "[a" },
    { title: "has an empty class", pattern: "[]" },
    { title: "has a class in the wrong order", pattern: "[z-a]" },
    { title: "repeats nothing", pattern: "*a" },
    { title: "repeats a repetition", pattern: "a**" },
    { title: "repeats within a group nothing", pattern: "(+)" },
    { title: "counts backwards", pattern: "a{3,2}" },
    { title: "counts too far", pattern: "a{999}" },
    { title: "multiplies its steps", pattern: "((a{200}){200}){200}" },
    { title: "is too deep", pattern: `${"(".repeat(40)}a${")".repeat(40)}` },
    { title: "is too long", pattern: "a".repeat(PATTERN_LENGTH_MAX + 1) },
    { title: "ends in a backslash", pattern: "a\\" },
    { title: "escapes a letter that means nothing", pattern: String.raw`\q` },
    { title: "asks for a property", pattern: String.raw`\p{L}` },
  ])("$title", ({ pattern }) => {
    expect(() => parsePattern(pattern)).toThrow(InvalidInputError);
  });
});

const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", String.raw`\d`, String.raw`\.`, "c", "^", "$");
const { pattern: anyPattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4 },
    atom,
    fc.tuple(tie("pattern"), tie("pattern")).map(([one, other]) => one + other),
    fc.tuple(tie("pattern"), tie("pattern")).map(([one, other]) => `(?:${one}|${other})`),
    fc
      .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"))
      .map(([inner, times]) => `(${inner})${times}`),
  ),
}));

test("means what JavaScript's expressions mean", () => {
  fc.assert(
    fc.property(
      anyPattern,
      fc.string({ unit: fc.constantFrom("a", "b", "c", "1", "."), maxLength: 8 }),
      (source, text) => {
        expect(matches(source, text)).toBe(new RegExp(`^(?:${source})$`, "u").test(text));
      },
    ),
    { numRuns: 2_000 },
  );
});

test("takes time that grows with the text, whatever the pattern", () => {
  const hostile = "a".repeat(2_000);
  for (const pattern of ["(a*)*b", "(a|a)*b", "(a+)+b", ".*.*.*.*.*b", "(a?){200}b"]) {
    expect(matches(pattern, hostile)).toBe(false);
  }
});
