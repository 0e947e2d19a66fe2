import { describe, expect, test } from "vitest";
import { isMatchedBy } from "../../src/edit/glob.ts";

/** Paths and globs, as git and the shells have them. */

describe("a glob matches", () => {
  test.each([
    ["Dockerfile", "Dockerfile"],
    ["a.yaml", "*.yaml"],
    ["deploy/a.yaml", "deploy/*.yaml"],
    ["deploy/a.yaml", "*/*"],
    ["a", "**"],
    ["a/b/c", "**"],
    ["a/b", "a/**"],
    ["a/b/c", "a/**"],
    ["a/b/c", "a/**/**"],
    ["a/c", "a/**/c"],
    ["a/b/b/c", "a/**/c"],
    ["Dockerfile", "**/Dockerfile"],
    ["a/b/Dockerfile", "**/Dockerfile"],
    ["a/b/b/c", "a/**/b/**"],
    ["a/x/b/x/c", "**/x/c"],
    ["a/x/b/x/c", "a/**/x/**/c"],
    ["a/b/b/c", "**/b/**"],
    ["aXbXc", "a*b*c"],
    ["abc", "a***c"],
    ["", ""],
  ])("%s by %s", (path, glob) => {
    expect(isMatchedBy(path, glob)).toBe(true);
  });
});

describe("a glob does not match", () => {
  test.each([
    ["dockerfile", "Dockerfile"],
    ["a/Dockerfile", "Dockerfile"],
    ["Dockerfile", "Dockerfile/"],
    ["deploy/a/b.yaml", "deploy/*.yaml"],
    ["a", "*/*"],
    // What is in a folder, not the folder itself.
    ["a", "a/**"],
    ["a", "a/**/**"],
    ["a/b", "a/**/b/**"],
    ["b", "a/**"],
    ["ab", "a/**"],
    ["a/b/d", "a/**/c"],
    ["xDockerfile", "**/Dockerfile"],
    ["a/Dockerfile/b", "**/Dockerfile"],
    ["a/b", "**/a"],
    ["a/b/", "a/b"],
    ["a/b/c.txt", "a/*.txt"],
    ["a/b", "a"],
    ["a", "a/b"],
    ["ac", "a*b*c"],
    ["ab", "ab*b"],
    ["a", ""],
    ["", "a"],
  ])("%s by %s", (path, glob) => {
    expect(isMatchedBy(path, glob)).toBe(false);
  });
});
