import { describe, expect, test } from "vitest";
import type { Store } from "../../src/ports/store.ts";
import { HOUR_MS } from "../../src/time.ts";
import { poll } from "../../workers/poll.ts";
import { type Bench, createBench, lineOf, pin } from "./bench.ts";
import { judged } from "./facts.ts";
import { JOB, pushIndex } from "./poll-bench.ts";

/** A repository of so many tags in three code repositories, all where they were and all verified. */
async function unmoved(count: number): Promise<Bench> {
  const bench = createBench();
  const lines = Array.from({ length: count }, (_, number) => lineOf(`tag-${number}`));
  for (const [position, line] of lines.entries()) {
    const current = pushIndex(bench, { image: String(100 + position) });
    bench.registry.point(line, current);
    await judged(bench, current);
  }
  const pins = await Promise.all(
    lines.map(async (line) => {
      const state = await bench.registry.resolve(line, new AbortController().signal);
      if (state.kind !== "found") throw new Error("not there");
      return [line, state.digest] as const;
    }),
  );
  for (const name of ["shop", "pay", "web"]) {
    await pin(bench, pins, { codeRepository: { owner: "acme", name } });
  }
  await bench.run(poll, JOB);
  bench.take();
  bench.clock.advance(HOUR_MS);
  return bench;
}

/** A store that counts what it is asked. */
function counting(store: Store): { readonly store: Store; readonly calls: string[] } {
  const calls: string[] = [];
  const counted = new Proxy(store, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== "function") return method;
      return (...given: readonly unknown[]): unknown => {
        calls.push(String(name));
        return Reflect.apply(method, target, given);
      };
    },
  });
  return { store: counted, calls };
}

describe("a repository whose tags have not moved", () => {
  test.each([{ count: 1 }, { count: 50 }, { count: 500 }])(
    "of $count tags costs as many questions to the store as one of one",
    async ({ count }) => {
      const bench = await unmoved(count);
      const { store, calls } = counting(bench.store);
      const questions = bench.registry.asked.length;
      await poll.handle(JOB, { ...bench.context, store }, new AbortController().signal);
      expect(calls).toEqual(["schedule", "watched", "savePoll", "distrusted", "scansOf", "verdicts"]);
      // One question for each tag, all in one survey, and nothing fetched.
      expect(bench.registry.asked.slice(questions).every((asked) => asked.startsWith("resolve "))).toBe(true);
      expect(bench.registry.asked).toHaveLength(questions + count);
      expect(bench.registry.surveys).toHaveLength(2);
      expect(bench.jobs).toEqual([]);
    },
  );
});
