import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/time.ts";
import { createLimits } from "../../fakes/github/limits.ts";
import { Refused } from "../../fakes/github/world.ts";
import { type HeardLane, listeningLane, openPull, pullOf, startAppHarness } from "./app-harness.ts";
import { BRANCH, CONTENT, contentOn, failureOf, PATIENT, SHOP } from "./harness.ts";

/** In seconds from now, what the lane was told to leave the host alone for. */
function waitsOf({ refusals }: HeardLane): readonly number[] {
  return refusals.map(({ until }) => Math.round((until - Date.now()) / SECOND_MS));
}

describe("the limits of the double", () => {
  const ONE = { content: 1, writes: 3 };

  function start(counts: "content" | "writes" = "content") {
    const clock = { ms: 1_000_000_000 };
    const limits = createLimits(() => clock.ms);
    limits.set({ content: { perMinute: 6, perHour: 10, counts } });
    const make = (account = "a"): number => {
      try {
        limits.make(account, ONE);
        return 0;
      } catch (thrown) {
        if (!(thrown instanceof Refused)) throw thrown;
        return Number(thrown.headers["retry-after"]);
      }
    };
    return { clock, make, limits };
  }

  test("slide by the minute and by the hour, and say when there is room", () => {
    const { clock, make, limits } = start();
    expect(Array.from({ length: 6 }, () => make())).toEqual([0, 0, 0, 0, 0, 0]);
    clock.ms += 20_000;
    expect(make()).toBe(40);
    expect(make("b")).toBe(0);
    clock.ms += 40_000;
    expect(Array.from({ length: 4 }, () => make())).toEqual([0, 0, 0, 0]);
    expect(make()).toBe(HOUR_MS / SECOND_MS - 60);
    clock.ms += HOUR_MS;
    expect(make()).toBe(0);
    expect(limits.made).toEqual({ let: 12, refused: 2 });
  });

  test("on the strict reading every write counts", () => {
    const { make } = start("writes");
    expect([make(), make(), make()]).toEqual([0, 0, 60]);
  });

  test("without limits nothing is turned away", () => {
    const limits = createLimits(() => 0);
    for (let index = 0; index < 10_000; index += 1) limits.make("a", ONE);
    limits.demand("a", "core");
    expect(limits.count("a", "core", "counted")).toMatchObject({ "x-ratelimit-limit": "5000" });
  });

  test("requests are counted by the hour, by account, REST and GraphQL apart; free ones are not", () => {
    const clock = { ms: 0 };
    const limits = createLimits(() => clock.ms);
    limits.set({ primaryPerHour: 2 });
    expect(limits.count("a", "core", "counted")).toMatchObject({ "x-ratelimit-remaining": "1" });
    expect(limits.count("a", "core", "free")).toMatchObject({ "x-ratelimit-remaining": "1" });
    expect(limits.count("a", "core", "counted")).toMatchObject({
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "3600",
    });
    expect(() => limits.demand("a", "core")).toThrow("API rate limit exceeded for a");
    limits.demand("a", "graphql");
    limits.demand("b", "core");
    clock.ms = HOUR_MS;
    limits.demand("a", "core");
  });
});

describe("the primary limit", () => {
  test("used up: the host is left alone until it begins anew, by everybody of that account", async () => {
    const harness = await startAppHarness();
    const { double, clock, inLane } = harness;
    const lane = listeningLane();
    const host = inLane(lane);
    clock.now = new Date((Math.floor(Date.now() / HOUR_MS) + 1) * HOUR_MS - 90 * SECOND_MS);
    const ask = async () => host.newestPull(SHOP, BRANCH, PATIENT);
    await ask();
    double.limit({ primaryPerHour: double.used(`installation ID ${harness.installation}`) });
    expect(await failureOf(ask())).toMatchObject({
      code: "code-host-rate-limited",
      transient: true,
      retryAfterMs: 90 * SECOND_MS,
    });
    expect(lane.refusals).toMatchObject([{ account: "installation acme" }]);
    expect(waitsOf(lane)[0]).toBeGreaterThan(80);
    clock.now = new Date(clock.now.getTime() + 91 * SECOND_MS);
    expect(await ask()).toBeUndefined();
  });
});

