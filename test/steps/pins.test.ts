import { expect, test } from "vitest";
import { pinsFor } from "../../src/steps/pins.ts";
import { createBench, digest, GLIBC, MUSL, pin, SHOP } from "../workers/bench.ts";

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
  expect(await pinsFor(bench.store, MUSL)).toEqual([
    { codeRepository: PAY, branch: "release", digest: ONE, profile: "bellsoft" },
    { codeRepository: SHOP, branch: "main", digest: ONE, profile: "bellsoft" },
    { codeRepository: SHOP, branch: "main", digest: TWO, profile: "bellsoft" },
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
  expect((await bench.store.watch(MUSL)).subscribers).toEqual([SHOP]);
  expect(await pinsFor(bench.store, MUSL)).toEqual([]);
});

test("nothing, where nobody subscribes", async () => {
  expect(await pinsFor(createBench().store, MUSL)).toEqual([]);
});
