import type { Metrics } from "../../src/ports/metrics.ts";

/** Counts nothing. */
export const UNCOUNTED: Metrics = {
  event() {},
  request() {},
  job() {},
  budgetWait() {},
  polled() {},
  looked() {},
  headChanged() {},
  integrityFailed() {},
  clockSkew() {},
};
