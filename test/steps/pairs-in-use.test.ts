import { describe, expect, test } from "vitest";
import type { ProposalRecord } from "../../src/ports/store.ts";
import { pairsInUse } from "../../src/steps/pairs-in-use.ts";
import { saveLook } from "../fakes/look.ts";
import { createFakeStore } from "../fakes/store.ts";
import { BASE, digest, KEY, MUSL, NOW, pin } from "../workers/bench.ts";

const OLD = digest("01d");
const NEXT = digest("4e3");
const RECORD: ProposalRecord = {
  ...KEY,
  branch: "",
  number: 1,
  url: "",
  title: "",
  state: "open",
  headCommit: "",
  contentHash: "",
  updates: [],
  openedAt: NOW,
  checkedAt: NOW,
};
const update = { line: MUSL, from: OLD, to: NEXT, superseded: [] };
const firstPin = { line: MUSL, to: NEXT, paths: ["Dockerfile"], superseded: [] };

describe("digests that are compared because of a pull request", () => {
  test.each([
    { title: "both of an update", state: "open", updates: [update], expected: [[OLD, NEXT]] },
    { title: "both of one that was merged", state: "merged", updates: [update], expected: [[OLD, NEXT]] },
    { title: "none of one that was closed", state: "closed", updates: [update], expected: [] },
    { title: "none of a first pin", state: "open", updates: [firstPin], expected: [] },
    { title: "none of a first pin that was merged", state: "merged", updates: [firstPin], expected: [] },
    {
      title: "those of the update beside a first pin",
      state: "open",
      updates: [firstPin, update],
      expected: [[OLD, NEXT]],
    },
  ] as const)("$title", async ({ state, updates, expected }) => {
    const store = createFakeStore();
    await store.saveProposal({ ...RECORD, state, updates });
    const pairs = await pairsInUse(store);
    expect(pairs).toEqual(expected.map(([from, to]) => ({ repository: BASE, from, to })));
  });

  test("a first pin that was merged and read is a digest somebody stays with", async () => {
    const store = createFakeStore();
    await store.saveProposal({ ...RECORD, state: "merged", updates: [firstPin] });
    await pin({ store }, [[MUSL, NEXT]]);
    const history = [{ digest: NEXT, firstSeenAt: NOW, lastSeenAt: NOW }];
    await saveLook(store, MUSL, { kind: "answered", history, at: NOW });
    expect(await pairsInUse(store)).toEqual([{ repository: BASE, from: NEXT, to: NEXT }]);
  });
});
