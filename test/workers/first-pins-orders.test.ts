import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../src/time.ts";
import { propose } from "../../workers/propose.ts";
import { type Bench, SHOP } from "./bench.ts";
import { PINS, PINS_BRANCH, tick, unpinned } from "./first-pins-bench.ts";

/** What people say to a pull request of first pins: the same, of places instead of digests. */

async function asked(words: string): Promise<Bench> {
  const { bench } = await unpinned();
  bench.codeHost.roles.set("alex", "write");
  bench.clock.advance(HOUR_MS);
  bench.codeHost.answers.writtenAt = bench.clock.at;
  const [pull] = bench.codeHost.pulls(SHOP);
  if (pull === undefined) throw new Error("no pull request");
  bench.codeHost.say(SHOP, pull.number, { author: "alex", body: words, createdAt: bench.clock.at });
  return bench;
}

const states = ({ codeHost }: Bench) => codeHost.pulls(SHOP).map(({ state }) => state);
const said = ({ codeHost }: Bench) =>
  codeHost
    .talk(SHOP, 1)
    .filter(({ author }) => author === "hullkeeper[bot]")
    .map(({ body }) => body);

describe("a pull request of first pins", () => {
  test("has boxes to tick", async () => {
    const { bench } = await unpinned();
    expect(bench.codeHost.pulls(SHOP)[0]?.body).toContain("- [ ] <!-- hullkeeper:rebase --> rebase");
  });

  test("explained: says that nothing is due", async () => {
    const bench = await asked("/hullkeeper explain");
    await bench.run(propose, PINS);
    expect(said(bench)).toEqual([expect.stringContaining("It has no deadline and no clock runs for it")]);
  });

  test("ignored: closed, its places declined, its branch gone; no digest is declined", async () => {
    const bench = await asked("/hullkeeper ignore");
    await bench.run(propose, PINS);
    expect(states(bench)).toEqual(["closed"]);
    expect(said(bench)).toHaveLength(1);
    expect(await bench.store.proposal(PINS)).toMatchObject({ declinedPins: [{ path: "Dockerfile" }] });
    expect(await bench.store.declined(PINS)).toEqual([]);
    expect(bench.codeHost.read(SHOP, PINS_BRANCH)).toEqual({});
    await tick(bench);
    expect(states(bench)).toEqual(["closed"]);
  });

  test("recreated: closed, and another one is there", async () => {
    const bench = await asked("/hullkeeper recreate");
    await bench.run(propose, PINS);
    expect(states(bench)).toEqual(["closed", "open"]);
  });

  test("recreated by a process that died after it closed the first: another one is there", async () => {
    const bench = await asked("/hullkeeper recreate");
    const { codeHost } = bench.context;
    const dying = {
      ...bench.context,
      codeHost: { ...codeHost, propose: () => Promise.reject(new Error("killed")) },
    };
    await expect(propose.handle(PINS, dying, new AbortController().signal)).rejects.toThrow("killed");
    expect(states(bench)).toEqual(["closed"]);
    await bench.run(propose, PINS);
    expect(states(bench)).toEqual(["closed", "open"]);
  });

  test("closed and opened again by a person: its places are declined no more, once somebody tells of it", async () => {
    const { bench } = await unpinned();
    bench.clock.advance(HOUR_MS);
    bench.codeHost.close(SHOP, 1, bench.clock.at);
    await bench.run(propose, PINS);
    expect(await bench.store.proposal(PINS)).toMatchObject({ declinedPins: [{ path: "Dockerfile" }] });
    bench.clock.advance(HOUR_MS);
    bench.codeHost.reopen(SHOP, 1);
    const { at } = bench.clock;
    await bench.store.noteDelivery({ id: "a", at, looks: [], wishes: [PINS] });
    await bench.run(propose, PINS);
    expect(await bench.store.proposal(PINS)).toMatchObject({ state: "open", declinedPins: [] });
  });
});
