import { expect, test } from "vitest";
import { fileWishOf, isWantedFile, occurrencesOf } from "../../src/edit/formats.ts";

const OPTIONS = { shell: false, matchers: [{ files: ["deploy/*.conf"], line: "IMAGE={reference}" }] };

test.each<{ title: string; path: string; wish: boolean | "first" }>([
  { title: "a Dockerfile, which its name tells", path: "services/pay/Dockerfile", wish: "first" },
  { title: "a pom", path: "pom.xml", wish: "first" },
  { title: "what its owner names", path: "deploy/a.conf", wish: "first" },
  { title: "YAML, which may be anything", path: "deploy/web.yaml", wish: true },
  { title: "a text", path: "README.md", wish: false },
  { title: "what its owner does not name", path: "other/a.conf", wish: false },
])("reads $title", ({ path, wish }) => {
  expect(fileWishOf(path, OPTIONS)).toBe(wish);
  expect(isWantedFile(path, OPTIONS)).toBe(wish !== false);
});

test("a file that its owner speaks of keeps its own format beside, and each place is there once", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const text = `FROM a.example/x:1@${digest}\n# uses b.example/y:2@${digest}\n`;
  const matchers = [
    { files: ["Dockerfile"], line: "# uses {reference}" },
    { files: ["Dockerfile"], line: "FROM {reference}" },
  ];
  const found = occurrencesOf([{ path: "Dockerfile", text }], { shell: false, matchers });
  const places = found.map(({ occurrence: { line, handling } }) => `${line} ${handling.kind}`);
  expect(places.toSorted()).toEqual(["1 editable", "2 editable"]);
  const own = occurrencesOf([{ path: "Dockerfile", text }], { shell: false, matchers: matchers.slice(0, 1) });
  expect(own.map(({ format }) => format).toSorted()).toEqual(["custom", "dockerfile"]);
});
