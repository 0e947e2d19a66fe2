import { medianOf } from "../table.ts";

/** CPU time of this process so far, in milliseconds: user and system, all threads. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Wall time of one operation in milliseconds: the median of some, once its code is compiled. */
export function wallMsOf(operation: () => void, rounds: number): number {
  operation();
  return medianOf(
    Array.from({ length: rounds }, () => {
      const before = performance.now();
      operation();
      return performance.now() - before;
    }),
  );
}

/** CPU time of one operation in milliseconds: the first time, when nothing is compiled yet, and the median of the rest. */
export function cpuMsOf(
  operation: () => void,
  rounds: number,
): { readonly first: number; readonly median: number } {
  const [first = Number.NaN, ...others] = Array.from({ length: rounds + 1 }, () => {
    const before = cpuMs();
    operation();
    return cpuMs() - before;
  });
  return { first, median: medianOf(others) };
}
