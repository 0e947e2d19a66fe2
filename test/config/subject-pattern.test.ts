import { describe, expect, test } from "vitest";
import { parseSubjectPattern } from "../../config/subject-pattern.ts";

const OWNER = String.raw`https://github\.com/acme/`;

describe("a pattern of subjects is refused", () => {
  test.each([
    { title: "that does not compile", pattern: `${OWNER}(`, reason: "a group is not closed" },
    {
      title: "that compiles only inside another",
      pattern: `${OWNER}a)(b`,
      reason: "a group is closed that was not opened",
    },
    { title: "that is empty", pattern: "", reason: "fix the beginning" },
    { title: "that is too long", pattern: `${OWNER}${"a".repeat(1_024)}`, reason: "longer than 1024" },
    { title: "that counts too far", pattern: `${OWNER}(?:a{200}){200}`, reason: "too large" },
    { title: "that repeats nothing", pattern: `${OWNER}*+`, reason: "a repetition is repeated" },
    { title: "that refers to a group", pattern: String.raw`${OWNER}(.*)\1`, reason: "not understood" },
    {
      title: "that refers to a named group",
      pattern: String.raw`${OWNER}(?<n>a)\k<n>`,
      reason: "not understood",
    },
    { title: "that looks ahead", pattern: `${OWNER}(?=.*x).*`, reason: "nothing stands before" },
    { title: "that looks away", pattern: `${OWNER}(?!evil).*`, reason: "nothing stands before" },
    { title: "that looks back", pattern: `${OWNER}(?<!evil).*`, reason: "nothing stands before" },
    { title: "that sets flags", pattern: `${OWNER}(?i:A)`, reason: "nothing stands before" },
    { title: "that means words", pattern: String.raw`${OWNER}.*\b`, reason: "not understood" },
    { title: "that means a property", pattern: String.raw`${OWNER}\p{L}`, reason: "not understood" },
    {
      title: "that begins with anything",
      pattern: String.raw`.*/acme/release\.yaml`,
      reason: "fix the beginning",
    },
    { title: "of any host", pattern: "https://[^/]+/acme/.*", reason: "fix the beginning" },
    {
      title: "of a host with a bare dot",
      pattern: "https://github.com/acme/.*",
      reason: String.raw`write \. for`,
    },
    { title: "of any owner", pattern: String.raw`https://github\.com/.*`, reason: "fix the beginning" },
    {
      title: "of owners that begin alike",
      pattern: String.raw`https://github\.com/acme.*`,
      reason: "fix the beginning",
    },
    {
      title: "of an owner that may lack a letter",
      pattern: String.raw`https://github\.com/acme/?.*`,
      reason: "fix",
    },
    { title: "of any of two owners", pattern: `${OWNER}a|${OWNER}b`, reason: "fix the beginning" },
    { title: "with a way round", pattern: `${OWNER}a|.*`, reason: "fix the beginning" },
    { title: "of owners in a group", pattern: String.raw`https://github\.com/(acme|evil)/.*`, reason: "fix" },
    { title: "of mail addresses", pattern: String.raw`.*@acme\.example`, reason: "insecureSubjectPattern" },
  ])("$title", ({ pattern, reason }) => {
    expect(() => parseSubjectPattern(pattern, "owner")).toThrow(reason);
  });

  test.each([
    { title: "of no fixed start that looks back", pattern: "(?<=a)b", reason: "nothing stands before" },
    { title: "of no fixed start that is none", pattern: "[", reason: "not understood" },
  ])("$title", ({ pattern, reason }) => {
    expect(() => parseSubjectPattern(pattern, "none")).toThrow(reason);
  });
});

describe("a pattern of subjects is taken", () => {
  test.each([
    { title: "as it is", pattern: `${OWNER}app` },
    { title: "with anchors", pattern: `^${OWNER}app$` },
    { title: "of any repository", pattern: `${OWNER}[^/]+/.github/workflows/release\\.yaml@refs/tags/v.*` },
    { title: "of any workflow and branch", pattern: `${OWNER}app/.*@refs/heads/.*` },
    { title: "with alternatives", pattern: `${OWNER}(?:app|web)/.*` },
    { title: "with a part that may be missing", pattern: `${OWNER}app(?:-next)?/.*` },
    { title: "with a digest", pattern: `${OWNER}app@[0-9a-f]{40}abc.*` },
    { title: "with several parts that take anything", pattern: `${OWNER}.*a.*b.*` },
    { title: "with a group that repeats", pattern: `${OWNER}(?:a+)+` },
    { title: "with a bar in a class", pattern: `${OWNER}[a|b]` },
    { title: "of another scheme", pattern: String.raw`spiffe://acme\.example/builds/.*` },
  ])("$title", ({ pattern }) => {
    expect(parseSubjectPattern(pattern, "owner")).toBe(pattern);
  });

  test("of mail addresses where no start is asked for", () => {
    const pattern = String.raw`.*@acme\.example`;
    expect(parseSubjectPattern(pattern, "none")).toBe(pattern);
  });
});
