import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { traceOf } from "../../../src/edit/yaml/trace.ts";
import { type YamlNode, type YamlScalar, readYaml } from "../../../src/edit/yaml/yaml.ts";

function scalarsIn(node: YamlNode | undefined): readonly YamlScalar[] {
  if (node === undefined) return [];
  if (node.kind === "scalar") return [node];
  if (node.kind === "list") return node.items.flatMap(scalarsIn);
  return node.entries.flatMap(({ key, value }) => [key, ...scalarsIn(value)]);
}

/** The value of key `a`. */
function valueOf(text: string): YamlScalar {
  const [root] = readYaml(text).documents;
  const value = root?.kind === "map" ? root.entries.find(({ key }) => key.value === "a")?.value : undefined;
  if (value?.kind !== "scalar") throw new Error(`no scalar in ${text}`);
  return value;
}

describe("where the characters of a scalar stand", () => {
  test.each([
    { title: "plain", text: "a: img:1", value: "img:1" },
    { title: "plain with a comment", text: "a: img:1 # img:2", value: "img:1" },
    { title: "plain after a byte order mark", text: "\ufeffa: img:1", value: "img:1" },
    { title: "plain before a carriage return", text: "a: img:1\r\nb: c\r\n", value: "img:1" },
    { title: "plain behind a tab", text: "a:\timg:1\t# x", value: "img:1" },
    { title: "plain behind an anchor and a tag", text: "a: &x !!str img:1", value: "img:1" },
    { title: "plain in a flow mapping", text: "a: img:1\nb: {c: d}", value: "img:1" },
    { title: "single-quoted", text: "a: 'img:1'", value: "img:1" },
    { title: "double-quoted", text: 'a: "img:1"', value: "img:1" },
    { title: "literal", text: "a: |\n  img:1\n", value: "img:1\n" },
    { title: "literal with a comment behind its header", text: "a: |- # why\n   img:1\n", value: "img:1" },
    { title: "literal with its indentation given", text: "a: |2-\n   img:1\n", value: " img:1" },
    { title: "folded", text: "a: >-\n\n\n    img:1\n\n\nb: c", value: "\n\nimg:1" },
    { title: "folded with carriage returns", text: "a: >-\r\n    img:1\r\nb: c", value: "img:1" },
    { title: "folded, all line ends kept", text: "a: >+\n  img:1\n\n", value: "img:1\n\n" },
    { title: "after characters of two code units", text: "b: \u{1f433}\na: img:1", value: "img:1" },
  ])("$title", ({ text, value }) => {
    const traced = traceOf(text, valueOf(text));
    expect(traced.text).toBe(value);
    const at = traced.text.indexOf("img:1");
    const start = traced.offsets[at] ?? -1;
    expect(text.slice(start, start + 5)).toBe("img:1");
    expect(traced.offsets.slice(at, at + 5)).toEqual([0, 1, 2, 3, 4].map((step) => start + step));
  });

  test.each([
    {
      title: "a line end that is escaped is nothing",
      text: 'a: "img:1@\\\n   sha"',
      value: "img:1@sha",
      offsets: [4, 5, 6, 7, 8, 9, 15, 16, 17],
    },
    {
      title: "an escaped line end of two characters",
      text: 'a: "i\\\r\n  m"',
      value: "im",
      offsets: [4, 10],
    },
    { title: "an escape stands at its backslash", text: 'a: "i\\x6dg"', value: "img", offsets: [4, 5, 9] },
    {
      title: "a code of two code units",
      text: 'a: "\\U0001F433!"',
      value: "\u{1f433}!",
      offsets: [4, 4, 14],
    },
    { title: "a doubled quote stands at its first", text: "a: 'i''m'", value: "i'm", offsets: [4, 5, 7] },
    { title: "a folded line end is a space", text: "a: i  \n   m", value: "i m", offsets: [3, 4, 10] },
    { title: "a folded empty line is a line end", text: "a: 'i\n\n m'", value: "i\nm", offsets: [4, 5, 8] },
    {
      title: "white space inside double quotes stays",
      text: 'a: "i \t m"',
      value: "i \t m",
      offsets: [4, 5, 6, 7, 8],
    },
    {
      title: "lines of a folded block",
      text: "a: >-\n  i\n  m\n",
      value: "i m",
      offsets: [8, 9, 12],
    },
    {
      title: "lines of a literal block",
      text: "a: |-\r\n  i\r\n  m\r\n",
      value: "i\nm",
      offsets: [9, 10, 14],
    },
  ])("$title", ({ text, value, offsets }) => {
    expect(traceOf(text, valueOf(text))).toEqual({ text: value, offsets });
  });

  const line = fc
    .array(fc.constantFrom("a", "b:", " ", "  ", "\t", "'", '"', "\\", "#", "-", "\n", "\r\n", "n", "x41"), {
      maxLength: 14,
    })
    .map((parts) => parts.join(""));

  test("the value is the parser's, whatever the style", () => {
    let seen = 0;
    const styles = fc.constantFrom(
      "",
      "'",
      '"',
      "|\n",
      "|-\n",
      "|+\n",
      ">\n",
      ">-\n",
      ">+\n",
      "|2\n",
      ">1+\r\n",
    );
    fc.assert(
      fc.property(styles, line, fc.constantFrom("\n", "", "\n  \n\n"), (style, body, end) => {
        const close = style.length === 1 ? style : "";
        const text = `k:\n  a: ${style}${body.replaceAll("\n", "\n    ")}${close}${end}`;
        const { documents } = readYaml(text);
        const ours = scalarsIn(documents[0]);
        for (const scalar of ours) {
          const { text: read, offsets } = traceOf(text, scalar);
          expect(read).toBe(scalar.value);
          expect(offsets).toHaveLength(read.length);
          // A text whose places are lost has all of them in one point.
          expect(read.length <= 12 || new Set(offsets).size > 1).toBe(true);
          expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
          if (read.length > 0) seen += 1;
        }
      }),
      { numRuns: 4_000 },
    );
    expect(seen).toBeGreaterThan(3_000);
  });

  test("texts that a program wrote are read as it meant them", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 60 }), { maxKeys: 6 }),
        (data) => {
          const text = stringify(data, { lineWidth: 20 });
          const [document] = parseAllDocuments(text, { schema: "failsafe", uniqueKeys: false });
          expect(document?.errors ?? []).toEqual([]);
          for (const scalar of scalarsIn(readYaml(text).documents[0])) {
            expect(traceOf(text, scalar).text).toBe(scalar.value);
          }
        },
      ),
    );
  });
});
