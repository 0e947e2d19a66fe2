import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FormatFile } from "../../../src/edit/format.ts";
import { editFiles, formatOf, occurrencesOf } from "../../../src/edit/formats.ts";
import { parseDigest } from "../../../src/image/digest.ts";
import { renderReference } from "../../../src/image/reference.ts";

const OPTIONS = { shell: false, matchers: [] };
const A = parseDigest(`sha256:${"a".repeat(64)}`);
const B = parseDigest(`sha256:${"b".repeat(64)}`);

test.each([
  { path: "deploy/app.yaml", text: "apiVersion: v1\nkind: Pod\n", id: "kubernetes" },
  { path: "deploy/app.yml", text: "\ufeffapiVersion: v1\r\nkind: Pod\r\n", id: "kubernetes" },
  { path: "a.yaml", text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\n", id: "argo-cd" },
  { path: "a.yaml", text: "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n", id: "kubernetes" },
  { path: "a.yaml", text: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n", id: "flux" },
  { path: "a.yaml", text: "apiVersion: tekton.dev/v1\nkind: Task\n", id: "tekton" },
  { path: "a.yaml", text: "apiVersion: skaffold/v4beta13\nkind: Config\n", id: "skaffold" },
  { path: "a.yaml", text: "kind: ZarfPackageConfig\n", id: "zarf" },
  { path: "k/kustomization.yml", text: "images: []\n", id: "kustomize" },
  { path: ".ko.yaml", text: "", id: "ko" },
  { path: "c/values.yaml", text: "image: a:1\n", id: "helm-values" },
  { path: "c/values-prod.yaml", text: "image: a:1\n", id: "helm-values" },
  { path: "c/values.yaml", text: "apiVersion: v1\nkind: Pod\n", id: "kubernetes" },
  { path: "c/templates/a.yaml", text: "image: {{ .x }}\n", id: "helm-template" },
  { path: "compose.yaml", text: "services: {}\n", id: "compose" },
  { path: "x/docker-compose.override.yml", text: "services: {}\n", id: "compose" },
  { path: ".env", text: "A=b\n", id: "dotenv" },
  { path: "a.yaml", text: "image: a:1\n", id: undefined },
  { path: "compose.yaml", text: "image: a:1\n", id: undefined },
  { path: "a.yaml", text: "# apiVersion: v1\n", id: undefined },
  { path: "a.json", text: "apiVersion: v1\n", id: undefined },
  { path: ".env.example", text: "A=b\n", id: undefined },
])("$path is $id", ({ path, text, id }) => {
  expect(formatOf({ path, text }, OPTIONS)?.id).toBe(id);
});

describe("no place is found in", () => {
  test.each([
    { title: "a file of a disk", text: "kind: Machine\nspec: {image: 'https://a/b.iso'}" },
    { title: "an image that says nothing", text: "kind: Pod\nspec: {containers: [{image: ''}]}" },
    { title: "an image that is a mapping", text: "kind: Pod\nspec: {image: {type: string}}" },
    { title: "a document that does not parse", text: "kind: Pod\nspec: {containers: [{image: 'a:1'}]" },
    { title: "an argument that is a word", text: "kind: Pod\nargs: [--image, yes, --image=no]" },
  ])("$title", ({ text }) => {
    expect(occurrencesOf([{ path: "a.yaml", text: `apiVersion: v1\n${text}\n` }], OPTIONS)).toEqual([]);
  });
});

describe("a place is reported and not edited in", () => {
  test.each([
    { title: "a schema of a kind", text: "kind: CustomResourceDefinition\nspec: {image: 'a:1'}", line: 3 },
    { title: "data of a program", text: "kind: ConfigMap\ndata: {image: 'a:1'}", line: 3 },
    { title: "a document without a kind", text: "spec: {containers: [{image: 'a:1'}]}", line: 2 },
    { title: "a key that ends in image", text: "kind: Agent\nspec: {reloaderImage: 'a:1'}", line: 3 },
  ])("$title", ({ text, line }) => {
    expect(occurrencesOf([{ path: "a.yaml", text: `apiVersion: v1\n${text}\n` }], OPTIONS)).toMatchObject([
      { occurrence: { line, raw: "a:1", handling: { kind: "reported", reason: "embedded" } } },
    ]);
  });

  test("a document that is broken", () => {
    const text =
      "apiVersion: v1\nkind: Pod\nimage: a:1\n\tb: c\n---\napiVersion: v1\nkind: Pod\nimage: b:1\n";
    expect(occurrencesOf([{ path: "a.yaml", text }], OPTIONS)).toMatchObject([
      { occurrence: { line: 3, raw: "a:1", handling: { kind: "reported", reason: "unread" } } },
      { occurrence: { line: 8, raw: "b:1", handling: { kind: "pinnable" } } },
    ]);
  });
});

function setAll(file: FormatFile): FormatFile {
  const edits = occurrencesOf([file], OPTIONS)
    .filter(({ occurrence }) => occurrence.handling.kind !== "reported")
    .map((found) => ({ found, to: { digest: B } }));
  return editFiles([file], edits, OPTIONS)[0] ?? file;
}

describe("whatever the style of a manifest", () => {
  const style = fc.constantFrom(
    (image: string) => image,
    (image: string) => `'${image}'`,
    (image: string) => `"${image}"`,
    (image: string) => `"\\\n          ${image}"`,
    (image: string) => `>-\n          ${image}`,
    (image: string) => `|\n          ${image}`,
    (image: string) => `&x ${image}`,
    (image: string) => `!!str ${image}`,
    (image: string) => `${image} # 1.2, kept`,
  );
  const image = fc.constantFrom(`redis:7@${A}`, "redis:7", `ghcr.io/a/b:1.2@${A}`, "h:5000/x/y:z", "redis");
  const container = fc.tuple(style, image).map(([write, named]) => `      - image: ${write(named)}`);
  const manifest = fc
    .tuple(
      fc.array(container, { minLength: 1, maxLength: 5 }),
      fc.constantFrom("\n", "\r\n"),
      fc.constantFrom("", "\ufeff"),
    )
    .map(([containers, lineEnd, mark]) =>
      mark.concat(
        ["apiVersion: v1", "kind: Pod", "spec:", "    containers:", ...containers, ""]
          .join("\n")
          .replaceAll("\n", lineEnd),
      ),
    );

  test("an edit names what was planned, twice is once, and nothing else moves", () => {
    let edited = 0;
    fc.assert(
      fc.property(manifest, (text) => {
        const file = { path: "pod.yaml", text };
        const before = occurrencesOf([file], OPTIONS);
        const once = setAll(file);
        const after = occurrencesOf([once], OPTIONS);
        expect(before).toHaveLength(text.split("- image:").length - 1);
        expect(after.map(({ occurrence: { line } }) => line)).toEqual(
          before.map(({ occurrence: { line } }) => line),
        );
        expect(after.map(({ occurrence: { handling } }) => handling.reference?.digest)).toEqual(
          before.map(({ occurrence: { handling } }) => (handling.kind === "reported" ? undefined : B)),
        );
        expect(after.map(({ occurrence }) => nameOf(occurrence.handling.reference))).toEqual(
          before.map(({ occurrence }) => nameOf(occurrence.handling.reference)),
        );
        expect(setAll(once)).toEqual(once);
        expect(once.text.replaceAll(/@sha256:[ab]{64}/g, "")).toBe(text.replaceAll(/@sha256:[ab]{64}/g, ""));
        edited += once.text === text ? 0 : 1;
      }),
    );
    expect(edited).toBeGreaterThan(30);
  });
});

function nameOf(reference: Parameters<typeof renderReference>[0] | undefined): string {
  return reference === undefined ? "" : renderReference(reference).replace(/@.*/, "");
}

test("no text of any kind of file throws", () => {
  const token = fc.constantFrom(
    ..."image:|images:|repository: a|tag: 1|digest: ''|services:|build:|a:|- |  |\n|\n  |\n    |{|}|[|]|'|\"|&x |*x|<<: |# $imagepolicy|{{|${|}|apiVersion: v1\n|kind: Pod\n|status:|args: [--image, |@|:|newTag: |"
      .split("|")
      .filter((text) => text !== ""),
    `redis:7@${A}`,
    A,
    ">-",
  );
  const path = fc.constantFrom(
    "a.yaml",
    "compose.yaml",
    "values.yaml",
    "kustomization.yaml",
    "templates/a.yaml",
    ".ko.yaml",
  );
  fc.assert(
    fc.property(path, fc.array(token, { maxLength: 40 }), (name, tokens) => {
      const file = { path: name, text: tokens.join("") };
      for (const { occurrence } of occurrencesOf([file], OPTIONS)) {
        const { handling } = occurrence;
        if (handling.kind !== "editable") continue;
        const { start, end } = handling.digestRange;
        expect(file.text.slice(start, end)).toBe(handling.reference.digest);
      }
    }),
    { numRuns: 2_000 },
  );
});
