import { describe, expect, test } from "vitest";
import { ruleFor } from "../../src/vendor/policies.ts";
import { DEFAULT_PULL_RULES } from "../../src/vendor/pull-rules.ts";
import { DAY_MS } from "../../src/time.ts";
import { faultsOf, load, type Sections } from "./folder.ts";

/** What an organisation says of pull requests, and what comes of it for a code repository. */

async function pullsOf(sections: Sections, name = "shop") {
  const { policies } = await load({ sections });
  return ruleFor(policies, { owner: "acme", name }).pulls;
}

describe("rules of pull requests", () => {
  test("nothing said: nothing is merged unseen, one a vendor", async () => {
    expect(await pullsOf({})).toEqual(DEFAULT_PULL_RULES);
  });

  test("everything said", async () => {
    const policy = {
      group: "directory",
      automerge: ["rebuild", "fixes"],
      mergeMethod: "squash",
      labels: ["security", "área: imágenes"],
      assignees: ["alex"],
      reviewers: ["acme/platform", "sam"],
      codeowners: true,
      milestone: "Q4",
      ignoreFor: "30d",
      openMax: 3,
    };
    expect(await pullsOf({ policy })).toEqual({
      ...DEFAULT_PULL_RULES,
      group: "directory",
      automerge: ["rebuild", "fixes"],
      mergeMethod: "squash",
      labels: ["security", "área: imágenes"],
      assignees: ["alex"],
      reviewers: ["acme/platform", "sam"],
      codeowners: true,
      milestone: "Q4",
      ignoreMs: 30 * DAY_MS,
      openMax: 3,
    });
  });

  test("never is no class", async () => {
    expect(await pullsOf({ policy: { automerge: "never" } })).toMatchObject({ automerge: [] });
  });

  test("a policy of some code repositories says what differs, and takes the rest from the one for all", async () => {
    const sections = {
      policy: { labels: ["base"], openMax: 3, automerge: ["rebuild"] },
      policies: { pay: { repositories: ["acme/pay-*"], automerge: "never", group: "line" } },
    };
    expect(await pullsOf(sections, "pay-api")).toMatchObject({
      labels: ["base"],
      openMax: 3,
      automerge: [],
      group: "line",
    });
    expect(await pullsOf(sections)).toMatchObject({ automerge: ["rebuild"], group: "vendor" });
  });
});

describe("a warning where something is merged unseen", () => {
  test.each<{ title: string; automerge: unknown; names: string | undefined }>([
    { title: "not said", automerge: undefined, names: undefined },
    { title: "never", automerge: "never", names: undefined },
    { title: "only what is no worse", automerge: ["fixes", "rebuild"], names: undefined },
    { title: "what may break something", automerge: ["rebuild", "content"], names: "content" },
    { title: "what nobody could assess", automerge: ["unassessed"], names: "unassessed" },
    {
      title: "what is worse",
      automerge: ["regression", "moved-backwards"],
      names: "regression, moved-backwards",
    },
  ])("$title", async ({ automerge, names }) => {
    const { warnings } = await load({
      sections: { policy: automerge === undefined ? {} : { automerge } },
    });
    const loud = warnings.filter((warning) => warning.includes("DANGEROUS"));
    const told = names === undefined ? [] : [`policy.automerge: DANGEROUS: updates of class ${names} are`];
    expect(loud.map((warning) => warning.slice(0, told[0]?.length ?? 0))).toEqual(told);
  });
});

describe("refuses", () => {
  test.each<{ title: string; policy: Sections; path: string; reason: string }>([
    { title: "a grouping that is none", policy: { group: "file" }, path: "policy.group", reason: "vendor" },
    { title: "a class that is none", policy: { automerge: ["patch"] }, path: "policy.automerge", reason: "" },
    { title: "a class as a text", policy: { automerge: "rebuild" }, path: "policy.automerge", reason: "" },
    { title: "no class", policy: { automerge: [] }, path: "policy.automerge", reason: "" },
    { title: "yes to all", policy: { automerge: true }, path: "policy.automerge", reason: "" },
    {
      title: "a way to merge that is none",
      policy: { mergeMethod: "push" },
      path: "policy.mergeMethod",
      reason: "merge",
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
    { title: "an empty milestone", policy: { milestone: "" }, path: "policy.milestone", reason: "" },
    { title: "a span without a unit", policy: { ignoreFor: "90" }, path: "policy.ignoreFor", reason: "span" },
    {
      title: "a span of a moment",
      policy: { ignoreFor: "5s" },
      path: "policy.ignoreFor",
      reason: "3600s or more",
    },
    { title: "no open pull request at all", policy: { openMax: 0 }, path: "policy.openMax", reason: "" },
    { title: "half a pull request", policy: { openMax: 1.5 }, path: "policy.openMax", reason: "" },
  ])("$title", async ({ policy, path, reason }) => {
    const faults = await faultsOf({ sections: { policy } });
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.every((fault) => fault.path.startsWith(path))).toBe(true);
    expect(faults.map((fault) => fault.reason).join(" ")).toContain(reason);
  });
});
