/** What becomes of an update, by its class. */
export const PROPOSE_WHEN = ["now", "weekly", "never", "block"] as const;

/**
 * `now`: proposed as soon as it is verified. `weekly`: waits for the hour of the week. `never`: shown and not proposed. `block`: not
 * proposed, and an alert.
 */
export type ProposeWhen = (typeof PROPOSE_WHEN)[number];

/** Classes that a policy may treat differently. */
export const RULED_CLASSES = [
  "fixes",
  "content",
  "rebuild",
  "evidence-only",
  "moved-backwards",
  "regression",
  "unassessed",
] as const;

/** When an update of each class is proposed. */
export type ClassRules = Readonly<Record<(typeof RULED_CLASSES)[number], ProposeWhen>>;

/** What holds where nobody says anything else. */
export const DEFAULT_CLASS_RULES: ClassRules = {
  fixes: "now",
  content: "weekly",
  rebuild: "weekly",
  "evidence-only": "never",
  "moved-backwards": "block",
  regression: "block",
  unassessed: "now",
};

/** The hour of the week at which what waits for it is proposed. */
export interface WeeklyHour {
  /** 0 is Sunday. */
  readonly weekday: number;
  /** Minute of the day, by the clocks of the zone. */
  readonly minute: number;
  /** IANA time zone. */
  readonly zone: string;
}

/** Monday morning, in UTC. */
export const DEFAULT_WEEKLY_HOUR: WeeklyHour = { weekday: 1, minute: 6 * 60, zone: "UTC" };
