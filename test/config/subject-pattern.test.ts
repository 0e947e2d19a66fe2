import { describe, expect, test } from "vitest";
import { parseSubjectPattern } from "../../config/subject-pattern.ts";

const OWNER = String.raw`https://github\.com/acme/`;

describe("a pattern of subjects is refused", () => {
  test.each([
    { title: "that does not compile", pattern: `${OWNER}(`, reason: "not a regular expression" },
    {
      title: "that compiles only inside another",
      pattern: `${OWNER}a)(b`,
      reason: "not a regular expression",
    },
    { title: "that is empty", pattern: "", reason: "fix the beginning" },
    { title: "that is too long", pattern: `${OWNER}${"a".repeat(500)}`, reason: "longer than 500" },
    { title: "that repeats a group", pattern: `${OWNER}(?:a+)+`, reason: "a group that repeats" },
    { title: "that repeats alternatives", pattern: `${OWNER}(?:a|b)*`, reason: "a group that repeats" },
    {
      title: "that repeats a group a number of times",
      pattern: `${OWNER}(.*x){9}`,
      reason: "a group that repeats",
    },
    { title: "that repeats a group inside one", pattern: `${OWNER}((a)*b)`, reason: "a group that repeats" },
    { title: "that refers to a group", pattern: String.raw`${OWNER}(.*)\1`, reason: "a reference" },
    {
      title: "that refers to a named group",
      pattern: String.raw`${OWNER}(?<n>a)\k<n>`,
      reason: "groups that look",
    },
    { title: "that looks ahead", pattern: `${OWNER}(?=.*x).*`, reason: "groups that look around" },
    { title: "that looks away", pattern: `${OWNER}(?!evil).*`, reason: "groups that look around" },
    { title: "that looks back", pattern: `${OWNER}(?<!evil).*`, reason: "groups that look around" },
    { title: "that sets flags", pattern: `${OWNER}(?i:A)`, reason: "groups that look around" },
    { title: "that means words", pattern: String.raw`${OWNER}.*\b`, reason: "not supported" },
    { title: "that means a property", pattern: String.raw`${OWNER}\p{L}`, reason: "not supported" },
    { title: "of three parts that take anything", pattern: `${OWNER}.*a.*b.*`, reason: "more than 1 part" },
    { title: "of parts that run into each other", pattern: `${OWNER}a*a*a*b`, reason: "more than 1 part" },
    { title: "of two such parts and an end", pattern: `${OWNER}.*a.*b`, reason: "more than 1 part" },
    { title: "of vague parts in groups", pattern: `${OWNER}(a+|b+|.+)`, reason: "more than 1 part" },
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
    { title: "of no fixed start that repeats a group", pattern: "(?:.*)+", reason: "a group that repeats" },
    { title: "of no fixed start that is vague", pattern: ".*a.*b.*", reason: "more than 1 part" },
    { title: "of no fixed start that is none", pattern: "[", reason: "not a regular expression" },
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
    { title: "of another scheme", pattern: String.raw`spiffe://acme\.example/builds/.*` },
  ])("$title", ({ pattern }) => {
    expect(parseSubjectPattern(pattern, "owner")).toBe(pattern);
  });

  test("of mail addresses where no start is asked for", () => {
    const pattern = String.raw`.*@acme\.example`;
    expect(parseSubjectPattern(pattern, "none")).toBe(pattern);
  });

  test("only if it answers quickly on a name made to make it slow", () => {
    const pattern = parseSubjectPattern(`${OWNER}[^/]+/.*a.*`, "owner");
    const startedAt = process.hrtime.bigint();
    expect(new RegExp(`^(?:${pattern})$`).test(`https://github.com/acme/x/${"a".repeat(5_000)}\n`)).toBe(
      false,
    );
    expect(Number(process.hrtime.bigint() - startedAt) / 1e6).toBeLessThan(2_000);
  });
});
