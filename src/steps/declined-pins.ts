import { type ImageLine, renderLine } from "../image/reference.ts";
import type { DeclinedPin, ProposalRecord } from "../ports/store.ts";

/** Declined places that are remembered of one code repository: over it, the oldest are forgotten. */
const DECLINED_MAX = 5_000;

/** What people do not want pinned, with what a pull request that was closed had proposed, each once. */
export function declinedWith({
  declinedPins = [],
  updates,
}: Pick<ProposalRecord, "declinedPins" | "updates">): readonly DeclinedPin[] {
  const added = updates.flatMap(({ line, paths }): readonly DeclinedPin[] =>
    paths === undefined ? [{ line }] : paths.map((path) => ({ line, path })),
  );
  const all = [...declinedPins, ...added].map((pin) => [nameOf(pin), pin] as const);
  return [...new Map(all).values()].slice(-DECLINED_MAX);
}

/** What they still do not want pinned once such a pull request was opened again. */
export function declinedWithout({ declinedPins = [], updates }: ProposalRecord): readonly DeclinedPin[] {
  const back = new Set(declinedWith({ updates }).map(nameOf));
  return declinedPins.filter((pin) => !back.has(nameOf(pin)));
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
