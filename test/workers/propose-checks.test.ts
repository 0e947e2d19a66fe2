import { expect, test } from "vitest";
import { propose } from "../../workers/propose.ts";
import { dockerfile, KEY, MUSL, SHOP } from "./bench.ts";
import {
  BRANCH,
  NEXT,
  OLD,
  onlyPull,
  PATH,
  proposable,
  proposed,
  proposedText,
  ready,
  THIRD,
  writesOf,
} from "./propose-bench.ts";
import { judged } from "./facts.ts";

test("where the code host has checks for us, the commit carries one with a word on each changed line, and no status of its name", async () => {
  const bench = await proposable([[MUSL, OLD]], { publicUrl: "https://hk.example" });
  bench.codeHost.answers.check = "set";
  await bench.run(propose, KEY);
  const { headCommit } = onlyPull(bench);
  const [check, ...others] = bench.codeHost.checks(headCommit);
  expect(others).toEqual([]);
  expect(check).toMatchObject({
    name: "hullkeeper/verification",
    conclusion: "success",
    url: "https://hk.example",
    annotations: [{ path: PATH, line: 1, level: "notice" }],
  });
  expect(check?.annotations[0]?.message).toContain("signed by");
  expect(check?.summary).toContain("### Who signed it");
  expect(bench.codeHost.statuses(headCommit).map(({ context }) => context)).toEqual(["hullkeeper/sla"]);
});

test("what must not be merged any more fails the check", async () => {
  const bench = await proposable();
  bench.codeHost.answers.check = "set";
  await bench.run(propose, KEY);
  await judged(bench, NEXT, {
    verdict: { kind: "rejected", reason: "signer-distrusted", detail: "told so", results: [], skipped: [] },
  });
  await bench.run(propose, KEY);
  const { headCommit } = onlyPull(bench);
  expect(bench.codeHost.checks(headCommit)).toMatchObject([
    { name: "hullkeeper/verification", conclusion: "failure" },
  ]);
});

test("a new pull request takes one look, one write and its marks", async () => {
  const bench = await proposable();
  const asked = bench.codeHost.asked.length;
  await bench.run(propose, KEY);
  expect(bench.codeHost.asked.slice(asked)).toEqual([
    "look acme/shop",
    "propose acme/shop",
    "setCheck acme/shop",
    "setStatuses acme/shop",
  ]);
});

test("a conflict with the base branch has the branch made anew, once", async () => {
  const bench = await proposed();
  const { settings } = bench.context;
  bench.codeHost.push(SHOP, "main", { "README.md": "other" });
  bench.codeHost.answers.mergeable = false;
  bench.clock.advance(settings.proposalsMs);
  await bench.run(propose, KEY);
  const base = bench.codeHost.headOf(SHOP, "main");
  const head = bench.codeHost.headOf(SHOP, BRANCH);
  expect(head?.parents).toEqual([base?.commit]);
  expect(bench.codeHost.read(SHOP, BRANCH)["README.md"]).toBe("other");
  expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT]));

  const writes = writesOf(bench).length;
  bench.clock.advance(settings.proposalsMs);
  await bench.run(propose, KEY);
  expect(writesOf(bench)).toHaveLength(writes);
});

test("a base branch that goes on without a conflict changes nothing", async () => {
  const bench = await proposed();
  const writes = writesOf(bench).length;
  bench.codeHost.push(SHOP, "main", { "README.md": "other" });
  bench.clock.advance(bench.context.settings.proposalsMs);
  await bench.run(propose, KEY);
  expect(writesOf(bench)).toHaveLength(writes);
});

test("a branch that was made and got no commit is gone on with after the base branch went on", async () => {
  const bench = await proposable();
  const base = bench.codeHost.headOf(SHOP, "main");
  bench.codeHost.branchAt(SHOP, BRANCH, base?.commit ?? "");
  for (const text of ["other", "another"]) bench.codeHost.push(SHOP, "main", { "README.md": text });
  await bench.run(propose, KEY);
  expect(onlyPull(bench).state).toBe("open");
  expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT]));
  expect(await bench.messages("branch-foreign")).toEqual([]);
});

test("a branch that holds a commit of somebody else stays so after the base branch went on", async () => {
  const bench = await proposable();
  const mine = bench.codeHost.push(SHOP, BRANCH, { "mine.txt": "" }, "My branch");
  bench.codeHost.push(SHOP, "main", { "README.md": "other" });
  await bench.run(propose, KEY);
  expect(bench.codeHost.pulls(SHOP)).toEqual([]);
  expect(bench.codeHost.headOf(SHOP, BRANCH)?.commit).toBe(mine);
  expect(await bench.messages("branch-foreign")).toHaveLength(1);
});

test("nobody asks what a branch holds that is ours, or stands where its base does", async () => {
  const bench = await proposed();
  await ready(bench, MUSL, OLD, THIRD);
  await bench.run(propose, KEY);
  expect(bench.codeHost.asked.filter((question) => question.startsWith("isContained"))).toEqual([]);
});

test("a branch that was made and has nothing on it is gone on with", async () => {
  const bench = await proposable();
  const base = bench.codeHost.headOf(SHOP, "main");
  bench.codeHost.branchAt(SHOP, BRANCH, base?.commit ?? "");
  await bench.run(propose, KEY);
  expect(onlyPull(bench).state).toBe("open");
  expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT]));
});
