import { describe, expect, test } from "vitest";
import type { DigestShape } from "../../src/image/shape.ts";
import type { PinnedPlaces } from "../../src/steps/planning/pins.ts";
import { movedTags } from "../../src/steps/planning/settling.ts";
import { BASE, type Bench, createBench, digest, lineOf, MUSL, profileOf, seen } from "../workers/bench.ts";
import { judged } from "../workers/facts.ts";
import { CONTENT, NEXT, OLD, THIRD } from "../workers/propose-bench.ts";

const NEWER = lineOf("musl-2");
const CHILD = digest("c1");
const NEXT_CHILD = digest("c2");
const AMD64: DigestShape = { kind: "image", platform: "linux/amd64" };

const pinned = (change: Partial<PinnedPlaces> = {}): PinnedPlaces => ({
  line: MUSL,
  profile: profileOf(),
  from: OLD,
  places: [{ path: "Dockerfile", line: 1 }],
  ...change,
});
const indexOf = (...digests: readonly (typeof CHILD)[]): DigestShape => ({
  kind: "index",
  children: digests.map((child) => ({ digest: child, platform: "linux/amd64" })),
});
const AWAITING = { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] } as const;

interface Row {
  readonly title: string;
  readonly pin?: PinnedPlaces;
  readonly facts: (bench: Bench) => Promise<void>;
}

async function movedIn({ pin = pinned(), facts }: Row) {
  const bench = createBench();
  await facts(bench);
  return (await movedTags([pin], bench.store)).map(({ verdict, isAssessed }) => ({ verdict, isAssessed }));
}

describe("a tag that stands elsewhere than a pin", () => {
  test.each<Row & { readonly is: Awaited<ReturnType<typeof movedIn>> }>([
    {
      title: "at what nobody has judged",
      facts: (bench) => seen(bench, MUSL, [OLD, NEXT]),
      is: [{ verdict: undefined, isAssessed: false }],
    },
    {
      title: "at what is verified and compared",
      async facts(bench) {
        await seen(bench, MUSL, [OLD, NEXT]);
        await judged(bench, NEXT);
        await bench.store.saveAssessment(BASE, OLD, NEXT, CONTENT);
      },
      is: [{ verdict: "verified", isAssessed: true }],
    },
    {
      title: "at what is compared with another pin",
      async facts(bench) {
        await seen(bench, MUSL, [OLD, NEXT]);
        await judged(bench, NEXT);
        await bench.store.saveAssessment(BASE, THIRD, NEXT, CONTENT);
      },
      is: [{ verdict: "verified", isAssessed: false }],
    },
    {
      title: "with a newer tag beside it",
      pin: pinned({ newer: NEWER.tag }),
      async facts(bench) {
        await seen(bench, MUSL, [OLD]);
        await seen(bench, NEWER, [NEXT]);
      },
      is: [{ verdict: undefined, isAssessed: false }],
    },
    {
      title: "at a verified index of whose platform nothing is known yet",
      pin: pinned({ from: CHILD }),
      async facts(bench) {
        await seen(bench, MUSL, [OLD, NEXT]);
        await judged(bench, CHILD, { shape: AMD64 });
        await judged(bench, NEXT, { shape: indexOf(NEXT_CHILD) });
      },
      is: [{ verdict: undefined, isAssessed: false }],
    },
    {
      title: "at an index without evidence, whose platform is not asked about before it has some",
      pin: pinned({ from: CHILD }),
      async facts(bench) {
        await seen(bench, MUSL, [OLD, NEXT]);
        await judged(bench, CHILD, { shape: AMD64 });
        await judged(bench, NEXT, { shape: indexOf(NEXT_CHILD), verdict: AWAITING });
      },
      is: [{ verdict: "awaiting-evidence", isAssessed: false }],
    },
    {
      title: "at an index whose platform is compared",
      pin: pinned({ from: CHILD }),
      async facts(bench) {
        await seen(bench, MUSL, [OLD, NEXT]);
        for (const child of [CHILD, NEXT_CHILD]) await judged(bench, child, { shape: AMD64 });
        await judged(bench, NEXT, { shape: indexOf(NEXT_CHILD) });
        await bench.store.saveAssessment(BASE, CHILD, NEXT_CHILD, CONTENT);
      },
      is: [{ verdict: "verified", isAssessed: true }],
    },
  ])("$title", async ({ is, ...row }) => {
    expect(await movedIn(row)).toEqual(is);
  });
});

test.each<Row>([
  { title: "it was never seen", facts: async () => {} },
  { title: "it stands there", facts: (bench) => seen(bench, MUSL, [OLD]) },
  { title: "it came back", facts: (bench) => seen(bench, MUSL, [OLD, NEXT, OLD]) },
  {
    title: "it stands at another index of the platform that is pinned",
    pin: pinned({ from: CHILD }),
    async facts(bench) {
      await seen(bench, MUSL, [OLD, NEXT]);
      await judged(bench, CHILD, { shape: AMD64 });
      await judged(bench, NEXT, { shape: indexOf(CHILD) });
    },
  },
  {
    title: "an index is pinned, and it stands at a single image",
    async facts(bench) {
      await seen(bench, MUSL, [OLD, NEXT]);
      await judged(bench, OLD, { shape: indexOf(CHILD) });
      await judged(bench, NEXT, { shape: AMD64 });
    },
  },
])("a tag is not elsewhere where $title", async (row) => {
  expect(await movedIn(row)).toEqual([]);
});
