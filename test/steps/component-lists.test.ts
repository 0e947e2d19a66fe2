import { expect, test } from "vitest";
import type { VerdictRecord } from "../../src/ports/store.ts";
import { packedOf } from "../../src/sbom/packed.ts";
import { componentListsOf } from "../../src/steps/component-lists.ts";
import { listOf } from "../fixtures/lists.ts";
import { BASE, createBench, digest } from "../workers/bench.ts";
import { judged } from "../workers/facts.ts";

const INDEX = digest("1d");
const AMD = digest("a3d");
const ARM = digest("a43");
const EXPIRED = digest("e9");
const A = listOf("pkg:apk/x/a@1");
const B = listOf("pkg:apk/x/b@1");

async function listsOf(change: Partial<VerdictRecord>) {
  const bench = createBench();
  await bench.store.saveComponents(AMD, packedOf(A));
  await bench.store.saveComponents(ARM, packedOf(B));
  await judged(bench, INDEX, { platforms: ["linux/amd64", "linux/arm64"], ...change });
  return componentListsOf(await bench.store.verdict({ repository: BASE, digest: INDEX }), bench.store);
}

test.each([
  {
    title: "a list for each platform",
    change: {
      lists: [
        { digest: AMD, platform: "linux/amd64" },
        { digest: ARM, platform: "linux/arm64" },
      ],
    },
    lists: [
      { platform: "linux/amd64", list: A },
      { platform: "linux/arm64", list: B },
    ],
  },
  {
    title: "a platform without one is named all the same",
    change: { lists: [{ digest: AMD, platform: "linux/amd64" }] },
    lists: [
      { platform: "linux/amd64", list: A },
      { platform: "linux/arm64", list: undefined },
    ],
  },
  {
    title: "one that is no longer kept",
    change: {
      lists: [
        { digest: AMD, platform: "linux/amd64" },
        { digest: EXPIRED, platform: "linux/arm64" },
      ],
    },
    lists: [
      { platform: "linux/amd64", list: A },
      { platform: "linux/arm64", list: undefined },
    ],
  },
  {
    title: "one for the whole digest",
    change: { lists: [{ digest: AMD }] },
    lists: [{ platform: "", list: A }],
  },
  {
    title: "the one that was read stands for all",
    change: { components: { digest: AMD, platform: "linux/amd64" } },
    lists: [{ platform: "", list: A }],
  },
])("$title", async ({ change, lists }) => {
  expect(await listsOf(change)).toStrictEqual({ kind: "lists", lists });
});

test.each([
  { title: "no SBOM", change: {}, reason: "no SBOM is attached" },
  {
    title: "an SBOM that cannot be read",
    change: { sbomFault: "XML" },
    reason: "its SBOM cannot be read: XML",
  },
  { title: "an empty set", change: { lists: [] }, reason: "no SBOM is attached" },
  {
    title: "nothing is kept any more",
    change: { lists: [{ digest: EXPIRED, platform: "linux/amd64" }] },
    reason: "its component list is no longer kept",
  },
])("missing: $title", async ({ change, reason }) => {
  expect(await listsOf(change)).toStrictEqual({ kind: "missing", reason });
});

test("missing: not looked at yet", async () => {
  expect(await componentListsOf(undefined, createBench().store)).toStrictEqual({
    kind: "missing",
    reason: "it was not looked at yet",
  });
});
