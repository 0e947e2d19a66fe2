/**
 * How long after its start a deadline falls.
 *
 * `days` and `hours` are elapsed time, 86,400 s and 3,600 s each: no change of clocks moves them. `months`: the same UTC day of a later
 * month, or its last day. `business-days`: the end of the nth working day after the start, by a calendar. `never`: no deadline.
 */
export type Period =
  | { readonly kind: "days" | "hours" | "months" | "business-days"; readonly count: number }
  | { readonly kind: "never" };
