import type { Metrics } from "../../../src/ports/metrics.ts";

type CountedRequest = Parameters<Metrics["request"]>[0];
type BudgetWait = Parameters<Metrics["budgetWait"]>[0];

/** Metrics that remember what was counted. */
export class RecordedMetrics implements Metrics {
  readonly requests: CountedRequest[] = [];
  readonly waits: BudgetWait[] = [];
  readonly integrityFailures: string[] = [];

  event(): void {
    // Nothing that speaks to a registry counts events.
  }

  request(request: CountedRequest): void {
    this.requests.push(request);
  }

  job(): void {
    // The same holds for jobs.
  }

  budgetWait(wait: BudgetWait): void {
    this.waits.push(wait);
  }

  polled(): void {
    // Polls are counted by who does them.
  }

  looked(): void {
    // The same.
  }

  headChanged(): void {
    // The same.
  }

  clockSkew(): void {
    // The same.
  }

  integrityFailed({ host }: { readonly host: string }): void {
    this.integrityFailures.push(host);
  }
}
