import { renderLine, shortNameOf } from "../../image/reference.ts";
import { shortOf } from "../../image/digest.ts";
import { checkWith, type ProposalCheck } from "../check-run.ts";
import { endTrailersOf, signedLinesOf } from "../commit-message.ts";
import { counted, plain, visible } from "../markdown.ts";
import { slaStatus, verificationOf } from "../statuses.ts";
import { renderPinsProof } from "./body.ts";
import type { PinsPlan } from "./plan.ts";

/** Characters of an image's name, and of its tag. */
const NAME_LENGTH_MAX = 30;
const TAG_LENGTH_MAX = 20;

/** Labels of a pull request of first pins. */
export const PINS_LABELS: readonly string[] = ["hullkeeper", "hullkeeper:first-pins"];

/** `Pin 3 images to verified digests`, or the name of the only one. It is the subject of the commit too. */
export function pinsTitleOf({ updates }: PinsPlan): string {
  const [first, ...others] = updates;
  if (first === undefined || others.length > 0)
    return `Pin ${counted(updates.length, "image")} to verified digests`;
  const { repository, tag } = first.line;
  const name = `${visible(shortNameOf(repository), NAME_LENGTH_MAX)}:${visible(tag, TAG_LENGTH_MAX)}`;
  return plain(`Pin ${name} to a verified digest`);
}

/** The message of the one commit: subject, what it means, trailers for programs. */
export function pinsMessageOf(plan: PinsPlan): string {
  const body = [
    "Each tag gets the digest that was verified for it beside it. No deadline applies.",
    ...signedLinesOf(plan),
  ];
  const trailers = [
    ...plan.updates.flatMap(({ line, to }) => [
      `Hullkeeper-Image: ${renderLine(line)}`,
      `Hullkeeper-To: ${to}`,
    ]),
    ...endTrailersOf(plan, "never"),
  ];
  return `${pinsTitleOf(plan)}\n\n${body.join("\n")}\n\n${trailers.join("\n")}\n`;
}

/** The two statuses of its commit. */
export function pinsStatusesOf(plan: PinsPlan) {
  return [verificationOf(plan), slaStatus("No deadline: nothing changes")] as const;
}

/** The check of its commit: who signed what is pinned, with a word on each line that changes. */
export function pinsCheckOf(plan: PinsPlan): ProposalCheck {
  return checkWith(plan, {
    proofOf: (limits) => renderPinsProof(plan, limits),
    movementOf: ({ to }) => `pinned to ${shortOf(to)}`,
  });
}
