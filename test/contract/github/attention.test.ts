import { describe, expect, test } from "vitest";
import type { Attention } from "../../../src/ports/code-host.ts";
import { type AppHarness, openPull, pullOf, startAppHarness } from "./app-harness.ts";
import { contentOn, countOf, failureOf, PATIENT, propose, SHOP } from "./harness.ts";

const NOBODY: Attention = { assignees: [], reviewers: [] };

async function start(): Promise<AppHarness & { readonly number: number }> {
  const harness = await startAppHarness();
  const { double } = harness;
  double.setRole("acme", "shop", "ada", "write");
  double.setRole("acme", "shop", "bob", "read");
  double.addPerson("eve");
  double.addTeam("acme", "shop", "platform");
  double.addMilestone("acme", "shop", "Old", "closed");
  double.addMilestone("acme", "shop", "25.1");
  const { number } = await openPull(harness);
  return { ...harness, number };
}

describe("who and what is known is asked, the rest is answered", () => {
  const rows: readonly {
    readonly title: string;
    readonly wish: Partial<Attention>;
    readonly asked: object;
    readonly unknown: readonly string[];
  }[] = [
    { title: "nobody", wish: {}, asked: { assignees: [], reviewers: [], teams: [] }, unknown: [] },
    {
      title: "assignees, of whom one is a stranger and one is nobody",
      wish: { assignees: ["Ada", "eve", "nobody"] },
      asked: { assignees: ["Ada"] },
      unknown: ["eve", "nobody"],
    },
    { title: "a reviewer", wish: { reviewers: ["bob"] }, asked: { reviewers: ["bob"] }, unknown: [] },
    {
      title: "reviewers, of whom one is a stranger",
      wish: { reviewers: ["eve", "ada"] },
      asked: { reviewers: ["ada"] },
      unknown: ["eve"],
    },
    {
      title: "a team",
      wish: { reviewers: ["acme/platform"] },
      asked: { teams: ["platform"] },
      unknown: [],
    },
    {
      title: "a team that is none",
      wish: { reviewers: ["acme/gone"] },
      asked: { teams: [] },
      unknown: ["acme/gone"],
    },
    {
      title: "a team of that name of somebody else",
      wish: { reviewers: ["other/platform"] },
      asked: { teams: [] },
      unknown: ["other/platform"],
    },
    {
      title: "who opened it",
      wish: { reviewers: ["hullkeeper-bot", "ada"] },
      asked: { reviewers: ["ada"] },
      unknown: ["hullkeeper-bot"],
    },
    { title: "a milestone", wish: { milestone: "25.1" }, asked: { milestone: "25.1" }, unknown: [] },
    {
      title: "one that is over",
      wish: { milestone: "Old" },
      asked: { milestone: undefined },
      unknown: ["Old"],
    },
    {
      title: "one that is none",
      wish: { milestone: "26" },
      asked: { milestone: undefined },
      unknown: ["26"],
    },
    {
      title: "eleven assignees, of whom GitHub takes ten",
      wish: { assignees: [...Array.from({ length: 10 }, () => "ada"), "bob"] },
      asked: { assignees: ["ada"] },
      unknown: ["bob"],
    },
  ];

  test.each(rows)("$title", async ({ wish, asked, unknown }) => {
    const { host, double, number } = await start();
    const answer = await host.bringTo(SHOP, await pullOf(host), { ...NOBODY, ...wish }, PATIENT);
    expect(answer).toEqual({ unknown });
    expect(double.attention("acme", "shop", number)).toMatchObject(asked);
  });
});

test("asked twice, nobody is there twice", async () => {
  const { host, double, number } = await start();
  const wish = { assignees: ["ada"], reviewers: ["bob", "acme/platform"], milestone: "25.1" };
  const pull = await pullOf(host);
  await host.bringTo(SHOP, pull, wish, PATIENT);
  expect(await host.bringTo(SHOP, pull, wish, PATIENT)).toEqual({ unknown: [] });
  expect(double.attention("acme", "shop", number)).toEqual({
    assignees: ["ada"],
    reviewers: ["bob"],
    teams: ["platform"],
    milestone: "25.1",
  });
});

test("for nobody nothing is asked", async () => {
  const harness = await start();
  const pull = await pullOf(harness.host);
  const before = harness.double.requests.length;
  await harness.host.bringTo(SHOP, pull, NOBODY, PATIENT);
  expect(harness.double.requests).toHaveLength(before);
});

test.each([
  { title: "assignees", wish: { assignees: ["ada"] }, path: "/assignees" },
  { title: "reviewers", wish: { reviewers: ["ada"] }, path: "/requested_reviewers" },
  { title: "milestones", wish: { milestone: "25.1" }, path: "/milestones" },
])("that there is no answer does not make $title unknown", async ({ wish, path }) => {
  const { host, double } = await start();
  double.inject({ path, mischief: { kind: "answer", status: 502 } });
  const call = host.bringTo(SHOP, await pullOf(host), { ...NOBODY, ...wish }, PATIENT);
  expect(await failureOf(call)).toMatchObject({ code: "code-host-unavailable", transient: true });
});

test("our own pull request: we are not asked for a review of it", async () => {
  const harness = await startAppHarness();
  const { host, double, base } = harness;
  double.setRole("acme", "shop", "hullkeeper[bot]", "write");
  const { number } = await propose(harness, contentOn(base));
  const wish = { ...NOBODY, reviewers: ["hullkeeper[bot]"] };
  expect(await host.bringTo(SHOP, await pullOf(host), wish, PATIENT)).toEqual({
    unknown: ["hullkeeper[bot]"],
  });
  expect(double.attention("acme", "shop", number).reviewers).toEqual([]);
  expect(countOf(harness, "POST", "/requested_reviewers")).toBe(1);
});
