import { expect, test } from "vitest";
import { fileWishOf, isWantedFile } from "../../src/edit/formats.ts";

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
