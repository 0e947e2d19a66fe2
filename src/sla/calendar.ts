/** Which days are worked on, and where they begin and end. */
export interface Calendar {
  /** As configured, e.g. `us`. */
  readonly id: string;
  /** IANA time zone, e.g. `America/New_York`. */
  readonly zone: string;
  /** Days of the week that are not worked on, 0 is Sunday. Never all seven. */
  readonly weekend: readonly number[];
  /** Local dates that are not worked on, as `2026-12-25`. */
  readonly holidays: ReadonlySet<string>;
}
