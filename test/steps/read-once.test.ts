import { describe, expect, test } from "vitest";
import type { Store } from "../../src/ports/store.ts";
import { readingOnce } from "../../src/steps/read-once.ts";
import { createFakeStore } from "../fakes/store.ts";
import { BASE, digest, GLIBC, MUSL, SHOP_MAIN } from "../workers/bench.ts";

type Fact = "verdict" | "watch" | "scan" | "assessment";

/** A store that tells how often it was asked for a fact. */
function counted(): { readonly store: Store; readonly asked: Record<Fact, number> } {
  const inner = createFakeStore();
  const asked = { verdict: 0, watch: 0, scan: 0, assessment: 0 };
  const count = <Question extends readonly unknown[], Answer>(
    fact: Fact,
    ask: (...question: Question) => Promise<Answer>,
  ): ((...question: Question) => Promise<Answer>) => {
    return (...question) => {
      asked[fact] += 1;
      return ask(...question);
    };
  };
  const store = {
    ...inner,
    verdict: count("verdict", (image: Parameters<Store["verdict"]>[0]) => inner.verdict(image)),
    watch: count("watch", (line: Parameters<Store["watch"]>[0]) => inner.watch(line)),
    scan: count("scan", (of: Parameters<Store["scan"]>[0]) => inner.scan(of)),
    assessment: count("assessment", (...of: Parameters<Store["assessment"]>) => inner.assessment(...of)),
  };
  return { store, asked };
}

const [A, B] = [digest("a"), digest("b")];
const QUESTIONS: readonly {
  readonly fact: Fact;
  readonly one: (store: Store) => Promise<unknown>;
  readonly other: (store: Store) => Promise<unknown>;
}[] = [
  {
    fact: "verdict",
    one: (store) => store.verdict({ repository: BASE, digest: A }),
    other: (store) => store.verdict({ repository: BASE, digest: B }),
  },
  { fact: "watch", one: (store) => store.watch(MUSL), other: (store) => store.watch(GLIBC) },
  {
    fact: "scan",
    one: (store) => store.scan(SHOP_MAIN),
    other: (store) => store.scan({ ...SHOP_MAIN, branch: "next" }),
  },
  {
    fact: "assessment",
    one: (store) => store.assessment(BASE, A, B),
    other: (store) => store.assessment(BASE, B, A),
  },
];

describe.each(QUESTIONS)("a $fact", ({ fact, one, other }) => {
  test("is asked for once, also at the same moment, and each by itself", async () => {
    const { store, asked } = counted();
    const reading = readingOnce(store);
    await Promise.all([one(reading), one(reading), other(reading)]);
    expect(await one(reading)).toEqual(await one(store));
    expect(asked[fact]).toBe(3);
  });

  test("is asked for anew by the next plan", async () => {
    const { store, asked } = counted();
    await one(readingOnce(store));
    await one(readingOnce(store));
    expect(asked[fact]).toBe(2);
  });
});

test("what is written is not remembered", async () => {
  const { store } = counted();
  const reading = readingOnce(store);
  expect(await reading.markKnown()).toBe("new");
  expect(await reading.markKnown()).toBe("known");
});
