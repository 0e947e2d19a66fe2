import { describe, expect, test } from "vitest";
import { commentAfter } from "../../../src/edit/yaml/comment.ts";
import { readImageLines } from "../../../src/edit/yaml/image-lines.ts";
import { entriesAt, itemsAt, nodesIn, scalarAt, textAt } from "../../../src/edit/yaml/walk.ts";
import { type YamlNode, YAML_LENGTH_MAX, YAML_MARKS_MAX, readYaml } from "../../../src/edit/yaml/yaml.ts";

function rootOf(text: string): YamlNode | undefined {
  return readYaml(text).documents[0];
}

describe("documents", () => {
  test("each is read by itself, and one that is none costs no other", () => {
    const { documents, unread } = readYaml("a: 1\n---\nb: [\n---\nc: 3\n");
    expect(documents.map((document) => document.kind)).toEqual(["map", "map"]);
    expect(documents.map((document) => textAt(document, "a") ?? textAt(document, "c"))).toEqual(["1", "3"]);
    expect(unread).toEqual([{ start: 5, end: 14 }]);
  });

  test.each([
    { title: "nothing", text: "" },
    { title: "a comment", text: "# a" },
    { title: "an empty document", text: "---\n" },
  ])("$title holds no document, and nothing unread", ({ text }) => {
    expect(readYaml(text)).toEqual({ documents: [], unread: [] });
  });

  test.each([
    { title: "a text that is too long", text: `a: b\n#${" ".repeat(YAML_LENGTH_MAX)}` },
    { title: "a list with more items than are read", text: "- a\n".repeat(YAML_MARKS_MAX / 2 + 1) },
    { title: "a text of empty lines", text: `a: b\n${"\n".repeat(YAML_MARKS_MAX)}` },
    { title: "a list that is too deep", text: `${"[".repeat(66)}${"]".repeat(66)}` },
    { title: "a text of brackets", text: "[".repeat(100_000) },
    { title: "mappings inside each other without end", text: "{a: ".repeat(20_000) },
    { title: "an alias of nothing", text: "a: *b" },
    { title: "an alias inside its own anchor", text: "a: &b [*b]" },
    { title: "a template", text: "a: {{ .Values.a }}\n{{- end }}\n" },
    { title: "tabs for indentation", text: "a:\n\tb: c\n" },
    {
      title: "a billion laughs",
      text: [
        "a0: &a0 [x, x, x, x, x, x, x, x, x]",
        ...Array.from(
          { length: 9 },
          (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`,
        ),
      ].join("\n"),
    },
    {
      title: "a long text that many aliases stand for",
      text: `x: &x ${"a".repeat(500_000)}\ny:\n${"- *x\n".repeat(10_000)}`,
    },
    {
      title: "a billion laughs of merge keys",
      text: [
        "a0: &a0 {x: [1, 2, 3]}",
        ...Array.from(
          { length: 30 },
          (_, level) => `a${level + 1}: &a${level + 1} {l: *a${level}, r: *a${level}}`,
        ),
      ].join("\n"),
    },
  ])("$title is left unread", ({ text }) => {
    const started = performance.now();
    const { documents, unread } = readYaml(text);
    expect(documents).toEqual([]);
    expect(unread.length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("a list with as many items as are read is read", () => {
    const { documents, unread } = readYaml("- a\n".repeat(YAML_MARKS_MAX / 2));
    expect(itemsAt(documents[0])).toHaveLength(YAML_MARKS_MAX / 2);
    expect(unread).toEqual([]);
  });

  test("numbers, words and dates are texts", () => {
    const root = rootOf("a: 1.10\nb: yes\nc: 2026-01-01\nd: 0x10\ne: ~\nf:\ng: !!int 3\n");
    expect(entriesAt(root).map(({ value }) => (value.kind === "scalar" ? value.value : undefined))).toEqual([
      "1.10",
      "yes",
      "2026-01-01",
      "0x10",
      "~",
      "",
      "3",
    ]);
  });
});

describe("aliases", () => {
  test("an alias is the node of its anchor", () => {
    const root = rootOf("a: &x b\nc: *x\n");
    expect(scalarAt(root, "c")).toBe(scalarAt(root, "a"));
  });

  test("a later anchor of the same name is another", () => {
    const root = rootOf("a: &x b\nc: *x\nd: &x e\nf: *x\n");
    expect([textAt(root, "c"), textAt(root, "f")]).toEqual(["b", "e"]);
  });

  test.each([
    { title: "what the mapping has itself comes first", merged: "<<: *one\n  a: own", a: "own", b: "1" },
    { title: "wherever it stands", merged: "a: own\n  <<: *one", a: "own", b: "1" },
    { title: "the first of several wins", merged: "<<: [*two, *one]", a: "2", b: "1" },
    { title: "a quoted key is a key", merged: "'<<': *one", a: undefined, b: undefined },
  ])("merge keys: $title", ({ merged, a, b }) => {
    const root = rootOf(`one: &one {a: '1', b: '1'}\ntwo: &two {a: '2'}\nm:\n  ${merged}\n`);
    expect([textAt(root, "m", "a"), textAt(root, "m", "b")]).toEqual([a, b]);
  });
});

test("the last of two equal keys counts", () => {
  expect(textAt(rootOf("a: 1\na: 2\n"), "a")).toBe("2");
});

test("every node has the way that leads to it", () => {
  const root = rootOf("a:\n  - b: c\n  - [d]\n");
  const scalars = root === undefined ? [] : [...nodesIn(root)].filter(({ node }) => node.kind === "scalar");
  expect(scalars.map(({ path }) => path)).toEqual([
    ["a", 0, "b"],
    ["a", 1, 0],
  ]);
  expect(itemsAt(root, "a")).toHaveLength(2);
  expect(itemsAt(root, "a", "b")).toEqual([]);
});

describe("comments", () => {
  test.each([
    { text: "a: b # c d ", comment: "c d" },
    { text: "a: 'b'\t#c", comment: "c" },
    { text: 'a: "b # no" # c\r\n', comment: "c" },
    { text: "a: |- # c\n  b # no\n", comment: "c" },
    { text: "a: b #", comment: "" },
    { text: "a: b#c", comment: undefined },
    { text: "a: b\n# c", comment: undefined },
    { text: "a: b", comment: undefined },
    { text: "a: |\n  b # c\n", comment: undefined },
  ])("of $text is $comment", ({ text, comment }) => {
    const scalar = scalarAt(rootOf(text), "a");
    const found = scalar && commentAfter(text, scalar);
    expect(found?.text).toBe(comment);
    const start = found?.start ?? 0;
    expect(text.slice(start, start + (comment ?? "").length)).toBe(comment ?? "");
  });
});

describe("lines of templates", () => {
  test.each([
    { text: "  image: a:1", value: "a:1" },
    { text: "- image: 'a:1' # c", value: "a:1" },
    { text: '  - - "image" : "a:1"\r', value: "a:1" },
    { text: "image: a:1 # c", value: "a:1" },
    { text: "image: {{ .x }}:1", value: "{{ .x }}:1" },
    { text: "image: a:{{ .x }} # c", value: "a:{{ .x }}" },
  ])("$text", ({ text, value }) => {
    const whole = `x: y\n${text}\nz: a\n`;
    const [line, ...more] = readImageLines(whole);
    expect(line?.value.text).toBe(value);
    expect(more).toEqual([]);
    const start = line?.value.offsets[0] ?? -1;
    expect(whole.slice(start, start + value.length)).toBe(value);
  });

  test.each([
    { title: "a key that only ends so", text: "myimage: a:1" },
    { title: "a comment", text: "# image: a:1" },
    { title: "no value", text: "image:" },
    { title: "a mapping", text: "image: {a: 1}" },
    { title: "a block", text: "image: >-\n  a:1" },
    { title: "an alias", text: "image: *a" },
    { title: "a quote that does not end", text: 'image: "a:1' },
    { title: "a line that is too long", text: `image: ${"a".repeat(5_000)}` },
  ])("none in $title", ({ text }) => {
    expect(readImageLines(text)).toEqual([]);
  });

  test("a hostile line takes no time", () => {
    const started = performance.now();
    readImageLines(Array.from({ length: 200 }, () => `image: ${" #".repeat(2_000)}`).join("\n"));
    readImageLines(Array.from({ length: 200 }, () => `${"- ".repeat(2_000)}image: x`).join("\n"));
    readImageLines(Array.from({ length: 200 }, () => `image: a${"\t".repeat(4_000)}b`).join("\n"));
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
