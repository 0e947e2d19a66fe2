import { describe, expect, test } from "vitest";
import { ruleFor } from "../../src/vendor/policies.ts";
import { DEFAULT_PULL_RULES } from "../../src/vendor/pull-rules.ts";
import { DAY_MS } from "../../src/time.ts";
import { faultsOf, load, type Sections } from "./folder.ts";

const GITHUB = { token: { env: "TOKEN" }, repositories: ["acme/shop"] };

/** What an organisation says of pull requests, and what comes of it for a code repository. */

async function pullsOf(sections: Sections, name = "shop") {
  const { policies } = await load({ sections });
  return ruleFor(policies, { owner: "acme", name }).pulls;
}

describe("rules of pull requests", () => {
  test("nothing said: one a vendor", async () => {
    expect(await pullsOf({})).toEqual(DEFAULT_PULL_RULES);
  });

  test("everything said", async () => {
    const policy = {
      group: "directory",
      pin: "propose",
      labels: ["security", "área: imágenes"],
      assignees: ["alex"],
      reviewers: ["acme/platform", "sam"],
      codeowners: true,
      milestone: "Q4",
      ignoreFor: "30d",
      openMax: 5,
      perHour: 2,
    };
    expect(await pullsOf({ policy })).toEqual({
      ...DEFAULT_PULL_RULES,
      group: "directory",
      pin: "propose",
      labels: ["security", "área: imágenes"],
      assignees: ["alex"],
      reviewers: ["acme/platform", "sam"],
      codeowners: true,
      milestone: "Q4",
      ignoreForMs: 30 * DAY_MS,
      openMax: 5,
      perHour: 2,
    });
  });

  test("branches: of the policy, else of the code host, else the default one", async () => {
    const policies = { pay: { repositories: ["acme/pay-*"], baseBranches: ["$default", "release/*"] } };
    expect((await pullsOf({ policies }, "pay-api")).baseBranches).toEqual(["$default", "release/*"]);
    expect((await pullsOf({ policies })).baseBranches).toEqual(["$default"]);
    const github = { ...GITHUB, baseBranch: "develop" };
    expect((await pullsOf({ github, policies })).baseBranches).toEqual(["develop"]);
    expect((await pullsOf({ github, policies }, "pay-api")).baseBranches).toEqual(["$default", "release/*"]);
    const policy = { baseBranches: ["main"] };
    expect((await pullsOf({ github, policy })).baseBranches).toEqual(["main"]);
    expect((await pullsOf({ github, policy, policies }, "pay-api")).baseBranches).toHaveLength(2);
  });

  test("a policy of some code repositories says what differs, and takes the rest from the one for all", async () => {
    const sections = {
      policy: { labels: ["base"], reviewers: ["sam"] },
      policies: { pay: { repositories: ["acme/pay-*"], reviewers: [], group: "line", pin: "never" } },
    };
    expect(await pullsOf(sections, "pay-api")).toMatchObject({
      labels: ["base"],
      reviewers: [],
      group: "line",
      pin: "never",
    });
    expect(await pullsOf(sections)).toMatchObject({ reviewers: ["sam"], group: "vendor", pin: "follow" });
  });
});

describe("refuses", () => {
  test.each<{ title: string; policy: Sections; path: string; reason: string }>([
    { title: "a grouping that is none", policy: { group: "file" }, path: "policy.group", reason: "vendor" },
    { title: "a pinning that is none", policy: { pin: "always" }, path: "policy.pin", reason: "propose" },
    { title: "a pinning that is a boolean", policy: { pin: true }, path: "policy.pin", reason: "propose" },
    {
      title: "digests ignored for a moment",
      policy: { ignoreFor: "10m" },
      path: "policy.ignoreFor",
      reason: "3600s or more",
    },
    {
      title: "digests ignored for good",
      policy: { ignoreFor: "366d" },
      path: "policy.ignoreFor",
      reason: "365d or less",
    },
    {
      title: "a login with @",
      policy: { assignees: ["@alex"] },
      path: "policy.assignees[0]",
      reason: "without @",
    },
    {
      title: "a login with a space",
      policy: { reviewers: ["a b"] },
      path: "policy.reviewers[0]",
      reason: "login",
    },
    {
      title: "a team of a team",
      policy: { reviewers: ["a/b/c"] },
      path: "policy.reviewers[0]",
      reason: "login",
    },
    {
      title: "a label of ours",
      policy: { labels: ["sla:critical"] },
      path: "policy.labels[0]",
      reason: "ourselves",
    },
    { title: "our label", policy: { labels: ["Hullkeeper"] }, path: "policy.labels[0]", reason: "ourselves" },
    { title: "a label with a comma", policy: { labels: ["a,b"] }, path: "policy.labels[0]", reason: "label" },
    {
      title: "an invisible label",
      policy: { labels: ["a\u202Eb"] },
      path: "policy.labels[0]",
      reason: "label",
    },
    {
      title: "21 labels",
      policy: { labels: Array.from({ length: 21 }, (_, i) => `l${i}`) },
      path: "policy.labels",
      reason: "20",
    },
    { title: "no write in an hour", policy: { perHour: 0 }, path: "policy.perHour", reason: "1" },
    { title: "half a write in an hour", policy: { perHour: 0.5 }, path: "policy.perHour", reason: "" },
    { title: "an empty milestone", policy: { milestone: "" }, path: "policy.milestone", reason: "" },
    { title: "no branches", policy: { baseBranches: [] }, path: "policy.baseBranches", reason: "1" },
    {
      title: "21 branches",
      policy: { baseBranches: Array.from({ length: 21 }, (_, n) => `b${n}`) },
      path: "policy.baseBranches",
      reason: "20",
    },
    {
      title: "a branch of ours",
      policy: { baseBranches: ["hullkeeper/bellsoft"] },
      path: "policy.baseBranches[0]",
      reason: "name of a branch",
    },
    {
      title: "a pattern that Git has no names for",
      policy: { baseBranches: ["release/[0-9]"] },
      path: "policy.baseBranches[0]",
      reason: "name of a branch",
    },
  ])("$title", async ({ policy, path, reason }) => {
    const faults = await faultsOf({ sections: { policy } });
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.every((fault) => fault.path.startsWith(path))).toBe(true);
    expect(faults.map((fault) => fault.reason).join(" ")).toContain(reason);
  });
});
