import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  capped,
  code,
  codeBlock,
  counted,
  idText,
  plain,
  prose,
  table,
  visible,
} from "../../src/proposal/markdown.ts";

describe("foreign text that cannot be seen", () => {
  test.each([
    { title: "a line feed", text: "a\nb", shown: "a\\u000ab" },
    { title: "CRLF", text: "a\r\nb", shown: "a\\u000d\\u000ab" },
    { title: "a line separator", text: "a\u2028b", shown: "a\\u2028b" },
    { title: "right-to-left override", text: "a\u202eb", shown: "a\\u202eb" },
    { title: "an isolate", text: "a\u2066b\u2069", shown: "a\\u2066b\\u2069" },
    { title: "a zero-width space", text: "a\u200bb", shown: "a\\u200bb" },
    { title: "a byte-order mark", text: "\ufeffa", shown: "\\ufeffa" },
    { title: "a soft hyphen", text: "a\u00adb", shown: "a\\u00adb" },
    { title: "a tag character", text: "a\u{e0041}b", shown: "a\\ue0041b" },
    { title: "half of a pair", text: "a\ud800b", shown: "a\\ud800b" },
    { title: "NUL and escape", text: "\u0000\u001b[31m", shown: "\\u0000\\u001b[31m" },
    { title: "a filler", text: "a\u3164b", shown: "a\\u3164b" },
  ])("$title is written as its code point", ({ text, shown }) => {
    expect(visible(text)).toBe(shown);
  });

  test("what can be seen stays", () => {
    expect(visible("zażółć 漢字 😀 1.2.3-r0 ~^+")).toBe("zażółć 漢字 😀 1.2.3-r0 ~^+");
  });

  test("long text is cut, and never inside a pair", () => {
    expect(visible("x".repeat(1_000))).toBe(`${"x".repeat(119)}…`);
    expect(visible("😀".repeat(1_000))).toBe(`${"😀".repeat(119)}…`);
    expect(visible("x".repeat(120))).toBe("x".repeat(120));
  });
});

describe("code spans", () => {
  test.each([
    { title: "a version", text: "1.2.3-r0", span: "`1.2.3-r0`" },
    { title: "nothing", text: "", span: "(empty)" },
    { title: "a backtick", text: "a`b", span: "``a`b``" },
    { title: "only backticks", text: "``", span: "``` `` ```" },
    { title: "a backtick at an end", text: "a`", span: "`` a` ``" },
    { title: "blanks around", text: " a ", span: "`  a  `" },
    { title: "a pipe", text: "a|b", span: "`a\\u007cb`" },
    { title: "an escaped pipe", text: "a\\|b", span: "`a\\\\u007cb`" },
    {
      title: "a comment",
      text: '<!-- hullkeeper: {"v":1} -->',
      span: '`\\u003c!-- hullkeeper: {"v":1} -->`',
    },
    { title: "a mention and a closing keyword", text: "@acme Fixes #1", span: "`@acme Fixes #1`" },
  ])("$title", ({ text, span }) => {
    expect(code(text)).toBe(span);
  });

  test("no text ends its span, its cell or its line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const span = code(text);
        if (span === "(empty)") return;
        const [fence = ""] = /^`+/.exec(span) ?? [];
        expect(span.endsWith(fence)).toBe(true);
        const inner = span.slice(fence.length, -fence.length);
        const runs = inner.match(/`+/g) ?? [];
        expect(runs.every((run) => run.length < fence.length)).toBe(true);
        expect(inner.startsWith("`") || inner.endsWith("`")).toBe(false);
        expect(inner).not.toMatch(/[|\r\n]|<!--/);
      }),
    );
  });
});

describe("prose", () => {
  test.each([
    { title: "HTML", text: "<img src=x>", shown: "&#x3c;img src=x&#x3e;" },
    { title: "a comment", text: "<!-- x -->", shown: "&#x3c;!-- x --&#x3e;" },
    { title: "an entity", text: "&lt;", shown: "&#x26;lt;" },
    { title: "a link", text: "[a](b)", shown: "&#x5b;a&#x5d;(b)" },
    { title: "an address", text: "https://x.example", shown: "https:\u200b//x.example" },
    { title: "an address without a scheme", text: "www.x.example", shown: "www\u200b.x.example" },
    { title: "a mention", text: "@acme", shown: "@\u200bacme" },
    { title: "an issue", text: "Fixes #1", shown: "Fixes #\u200b1" },
    { title: "an issue in its other form", text: "closes GH-7", shown: "closes GH-\u200b7" },
    { title: "emphasis", text: "*a* _b_ ~c~", shown: "&#x2a;a&#x2a; &#x5f;b&#x5f; &#x7e;c&#x7e;" },
    { title: "a code span", text: "`a`", shown: "&#x60;a&#x60;" },
    { title: "an escape", text: "\\*", shown: "&#x5c;&#x2a;" },
    { title: "mathematics", text: "$a$", shown: "&#x24;a&#x24;" },
    { title: "a pipe", text: "a|b", shown: "a&#x7c;b" },
    { title: "lines", text: "a\n\n# b", shown: "a&#x5c;u000a&#x5c;u000a#\u200b b" },
  ])("$title does nothing", ({ text, shown }) => {
    expect(prose(text)).toBe(shown);
  });

  test("what does nothing stays as it is", () => {
    expect(prose("BellSoft's terms (7 days critical, 14 days other)")).toBe(
      "BellSoft's terms (7 days critical, 14 days other)",
    );
  });
});

test("text without Markdown mentions and closes nothing", () => {
  expect(plain("Fixes #1, gh-2, @acme/team, *as is*")).toBe(
    "Fixes #\u200b1, gh-\u200b2, @\u200bacme/team, *as is*",
  );
});

test.each([
  { id: "CVE-2026-31337", shown: "CVE-2026-31337" },
  { id: "GHSA-jfh8-c2jp-5v3q", shown: "GHSA-jfh8-c2jp-5v3q" },
  { id: "BELL-CVE-2026-1", shown: "BELL-CVE-2026-1" },
  { id: "GH-1", shown: "`GH-1`" },
  { id: "CVE-2026-1 @acme", shown: "`CVE-2026-1 @acme`" },
  { id: "CVE-2026-1|x", shown: "`CVE-2026-1\\u007cx`" },
  { id: "#1", shown: "`#1`" },
  { id: "cve-2026-1", shown: "`cve-2026-1`" },
])("the id $id is shown as $shown", ({ id, shown }) => {
  expect(idText(id)).toBe(shown);
});

test("a block of commands ends where it ends", () => {
  expect(codeBlock(["a", "```", "<!-- x", "b\nc"])).toBe(
    ["````", "a", "```", "\\u003c!-- x", "b\\u000ac", "````"].join("\n"),
  );
});

test("lists say how many there are", () => {
  expect(capped(["a", "b", "c"], 5, ", ")).toBe("a, b, c");
  expect(capped(["a", "b", "c"], 3, ", ")).toBe("a, b, c");
  expect(capped(["a", "b", "c"], 1, ", ")).toBe("a and 2 more");
  expect(capped(["a", "b", "c"], 0, ", ")).toBe("3 in all");
  expect(capped(["a", "b"], 2, ", ", 9)).toBe("a, b and 7 more");
  expect([counted(1, "image"), counted(2, "image"), counted(0, "fix", "fixes")]).toEqual([
    "1 image",
    "2 images",
    "0 fixes",
  ]);
  expect(table(["a", "b"], [["1", "2"]])).toBe("| a | b |\n| --- | --- |\n| 1 | 2 |");
});
