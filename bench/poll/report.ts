import { type Aim, columnsOf, renderTable, rounded } from "../table.ts";
import type { CaseResult } from "./case.ts";
import type { ToolResult } from "./tools.ts";
import { DEFAULT_LIMITS } from "../../src/adapters/registry/settings.ts";

const LEVELS = {
  heads: "undici alone",
  survey: "client",
  cycle: "cycle",
} as const satisfies Record<CaseResult["level"], string>;
const MOVED = { nothing: "nothing", "one-percent": "1 %" } as const;

/** `cycle, lean heap, raw registry, TLS`. */
function titleOf({ level, heap, lists, registry, scheme }: CaseResult): string {
  const process = heap === "lean" ? `${LEVELS[level]}, lean heap` : LEVELS[level];
  if (lists === "google")
    return `${process}, with lists, ${registry}, ${scheme === "https" ? "TLS" : "plain"}`;
  return `${process}, ${registry}, ${scheme === "https" ? "TLS" : "plain"}`;
}

/** One row per case. */
export function renderCases(cases: readonly CaseResult[]): string {
  const columns = columnsOf(
    "case",
    "tags",
    "moved",
    "requests",
    "new conn.",
    "us/tag first",
    "us/tag",
    "x undici",
    "wall ms",
    "RSS MB start",
    "RSS MB peak",
    "Redis kB",
    "Redis us/tag",
  );
  return renderTable(
    columns,
    cases.map((each) => [
      titleOf(each),
      String(each.tags),
      MOVED[each.movement],
      String(each.warm.requests),
      String(each.first.connections),
      rounded(perTagUs(each, each.first.cpuMs)),
      rounded(perTagUs(each, each.warm.cpuMs)),
      rounded(each.warm.cpuMs / (floorOf(each, cases)?.warm.cpuMs ?? Number.NaN)),
      rounded(each.warm.wallMs),
      rounded(each.preparedRssMb),
      rounded(peakOf(each)),
      each.level === "cycle" ? rounded(each.first.redisBytes / 1_024) : "",
      each.level === "cycle" ? rounded(perTagUs(each, each.warm.redisCpuMs)) : "",
    ]),
  );
}

/** Loops of processes beside the client alone, on the same registry and tags. */
export function renderTools(
  tools: readonly { readonly title: string; readonly result: ToolResult }[],
  client: CaseResult | undefined,
): string {
  const ownUs = client === undefined ? Number.NaN : perTagUs(client, client.warm.cpuMs);
  return renderTable(
    columnsOf("one process per tag, 2 at a time", "tags", "us/tag", "x client", "wall ms/tag"),
    tools.map(({ title, result }) => {
      if (result.kind === "missing") return [`${title}: ${result.reason}`];
      const us = (result.cpuMs * 1_000) / result.tags;
      const cells = [us, us / ownUs, result.wallMs / result.tags].map(rounded);
      return [title, String(result.tags), ...cells];
    }),
  );
}

/** What the cases were meant to reach. */
export function aimsOf(cases: readonly CaseResult[]): readonly Aim[] {
  const overTls = cases.filter(
    ({ level, scheme, lists }) => level === "survey" && scheme === "https" && lists === "generic",
  );
  const large = cases.filter(
    ({ level, movement, tags }) => level === "cycle" && movement === "nothing" && tags === 20_000,
  );
  const ours = cases.filter(({ level }) => level !== "heads");
  return [
    {
      title: "client CPU per HEAD over TLS",
      measured: most(overTls, (each) => (each.warm.cpuMs * 1_000) / each.warm.requests),
      most: 200,
      unit: "us",
    },
    {
      title: "peak RSS, cycle of 20 000 unmoved tags, lean heap",
      measured: most(
        large.filter(({ heap }) => heap === "lean"),
        peakOf,
      ),
      most: 150,
      unit: "MB",
    },
    {
      title: "requests for 10 000 unmoved tags, with lists",
      measured: most(
        cases.filter(({ lists, movement }) => lists === "google" && movement === "nothing"),
        (each) => (each.warm.requests * 10_000) / each.tags,
      ),
      most: 100,
      unit: "",
    },
    {
      title: "connections of one process to one registry",
      measured: most(ours, (each) => each.first.connections + each.warm.connections),
      most: DEFAULT_LIMITS.connections,
      unit: "",
    },
  ];
}

/** The worst of them; NaN of none. */
function most(of: readonly CaseResult[], value: (each: CaseResult) => number): number {
  return of.length === 0 ? Number.NaN : Math.max(...of.map(value));
}

function perTagUs({ tags }: CaseResult, cpuMs: number): number {
  return (cpuMs * 1_000) / tags;
}

function peakOf({ first, warm }: CaseResult): number {
  return Math.max(first.peakRssMb, warm.peakRssMb);
}

/** The same questions by undici alone. */
function floorOf(each: CaseResult, cases: readonly CaseResult[]): CaseResult | undefined {
  return cases.find(
    ({ level, registry, scheme, tags }) =>
      level === "heads" && registry === each.registry && scheme === each.scheme && tags === each.tags,
  );
}
