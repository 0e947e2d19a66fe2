import { type Instant, renderDay, renderMoment, renderWeekday } from "../../time.ts";
import { capped, code } from "../markdown.ts";
import type { ProvenImage } from "../plan.ts";
import { labelOf } from "../summary.ts";

/** `30 Nov 2026`. */
export function renderDate(at: Instant): string {
  return `${renderDay(at)} ${new Date(at).getUTCFullYear()}`;
}

/** `Mon 30 Nov 2026, 14:12 UTC`. */
export function renderDeadline(at: Instant): string {
  return `${renderWeekday(at)} ${renderMoment(at)}`;
}

/** Images that one body is about. */
export interface Proven<Image extends ProvenImage = ProvenImage> {
  readonly updates: readonly Image[];
}

/** Names updates of a plan in a sentence or cell; `both` or `all` when it is all of several. */
export function renderWhich(updates: readonly ProvenImage[], plan: Proven, countMax = 10): string {
  if (updates.length === plan.updates.length && updates.length > 1)
    return updates.length === 2 ? "both" : "all";
  const labels = new Set(updates.map((update) => code(labelOf(update, plan))));
  return capped([...labels], countMax, ", ");
}

/** What is to be said about updates, each text once with the updates it is true of, in order. */
export function grouped<Image extends ProvenImage>(
  updates: readonly Image[],
  textOf: (update: Image) => string | undefined,
): readonly { readonly text: string; readonly updates: readonly Image[] }[] {
  const groups = Map.groupBy(updates, textOf);
  return [...groups].flatMap(([text, members]) => (text === undefined ? [] : [{ text, updates: members }]));
}
