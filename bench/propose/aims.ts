import type { Aim } from "../table.ts";
import type { Phase } from "./case.ts";
import { type Limits, minimumSeconds, overtakenCount, spanSeconds } from "./order.ts";
import { totalOf } from "./usage.ts";

/** What Renovate took for 200 code repositories, in seconds of processor time: docs/benchmarks.md. */
const RENOVATE = { noChange: 37.2, moved: 77.4 };
/** A host that slows down is asked again: once by each request that was under way. */
const REFUSALS_MAX = 5;

/** What was run. */
export interface CaseFacts {
  /** Of the aims. */
  readonly title: string;
  readonly repositories: number;
  readonly phases: readonly Phase[];
}

/** None is lost and none doubled: what holds however it is run. */
export function aimsOfAll({ title, repositories, phases }: CaseFacts): readonly Aim[] {
  const [, , moved, open] = phases;
  if (moved === undefined || open === undefined) return [];
  const titled = (what: string): string => `${title}: ${what}`;
  return [
    { title: titled("pull requests missing"), measured: repositories - moved.rightPulls, most: 0, unit: "" },
    { title: titled("pull requests too many"), measured: open.pulls - repositories, most: 0, unit: "" },
  ];
}

/** With limits: the earliest deadline first, as fast as they allow, and hardly ever refused. */
export function aimsWithin({ title, repositories, phases }: CaseFacts, limits: Limits): readonly Aim[] {
  const [, , moved] = phases;
  if (moved === undefined) return [];
  const least = minimumSeconds(repositories, limits);
  const titled = (what: string): string => `${title}: ${what}`;
  return [
    {
      title: titled("overtaken by later deadlines"),
      measured: overtakenCount(moved.openings),
      most: 0,
      unit: "",
    },
    { title: titled("refusals"), measured: moved.refusals, most: REFUSALS_MAX, unit: "" },
    // What all are open in when nothing holds them back comes on top.
    {
      title: titled("first to last"),
      measured: spanSeconds(moved.openings),
      most: 10 + least * 1.1,
      unit: "s",
    },
  ];
}

/** At some distance, for ten code repositories. */
export function aimsAtDistance({ title, phases }: CaseFacts): readonly Aim[] {
  const [, , moved] = phases;
  if (moved === undefined) return [];
  return [{ title: `${title}: moved, wall`, measured: moved.wallSeconds, most: 5, unit: "s" }];
}

/** Without limits and without distance, for 200 code repositories. */
export function aimsAtHome({ title, repositories, phases }: CaseFacts): readonly Aim[] {
  const [, still, moved, open] = phases;
  if (still === undefined || moved === undefined || open === undefined) return [];
  const titled = (what: string): string => `${title}: ${what}`;
  return [
    {
      title: titled("no change, registry"),
      measured: totalOf(still.requests, "registry"),
      most: 20,
      unit: "requests",
    },
    {
      title: titled("no change, GitHub"),
      measured: totalOf(still.requests, "code-host"),
      most: 0,
      unit: "requests",
    },
    { title: titled("no change, CPU"), measured: still.cpuSeconds, most: RENOVATE.noChange / 100, unit: "s" },
    {
      title: titled("moved, GitHub per pull request"),
      measured: totalOf(moved.requests, "code-host") / repositories,
      most: 5,
      unit: "requests",
    },
    { title: titled("moved, CPU"), measured: moved.cpuSeconds, most: RENOVATE.moved / 20, unit: "s" },
    { title: titled("moved, wall"), measured: moved.wallSeconds, most: 10, unit: "s" },
    {
      title: titled("open, GitHub"),
      measured: totalOf(open.requests, "code-host"),
      most: 0,
      unit: "requests",
    },
    { title: titled("memory"), measured: open.peakMegabytes, most: 200, unit: "MB" },
  ];
}
