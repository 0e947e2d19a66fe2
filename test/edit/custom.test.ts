import { describe, expect, test } from "vitest";
import { parseMatcher } from "../../src/edit/custom.ts";
import { occurrencesOf } from "../../src/edit/formats.ts";

const A = `sha256:${"a".repeat(64)}`;

test.each([
  { title: "no files", files: [], line: "x={reference}" },
  { title: "an empty glob", files: [""], line: "x={reference}" },
  { title: "a long glob", files: ["a".repeat(300)], line: "x={reference}" },
  { title: "many globs", files: Array.from({ length: 51 }, () => "a"), line: "x={reference}" },
  { title: "no placeholder", files: ["a"], line: "x=" },
  { title: "nothing", files: ["a"], line: "" },
  { title: "a name alone", files: ["a"], line: "{name}" },
  { title: "no name", files: ["a"], line: "{tag}@{digest}" },
  { title: "a reference and its parts", files: ["a"], line: "{reference} {tag}" },
  { title: "a placeholder nobody knows", files: ["a"], line: "{reference} {image}" },
  { title: "a placeholder twice", files: ["a"], line: "{reference} {reference}" },
  { title: "two placeholders without text between them", files: ["a"], line: "{name}{tag}" },
  { title: "a star before a placeholder", files: ["a"], line: "*{reference}" },
  { title: "two stars", files: ["a"], line: "x={reference} **" },
  { title: "text that a placeholder takes", files: ["a"], line: "{name}:{tag}-alpine" },
  { title: "two lines", files: ["a"], line: "x\n{reference}" },
  { title: "a long line", files: ["a"], line: `${"x".repeat(600)}{reference}` },
])("refuses $title", ({ files, line }) => {
  expect(() => parseMatcher({ files, line })).toThrow(expect.objectContaining({ code: "config-invalid" }));
});

describe("what a line takes", () => {
  test.each([
    { title: "a reference", line: "base={reference}", text: `base=a/b:1@${A}`, found: ["editable a/b"] },
    {
      title: "blanks at both ends",
      line: "base={reference}",
      text: ` \tbase=a/b:1 \r\n`,
      found: ["pinnable a/b"],
    },
    {
      title: "a star at the end",
      line: "base={reference} *",
      text: `base=a/b:1 # c`,
      found: ["pinnable a/b"],
    },
    {
      title: "a star whose text comes again",
      line: '*image: "{reference}"*',
      text: `- image: x, image: "a/b:1@${A}" }`,
      found: ["editable a/b"],
    },
    { title: "parts", line: "{name} {tag} {digest}", text: `h:5000/a/b 1 ${A}`, found: ["editable a/b"] },
    {
      title: "a name with a port",
      line: "{name}:{tag}@{digest};",
      text: `h:5000/a/b:1@${A};`,
      found: ["editable a/b"],
    },
    { title: "no digest", line: "{name}|{tag}", text: `h:5000/a/b|1`, found: ["not-pinned a/b"] },
    { title: "no tag", line: "{name}|{digest}", text: `h:5000/a/b|${A}`, found: ["tag-unknown a/b"] },
    { title: "text behind", line: "base={reference}", text: `base=a/b:1@${A} x`, found: [] },
    { title: "text before", line: "base={reference}", text: `x base=a/b:1@${A}`, found: [] },
    { title: "a digest one digit long", line: "{name}|{digest}*", text: `a/b|${A}a`, found: [] },
    {
      title: "what is no reference",
      line: "base={reference}",
      text: `base=A/B:1`,
      found: ["reference-invalid"],
    },
    { title: "a matcher that cannot be used", line: "{name}{tag}", text: `a/b1`, found: [] },
  ])("$title", ({ line, text, found }) => {
    const options = { shell: false, matchers: [{ files: ["**/x.conf"], line }] };
    const actual = occurrencesOf([{ path: "a/x.conf", text }], options);
    expect(
      actual.map(({ occurrence: { handling } }) => {
        const kind = handling.kind === "reported" ? handling.reason : handling.kind;
        return handling.reference === undefined
          ? kind
          : `${kind} ${handling.reference.repository.path.replace("library/", "")}`;
      }),
    ).toEqual(found);
    expect(occurrencesOf([{ path: "a/y.conf", text }], options)).toEqual([]);
  });

  test("a line that invites to try again is given up in time", () => {
    const options = {
      shell: false,
      matchers: [
        { files: ["x"], line: "*a{reference}|*b{tag}" },
        { files: ["x"], line: "*a {reference}|*" },
      ],
    };
    const text = `${"a ".repeat(2_000)}\n`.repeat(250);
    expect(occurrencesOf([{ path: "x", text }], options)).toEqual([]);
  });
});
