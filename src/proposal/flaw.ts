import { createHash } from "node:crypto";
import { type Digest, shortOf } from "../image/digest.ts";
import { type ImageLine, renderLine } from "../image/reference.ts";
import type { Instant } from "../time.ts";
import { code, prose } from "./markdown.ts";

/** Something that a pull request proposes and must not any more. */
export interface Flaw {
  /** `unproven`: nothing says that it is wrong, and nothing says any more that it is right. */
  readonly kind: "rejected" | "unproven" | "not-approved";
  readonly line: ImageLine;
  readonly to: Digest;
  /** A fragment for people; may hold foreign text. */
  readonly reason: string;
  /** When it was found. */
  readonly since: Instant;
}

/** Flaws that a warning names. */
const NAMED_MAX = 10;
const START = "<!-- hullkeeper-warning -->";
const END = "<!-- /hullkeeper-warning -->";

/** A body with a warning before everything else; the rest stays as it is, and so does what people wrote there. */
export function withWarning(body: string, flaws: readonly Flaw[]): string {
  const warning = [
    START,
    "> [!CAUTION]",
    "> **Do not merge: this proposes what is no longer verified.**",
    ">",
    ...namesOf(flaws).map((name) => `> ${name}`),
    ">",
    "> Nothing else here was changed. The warning goes when that does, or when there is something newer to propose.",
    END,
  ];
  return `${warning.join("\n")}\n\n${withoutWarnings(body)}`;
}

function namesOf(flaws: readonly Flaw[]): readonly string[] {
  const names = flaws.map(
    ({ line, to, reason }) => `- ${code(renderLine(line))} at ${code(shortOf(to, 12))}: ${prose(reason)}`,
  );
  const rest = names.length - NAMED_MAX;
  return [...names.slice(0, NAMED_MAX), ...(rest > 0 ? [`- and ${rest} more`] : [])];
}

/** What is said once below a pull request that must not be merged. */
export function flaggedWords(flaws: readonly Flaw[]): string {
  return [
    "**Do not merge: this proposes what is no longer verified.**",
    "",
    ...namesOf(flaws),
    "",
    "The check fails and a warning stands above while that is so. This is said once in this pull request.",
  ].join("\n");
}

function withoutWarnings(body: string): string {
  let rest = body;
  for (;;) {
    const start = rest.indexOf(START);
    const end = start === -1 ? -1 : rest.indexOf(END, start);
    if (end === -1) return rest;
    rest = rest.slice(0, start) + rest.slice(end + END.length).replace(/^(?:\r?\n){0,2}/, "");
  }
}

const FLAGGED = "flagged ";

/** Whether a pull request was last written as one that must not be merged, by the hash of what it was written with. */
export function isFlagged({ contentHash }: { readonly contentHash: string }): boolean {
  return contentHash.startsWith(FLAGGED);
}

/** The hash of a flagged pull request: that of no content, so that what is proposed next is written over it. It names when and why. */
export function flaggedHashOf(flaws: readonly Flaw[]): string {
  return `${FLAGGED}${flawsHashOf(flaws)} ${Math.min(...flaws.map(({ since }) => since))}`;
}

/** Whether it was flagged for exactly these reasons, whenever they were found. */
export function isFlaggedFor(
  { contentHash }: { readonly contentHash: string },
  flaws: readonly Flaw[],
): boolean {
  return contentHash.startsWith(`${FLAGGED}${flawsHashOf(flaws)} `);
}

/** Stands for what is wrong, whenever it was found: unchanged flaws are nothing new to say. */
function flawsHashOf(flaws: readonly Flaw[]): string {
  const texts = flaws.map(({ line, to, reason }) => JSON.stringify([renderLine(line), to, reason]));
  return createHash("sha256").update(texts.toSorted().join("\n")).digest("hex").slice(0, 32);
}
