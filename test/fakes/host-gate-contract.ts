import { beforeEach, describe, expect, it, test } from "vitest";
import type { Admission, GateOutcome, HostGate, HostState, RequestKind } from "../../src/ports/host-gate.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/time.ts";
import { GateTime } from "./host-gate.ts";

const KEY = { host: "registry.example", credential: "anonymous" };
const SAME_HOST = { host: "registry.example", credential: "c0ffee" };
const OTHER = { host: "other.example", credential: "anonymous" };
const LIMITS = { perSecond: 5, burst: 20 };
const FAILED: GateOutcome = { kind: "failed", code: "registry-unavailable", message: "it answered 503" };
const REFUSED: GateOutcome = { kind: "refused", code: "registry-unauthorized", message: "it answered 401" };
const ANSWERED: GateOutcome = { kind: "answered" };
const ACCEPTED: GateOutcome = { kind: "answered", login: "accepted" };
const limited = (limits: RequestKind | "all", retryAfterMs?: number): GateOutcome => ({
  kind: "rate-limited",
  limits,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const pullsLeft = (remaining: number): GateOutcome => ({
  kind: "pull-limit",
  remaining,
  limit: 100,
  windowMs: 6 * HOUR_MS,
});

/**
 * What every gate promises, whatever it keeps its records in.
 *
 * @param open a gate that has seen nothing, at this time; its random number is always 0.5
 */
export function describeHostGate(title: string, open: (time: GateTime) => Promise<HostGate>): void {
  describe(`a gate ${title}`, () => {
    let time: GateTime;
    let gate: HostGate;

    beforeEach(async () => {
      time = new GateTime();
      gate = await open(time);
    });

    const ask = (kind: RequestKind = "check", count = 1, key = KEY): Promise<Admission> =>
      gate.admit(key, LIMITS, { kind, count });
    const tell = (outcome: GateOutcome, times = 1, key = KEY): void => {
      for (let count = 0; count < times; count++) gate.report(key, outcome);
    };
    /** Asks until it is sent away. */
    const drain = async (key = KEY): Promise<number> => {
      let granted = 0;
      for (;;) {
        const admission = await ask("check", 7, key);
        if (admission.kind === "wait") return granted;
        granted += admission.count;
      }
    };
    const state = async (key = KEY): Promise<HostState> => {
      const found = (await gate.states()).find(
        ({ host, credential }) => host === key.host && credential === key.credential,
      );
      if (found === undefined) throw new Error(`no state of ${key.host}`);
      return found;
    };
    const waitOf = async (kind: RequestKind = "check", key = KEY): Promise<number> => {
      const admission = await ask(kind, 1, key);
      return admission.kind === "wait" ? admission.waitMs : 0;
    };

    const complain = async (): Promise<void> => {
      tell(limited("all", SECOND_MS));
      time.advance(SECOND_MS);
      await ask();
    };

    describe("the budget", () => {
      it("lets the burst through, and no more at that moment", async () => {
        expect(await drain()).toBe(20);
        expect(await ask()).toMatchObject({ kind: "wait", reason: "budget" });
      });

      it("lets through what is left when more is asked for", async () => {
        expect(await ask("check", 18)).toEqual({ kind: "admitted", count: 18 });
        expect(await ask("check", 18)).toEqual({ kind: "admitted", count: 2 });
      });

      it("fills again at its rate, to the burst at most", async () => {
        await drain();
        time.advance(SECOND_MS);
        expect(await drain()).toBe(5);
        time.advance(HOUR_MS);
        expect(await drain()).toBe(20);
      });

      it("tells those it sends away moments that lie apart, so that they come back one after the other", async () => {
        await drain();
        const waits: number[] = [];
        for (let caller = 0; caller < 1_000; caller++) waits.push(await waitOf());
        const gaps = waits.slice(1).map((waitMs, caller) => waitMs - (waits[caller] ?? 0));
        expect(new Set(gaps)).toEqual(new Set([200]));
        expect(waits.at(-1)).toBeGreaterThan(199 * SECOND_MS);
      });

      it("admits who comes back when it was told to, one at a time", async () => {
        await ask("check", 20);
        const waits = [await waitOf(), await waitOf(), await waitOf()];
        let passed = 0;
        for (const waitMs of waits) {
          time.advance(waitMs - passed);
          passed = waitMs;
          expect(await ask()).toEqual({ kind: "admitted", count: 1 });
        }
        expect(await ask()).toMatchObject({ kind: "wait" });
      });

      it("keeps hosts apart, and the credentials of one host", async () => {
        await drain();
        expect(await drain(OTHER)).toBe(20);
        expect(await drain(SAME_HOST)).toBe(20);
      });

      it("asks for no waiting longer than what the budget takes when the clock goes back a day", async () => {
        await drain();
        time.advance(-24 * HOUR_MS);
        expect(await waitOf()).toBeLessThanOrEqual(4 * SECOND_MS);
        time.advance(SECOND_MS);
        expect(await drain()).toBeGreaterThan(0);
      });

      it("gives the burst and nothing more when the clock goes on by a year", async () => {
        await drain();
        time.advance(365 * 24 * HOUR_MS);
        expect(await drain()).toBe(20);
      });
    });

    describe("a penalty", () => {
      test.each([
        { title: "as long as it asked for", retryAfterMs: 90 * SECOND_MS, waitMs: 90 * SECOND_MS },
        { title: "a second when it asked for less", retryAfterMs: 3, waitMs: SECOND_MS },
        { title: "a second when it asked for less than nothing", retryAfterMs: -5, waitMs: SECOND_MS },
        { title: "six hours when it asked for weeks", retryAfterMs: 1e12, waitMs: 6 * HOUR_MS },
        {
          title: "a part of 30 seconds when it did not say",
          retryAfterMs: undefined,
          waitMs: 15 * SECOND_MS,
        },
      ])("leaves the host alone $title", async ({ retryAfterMs, waitMs }) => {
        tell(limited("all", retryAfterMs));
        expect(await ask()).toEqual({ kind: "wait", waitMs, reason: "penalty" });
        time.advance(waitMs);
        expect(await ask()).toEqual({ kind: "admitted", count: 1 });
      });

      it("doubles with each complaint that does not say how long, up to half an hour", async () => {
        const waits: number[] = [];
        for (let complaint = 0; complaint < 8; complaint++) {
          tell(limited("all"));
          const waitMs = await waitOf();
          waits.push(waitMs / SECOND_MS);
          time.advance(waitMs);
        }
        expect(waits).toEqual([15, 30, 60, 120, 240, 480, 900, 900]);
      });

      it("counts complaints about requests that were under way together once", async () => {
        tell(limited("all", 10 * SECOND_MS), 8);
        await ask();
        expect((await state()).perSecondNow).toBe(2.5);
      });

      it("gets longer when the host says so meanwhile, and not shorter", async () => {
        tell(limited("all", 10 * SECOND_MS));
        tell(limited("all", 60 * SECOND_MS));
        tell(limited("all", 2 * SECOND_MS));
        tell(limited("all"));
        expect(await waitOf()).toBe(60 * SECOND_MS);
      });

      it("holds for all credentials of the host, and for no other host", async () => {
        tell(limited("all", MINUTE_MS));
        expect(await ask("check", 1, SAME_HOST)).toMatchObject({ reason: "penalty" });
        expect(await ask("check", 1, OTHER)).toMatchObject({ kind: "admitted" });
      });

      test.each([
        { limits: "pull", free: "check" },
        { limits: "check", free: "pull" },
      ] as const)(
        "about $limits alone leaves $free free, and the rate as it is",
        async ({ limits, free }) => {
          tell(limited(limits, MINUTE_MS));
          expect(await ask(limits)).toMatchObject({ reason: "penalty", waitMs: MINUTE_MS });
          expect(await ask(free)).toMatchObject({ kind: "admitted" });
          expect((await state()).perSecondNow).toBe(5);
          expect((await state()).penalty?.limits).toBe(limits);
        },
      );

      it("sends those who wait for its end back one after the other", async () => {
        tell(limited("all", MINUTE_MS));
        const waits = [await waitOf(), await waitOf(), await waitOf()];
        expect(waits).toEqual([60_000, 60_400, 60_800]);
      });

      it("does not get longer when the clock goes back", async () => {
        tell(limited("all", MINUTE_MS));
        await ask();
        time.advance(-5 * HOUR_MS);
        expect(await waitOf()).toBeLessThanOrEqual(MINUTE_MS + SECOND_MS);
        time.advance(MINUTE_MS);
        expect(await ask()).toMatchObject({ kind: "admitted" });
      });
    });

    describe("what it learns from complaints", () => {
      it("is half of the rate, and half of the burst", async () => {
        await complain();
        expect((await state()).perSecondNow).toBe(2.5);
        time.advance(MINUTE_MS);
        expect(await drain()).toBe(10);
      });

      it("never falls below a 64th", async () => {
        for (let complaint = 0; complaint < 12; complaint++) await complain();
        expect((await state()).perSecondNow).toBe(5 / 64);
        time.advance(13 * SECOND_MS);
        expect(await ask()).toEqual({ kind: "admitted", count: 1 });
      });

      it("comes back by a tenth with each quiet hour, and not beyond what is configured", async () => {
        await complain();
        const rates: number[] = [];
        for (const hours of [0.5, 0.5, 1, 1, 1, 1, 20]) {
          time.advance(hours * HOUR_MS);
          await ask();
          rates.push(Number((await state()).perSecondNow.toFixed(3)));
        }
        expect(rates).toEqual([2.5, 3, 3.5, 4, 4.5, 5, 5]);
      });
    });

    describe("the pull limit", () => {
      it("holds pulls and not checks when nearly nothing is left", async () => {
        tell(pullsLeft(9));
        expect(await ask("pull")).toEqual({ kind: "wait", waitMs: 15 * MINUTE_MS, reason: "pull-limit" });
        expect(await ask("check")).toMatchObject({ kind: "admitted" });
        expect((await state()).pullsLeft).toEqual({ remaining: 9, limit: 100, at: time.nowMs });
      });

      it("counts pulls until the host says again what is left", async () => {
        tell(pullsLeft(11));
        expect(await ask("pull")).toMatchObject({ kind: "admitted" });
        expect(await ask("pull")).toMatchObject({ kind: "admitted" });
        expect(await ask("pull")).toMatchObject({ reason: "pull-limit" });
        tell(pullsLeft(40));
        expect(await ask("pull")).toMatchObject({ kind: "admitted" });
      });

      it("is forgotten with its window", async () => {
        tell(pullsLeft(0));
        await ask("pull");
        time.advance(6 * HOUR_MS);
        expect(await ask("pull")).toMatchObject({ kind: "admitted" });
        expect(await state()).not.toHaveProperty("pullsLeft");
      });

      it("belongs to the credentials, not to the host", async () => {
        tell(pullsLeft(0));
        expect(await ask("pull", 1, SAME_HOST)).toMatchObject({ kind: "admitted" });
      });
    });

    describe("the breaker", () => {
      it("stays closed for four failures in a row, and when answers come between them", async () => {
        tell(FAILED, 4);
        tell(ANSWERED);
        tell(FAILED, 4);
        expect(await ask()).toMatchObject({ kind: "admitted" });
        expect(await state()).toMatchObject({ breaker: "closed", unreachableSince: time.nowMs });
      });

      it("opens after five failures in a row, for all credentials of the host and no other host", async () => {
        const since = time.nowMs;
        tell(FAILED);
        time.advance(SECOND_MS);
        tell(FAILED, 4);
        expect(await ask()).toEqual({ kind: "wait", waitMs: 30 * SECOND_MS, reason: "breaker" });
        expect(await ask("check", 1, SAME_HOST)).toMatchObject({ reason: "breaker" });
        expect(await ask("check", 1, OTHER)).toMatchObject({ kind: "admitted" });
        expect(await state()).toMatchObject({
          breaker: "open",
          unreachableSince: since,
          lastError: { code: "registry-unavailable", message: "it answered 503", at: time.nowMs },
        });
      });

      it("opens when ten of the last twenty failed, whatever came between", async () => {
        for (let pair = 0; pair < 9; pair++) {
          tell(ANSWERED);
          tell(FAILED);
        }
        tell(ANSWERED);
        expect(await ask()).toMatchObject({ kind: "admitted" });
        tell(FAILED);
        expect(await ask()).toMatchObject({ reason: "breaker" });
      });

      it("lets one request through when its time is over, and everybody when that is answered", async () => {
        tell(FAILED, 5);
        time.advance(30 * SECOND_MS);
        expect(await ask("check", 8)).toEqual({ kind: "admitted", count: 1 });
        expect(await state()).toMatchObject({ breaker: "half-open" });
        expect(await ask("check", 8)).toMatchObject({ reason: "breaker" });
        tell(ANSWERED);
        expect(await ask("check", 8)).toEqual({ kind: "admitted", count: 8 });
        expect(await state()).toMatchObject({ breaker: "closed", lastAnswerAt: time.nowMs });
        expect(await state()).not.toHaveProperty("unreachableSince");
      });

      it("opens again for twice as long each time the one request fails, a quarter of an hour at most", async () => {
        tell(FAILED, 5);
        const waits: number[] = [];
        for (let attempt = 0; attempt < 7; attempt++) {
          const waitMs = await waitOf();
          waits.push(waitMs / SECOND_MS);
          time.advance(waitMs + HOUR_MS);
          expect(await ask()).toMatchObject({ kind: "admitted" });
          tell(FAILED);
        }
        expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900]);
      });

      it("lets another one through when nothing is heard of the one request", async () => {
        tell(FAILED, 5);
        time.advance(30 * SECOND_MS);
        await ask();
        time.advance(MINUTE_MS);
        expect(await ask()).toMatchObject({ kind: "admitted" });
        expect(await ask()).toMatchObject({ reason: "breaker" });
      });

      it("is not closed by an answer that was under way when it opened", async () => {
        tell(FAILED, 5);
        tell(ANSWERED);
        expect(await ask()).toMatchObject({ reason: "breaker" });
      });

      it("takes a complaint for an answer", async () => {
        tell(FAILED, 5);
        time.advance(30 * SECOND_MS);
        await ask();
        tell(limited("all", SECOND_MS));
        time.advance(SECOND_MS);
        expect(await ask()).toMatchObject({ kind: "admitted" });
      });
    });

    describe("refused credentials", () => {
      it("are not suspended by two refusals, nor by three with an acceptance between them", async () => {
        tell(REFUSED, 2);
        tell(ACCEPTED);
        tell(REFUSED, 2);
        expect(await ask()).toMatchObject({ kind: "admitted" });
      });

      it("are not saved by answers that prove nothing", async () => {
        tell(REFUSED, 2);
        tell(ANSWERED);
        tell(REFUSED);
        expect(await ask()).toEqual({ kind: "wait", waitMs: HOUR_MS, reason: "suspended" });
      });

      it("are suspended alone: others of the host go on", async () => {
        tell(REFUSED, 3);
        expect(await ask("check", 1, SAME_HOST)).toMatchObject({ kind: "admitted" });
        expect(await ask()).toMatchObject({ reason: "suspended" });
        expect(await state()).toMatchObject({ lastError: { code: "registry-unauthorized" } });
      });

      it("that opened something within the hour are suspended after ten", async () => {
        tell(ACCEPTED);
        tell(REFUSED, 9);
        expect(await ask()).toMatchObject({ kind: "admitted" });
        tell(REFUSED);
        expect(await ask()).toMatchObject({ reason: "suspended" });
      });

      it("are tried again after an hour, and suspended again by one refusal", async () => {
        tell(REFUSED, 3);
        await ask();
        time.advance(HOUR_MS);
        expect(await ask()).toMatchObject({ kind: "admitted" });
        tell(REFUSED);
        expect(await ask()).toMatchObject({ reason: "suspended" });
      });
    });

    it("lists the hosts that were asked, by name", async () => {
      await ask("check", 3);
      await ask("check", 1, OTHER);
      await ask("check", 1, SAME_HOST);
      expect(await gate.states()).toEqual([
        { ...OTHER, limits: LIMITS, perSecondNow: 5, budgetLeft: 19, breaker: "closed" },
        { ...KEY, limits: LIMITS, perSecondNow: 5, budgetLeft: 17, breaker: "closed" },
        { ...SAME_HOST, limits: LIMITS, perSecondNow: 5, budgetLeft: 19, breaker: "closed" },
      ]);
    });
  });
}
