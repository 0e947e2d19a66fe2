import { performance } from "node:perf_hooks";
import { medianOf } from "../table.ts";

/** CPU time of one operation, in microseconds: the median of several rounds in this process, which does nothing else. */
export function cpuUsOf(operation: () => void, roundMs = 400, rounds = 5): number {
  const endAt = performance.now() + roundMs / 2;
  do operation();
  while (performance.now() < endAt);
  return medianOf(Array.from({ length: rounds }, () => round(operation, roundMs)));
}

function round(operation: () => void, roundMs: number): number {
  const before = process.cpuUsage();
  const endAt = performance.now() + roundMs;
  let count = 0;
  do {
    operation();
    count += 1;
  } while (performance.now() < endAt);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
