import type { Metrics } from "../../../src/ports/metrics.ts";

type CountedRequest = Parameters<Metrics["request"]>[0];

/** Metrics that remember what was counted. */
export class RecordedMetrics implements Metrics {
  readonly requests: CountedRequest[] = [];

  event(): void {
    // Nothing that speaks to a registry counts events.
  }

  request(request: CountedRequest): void {
    this.requests.push(request);
  }

  job(): void {
    // The same holds for jobs.
  }
}
