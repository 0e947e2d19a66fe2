import { expect, test } from "vitest";
import { renderLine } from "../../src/image/reference.ts";
import { pinnedDigests, pinsFor } from "../../src/steps/pins.ts";
import { BASE, createBench, digest, GLIBC, MUSL, pin, SHOP, SHOP_MAIN } from "../workers/bench.ts";

const PAY = { owner: "acme", name: "pay" };
const ONE = digest("01");
const TWO = digest("02");

test("every digest that every subscriber pins the line to, each once", async () => {
  const bench = createBench();
  await pin(bench, [
    [MUSL, ONE],
    [MUSL, ONE],
    [MUSL, TWO],
    [GLIBC, digest("03")],
  ]);
  await pin(bench, [[MUSL, ONE]], { codeRepository: PAY, branch: "release" });
  const [pay] = await bench.store.scansIn(PAY);
  const [shop] = await bench.store.scansIn(SHOP);
  expect(await pinsFor(bench.store, MUSL)).toEqual([
    {
      scan: pay,
      codeRepository: PAY,
      branch: "release",
      line: MUSL,
      digest: ONE,
      profile: "bellsoft",
      paths: ["Dockerfile"],
    },
    {
      scan: shop,
      codeRepository: SHOP,
      branch: "main",
      line: MUSL,
      digest: ONE,
      profile: "bellsoft",
      paths: ["Dockerfile"],
    },
    {
      scan: shop,
      codeRepository: SHOP,
      branch: "main",
      line: MUSL,
      digest: TWO,
      profile: "bellsoft",
      paths: ["Dockerfile"],
    },
  ]);
});

test("nothing, where the line is only watched", async () => {
  const bench = createBench();
  await bench.store.saveScan({
    codeRepository: SHOP,
    branch: "main",
    commit: "0".repeat(40),
    scannedAt: bench.clock.at,
    places: [
      {
        path: "Dockerfile",
        line: 1,
        raw: "bellsoft/hardened-base:musl",
        state: { kind: "seen", reason: "not-pinned", line: MUSL, profile: "bellsoft" },
      },
    ],
    skipped: [],
  });
  expect((await bench.store.watch(MUSL)).subscribers).toEqual([SHOP_MAIN]);
  expect(await pinsFor(bench.store, MUSL)).toEqual([]);
});

test("nothing, where nobody subscribes", async () => {
  expect(await pinsFor(createBench().store, MUSL)).toEqual([]);
});

test("of many lines at once: every digest of every subscriber", async () => {
  const bench = createBench();
  await pin(bench, [
    [MUSL, ONE],
    [GLIBC, TWO],
  ]);
  await pin(bench, [[MUSL, TWO]], { codeRepository: PAY });
  const { watches } = await bench.store.watched(BASE);
  expect(await pinnedDigests(bench.store, watches)).toEqual(
    new Map([
      [renderLine(MUSL), new Set([ONE, TWO])],
      [renderLine(GLIBC), new Set([TWO])],
    ]),
  );
  const musl = watches.filter(({ line }) => line.tag === MUSL.tag);
  expect([...(await pinnedDigests(bench.store, musl)).keys()]).toEqual([renderLine(MUSL)]);
  expect(await pinnedDigests(bench.store, [])).toEqual(new Map());
});

test("of more subscribers than are read at once: all of them", async () => {
  const bench = createBench();
  const digests = Array.from({ length: 120 }, (_, n) => digest(String(1_000 + n)));
  for (const [n, pinned] of digests.entries()) {
    await pin(bench, [[MUSL, pinned]], { codeRepository: { owner: "acme", name: `code-${n}` } });
  }
  const { watches } = await bench.store.watched(BASE);
  expect((await pinnedDigests(bench.store, watches)).get(renderLine(MUSL))).toEqual(new Set(digests));
});
