import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { type Bench, SHOP } from "./bench.ts";
import { type Files, PINS, PINS_BRANCH, TAGGED, tick, unpinned } from "./first-pins-bench.ts";

/** What people say to a pull request of first pins: the same, of places instead of digests. */

async function asked(words: string, files?: Files): Promise<Bench> {
  const { bench } = await unpinned(files);
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

  test("explained: says which digest its tag had, who stands behind it, what is left out, and that nothing is due", async () => {
    const bench = await asked("/hullkeeper explain", {
      Dockerfile: `FROM ${TAGGED}\n`,
      "tools/Dockerfile": "FROM bellsoft/hardened-base:gone\n",
    });
    await bench.run(propose, PINS);
    const [text = "", ...more] = said(bench);
    expect(more).toEqual([]);
    expect(text).toMatch(
      /`docker\.io\/bellsoft\/hardened-base:musl` stands alone in `Dockerfile:1`; the tag was first seen at `[0-9a-f]{12}` .* UTC\./,
    );
    expect(text).toMatch(/That was verified .* UTC, signed by /);
    expect(text).toContain("`tools/Dockerfile:1` has `bellsoft/hardened-base:gone` (there is no such tag)");
    expect(text).toContain("It has no deadline and no clock runs for it");
  });

  test("explained after its place got a digest by hand: says that nothing is left of it", async () => {
    const bench = await asked("/hullkeeper explain");
    bench.codeHost.push(SHOP, "main", { Dockerfile: "FROM alpine:3\n" });
    await bench.run(discover, { codeRepository: SHOP });
    await bench.run(propose, PINS);
    expect(said(bench)).toEqual([
      expect.stringContaining("Nothing that I know now would open this pull request"),
      expect.stringContaining("Done: all that this pins has a digest by now, or is gone."),
    ]);
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
