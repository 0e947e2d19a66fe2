import { describe, expect, test } from "vitest";
import { ownersOf } from "../../src/proposal/codeowners.ts";

const ofOne = (text: string, path = "deploy/prod/Dockerfile") => ownersOf(text, [path]);

describe("owners", () => {
  test.each([
    { title: "of everything", text: "* @acme/all", owners: ["acme/all"] },
    { title: "the last rule counts", text: "* @a\n/deploy/ @b @c\n*.md @d", owners: ["b", "c"] },
    { title: "a name anywhere", text: "Dockerfile @a", owners: ["a"] },
    { title: "a folder anywhere", text: "prod/ @a", owners: ["a"] },
    { title: "a folder from the top", text: "/deploy/ @a", owners: ["a"] },
    { title: "a path from the top", text: "deploy/prod @a", owners: ["a"] },
    { title: "any number of folders", text: "**/prod/Dockerfile @a", owners: ["a"] },
    { title: "folders between", text: "/deploy/**/Dockerfile @a", owners: ["a"] },
    { title: "all below", text: "deploy/** @a", owners: ["a"] },
    { title: "a part of a name", text: "/deploy/prod/Docker* @a", owners: ["a"] },
    { title: "one sign", text: "Dockerfil? @a", owners: ["a"] },
    { title: "a comment behind", text: "* @a # @b", owners: ["a"] },
    { title: "line ends of Windows, a byte-order mark", text: "\uFEFF* @a\r\n", owners: ["a"] },
  ])("$title", ({ text, owners }) => {
    expect(ofOne(text)).toEqual(owners);
  });

  test("of several files, each once", () => {
    expect(ownersOf("a/ @x @y\nb/ @y @z", ["a/f", "b/f", "c/f"])).toEqual(["x", "y", "z"]);
  });

  test("an escaped blank is part of the path", () => {
    expect(ofOne(String.raw`/my\ dir/ @a`, "my dir/f")).toEqual(["a"]);
  });
});

describe("nobody", () => {
  test.each([
    { title: "no rules", text: "" },
    { title: "a comment", text: "# * @a" },
    { title: "a rule without owners takes it away", text: "* @a\n/deploy/" },
    { title: "another folder", text: "/prod/ @a" },
    { title: "only what lies in the folder itself", text: "deploy/* @a" },
    { title: "another case", text: "/Deploy/ @a" },
    { title: "a name that begins alike", text: "/deploy/prod/Docker @a" },
    { title: "what is not", text: "!deploy/ @a" },
    { title: "a range", text: "[d]eploy/ @a" },
    { title: "an address of mail", text: "* alex@example.com" },
    { title: "a name without @", text: "* alex" },
    { title: "a name with markup", text: "* @a<script>" },
    { title: "a team of a team", text: "* @a/b/c" },
    { title: "a file that is too large", text: `* @a\n${"#\n".repeat(1_500_001)}` },
    { title: "a pattern that could take long", text: `${"*a".repeat(20)} @a` },
    { title: "a dot is a dot", text: "deploy.prod/ @a" },
  ])("$title", ({ text }) => {
    expect(ofOne(text)).toEqual([]);
  });
});

test("hostile patterns take no time", () => {
  const started = performance.now();
  const text = Array.from({ length: 2_000 }, () => "*a*b @a\n*a*a*a*a*a*b @a").join("\n");
  expect(ofOne(text, "a".repeat(255))).toEqual([]);
  expect(performance.now() - started).toBeLessThan(5_000);
});
