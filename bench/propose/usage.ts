import { readFileSync } from "node:fs";

/** Of Linux, in clock ticks a second. @see sysconf(3), _SC_CLK_TCK */
const TICKS_PER_SECOND = 100;

/** What a process has used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  /** The most memory it ever had, since it was last asked to forget. */
  readonly peakMegabytes: number;
}

/** @see proc_pid_stat(5), proc_pid_status(5) */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the name in parentheses, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return { cpuSeconds: ticks / TICKS_PER_SECOND, peakMegabytes: Number(peak) / 1024 };
}

/** Requests that the product counts itself, by party and operation. */
export type Requests = ReadonlyMap<string, number>;

const LINE = /^hullkeeper_requests_total\{([^}]*)\} (\d+)$/;

/** Reads them from its metrics. */
export async function requestsOf(webPort: number): Promise<Requests> {
  const answer = await fetch(`http://127.0.0.1:${webPort}/metrics`);
  const counts = new Map<string, number>();
  for (const line of (await answer.text()).split("\n")) {
    const [, labels = "", count] = LINE.exec(line) ?? [];
    const party = /party="([^"]*)"/.exec(labels)?.[1];
    const operation = /operation="([^"]*)"/.exec(labels)?.[1];
    if (party === undefined || operation === undefined) continue;
    const name = `${party} ${operation}`;
    counts.set(name, (counts.get(name) ?? 0) + Number(count));
  }
  return counts;
}

/** What came between two looks. */
export function since(before: Requests, after: Requests): Requests {
  const differences = [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
  return new Map(differences.filter(([, count]) => count > 0));
}

/** How many of a party there are: `registry`, `code-host`. */
export function totalOf(requests: Requests, party: string): number {
  return [...requests]
    .filter(([name]) => name.startsWith(`${party} `))
    .reduce((sum, [, count]) => sum + count, 0);
}
