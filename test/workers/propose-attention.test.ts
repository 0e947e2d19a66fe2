import { expect, test } from "vitest";
import { DEFAULT_POLICIES, type Policies } from "../../src/vendor/policies.ts";
import type { PullRules } from "../../src/vendor/pull-rules.ts";
import { propose } from "../../workers/propose.ts";
import { KEY, MUSL, SHOP } from "./bench.ts";
import { OLD, onlyPull, proposable, proposed, ready, THIRD } from "./propose-bench.ts";

const asking = (pulls: Partial<PullRules>): Policies => ({
  ...DEFAULT_POLICIES,
  otherwise: {
    ...DEFAULT_POLICIES.otherwise,
    pulls: { ...DEFAULT_POLICIES.otherwise.pulls, ...pulls },
  },
});

test("nobody is asked where nobody is named", async () => {
  const bench = await proposed();
  expect(bench.codeHost.asked.filter((question) => question.startsWith("bringTo"))).toEqual([]);
});

test("a new pull request is brought to whom the policy names, and to owners of its files", async () => {
  const policies = asking({ assignees: ["alex"], reviewers: ["sam"], codeowners: true, milestone: "Q4" });
  const bench = await proposable([[MUSL, OLD]], { policies });
  bench.codeHost.push(SHOP, "main", { CODEOWNERS: "* @acme/all\nDockerfile @acme/images" });
  await bench.run(propose, KEY);
  expect(onlyPull(bench)).toMatchObject({
    assignees: ["alex"],
    reviewers: ["sam", "acme/images"],
    milestone: "Q4",
  });
});

test("one that is refreshed is not: who took themselves off stays so", async () => {
  const bench = await proposed([[MUSL, OLD]], { policies: asking({ assignees: ["alex"] }) });
  await ready(bench, MUSL, OLD, THIRD);
  await bench.run(propose, KEY);
  expect(bench.codeHost.asked.filter((question) => question.startsWith("bringTo"))).toHaveLength(1);
});

test("who is not known is told, and does not keep the pull request from being opened", async () => {
  const bench = await proposable([[MUSL, OLD]], { policies: asking({ assignees: ["alex", "gone"] }) });
  bench.codeHost.unknown.add("gone");
  await bench.run(propose, KEY);
  expect(onlyPull(bench)).toMatchObject({ state: "open", assignees: ["alex"] });
  expect(await bench.messages("attention-unknown")).toEqual(["the code host does not know: gone"]);
});

test("labels of the policy are put on once, beside ours", async () => {
  const bench = await proposed([[MUSL, OLD]], { policies: asking({ labels: ["security"] }) });
  expect(onlyPull(bench).labels).toEqual(expect.arrayContaining(["hullkeeper", "security"]));
  await ready(bench, MUSL, OLD, THIRD);
  await bench.run(propose, KEY);
  expect(onlyPull(bench).labels).toContain("security");
});
