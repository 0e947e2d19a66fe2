import { endingInWords } from "../../vendor/lifecycle.ts";
import { capped, code, counted, prose } from "../markdown.ts";
import { type Plan, targetLineOf, type Update } from "../plan.ts";
import { grouped, renderWhich } from "./common.ts";

/** Moves and ends that are named one by one. */
const NAMED_MAX = 5;

/** What it means that tags move: a line for the first screen, or none. */
export function renderTagMoves({ updates }: Plan): readonly string[] {
  const moved = updates.filter((update) => update.toTag !== undefined);
  if (moved.length === 0) return [];
  const names = new Set(
    moved.map((update) => `${code(update.line.tag)} → ${code(targetLineOf(update).tag)}`),
  );
  const what = names.size === 1 ? "**A newer version**" : "**Newer versions**";
  return [
    `${what}: ${capped([...names], NAMED_MAX, ", ")}. Only the version changes in the tag, as far as your policy (${code("tags")}) lets it; what a new version does otherwise is in its release notes.`,
  ];
}

/** Images whose vendor has stopped to build them, or says when it will: a line each for the first screen. */
export function renderEndings(plan: Plan): readonly string[] {
  const ends = grouped(plan.updates, ({ endOfLife }) =>
    endOfLife === undefined ? undefined : `${endingInWords(endOfLife)}. ${prose(endOfLife.notice)}`,
  );
  const shown = ends.slice(0, NAMED_MAX).map(({ text, updates }) => {
    const which = updates.length === plan.updates.length ? "" : ` of ${renderWhich(updates, plan, 3)}`;
    return `⚠ **End of life${which}**: ${text}`;
  });
  const rest = ends.length - shown.length;
  return rest === 0 ? shown : [...shown, `⚠ and ${counted(rest, "more end")} of life.`];
}

/** What nobody has looked at in a newer version. */
export function unreadText({ toTag }: Update): string | undefined {
  return toTag === undefined
    ? undefined
    : "Release notes: packages and configuration were compared; what else a newer version changes was not read.";
}
