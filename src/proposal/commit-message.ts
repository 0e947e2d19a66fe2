import { createHash } from "node:crypto";
import { shortOf } from "../image/digest.ts";
import { renderLine, shortNameOf } from "../image/reference.ts";
import { renderInstant, renderMoment, renderWeekday } from "../time.ts";
import type { Signer } from "../trust/signer.ts";
import { wordsOf } from "../trust/signer-words.ts";
import { counted, plain, visible } from "./markdown.ts";
import type { Plan, ProvenImage, Update } from "./plan.ts";
import { findingsOf, hasOneRepository, idCountOf, planDueOf, renderCounts } from "./summary.ts";

const SUBJECT_LENGTH_MAX = 72;
/** Of a tag in the subject. */
const TAG_LENGTH_MAX = 24;
/** Signers and sentences that a message names. */
const NAMED_MAX = 5;
const GROUP_TRAILER = "Hullkeeper-Group";

/** The message of the one commit of a pull request: subject, a sentence or two, trailers for programs. */
export function commitMessageOf(plan: Plan): string {
  const fixed = findingsOf(plan, "fixed");
  const { dueAt } = planDueOf(plan).obligation;
  const moves = new Set(
    plan.updates.flatMap(({ line, toTag }) =>
      toTag === undefined
        ? []
        : [plain(`Moves ${line.tag} to ${toTag}, a newer version of the same stream.`)],
    ),
  );
  const body = [
    ...[...moves].slice(0, NAMED_MAX),
    fixed.length === 0
      ? "No known vulnerability is fixed."
      : `Fixes ${counted(idCountOf(fixed), "vulnerability", "vulnerabilities")}: ${renderCounts(fixed)}.`,
    ...signedLinesOf(plan),
    ...plan.updates.flatMap(({ stepBack }) =>
      stepBack === undefined
        ? []
        : [`A step backwards, approved by ${plain(stepBack.by)}: ${plain(stepBack.reason)}`],
    ),
    dueAt === undefined ? "No deadline applies." : `Merge by ${renderWeekday(dueAt)} ${renderMoment(dueAt)}.`,
  ];
  const trailers = [
    ...plan.updates.flatMap(({ line, from, to, toTag, assessment }) => [
      `Hullkeeper-Image: ${renderLine(line)}`,
      `Hullkeeper-From: ${from}`,
      `Hullkeeper-To: ${to}`,
      ...(toTag === undefined ? [] : [`Hullkeeper-To-Tag: ${toTag}`]),
      `Hullkeeper-Class: ${assessment.class}`,
    ]),
    ...endTrailersOf(plan, dueAt === undefined ? "never" : renderInstant(dueAt)),
  ];
  return `${subjectOf(plan)}\n\n${body.join("\n")}\n\n${trailers.join("\n")}\n`;
}

/** Who signed, and what weakens that, a line each: the message outlives the pull request. */
export function signedLinesOf({
  updates,
}: {
  readonly updates: readonly Pick<ProvenImage, "verdict">[];
}): readonly string[] {
  const signers = new Set(updates.flatMap(({ verdict }) => verdict.signers.map(signerText)));
  const weakened = new Set(updates.flatMap(({ verdict }) => verdict.insecure.map(plain)));
  return [
    `Signed by ${[...signers].slice(0, NAMED_MAX).join(", ")}${signers.size > NAMED_MAX ? ` and ${signers.size - NAMED_MAX} more` : ""}.`,
    ...[...weakened].slice(0, NAMED_MAX).map((sentence) => `WEAKENED by configuration: ${sentence}`),
  ];
}

function signerText(signer: Signer): string {
  const { what, who, by } = wordsOf(signer);
  const authority = by === undefined ? "" : `, ${by.how} ${plain(by.whom)}`;
  return `${plain(signer.name)} (${what} ${plain(who)}${authority})`;
}

/** The trailers that every commit has. */
export function endTrailersOf(
  { group, updates }: { readonly group: string; readonly updates: readonly PlacedImage[] },
  due: string,
): readonly string[] {
  return [
    `Hullkeeper-Places: ${placesHashOf(updates)}`,
    `Hullkeeper-Due: ${due}`,
    `${GROUP_TRAILER}: ${plain(group)}`,
  ];
}

type PlacedImage = Pick<ProvenImage, "line" | "to" | "places"> & Partial<Pick<Update, "from" | "toTag">>;

/** Stands for the files and lines that change: the same images in other places are another commit. */
function placesHashOf(updates: readonly PlacedImage[]): string {
  const places = updates.map(({ line, from, to, toTag, places: written }) => [
    renderLine(line),
    from,
    to,
    written,
    ...(toTag === undefined ? [] : [toTag]),
  ]);
  return createHash("sha256").update(JSON.stringify(places)).digest("hex").slice(0, 16);
}

/** Whether a commit is one of ours for this group: what anybody else put on the branch is not, and is left alone. */
export function isOwnCommit(message: string, group: string): boolean {
  const trailers = message.trimEnd().split("\n\n").at(-1)?.split("\n") ?? [];
  const groups = trailers.filter((line) => line.startsWith(`${GROUP_TRAILER}:`));
  return groups.length === 1 && groups[0]?.trimEnd() === `${GROUP_TRAILER}: ${plain(group)}`;
}

function subjectOf(plan: Plan): string {
  const [first, ...others] = plan.updates;
  if (first === undefined || !hasOneRepository(plan)) {
    return plain(`Update ${counted(plan.updates.length, "image")} of ${visible(plan.group, 40)}`);
  }
  const tags = new Set(plan.updates.map(({ line }) => line.tag));
  const what = tags.size === 1 ? "" : `${tags.size} tags of `;
  const { to, toTag } = first;
  const target = toTag === undefined ? shortOf(to) : `${visible(toTag, TAG_LENGTH_MAX)} (${shortOf(to)})`;
  const where = others.length === 0 ? ` to ${target}` : "";
  const nameLengthMax = SUBJECT_LENGTH_MAX - "Update ".length - what.length - where.length - 2;
  return plain(`Update ${what}${visible(shortNameOf(first.line.repository), nameLengthMax)}${where}`);
}
