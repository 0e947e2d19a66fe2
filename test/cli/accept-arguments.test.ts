import { describe, expect, test } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import { instantOf } from "../../src/time.ts";

const WHY = ["--reason", "not reachable", "-c", "a"];
const UNTIL = ["--until", "2026-12-31"];
const END = instantOf(Date.UTC(2027, 0, 1));
const SCOPE = { id: "CVE-2026-1", codeRepository: { owner: "acme", name: "shop" } };

describe("accept", () => {
  test.each([
    {
      title: "in every line of a code repository, to the end of a day",
      words: ["accept", "CVE-2026-1", "acme/shop", ...UNTIL, ...WHY],
      action: { kind: "accept", ...SCOPE, until: END, reason: "not reachable" },
    },
    {
      title: "in one line",
      words: ["accept", "CVE-2026-1", "acme/shop", "bellsoft/hardened-base:musl", ...UNTIL, ...WHY],
      action: {
        kind: "accept",
        ...SCOPE,
        line: { repository: parseRepository("bellsoft/hardened-base"), tag: parseTag("musl") },
        until: END,
        reason: "not reachable",
      },
    },
    {
      title: "to a moment, by a name",
      words: [
        "accept",
        "CVE-2026-1",
        "acme/shop",
        "--until",
        "2026-12-31T12:00:00Z",
        "--by",
        " Ana ",
        ...WHY,
      ],
      action: {
        kind: "accept",
        ...SCOPE,
        until: instantOf(Date.UTC(2026, 11, 31, 12)),
        reason: "not reachable",
        by: "Ana",
      },
    },
    {
      title: "no longer",
      words: ["accept", "CVE-2026-1", "acme/shop", "--lift", ...WHY],
      action: { kind: "lift", ...SCOPE, reason: "not reachable" },
    },
    { title: "what is there", words: ["accept", "--list", "-c", "a"], action: { kind: "list" } },
  ])("$title", ({ words, action }) => {
    expect(parseArguments(words)).toEqual({ kind: "accept", config: "a", action });
  });

  test.each([
    { title: "S26: without an end", words: ["CVE-1", "acme/shop", ...WHY], says: "needs --until" },
    { title: "without a reason", words: ["CVE-1", "acme/shop", ...UNTIL, "-c", "a"], says: "needs --reason" },
    {
      title: "by nobody",
      words: ["CVE-1", "acme/shop", ...UNTIL, "--by", " ", ...WHY],
      says: "--by is empty",
    },
    { title: "of nothing", words: [...UNTIL, ...WHY], says: "accept needs VULNERABILITY" },
    { title: "nowhere", words: ["CVE-1", ...UNTIL, ...WHY], says: "accept needs VULNERABILITY" },
    {
      title: "too much",
      words: ["CVE-1", "acme/shop", "a/b:1", "c", ...UNTIL, ...WHY],
      says: "accept needs",
    },
    { title: "an odd id", words: ["CVE 1", "acme/shop", ...UNTIL, ...WHY], says: "not the id" },
    { title: "a long id", words: ["C".repeat(129), "acme/shop", ...UNTIL, ...WHY], says: "not the id" },
    {
      title: "an odd code repository",
      words: ["CVE-1", "shop", ...UNTIL, ...WHY],
      says: "not a code repository",
    },
    {
      title: "an image without a tag",
      words: ["CVE-1", "acme/shop", "a/b", ...UNTIL, ...WHY],
      says: "needs a tag",
    },
    {
      title: "a day that is none",
      words: ["CVE-1", "acme/shop", "--until", "2026-02-30", ...WHY],
      says: "--until",
    },
    { title: "a period", words: ["CVE-1", "acme/shop", "--until", "30d", ...WHY], says: "--until" },
    {
      title: "a lift with an end",
      words: ["CVE-1", "acme/shop", "--lift", ...UNTIL, ...WHY],
      says: "ends now",
    },
    { title: "a withdrawal", words: ["CVE-1", "acme/shop", "--withdraw", ...UNTIL, ...WHY], says: "--lift" },
    { title: "a list of one", words: ["--list", "CVE-1", "-c", "a"], says: "takes nothing else" },
    { title: "a list with an end", words: ["--list", ...UNTIL, "-c", "a"], says: "takes nothing else" },
  ])("refuses $title", ({ words, says }) => {
    expect(() => parseArguments(["accept", ...words])).toThrow(says);
  });

  test("no other command takes --until", () => {
    expect(() => parseArguments(["serve", ...UNTIL, "-c", "a"])).toThrow("serve takes no --until");
  });
});
