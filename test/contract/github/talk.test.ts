import { describe, expect, test } from "vitest";
import { instantOf } from "../../../src/time.ts";
import type { Role } from "../../fakes/github/world.ts";
import { openPull, pullOf, startAppHarness } from "./app-harness.ts";
import { countOf, failureOf, PATIENT, SHOP, startHarness } from "./harness.ts";

const START = instantOf(Date.parse("2026-01-01T00:00:00Z"));

test("what we write stands there, and is not told of", async () => {
  const harness = await startHarness();
  const { host, double } = harness;
  const { number } = await openPull(harness);
  await host.comment(SHOP, number, "Write `/hullkeeper rebase` for a new start.", PATIENT);
  expect(double.comments("acme", "shop", number)).toMatchObject([
    {
      author: "hullkeeper-bot",
      body: expect.stringMatching(/^Write `\/hullkeeper rebase` for a new start\./),
    },
  ]);
  expect(await host.comments(SHOP, number, START, PATIENT)).toEqual([]);
});

test("what is longer than GitHub takes is cut, and still known as ours", async () => {
  const harness = await startHarness();
  const { host, double } = harness;
  const { number } = await openPull(harness);
  await host.comment(SHOP, number, "x".repeat(70_000), PATIENT);
  expect(double.comments("acme", "shop", number)).toHaveLength(1);
  expect(await host.comments(SHOP, number, START, PATIENT)).toEqual([]);
});

test("people are told of, oldest first; bots and the App are not; the token's owner is", async () => {
  const harness = await startAppHarness();
  const { host, double } = harness;
  const { number } = await openPull(harness);
  await host.comment(SHOP, number, "We say something.", PATIENT);
  const say = (author: string, body: string): number => double.say("acme", "shop", number, { author, body });
  const first = say("ada", "/hullkeeper rebase");
  say("dependabot[bot]", "/hullkeeper ignore");
  const second = say("hullkeeper-bot", "I am a person as well.");
  const found = await host.comments(SHOP, number, START, PATIENT);
  expect(found.map(({ id, author, body }) => ({ id, author, body }))).toEqual([
    { id: first, author: "ada", body: "/hullkeeper rebase" },
    { id: second, author: "hullkeeper-bot", body: "I am a person as well." },
  ]);
});

test("since: what was written before is not told again, even when it was changed since; the same second is", async () => {
  const harness = await startAppHarness();
  const { host, double, clock } = harness;
  const { number } = await openPull(harness);
  const say = (at: string, body: string): number => {
    clock.now = new Date(at);
    return double.say("acme", "shop", number, { author: "ada", body });
  };
  const old = say("2026-11-29T10:00:00.100Z", "old");
  say("2026-11-29T10:00:05.200Z", "the same second");
  say("2026-11-29T10:00:09.900Z", "new");
  double.editComment("acme", "shop", number, old, "/hullkeeper recreate");
  clock.now = new Date();
  const since = instantOf(Date.parse("2026-11-29T10:00:05.900Z"));
  const found = await host.comments(SHOP, number, since, PATIENT);
  expect(found.map(({ body }) => body)).toEqual(["the same second", "new"]);
});

test("100 at most, and bots do not hide people", async () => {
  const harness = await startAppHarness();
  const { host, double } = harness;
  const { number } = await openPull(harness);
  for (let index = 0; index < 120; index += 1) {
    double.say("acme", "shop", number, { author: "ci[bot]", body: `run ${index}` });
  }
  for (let index = 0; index < 110; index += 1) {
    double.say("acme", "shop", number, { author: "ada", body: `word ${index}` });
  }
  const found = await host.comments(SHOP, number, START, PATIENT);
  expect(found).toHaveLength(100);
  expect(found.at(-1)?.body).toBe("word 99");
  expect(countOf(harness, "GET", "/comments")).toBe(3);
});

test("no more than five pages are read", async () => {
  const harness = await startAppHarness();
  const { host, double } = harness;
  const { number } = await openPull(harness);
  for (let index = 0; index < 501; index += 1) {
    double.say("acme", "shop", number, { author: "ci[bot]", body: `run ${index}` });
  }
  double.say("acme", "shop", number, { author: "ada", body: "hello?" });
  expect(await host.comments(SHOP, number, START, PATIENT)).toEqual([]);
  expect(countOf(harness, "GET", "/comments")).toBe(5);
});

