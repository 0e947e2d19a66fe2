import { type Obligation, UPDATE_ID } from "../../sla/obligation.ts";
import type { SlaTerms } from "../../sla/terms.ts";
import { dueOf } from "../../sla/timer.ts";
import { type Instant, later, renderMoment, renderSpan } from "../../time.ts";
import { compareTexts } from "../../versions/order.ts";
import { idText, prose, table } from "../markdown.ts";
import type { Plan, Update } from "../plan.ts";
import { deltaOf, severityWord } from "../summary.ts";
import { grouped, renderWhich } from "./common.ts";
import type { Limits } from "./limits.ts";

const SEPARATOR = "\n";

/** Both clocks, where each started and why. */
export function renderClocks(plan: Plan, limits: Limits): string {
  const rows = [vendorRowOf(plan), ...ownRowsOf(plan, limits)];
  return `### Clocks\n\n${table(["clock", "started", "due", "state"], rows)}`;
}

/** One row: the fix that came closest to its deadline, or latest after it, speaks for all. */
function vendorRowOf(plan: Plan): readonly string[] {
  const { promise } = plan.profile;
  if (promise === undefined) return ["vendor: no promise that applies to you", "–", "–", "not running"];
  const basis = `vendor: ${prose(promise.basis)}`;
  const [worst] = plan.updates
    .flatMap((update) => promisedFixesOf(update, promise.terms))
    .toSorted((a, b) => b.seenAt - b.dueAt - (a.seenAt - a.dueAt) || compareTexts(a.id, b.id));
  if (worst === undefined) {
    const isKnown = plan.updates.every((update) => deltaOf(update) !== undefined);
    const state = isKnown
      ? "not running: no known vulnerability is fixed"
      : "not known: what is fixed was not assessed";
    return [basis, "–", "–", state];
  }
  const { id, severity, startedAt, dueAt } = worst;
  return [
    `${basis}, ${severityWord(severity)} ${renderSpan(dueAt - startedAt)}`,
    `${renderMoment(startedAt)}, ${idText(id)} published (our assumption of where it starts)`,
    renderMoment(dueAt),
    promiseState(worst),
  ];
}

/** A fix the vendor promised by a certain moment, and when we first saw it there. */
interface PromisedFix extends Obligation {
  readonly dueAt: Instant;
  readonly seenAt: Instant;
}

function promisedFixesOf(update: Update, terms: SlaTerms): readonly PromisedFix[] {
  return (deltaOf(update)?.fixed ?? []).map(({ id, severity, publishedAt }) => ({
    id,
    severity,
    startedAt: publishedAt,
    dueAt: later(publishedAt, terms[severity]),
    seenAt: update.observedAt,
  }));
}

function promiseState({ startedAt, dueAt, seenAt }: PromisedFix): string {
  if (seenAt <= startedAt) return "met: the fixed image was there before";
  const after = renderSpan(seenAt - startedAt);
  if (seenAt <= dueAt) return `met: fixed image first seen ${renderMoment(seenAt)}, after ${after}`;
  return `missed by ${renderSpan(seenAt - dueAt)}, unless it was there before we first saw it, ${renderMoment(seenAt)}`;
}

function ownRowsOf(plan: Plan, limits: Limits): readonly (readonly string[])[] {
  return grouped(plan.updates, (update) => ownCellsOf(update, plan).join(SEPARATOR))
    .slice(0, limits.images)
    .map(({ text, updates }) => {
      const which = updates.length === plan.updates.length ? "" : ` (${renderWhich(updates, plan, 3)})`;
      const [terms = "", ...rest] = text.split(SEPARATOR);
      return [`yours${which}: ${terms}`, ...rest];
    });
}

function ownCellsOf(update: Update, { profile }: Plan): readonly string[] {
  const obligation = dueOf(update.timer);
  const { startedAt, dueAt } = obligation;
  const period = dueAt === undefined ? "no deadline" : renderSpan(dueAt - startedAt);
  return [
    `${prose(profile.sla.basis)}, ${reasonOf(obligation, update)} ${period}`,
    `${renderMoment(startedAt)}, ${anchorOf(obligation, update)}`,
    dueAt === undefined ? "–" : `**${renderMoment(dueAt)}**`,
    stateText(update, obligation),
  ];
}

function reasonOf({ id, severity, standing }: Obligation, update: Update): string {
  if (standing === "indeterminate") return "not assessed";
  if (id !== UPDATE_ID) return severityWord(severity);
  return deltaOf(update) === undefined ? "fixes not known" : "no known fix";
}

function anchorOf({ id, startedAt, startedBy }: Obligation, { verifiedAt, superseded }: Update): string {
  switch (startedBy) {
    case "subscribed":
      return "first scan of this code repository";
    case "policy-in-force":
      return "your policy came into force";
    case "returned":
      return `${idText(id)} was withdrawn and came back`;
    case "first-seen":
      return `${idText(id)} first seen in our feeds`;
    case "listed-as-exploited":
      return `${idText(id)} listed as exploited`;
    case "unassessed-image":
      return "image verified, what it holds is not assessed";
    case "fix-verified":
    case "published":
    case "restored":
    case undefined:
      break;
    default:
      return startedBy satisfies never;
  }
  if (startedAt > verifiedAt) return `${idText(id)} published, the fixed image was there`;
  if (startedAt < verifiedAt && superseded.length > 0) {
    return "an earlier digest verified; newer ones do not start it again";
  }
  return id === UPDATE_ID ? "image verified" : "fixed image verified";
}

function stateText({ timer }: Update, { standing }: Obligation): string {
  switch (timer.state) {
    case "open":
      return standing === undefined || standing === "indeterminate" ? "running" : standing;
    case "met":
    case "late":
    case "cancelled":
      return timer.state;
    default:
      return timer.state satisfies never;
  }
}
