import type { VendorPromise } from "../../sla/policy.ts";
import type { VendorEvaluation, VendorState } from "../../sla/vendor.ts";
import { renderMoment, renderSpan } from "../../time.ts";
import { compareTexts } from "../../versions/order.ts";
import { idText, prose } from "../markdown.ts";
import type { Plan, Update } from "../plan.ts";
import { deltaOf, severityWord } from "../summary.ts";

/**
 * Rows of the vendor's clocks: the fix that kept its promise worst speaks for all that are there, and what is due first for all that are
 * not. They say what was seen and when, never how long ago that is.
 */
export function renderVendorRows({ updates }: Plan): readonly (readonly string[])[] {
  const byVendor = Map.groupBy(updates, ({ profile }) => profile.id);
  return [...byVendor.values()].flatMap(rowsOfVendor);
}

/** @param updates of one vendor's images */
function rowsOfVendor(updates: readonly Update[]): readonly (readonly string[])[] {
  const promise = updates[0]?.profile.vendorPromise;
  if (promise === undefined) return [["vendor: no promise that applies to you", "–", "–", "not running"]];
  const clocks = updates.flatMap(({ vendorClocks }) => vendorClocks);
  const [fixed, owed] = [clocks.filter(isFixed).toSorted(byWorst), clocks.filter(isOwed).toSorted(byWorst)];
  const rows = [rowOf(fixed, promise), rowOf(owed, promise)].filter((row) => row !== undefined);
  return rows.length > 0 ? rows : [[basisOf(promise), "–", "–", whyNot(clocks, updates)]];
}

/** Where the vendors' numbers are from, for the line below the table; none where nobody says. */
export function vendorSourcesOf({ updates }: Plan): readonly string[] {
  const texts = updates.flatMap(({ profile: { vendorPromise } }) => {
    if (vendorPromise?.source === undefined) return [];
    const { source, asOf } = vendorPromise;
    return [`vendor: ${prose(source)}${asOf === undefined ? "" : `, as of ${prose(asOf)}`}`];
  });
  return [...new Set(texts)];
}

/** The worst first; no clock at all comes last. */
const RANKS: Readonly<Record<VendorState, number>> = {
  missed: 0,
  inconclusive: 1,
  met: 2,
  overdue: 3,
  running: 4,
  "not-counted": 5,
  "not-started": 6,
  exempt: 7,
};

function isFixed({ state }: VendorEvaluation): boolean {
  return state === "met" || state === "missed" || state === "inconclusive";
}

function isOwed({ state }: VendorEvaluation): boolean {
  return state === "overdue" || state === "running";
}

/** Of those that are there, what came latest against its deadline; of the others, what is due first. */
function byWorst(a: VendorEvaluation, b: VendorEvaluation): number {
  return RANKS[a.state] - RANKS[b.state] || marginOf(a) - marginOf(b) || compareTexts(a.id, b.id);
}

const NO_DEADLINE = Number.MAX_SAFE_INTEGER;

function marginOf({ dueAt, observedAt }: VendorEvaluation): number {
  return dueAt === undefined ? NO_DEADLINE : dueAt - (observedAt ?? 0);
}

function rowOf(clocks: readonly VendorEvaluation[], promise: VendorPromise): readonly string[] | undefined {
  const [worst] = clocks;
  if (worst === undefined) return undefined;
  const { severity, startedAt, dueAt } = worst;
  const period =
    startedAt === undefined || dueAt === undefined ? "no deadline" : renderSpan(dueAt - startedAt);
  return [
    `${basisOf(promise)}, ${severityWord(severity)} ${period}`,
    startedAt === undefined ? "–" : `${renderMoment(startedAt)}, ${startReason(worst, promise)}`,
    dueAt === undefined ? "–" : renderMoment(dueAt),
    `${stateText(worst)}${restText(clocks)}`,
  ];
}

function basisOf({ basis }: VendorPromise): string {
  return `vendor: ${prose(basis)}`;
}

function startReason({ id, isFromFuture }: VendorEvaluation, { startBasis }: VendorPromise): string {
  const future = isFromFuture ? "; its advisory claims a later day" : "";
  switch (startBasis) {
    case "disclosure":
    case "vendor-published":
      return `${idText(id)} published${future}`;
    case "not-stated":
      return `${idText(id)} published (approximate: the vendor states no start, this is our assumption)${future}`;
    case "upstream-fix":
      return `${idText(id)} published (approximate: the promise starts with the fix upstream, whose moment no feed knows)${future}`;
    case "kev":
      return `${idText(id)} listed as exploited`;
    default:
      return startBasis satisfies never;
  }
}

function stateText({ state, startedAt, dueAt, observedAt, observedAfter }: VendorEvaluation): string {
  const seen =
    observedAt === undefined ? "never seen under the tag" : `first seen ${renderMoment(observedAt)}`;
  const before =
    observedAfter === undefined
      ? "no look before that"
      : `last look without it ${renderMoment(observedAfter)}`;
  switch (state) {
    case "met": {
      if (startedAt === undefined || observedAt === undefined) return "met";
      if (observedAt <= startedAt) return "met: the fixed image was there before";
      return `met: fixed image ${seen}, after ${renderSpan(observedAt - startedAt)}`;
    }
    case "missed": {
      const late = dueAt === undefined || observedAfter === undefined ? undefined : observedAfter - dueAt;
      return `missed${late === undefined ? "" : ` by ${renderSpan(late)} or more`}: fixed image ${seen}, ${before}`;
    }
    case "inconclusive":
      return `inconclusive: fixed image ${seen}, ${before}; what lies between proves nothing`;
    case "overdue":
      return "overdue: no verified image without it";
    case "running":
      return "running: no verified image without it";
    case "exempt":
    case "not-started":
    case "not-counted":
      return "not running";
    default:
      return state satisfies never;
  }
}

/** What became of all of them, where there are several: a row shows one. */
function restText(clocks: readonly VendorEvaluation[]): string {
  if (clocks.length < 2) return "";
  const counts = [...Map.groupBy(clocks, ({ state }) => state)].map(
    ([state, group]) => `${group.length} ${state}`,
  );
  return ` (of ${clocks.length}: ${counts.join(", ")})`;
}

function whyNot(clocks: readonly VendorEvaluation[], updates: readonly Update[]): string {
  if (updates.some((update) => deltaOf(update) === undefined)) {
    return "not known: what is fixed was not assessed";
  }
  const states = new Set(clocks.map(({ state }) => state));
  if (states.has("not-counted")) return "not running: published before anybody watched this image";
  if (states.has("not-started")) return "not running: what starts it has not happened";
  if (states.has("exempt")) return "not running: the promise does not speak of what is known here";
  return "not running: no known vulnerability is fixed";
}