test("a pull request that is not there is an error", async () => {
  const { host } = await startHarness();
  expect((await failureOf(host.comments(SHOP, 7, START, PATIENT))).code).toBe("code-host-not-found");
  expect((await failureOf(host.comment(SHOP, 7, "hello", PATIENT))).code).toBe("code-host-not-found");
});

describe("what somebody may do", () => {
  const rows: readonly { readonly role: Role; readonly expected: string }[] = [
    { role: "admin", expected: "write" },
    { role: "maintain", expected: "write" },
    { role: "write", expected: "write" },
    { role: "triage", expected: "read" },
    { role: "read", expected: "read" },
  ];

  test("of every role", async () => {
    const { host, double } = await startAppHarness();
    for (const { role, expected } of rows) {
      double.setRole("acme", "shop", `Somebody-${role}`, role);
      expect([role, await host.roleOf(SHOP, `somebody-${role}`, PATIENT)]).toEqual([role, expected]);
    }
  });

  test("of who has none: read in public, none in private; and of who is not there at all", async () => {
    const { host, double } = await startAppHarness();
    double.addPerson("ada");
    expect(await host.roleOf(SHOP, "ada", PATIENT)).toBe("read");
    await double.changeRepository("acme", "shop", { isPrivate: true });
    expect(await host.roleOf(SHOP, "ada", PATIENT)).toBe("none");
    expect(await host.roleOf(SHOP, "nobody", PATIENT)).toBe("none");
  });

  test.each(["../../acme/secret", "a/b", "?permission=admin", "%2e%2e", "ada#"])(
    "a login that is none, %s, asks for nothing else",
    async (login) => {
      const harness = await startAppHarness();
      expect(await harness.host.roleOf(SHOP, login, PATIENT)).toBe("none");
      const { path } = harness.double.requests.at(-1) ?? {};
      expect(path).toBe(`/repos/acme/shop/collaborators/${encodeURIComponent(login)}/permission`);
    },
  );

  test("that there is no answer is not a role", async () => {
    const { host, double } = await startAppHarness();
    double.inject({ path: "/permission", mischief: { kind: "answer", status: 503 } });
    expect((await failureOf(host.roleOf(SHOP, "ada", PATIENT))).code).toBe("code-host-unavailable");
  });
});

test("whether something was written is found out, by whomever, since then", async () => {
  const harness = await startAppHarness();
  const { host, double, clock } = harness;
  const { number } = await openPull(harness);
  clock.now = new Date("2026-11-29T10:00:05.200Z");
  double.say("acme", "shop", number, { author: "ci[bot]", body: "run 1" });
  double.say("acme", "shop", number, { author: "ada", body: "before MARK after" });
  clock.now = new Date("2026-11-29T10:00:09.000Z");
  await host.comment(SHOP, number, "We say OURS.", PATIENT);
  const isWritten = (text: string, at: string): Promise<boolean> =>
    host.isWritten(SHOP, number, { text, since: instantOf(Date.parse(at)) }, PATIENT);
  expect(await isWritten("MARK", "2026-11-29T10:00:05.900Z")).toBe(true);
  expect(await isWritten("OURS", "2026-11-29T10:00:00Z")).toBe(true);
  expect(await isWritten("run 1", "2026-11-29T10:00:00Z")).toBe(true);
  expect(await isWritten("run 2", "2026-11-29T10:00:00Z")).toBe(false);
  expect(await isWritten("MARK", "2026-11-29T10:00:06Z")).toBe(false);
});

test("whether something was written is looked for behind a hundred others", async () => {
  const harness = await startAppHarness();
  const { host, double } = harness;
  const { number } = await openPull(harness);
  for (let index = 0; index < 120; index += 1) {
    double.say("acme", "shop", number, { author: "ci[bot]", body: `run ${index}` });
  }
  expect(await host.isWritten(SHOP, number, { text: "run 119", since: START }, PATIENT)).toBe(true);
  expect(countOf(harness, "GET", "/comments")).toBe(2);
});

test("labels stay as they are where none are given, and nobody is asked for them", async () => {
  const harness = await startAppHarness();
  const { host } = harness;
  await openPull(harness);
  const pull = await pullOf(host);
  const asked = countOf(harness, "GET", "/labels");
  await host.updatePullRequest(SHOP, pull, { title: pull.title, body: "another body" }, PATIENT);
  expect(countOf(harness, "GET", "/labels")).toBe(asked);
  expect((await pullOf(host)).body).toBe("another body");
});
