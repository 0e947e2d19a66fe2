import { quote } from "../errors.ts";
import { REFUSALS, type Refusal } from "./verdict.ts";

/** Why something proves nothing, and what exactly was wrong, for people. */
export interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly detail: string;
}

/** A refusal as a value. */
export function refused(refusal: Refusal, detail: string): Refused {
  return { kind: "refused", refusal, detail };
}

/** The refusal that says most ({@link REFUSALS} in order), the first of its kind; undefined of none. */
export function mostTelling(refusals: readonly Refused[]): Refused | undefined {
  for (const refusal of REFUSALS) {
    const first = refusals.find((candidate) => candidate.refusal === refusal);
    if (first !== undefined) return first;
  }
  return undefined;
}

const NAMED_MAX = 4;

/** Names for a message, each quoted, a few of them. */
export function listed(names: readonly string[]): string {
  const shown = [...new Set(names)].slice(0, NAMED_MAX).map((name) => quote(name));
  return names.length > NAMED_MAX ? `${shown.join(", ")} and others` : shown.join(", ");
}
