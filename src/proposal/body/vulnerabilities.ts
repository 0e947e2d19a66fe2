import type { FeedState } from "../../advisory/feed.ts";
import { DAY_MS, type Instant, renderMoment, renderSpan } from "../../time.ts";
import { capped, code, counted, idText, prose, table } from "../markdown.ts";
import type { Plan, Update } from "../plan.ts";
import {
  type PlanDue,
  type PlanFinding,
  type PlanSummary,
  deltaOf,
  renderCounts,
  severityWord,
} from "../summary.ts";
import { grouped, renderDate, renderWhich } from "./common.ts";
import { exploitationText, hasSignals } from "./exploitation.ts";
import type { Limits } from "./limits.ts";
import {
  renderIndeterminate,
  renderNotAffected,
  renderReclassified,
  renderRegressions,
} from "./vulnerability-notes.ts";

/** Feeds that are named. */
const FEEDS_MAX = 6;
/** Enough of a commit or a hash to find it by. */
const SNAPSHOT_DIGITS = 12;

/** What the new digests fix, bring and keep, and who says so. Absent when no advisories were asked. */
export function renderVulnerabilities(summary: PlanSummary, limits: Limits): string | undefined {
  const { plan, fixed, introduced, remaining } = summary;
  if (plan.updates.every((update) => deltaOf(update) === undefined)) return undefined;
  return [
    "### Vulnerabilities",
    fixed.length === 0 ? "Fixed: none that is known." : renderFixed(summary, limits),
    renderRegressions(summary, limits),
    renderOthers("Introduced", introduced, plan, limits),
    renderOthers("Remaining", remaining, plan, limits),
    renderIndeterminate(summary, limits),
    renderReclassified(summary, limits),
    renderUnserved(plan, limits),
    renderSources(plan, limits),
    renderNotAffected(plan, limits),
  ]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

function renderFixed({ plan, fixed, due }: PlanSummary, limits: Limits): string {
  const hasSeveral = plan.updates.length > 1;
  const isSignalled = hasSignals(fixed);
  const shown = fixed.slice(0, limits.vulnerabilities);
  const rows = shown.map((finding) => [
    idText(finding.id),
    severityText(finding),
    code(finding.packageName),
    `${code(finding.installedVersion)} → ${fixText(finding)}`,
    ...(isSignalled ? [exploitationText(finding)] : []),
    ...(hasSeveral ? [renderWhich(finding.updates, plan, 3)] : []),
    renderDate(finding.publishedAt),
    dueText(finding, due),
  ]);
  const columns = [
    "fixed",
    "severity",
    "package",
    "had → fixed in",
    ...(isSignalled ? ["exploited"] : []),
    ...(hasSeveral ? ["image"] : []),
    "known since",
    "merge by",
  ];
  const rest = fixed.slice(limits.vulnerabilities);
  const more =
    rest.length === 0 ? "" : `\n\n… and ${counted(rest.length, "more row")} (${renderCounts(rest)}).`;
  return `${table(columns, rows)}${more}`;
}

/** The deadline that decides stands out. */
function dueText({ dueAt }: PlanFinding, { obligation }: PlanDue): string {
  if (dueAt === undefined) return "–";
  return dueAt === obligation.dueAt ? `**${renderDate(dueAt)}**` : renderDate(dueAt);
}

function renderOthers(
  title: "Introduced" | "Remaining",
  findings: readonly PlanFinding[],
  plan: Plan,
  limits: Limits,
): string {
  if (findings.length === 0) return `${title}: none.`;
  const countMax = Math.ceil(limits.vulnerabilities / 3);
  const items = findings.slice(0, countMax).map((finding) => {
    const where = plan.updates.length > 1 ? `, ${renderWhich(finding.updates, plan, 3)}` : "";
    const fix =
      finding.fixedVersion === undefined
        ? "no fix named"
        : `fixed in ${code(finding.fixedVersion)}, not here yet`;
    return `${idText(finding.id)} (${severityText(finding)}, ${code(finding.packageName)} ${code(finding.installedVersion)}, ${fix}${where})`;
  });
  const mark = title === "Introduced" ? "⚠ **Introduced**" : title;
  return `${mark} (${renderCounts(findings)}): ${capped(items, countMax, "; ", findings.length)}.`;
}

/** Deadlines that run and that merging this does not end. */
function renderUnserved(plan: Plan, limits: Limits): string | undefined {
  const unserved = plan.updates.flatMap((update) => {
    const delta = deltaOf(update);
    if (delta === undefined) return [];
    const fixed = new Set(delta.fixed.map(({ id }) => id));
    return update.timer.obligations.filter(({ id, severity }) => severity !== "none" && !fixed.has(id));
  });
  if (unserved.length === 0) return undefined;
  const items = unserved.map(
    ({ id, dueAt }) => `${idText(id)} (${dueAt === undefined ? "no deadline" : `due ${renderDate(dueAt)}`})`,
  );
  const shown = capped([...new Set(items)], Math.ceil(limits.vulnerabilities / 3), ", ");
  return `⚠ Still due, and not fixed by these digests: ${shown}. An earlier digest fixed it, or its advisory was withdrawn.`;
}

function renderSources(plan: Plan, limits: Limits): string {
  return grouped(plan.updates, sourceText)
    .slice(0, limits.reasons)
    .map(({ text, updates }) =>
      updates.length === plan.updates.length ? text : `${renderWhich(updates, plan, 3)}: ${text}`,
    )
    .join("\n");
}

function sourceText(update: Update): string | undefined {
  const delta = deltaOf(update);
  if (delta === undefined) return undefined;
  const { feeds, matchedCount, ownNameCount, unmatched } = delta;
  const { assessedAt } = update.assessment;
  const unmatchedCount = unmatched.reduce((sum, { count }) => sum + count, 0);
  const reasons = unmatched.map(({ reason, count }) => `${count} ${prose(reason)}`);
  const rest = unmatchedCount === 0 ? "" : `, ${unmatchedCount} could not be (${capped(reasons, 5, "; ")})`;
  const own = ownNameCount === 0 ? "" : ` (${ownNameCount} by their own name: nothing says their source)`;
  const sources = capped(
    feeds.map((feed) => feedText(feed, assessedAt)),
    FEEDS_MAX,
    "; ",
  );
  return `Source: ${sources}, asked ${renderMoment(assessedAt)}; ${counted(matchedCount, "package")} of the new image looked up${own}${rest}.`;
}

function feedText(feed: FeedState, askedAt: Instant): string {
  const { name, recordCount, asOf, checkedAt, snapshot, licenceNote } = feed;
  const state = asOf === undefined ? "" : `, newest of ${renderMoment(asOf)}`;
  const ageMs = askedAt - checkedAt;
  const age = ageMs > DAY_MS ? `, ⚠ last looked at ${renderSpan(ageMs)} before` : "";
  const licence = licenceNote === undefined ? "" : `, ${prose(licenceNote)}`;
  const records = `${digitsOf(recordCount)} ${recordCount === 1 ? "record" : "records"}`;
  return `${prose(name)}, ${records}${state}, snapshot ${code(snapshot.slice(0, SNAPSHOT_DIGITS))}${age}${licence}`;
}

function severityText({ severity, score, ratedBy }: PlanFinding): string {
  const by = ratedBy === undefined ? "" : ` by ${idText(ratedBy)}`;
  const word = severityWord(severity);
  return score === undefined ? `${word}${by}` : `${word} ${score.toFixed(1)}${by}`;
}

function fixText({ how, fixedVersion }: PlanFinding): string {
  switch (how) {
    case "removed":
      return "removed";
    case "backport":
      return "fix brought back";
    case "upgrade":
    case undefined:
      return fixedVersion === undefined ? "not said" : code(fixedVersion);
    default:
      return how satisfies never;
  }
}

/** `16,989`, whatever the machine's locale is. */
function digitsOf(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}