describe("the secondary limit in the middle of the work", () => {
  test.each([403, 429] as const)("%i: nothing is done twice, and the lane slows down", async (status) => {
    const harness = await startAppHarness();
    const { double, clock, inLane } = harness;
    const lane = listeningLane();
    const host = inLane(lane);
    const look = async () =>
      host.look(SHOP, { baseBranch: "main", branch: BRANCH, paths: ["Dockerfile"] }, PATIENT);
    double.limit({ content: { perMinute: 1, perHour: 500, status } });
    const { base } = await look();
    const wish = { ...contentOn(base.commit), ...CONTENT, base };
    const { pull } = await host.propose(SHOP, wish, PATIENT);
    clock.now = new Date(clock.now.getTime() + 18 * SECOND_MS);

    const failure = await failureOf(host.comment(SHOP, pull.number, "hello", PATIENT));
    expect(failure).toMatchObject({
      code: "code-host-rate-limited",
      transient: true,
      retryAfterMs: 42 * SECOND_MS,
      status,
    });
    expect(failure.message).toContain("secondary rate limit");
    expect(lane.taken.map(({ account }) => account)).toEqual(["installation acme", "installation acme"]);
    expect(lane.successes).toHaveLength(1);
    expect(waitsOf(lane)).toEqual([42]);
    expect(double.comments("acme", "shop", pull.number)).toEqual([]);

    clock.now = new Date(clock.now.getTime() + 42 * SECOND_MS);
    await host.comment(SHOP, pull.number, "hello", PATIENT);
    expect(double.comments("acme", "shop", pull.number)).toHaveLength(1);
    expect(double.made).toEqual({ let: 2, refused: 1 });
    expect(lane.successes).toHaveLength(2);
  });

  test("a document that is refused opens nothing; asked again in time, it opens one", async () => {
    const harness = await startAppHarness();
    const { double, clock, inLane } = harness;
    const lane = listeningLane();
    const host = inLane(lane);
    const { base } = await host.look(SHOP, { baseBranch: "main", branch: BRANCH, paths: [] }, PATIENT);
    const wish = { ...contentOn(base.commit), ...CONTENT, base };
    double.limit({ content: { perMinute: 2, perHour: 500, counts: "writes" } });
    await host.setStatuses(
      SHOP,
      base.commit,
      [1, 2].map((each) => ({ context: `c${each}`, state: "success", description: "" }) as const),
      PATIENT,
    );
    expect(await failureOf(host.propose(SHOP, wish, PATIENT))).toMatchObject({
      code: "code-host-rate-limited",
      retryAfterMs: MINUTE_MS,
    });
    expect(waitsOf(lane)).toEqual([60]);
    expect(await double.pullRequests("acme", "shop")).toEqual([]);
    double.limit({ content: { perMinute: 80, perHour: 500, counts: "writes" } });
    clock.now = new Date(clock.now.getTime() + MINUTE_MS);
    await host.propose(SHOP, wish, PATIENT);
    expect(await double.pullRequests("acme", "shop")).toHaveLength(1);
  });

  test.each([
    { title: "closing", work: "closePullRequest" },
    { title: "a status", work: "status" },
    { title: "a check", work: "check" },
    { title: "attention", work: "attention" },
    { title: "merging", work: "merge" },
    { title: "removing a branch", work: "delete" },
    { title: "reading", work: "read" },
    { title: "a look", work: "look" },
  ] as const)("$title: what nobody waits for is heard of, too", async ({ work }) => {
    const harness = await startAppHarness();
    const { double, inLane } = harness;
    const { commit } = await openPull(harness);
    const lane = listeningLane();
    const host = inLane(lane);
    const pull = await pullOf(host);
    double.inject({
      times: 9,
      mischief: {
        kind: "answer",
        status: 403,
        headers: { "retry-after": "77" },
        body: { message: "You have exceeded a secondary rate limit." },
      },
    });
    const doing = {
      closePullRequest: () => host.closePullRequest(SHOP, pull, PATIENT),
      status: () =>
        host.setStatuses(SHOP, commit, [{ context: "c", state: "success", description: "" }], PATIENT),
      check: () =>
        host.setCheck(
          SHOP,
          commit,
          { name: "c", conclusion: "success", title: "t", summary: "s", annotations: [] },
          PATIENT,
        ),
      attention: () => host.bringTo(SHOP, pull, { assignees: ["ada"], reviewers: [] }, PATIENT),
      merge: () => host.merge(SHOP, pull, "merge", PATIENT),
      delete: () => host.deleteBranch(SHOP, BRANCH, commit, PATIENT),
      read: () => host.files(SHOP, commit, () => true, PATIENT),
      look: () => host.look(SHOP, { baseBranch: "main", branch: BRANCH, paths: [] }, PATIENT),
    };
    expect(await failureOf(doing[work]())).toMatchObject({
      code: "code-host-rate-limited",
      retryAfterMs: 77 * SECOND_MS,
    });
    expect(waitsOf(lane)).toEqual([77]);
    expect(lane.taken).toEqual([]);
  });
});
