import { type ImageLine, renderLine } from "../image/reference.ts";
import type { DeclinedPin, ProposalRecord } from "../ports/store.ts";

/** Declined places that are remembered of one code repository: over it, the oldest are forgotten. */
const DECLINED_MAX = 5_000;

/** What people do not want pinned, with what a pull request that was closed had proposed, each once. */
export function declinedWith({ declinedPins = [], updates }: ProposalRecord): readonly DeclinedPin[] {
  const all = [...declinedPins, ...updates.flatMap(pinsOfUpdate)].map((pin) => [nameOf(pin), pin] as const);
  return [...new Map(all).values()].slice(-DECLINED_MAX);
}

/** What stays declined when the pull request that was closed last is opened again by a person. */
export function declinedWithout({ declinedPins = [], updates }: ProposalRecord): readonly DeclinedPin[] {
  const taken = new Set(updates.flatMap(pinsOfUpdate).map(nameOf));
  return declinedPins.filter((pin) => !taken.has(nameOf(pin)));
}

function pinsOfUpdate({ line, paths }: ProposalRecord["updates"][number]): readonly DeclinedPin[] {
  return paths === undefined ? [{ line }] : paths.map((path) => ({ line, path }));
}

/** Tells whether a tag in a file was declined. A newer digest of it is no reason to ask again. */
export function declinedBy(
  record: ProposalRecord | undefined,
): (place: { readonly line: ImageLine; readonly path: string }) => boolean {
  const names = new Set((record?.declinedPins ?? []).map(nameOf));
  return ({ line, path }) => names.has(nameOf({ line })) || names.has(nameOf({ line, path }));
}

function nameOf({ line, path }: DeclinedPin): string {
  return JSON.stringify([renderLine(line), ...(path === undefined ? [] : [path])]);
}
