import { type Signer, renderFingerprint, signerId } from "../trust/signer.ts";
import { renderMoment, renderWeekday } from "../time.ts";
import { plain, visible } from "./markdown.ts";
import type { Flaw } from "./flaw.ts";
import type { Plan, ProvenImage } from "./plan.ts";
import type { Obligation } from "../sla/obligation.ts";
import { planDueOf, severityWord } from "./summary.ts";

const VERIFICATION = "hullkeeper/verification";
const SLA = "hullkeeper/sla";

/** Whether a check or a status of this name is one of ours. */
export function isOwnCheck(name: string): boolean {
  return name.startsWith("hullkeeper/");
}

/** Says something about a commit where the code host shows checks. */
export interface ProposalStatus<Context extends string = typeof VERIFICATION | typeof SLA> {
  readonly context: Context;
  readonly state: "success" | "failure";
  /** At most 140 characters. */
  readonly description: string;
}

const DESCRIPTION_LENGTH_MAX = 140;

/**
 * The two statuses of a proposal's commit, while it may be merged. Both are successes: a plan holds only what is verified, and a deadline that
 * passes must not keep anybody from merging. They do not depend on the time of day, so that an unchanged plan sets nothing. What is
 * proposed and no longer verified has {@link failureOf} instead of the first.
 */
export function statusesOf(
  plan: Plan,
): readonly [ProposalStatus<typeof VERIFICATION>, ProposalStatus<typeof SLA>] {
  const { obligation } = planDueOf(plan);
  const reason =
    obligation.severity === "none" ? "" : `: ${obligation.id}, ${severityWord(obligation.severity)}`;
  return [verificationOf(plan), slaStatus(`${whenOf(obligation)}${reason}`)];
}

/** Says who signed what a commit brings. */
export function verificationOf(plan: {
  readonly updates: readonly Pick<ProvenImage, "verdict">[];
}): ProposalStatus<typeof VERIFICATION> {
  const signers = new Map(
    plan.updates.flatMap(({ verdict }) =>
      verdict.signers.map((signer) => [signerId(signer), `${signer.name} (${shortly(signer)})`]),
    ),
  );
  const isWeakened = plan.updates.some(({ verdict }) => verdict.insecure.length > 0);
  const verified = isWeakened ? "WEAKENED by configuration: signed by" : "Verified: signed by";
  return status(VERIFICATION, "success", `${verified} ${[...signers.values()].join(", ")}`);
}

/** Says by when a commit has to be merged: never a failure. */
export function slaStatus(text: string): ProposalStatus<typeof SLA> {
  return status(SLA, "success", text);
}

function whenOf({ dueAt, standing }: Obligation): string {
  if (standing === "accepted") return "The risk is accepted for now";
  return dueAt === undefined
    ? "No deadline applies"
    : `Merge by ${renderWeekday(dueAt)} ${renderMoment(dueAt)}`;
}

const IDENTITY_LENGTH_MAX = 60;

/** Who it is, as far as there is room: the whole of it stands in the body. */
function shortly(signer: Signer): string {
  return signer.kind === "key"
    ? `${renderFingerprint(signer).slice(0, 19)}…`
    : visible(signer.subject, IDENTITY_LENGTH_MAX);
}

/** The status of a commit that must not be merged, for the first of its flaws. */
export function failureOf(flaws: readonly Flaw[]): ProposalStatus<typeof VERIFICATION> {
  const [first] = flaws;
  const rest = flaws.length > 1 ? ` (and ${flaws.length - 1} more)` : "";
  const what = first === undefined ? "" : `: ${first.line.tag}${rest}: ${first.reason}`;
  return status(VERIFICATION, "failure", `Do not merge, no longer verified${what}`);
}

function status<Context extends string>(
  context: Context,
  state: ProposalStatus["state"],
  text: string,
): ProposalStatus<Context> {
  return {
    context,
    state,
    description: plain(visible(text, DESCRIPTION_LENGTH_MAX - 10)).slice(0, DESCRIPTION_LENGTH_MAX),
  };
}
