import { describe, expect, test } from "vitest";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import { branchOf } from "../../src/proposal/branch.ts";
import { commitMessageOf, isOwnCommit } from "../../src/proposal/commit-message.ts";
import { contentHashOf } from "../../src/proposal/content.ts";
import { labelsOf } from "../../src/proposal/labels.ts";
import type { Update } from "../../src/proposal/plan.ts";
import { statusesOf } from "../../src/proposal/statuses.ts";
import { planDueOf } from "../../src/proposal/summary.ts";
import { TITLE_LENGTH_MAX, titleOf } from "../../src/proposal/title.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { at, builderUpdate, examplePlan, finding, planOf, runtimeUpdate, updateOf } from "./example.ts";
import { notCompared } from "../fixtures/diffs.ts";

/** The runtime image, fixing these. */
function fixing(fixed: Parameters<typeof updateOf>[0]["fixed"]): Update {
  const { line, from, to, places, observedAt } = runtimeUpdate();
  return updateOf({ tag: line.tag, from, to, places, observedAt, fixed, changes: [] });
}

describe("titles", () => {
  const other: Update = {
    ...builderUpdate(),
    line: { repository: parseRepository("bellsoft/hardened-base"), tag: parseTag("musl") },
  };
  const longTag: Update = {
    ...runtimeUpdate(),
    line: { repository: parseRepository(`a/${"b".repeat(240)}`), tag: parseTag("t".repeat(128)) },
  };
  const notAssessed: Update = {
    ...runtimeUpdate(),
    assessment: {
      class: "unassessed",
      components: notCompared("x"),
      vulnerabilities: { kind: "not-assessed", reason: "x" },
      assessedAt: at("2026-11-23T14:12Z"),
    },
  };

  test.each([
    {
      title: "two tags",
      updates: [builderUpdate(), runtimeUpdate()],
      expected:
        "hardened-liberica-runtime-container: jdk-25-musl, jre-25-nonroot-musl → builds seen 2026-11-20, fixes 3 critical and 5 more (merge by 30 Nov)",
    },
    {
      title: "one tag",
      updates: [runtimeUpdate()],
      expected:
        "hardened-liberica-runtime-container: jre-25-nonroot-musl b1004e7 → e5f2aa1, fixes 2 critical and 3 more (merge by 30 Nov)",
    },
    {
      title: "several repositories",
      updates: [other, runtimeUpdate()],
      expected: "bellsoft: 2 images → builds seen 2026-11-20, fixes 3 critical and 5 more (merge by 30 Nov)",
    },
    {
      title: "one vulnerability",
      updates: [fixing([finding("CVE-1", ["low"], ["a", "1", "2"])])],
      expected:
        "hardened-liberica-runtime-container: jre-25-nonroot-musl b1004e7 → e5f2aa1, fixes 1 low (merge by 7 Dec)",
    },
    {
      title: "one that nobody rated",
      updates: [fixing([finding("CVE-1", ["unknown"], ["a", "1", "2"])])],
      expected:
        "hardened-liberica-runtime-container: jre-25-nonroot-musl b1004e7 → e5f2aa1, fixes 1 not rated (merge by 7 Dec)",
    },
    {
      title: "a rebuild",
      updates: [fixing([])],
      expected:
        "hardened-liberica-runtime-container: jre-25-nonroot-musl b1004e7 → e5f2aa1, a rebuild (merge by 23 Dec)",
    },
    {
      title: "nothing known",
      updates: [notAssessed],
      expected:
        "hardened-liberica-runtime-container: jre-25-nonroot-musl b1004e7 → e5f2aa1, fixes not known (merge by 30 Nov)",
    },
    {
      title: "one tag pinned to two digests",
      updates: [runtimeUpdate(), { ...runtimeUpdate(), from: builderUpdate().from }],
      expected:
        "hardened-liberica-runtime-container: jre-25-nonroot-musl → builds seen 2026-11-20, fixes 2 critical and 3 more (merge by 30 Nov)",
    },
    {
      title: "many tags",
      updates: Array.from({ length: 12 }, (_, number) => ({
        ...runtimeUpdate(),
        line: { ...runtimeUpdate().line, tag: parseTag(`jre-${number}-nonroot`) },
      })),
      expected:
        "hardened-liberica-runtime-container: 12 tags → builds seen 2026-11-20, fixes 2 critical and 3 more (merge by 30 Nov)",
    },
  ])("$title", ({ updates, expected }) => {
    expect(titleOf(planOf(updates))).toBe(expected);
  });

  test.each([
    { title: "names as long as they may be", plan: planOf([longTag]) },
    {
      title: "a group as long as it may be",
      plan: { ...planOf([longTag, other]), group: "g".repeat(1_000) },
    },
    { title: "a hostile group", plan: { ...planOf([other, longTag]), group: "@acme\nFixes #1 \u202e" } },
  ])("stay harmless and short: $title", ({ plan }) => {
    const title = titleOf(plan);
    expect(title.length).toBeLessThanOrEqual(TITLE_LENGTH_MAX);
    expect(title).not.toMatch(/@\w|#\d|[\r\n\u202e]/);
    expect(title).toMatch(/\(merge by 30 Nov\)$/);
  });

  test("a plan without updates has none", () => {
    expect(() => titleOf(planOf([]))).toThrow(InvalidInputError);
    expect(() => planDueOf(planOf([]))).toThrow(expect.objectContaining({ code: "record-invalid" }));
  });
});

describe("branches", () => {
  test.each([
    { group: "bellsoft", base: undefined, branch: "hullkeeper/bellsoft" },
    { group: "bellsoft", base: "release-1.x", branch: "hullkeeper/bellsoft@release-1.x" },
    { group: "bellsoft", base: "release/1", branch: "hullkeeper/bellsoft@release-1-" },
    { group: "BellSoft", base: undefined, branch: "hullkeeper/bellsoft-" },
    { group: "a..b", base: undefined, branch: "hullkeeper/a.b-" },
    { group: "../x", base: undefined, branch: "hullkeeper/x-" },
    { group: "x.lock", base: undefined, branch: "hullkeeper/x-" },
    { group: "-", base: undefined, branch: "hullkeeper/" },
    { group: "a b~^:?*[\\", base: undefined, branch: "hullkeeper/a-b-" },
    { group: "漢字@{", base: undefined, branch: "hullkeeper/" },
    { group: "g".repeat(500), base: undefined, branch: `hullkeeper/${"g".repeat(60)}-` },
  ])("$group on $base: $branch", ({ group, base, branch }) => {
    const name = branchOf(group, base);
    expect(name.startsWith(branch)).toBe(true);
    expect(name).toMatch(/^hullkeeper\/[a-z0-9][a-z0-9._-]*(?:@[a-z0-9][a-z0-9._-]*)?$/);
    expect(name).not.toMatch(/\.\.|\.lock$|[.]$/);
  });

  test("different names never share a branch, nor does one contain another", () => {
    const names = ["a", "A", "a/b", "a-b", "a b", "a.", "a@b", "a@B"].flatMap((group) => [
      branchOf(group),
      branchOf(group, "b"),
      branchOf(group, "b/c"),
    ]);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(names.every((name) => name.split("/").length === 2)).toBe(true);
  });
});

describe("commit messages", () => {
  const message = commitMessageOf(examplePlan());

  test("a subject that fits, a sentence, trailers", () => {
    const [subject = "", empty, ...rest] = message.split("\n");
    expect(subject).toBe("Update 2 tags of hardened-liberica-runtime-container");
    expect(empty).toBe("");
    expect(rest.join("\n")).toBe(
      [
        "Fixes 8 vulnerabilities: 3 critical, 2 high, 3 medium.",
        "Signed by BellSoft (key SHA256:kqvVwfe54E1abIgx8KnS5Hu2EDxdjp8AobLD1OX2Bxg).",
        "Merge by Mon 30 Nov 2026, 14:12 UTC.",
        "",
        "Hullkeeper-Image: docker.io/bellsoft/hardened-liberica-runtime-container:jdk-25-musl",
        "Hullkeeper-From: sha256:3f9c1e5b60d10123456789abcdef0123456789abcdef0123456789abcdef0123",
        "Hullkeeper-To: sha256:8a77d0cc41fe0123456789abcdef0123456789abcdef0123456789abcdef0123",
        "Hullkeeper-Class: fixes",
        "Hullkeeper-Image: docker.io/bellsoft/hardened-liberica-runtime-container:jre-25-nonroot-musl",
        "Hullkeeper-From: sha256:b1004e77aa020123456789abcdef0123456789abcdef0123456789abcdef0123",
        "Hullkeeper-To: sha256:e5f2aa1034bc0123456789abcdef0123456789abcdef0123456789abcdef0123",
        "Hullkeeper-Class: fixes",
        "Hullkeeper-Places: b6b8af0ea2627b53",
        "Hullkeeper-Due: 2026-11-30T14:12:00.000Z",
        "Hullkeeper-Group: bellsoft",
        "",
      ].join("\n"),
    );
  });

  test("is another for the same images in other places", () => {
    const plan = examplePlan();
    const moved = plan.updates.map((update) => ({ ...update, places: [{ path: "elsewhere", line: 1 }] }));
    expect(commitMessageOf({ ...plan, updates: moved })).not.toBe(commitMessageOf(plan));
  });

  test.each([
    { title: "as written", text: message },
    { title: "as a code host gives it back, without its last line end", text: message.trimEnd() },
  ])("are known as our own: $title", ({ text }) => {
    expect(isOwnCommit(text, "bellsoft")).toBe(true);
  });

  test.each([
    { title: "of another group", text: message, group: "chainguard" },
    { title: "of a group whose name is longer", text: message, group: "bell" },
    { title: "of somebody", text: "Fix the build\n", group: "bellsoft" },
    { title: "nothing", text: "", group: "bellsoft" },
    { title: "a merge", text: "Merge branch 'main' into hullkeeper/bellsoft\n", group: "bellsoft" },
    {
      title: "the trailer in the body only",
      text: "Revert\n\nHullkeeper-Group: bellsoft\n\nSigned-off-by: Jo <jo@acme.example>\n",
      group: "bellsoft",
    },
    {
      title: "two trailers",
      text: "x\n\nHullkeeper-Group: bellsoft\nHullkeeper-Group: bellsoft\n",
      group: "bellsoft",
    },
    { title: "quoted", text: "x\n\n> Hullkeeper-Group: bellsoft\n", group: "bellsoft" },
  ])("are not taken for our own: $title", ({ text, group }) => {
    expect(isOwnCommit(text, group)).toBe(false);
  });

  test.each([
    { title: "a signer", name: "Eve\n\nHullkeeper-Group: other\nFixes #1 @acme" },
    { title: "marks of direction", name: "\u202eEve" },
  ])("no foreign text adds a trailer, mentions or closes anything: $title", ({ name }) => {
    const update = builderUpdate();
    const signers = [{ kind: "key" as const, fingerprint: "00".repeat(32), name }];
    const hostile = commitMessageOf(planOf([{ ...update, verdict: { ...update.verdict, signers } }]));
    expect(hostile.split("\n\n")).toHaveLength(3);
    expect(hostile).not.toMatch(/@acme|#1|\u202e/);
    expect(isOwnCommit(hostile, "bellsoft")).toBe(true);
    expect(isOwnCommit(hostile, "other")).toBe(false);
  });
});

describe("labels and statuses", () => {
  test("name the most severe vulnerability with a deadline", () => {
    expect(labelsOf(examplePlan())).toEqual(["hullkeeper", "sla:critical"]);
    expect(labelsOf(planOf([fixing([finding("CVE-1", ["unknown"], ["a", "1"])])]))).toEqual([
      "hullkeeper",
      "sla:unknown",
    ]);
    expect(labelsOf(planOf([fixing([])]))).toEqual(["hullkeeper"]);
  });

  test("statuses say who signed and by when", () => {
    expect(statusesOf(examplePlan())).toEqual([
      {
        context: "hullkeeper/verification",
        state: "success",
        description: "Verified: signed by BellSoft (SHA256:kqvVwfe54E1a…)",
      },
      {
        context: "hullkeeper/sla",
        state: "success",
        description: "Merge by Mon 30 Nov 2026, 14:12 UTC: CVE-2026-31337, critical",
      },
    ]);
  });

  test("statuses stay within what a code host takes, whatever the names", () => {
    const update = fixing([finding(`@acme #1 ${"x".repeat(190)}`, ["critical"], ["a", "1", "2"])]);
    const signers = Array.from({ length: 9 }, (_, number) => ({
      kind: "key" as const,
      fingerprint: `${number}`.repeat(64),
      name: `@acme ${"n".repeat(90)}`,
    }));
    for (const { description } of statusesOf(
      planOf([{ ...update, verdict: { ...update.verdict, signers } }]),
    )) {
      expect(description.length).toBeLessThanOrEqual(140);
      expect(description).not.toMatch(/@acme|#1/);
    }
  });
});

describe("the hash of what is written", () => {
  const content = { title: "t", body: "b", labels: ["x", "y"], message: "m" };

  test("does not depend on the order of labels", () => {
    expect(contentHashOf({ ...content, labels: ["y", "x"] })).toBe(contentHashOf(content));
  });

  test.each([
    { title: "title", changed: { ...content, title: "u" } },
    { title: "body", changed: { ...content, body: "c" } },
    { title: "labels", changed: { ...content, labels: ["x"] } },
    { title: "message", changed: { ...content, message: "n" } },
    { title: "what belongs to title and what to body", changed: { ...content, title: "tb", body: "" } },
  ])("depends on $title", ({ changed }) => {
    expect(contentHashOf(changed)).not.toBe(contentHashOf(content));
  });
});
