import type { Instant } from "../time.ts";

/** The one clock all processes share. */
export interface Clock {
  now(): Promise<Instant>;
}
