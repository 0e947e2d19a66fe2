import { expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { fixedBefore } from "../../src/steps/fixed-before.ts";
import { createBench, digest, MUSL, NOW, seen } from "../workers/bench.ts";

const [FIRST, SECOND, THIRD] = [digest("01"), digest("02"), digest("03")];

/** A tag that stood on these, one after the other, and what each of them has. */
async function told(history: readonly (readonly [digest: Digest, ids: readonly string[]])[]) {
  const { store } = createBench();
  await seen(
    { store },
    MUSL,
    history.map(([stoodOn]) => stoodOn),
  );
  await store.addLineFacts(
    MUSL,
    history.map(([stoodOn, ids]) => ({ kind: "affected", digest: stoodOn, at: NOW, ids }) as const),
  );
  return store;
}

test.each([
  {
    title: "what an earlier digest had and the pinned one has not",
    history: [
      [FIRST, ["CVE-1", "CVE-2"]],
      [SECOND, ["CVE-2"]],
    ] as const,
    pinned: SECOND,
    fixed: ["CVE-1"],
  },
  {
    title: "nothing that only a later digest has",
    history: [
      [SECOND, []],
      [THIRD, ["CVE-3"]],
    ] as const,
    pinned: SECOND,
    fixed: [],
  },
  {
    title: "nothing for a digest that the tag was never seen on",
    history: [[FIRST, ["CVE-1"]]] as const,
    pinned: SECOND,
    fixed: [],
  },
])("$title", async ({ history, pinned, fixed }) => {
  expect([...(await fixedBefore([MUSL], pinned, await told(history), NOW))]).toEqual(fixed);
});

test("nothing of which is not known whether the pinned digest has it", async () => {
  const store = await told([[FIRST, ["CVE-1"]]]);
  await seen({ store }, MUSL, [FIRST, SECOND]);
  expect(await fixedBefore([MUSL], SECOND, store, NOW)).toEqual(new Set());
});

test("each of several lines counts", async () => {
  const store = await told([
    [FIRST, ["CVE-1"]],
    [SECOND, []],
  ]);
  expect(await fixedBefore([], SECOND, store, NOW)).toEqual(new Set());
  expect(await fixedBefore([MUSL, MUSL], SECOND, store, NOW)).toEqual(new Set(["CVE-1"]));
});
