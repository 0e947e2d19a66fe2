import { type Instant, renderMoment } from "../time.ts";
import { withoutTicks } from "./commands.ts";
import { prose } from "./markdown.ts";
import type { Snooze } from "./orders.ts";

const START = "<!-- hullkeeper-snooze -->";
const END = "<!-- /hullkeeper-snooze -->";

/** A body that says before all else until when its pull request is left alone, with no box ticked; the rest stays as it is. */
export function withSnooze(body: string, { until, by, at }: Pick<Snooze, "until" | "by" | "at">): string {
  const notice = [
    START,
    `> [!NOTE]`,
    `> **Snoozed until ${renderMoment(until)}**${byWhom(by, at)}: nothing is written here before, but for warnings and what fixes another critical vulnerability. **Deadlines run on.**`,
    END,
  ].join("\n");
  return `${notice}\n\n${withoutTicks(withoutSnooze(body))}`;
}

function byWhom(by: string | undefined, at: Instant): string {
  return `, as ${by === undefined ? "somebody" : prose(by)} asked on ${renderMoment(at)}`;
}

/** A body that does not say so any more. */
export function withoutSnooze(body: string): string {
  let rest = body;
  for (;;) {
    const start = rest.indexOf(START);
    const end = start === -1 ? -1 : rest.indexOf(END, start);
    if (end === -1) return rest;
    rest = rest.slice(0, start) + rest.slice(end + END.length).replace(/^(?:\r?\n){0,2}/, "");
  }
}
