import parse from "spdx-expression-parse";
import type { Info } from "spdx-expression-parse";
import { compareTexts } from "../versions/order.ts";

/** What documents write where they do not know a licence. Trivy wrote dots. */
const UNKNOWN = new Set(["", "noassertion", "none", "unknown", "..."]);
/** Longer expressions are compared by their words: the parser works on a stack. */
const PARSED_LENGTH_MAX = 1_000;

/**
 * Whether two licence expressions are known and mean different licences. Order and repetition of operands, case, and the old and new
 * ids of the GNU licences (`GPL-2.0`, `GPL-2.0-only`) are no difference. Never throws.
 *
 * @see SPDX 2.3 annex D
 */
export function isOtherLicence(before: string | undefined, after: string | undefined): boolean {
  if (before === after || isUnknown(before) || isUnknown(after)) return false;
  const old = parsedForm(before);
  const current = parsedForm(after);
  // Where one of them is not SPDX's, an expression and words have nothing in common: both are compared as words.
  if (old === undefined || current === undefined) return wordsOf(before) !== wordsOf(after);
  return old !== current;
}

function isUnknown(text: string | undefined): text is undefined {
  return text === undefined || UNKNOWN.has(text.trim().toLowerCase());
}

function parsedForm(text: string): string | undefined {
  if (text.length > PARSED_LENGTH_MAX) return undefined;
  try {
    return normalForm(parse(text.trim()));
  } catch {
    // Packages write names of licences that SPDX does not list: `Public Domain`, `BSD`.
    return undefined;
  }
}

function normalForm(info: Info): string {
  if ("license" in info) return simpleForm(info.license, info.plus === true, info.exception);
  const operands = [...new Set(operandsOf(info, info.conjunction).map(normalForm))].toSorted(compareTexts);
  return operands.length === 1 ? operands.join("") : `(${operands.join(` ${info.conjunction} `)})`;
}

/** `a and (b and c)` has three operands. */
function operandsOf(info: Info, conjunction: "and" | "or"): readonly Info[] {
  if ("license" in info || info.conjunction !== conjunction) return [info];
  return [...operandsOf(info.left, conjunction), ...operandsOf(info.right, conjunction)];
}

function simpleForm(id: string, isPlus: boolean, exception: string | undefined): string {
  const [, family, suffix] = /^((?:[AL]?GPL|GFDL)-\d+(?:\.\d+)*)(-only|-or-later)?$/.exec(id) ?? [];
  const plus = isPlus || suffix === "-or-later" ? "+" : "";
  return `${family ?? id}${plus}${exception === undefined ? "" : ` with ${exception}`}`.toLowerCase();
}

function wordsOf(text: string): string {
  const words = text.toLowerCase().split(/\s+/);
  return words
    .filter((word) => word !== "")
    .toSorted(compareTexts)
    .join(" ");
}
