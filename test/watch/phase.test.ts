import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseRepository } from "../../src/image/reference.ts";
import { HOUR_MS, instantOf, later, MINUTE_MS, SECOND_MS } from "../../src/time.ts";
import { phasedAt, phaseOf } from "../../src/watch/phase.ts";
import { NOW } from "./facts.ts";

const repositoryAny = fc.nat(1_000).map((n) => parseRepository(`bellsoft/hardened-${n}`));
const intervalAny = fc.integer({ min: SECOND_MS, max: 24 * HOUR_MS });
const nowAny = fc.nat(10 * 365 * 24 * HOUR_MS).map((at) => instantOf(at));
const randomAny = fc.double({ min: 0, max: 1, noNaN: true });

test("a repository keeps its place: wherever it starts, a twentieth around a multiple of the interval", () => {
  fc.assert(
    fc.property(repositoryAny, intervalAny, nowAny, randomAny, (repository, intervalMs, now, random) => {
      const at = phasedAt(repository, { at: later(now, intervalMs), intervalMs }, now, random);
      const phase = phaseOf(repository, intervalMs);
      const off = Math.abs(((at - phase + intervalMs / 2) % intervalMs) - intervalMs / 2);
      // Near the end of what it may wait, it does not wait for the spread as well.
      expect(off).toBeLessThanOrEqual(0.1 * intervalMs + 1);
    }),
  );
});

test("it is never now, and never later than a twentieth after the interval", () => {
  fc.assert(
    fc.property(repositoryAny, intervalAny, nowAny, randomAny, (repository, intervalMs, now, random) => {
      const at = phasedAt(repository, { at: later(now, intervalMs), intervalMs }, now, random);
      expect(at - now).toBeGreaterThanOrEqual(0.05 * intervalMs - 1);
      expect(at - now).toBeLessThanOrEqual(1.05 * intervalMs + 1);
    }),
  );
});

test("what waits for a moment does not come before it, but for the spread", () => {
  fc.assert(
    fc.property(repositoryAny, nowAny, randomAny, (repository, now, random) => {
      const opensAt = later(now, HOUR_MS);
      const wanted = { at: opensAt, intervalMs: 10 * MINUTE_MS };
      const waitMs = phasedAt(repository, wanted, now, random) - opensAt;
      expect(waitMs).toBeGreaterThanOrEqual(-0.5 * MINUTE_MS - 1);
      expect(waitMs).toBeLessThanOrEqual(10.5 * MINUTE_MS + 1);
    }),
  );
});

test("repositories are spread evenly over the interval", () => {
  const counts = Array.from({ length: 10 }, () => 0);
  for (let n = 0; n < 2_000; n += 1) {
    const phase = phaseOf(parseRepository(`registry.example/team-${n % 7}/image-${n}`), HOUR_MS);
    const slot = Math.floor((phase / HOUR_MS) * 10);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(150);
  expect(Math.max(...counts)).toBeLessThan(250);
});

test("the place depends on registry and path alone", () => {
  const names = ["a.example/x", "b.example/x", "a.example/y"].map(parseRepository);
  expect(new Set(names.map((name) => phaseOf(name, HOUR_MS))).size).toBe(3);
  expect(phaseOf(parseRepository("a.example/x"), HOUR_MS)).toBe(
    phaseOf(parseRepository("a.example/x"), HOUR_MS),
  );
  expect(
    phasedAt(parseRepository("a.example/x"), { at: NOW, intervalMs: 0 }, NOW, 0.5),
  ).toBeGreaterThanOrEqual(NOW);
});
