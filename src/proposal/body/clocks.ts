import { type Obligation, UPDATE_ID } from "../../sla/obligation.ts";
import type { SlaPolicy } from "../../sla/policy.ts";
import { dueOf } from "../../sla/timer.ts";
import { versionOfClock } from "../../sla/version-in-force.ts";
import { renderMoment, renderSpan } from "../../time.ts";
import { code, idText, prose, table } from "../markdown.ts";
import type { Plan, Update } from "../plan.ts";
import { deltaOf, severityWord } from "../summary.ts";
import { grouped, renderWhich } from "./common.ts";
import type { Limits } from "./limits.ts";
import { renderVendorRows, vendorSourcesOf } from "./vendor-clocks.ts";

const SEPARATOR = "\n";

/** Both clocks, where each started and why. */
export function renderClocks(plan: Plan, limits: Limits): string {
  const rows = [...renderVendorRows(plan), ...ownRowsOf(plan, limits)];
  const sources = [...vendorSourcesOf(plan), ...ownSourcesOf(plan)];
  const below = sources.length === 0 ? "" : `\n\nSources: ${sources.join("; ")}.`;
  return `### Clocks\n\n${table(["clock", "started", "due", "state"], rows)}${below}`;
}

function ownRowsOf(plan: Plan, limits: Limits): readonly (readonly string[])[] {
  return grouped(plan.updates, (update) => ownCellsOf(update).join(SEPARATOR))
    .slice(0, limits.images)
    .map(({ text, updates }) => {
      const which = updates.length === plan.updates.length ? "" : ` (${renderWhich(updates, plan, 3)})`;
      const [terms = "", ...rest] = text.split(SEPARATOR);
      return [`yours${which}: ${terms}`, ...rest];
    });
}

function ownSourcesOf({ updates }: Plan): readonly string[] {
  const texts = updates.flatMap(({ policy: { source, asOf } }) =>
    source === undefined
      ? []
      : [`yours: ${prose(source)}${asOf === undefined ? "" : `, as of ${prose(asOf)}`}`],
  );
  return [...new Set(texts)];
}

/** `policy v2`, or the name of a policy that has one: version and numbers are those of the day that the clock started. */
function policyName({ id, version }: SlaPolicy): string {
  return id === "policy" ? `policy v${version}` : `policy ${code(id)} v${version}`;
}

function ownCellsOf(update: Update): readonly string[] {
  const obligation = dueOf(update.timer);
  const policy = versionOfClock(update.policy, obligation.startedAt);
  const { startedAt, dueAt } = obligation;
  const period = dueAt === undefined ? "no deadline" : renderSpan(dueAt - startedAt);
  return [
    `${policyName(policy)}, ${prose(policy.basis)}, ${reasonOf(obligation, update)} ${period}`,
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
