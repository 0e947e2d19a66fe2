import { shortOf } from "../image/digest.ts";
import { renderLine } from "../image/reference.ts";
import type { Proven } from "./body/common.ts";
import { LIMITS, type Limits } from "./body/limits.ts";
import { renderSignatures } from "./body/signatures.ts";
import type { Flaw } from "./flaw.ts";
import { capped, code, counted, plain, prose, visible } from "./markdown.ts";
import type { Plan, ProvenImage } from "./plan.ts";
import { failureOf, verificationOf } from "./statuses.ts";

/** What is said about a commit where the code host has room for more than a line. */
export interface ProposalCheck {
  readonly name: "hullkeeper/verification";
  readonly conclusion: "success" | "failure";
  /** At most 140 characters. */
  readonly title: string;
  /** Markdown, at most 60,000 characters. */
  readonly summary: string;
  /** About changed lines; at most 50. */
  readonly annotations: readonly {
    readonly path: string;
    readonly line: number;
    readonly level: "notice" | "failure";
    readonly message: string;
  }[];
}

const SUMMARY_LENGTH_MAX = 60_000;
const ANNOTATIONS_MAX = 50;
const SIGNERS_MAX = 3;
const FLAWS_MAX = 50;

/** Who signed what a plan proposes, with a word on each line that changes. It does not depend on the time of day. */
export function checkOf(plan: Plan): ProposalCheck {
  return checkWith(plan, {
    proofOf: (limits) => renderSignatures(plan, limits),
    movementOf: ({ from, to, toTag }) => {
      const tag = toTag === undefined ? "" : `moves to the tag ${plain(visible(toTag))}, `;
      return `${tag}${shortOf(from)} to ${shortOf(to)}`;
    },
  });
}

/** How a check tells of the images that a commit brings. */
export interface CheckWords<Image extends ProvenImage> {
  /** Who signed them, as Markdown. */
  readonly proofOf: (limits: Limits) => string;
  /** What becomes of a line that changes. */
  readonly movementOf: (image: Image) => string;
}

/** The same of any images. */
export function checkWith<Image extends ProvenImage>(
  plan: Proven<Image>,
  { proofOf, movementOf }: CheckWords<Image>,
): ProposalCheck {
  const { context: name, description: title } = verificationOf(plan);
  const annotations = plan.updates.flatMap((update) => {
    const { line, places, verdict } = update;
    const signers = capped(
      verdict.signers.map((signer) => plain(signer.name)),
      SIGNERS_MAX,
      ", ",
    );
    const message = `${plain(visible(renderLine(line)))}: ${movementOf(update)}, signed by ${signers}`;
    return places.map(({ path, line: number }) => ({
      path,
      line: number,
      level: "notice" as const,
      message,
    }));
  });
  const rest = annotations.length - ANNOTATIONS_MAX;
  const note = rest > 0 ? `\n\n${counted(rest, "changed line")} more than are marked here.` : "";
  let summary = "";
  for (const limits of LIMITS) {
    summary = proofOf(limits) + note;
    if (summary.length <= SUMMARY_LENGTH_MAX) break;
  }
  return { name, conclusion: "success", title, summary, annotations: annotations.slice(0, ANNOTATIONS_MAX) };
}

/** Why a commit must not be merged. */
export function failedCheckOf(flaws: readonly Flaw[]): ProposalCheck {
  const { context: name, description: title } = failureOf(flaws);
  const reasons = flaws
    .slice(0, FLAWS_MAX)
    .map(
      ({ line, to, reason }) => `- ${code(renderLine(line))} at ${code(shortOf(to, 12))}: ${prose(reason)}`,
    );
  const summary = ["**Do not merge: this proposes what is no longer verified.**", "", ...reasons].join("\n");
  return { name, conclusion: "failure", title, summary, annotations: [] };
}
