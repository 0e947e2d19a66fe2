import { InvalidInputError } from "../errors.ts";
import type { VerifiedStatement } from "../trust/verdict.ts";
import { type ComponentList, SBOM_BYTES_MAX, type SbomOrigin } from "./component.ts";
import { sbomFormatOf } from "./format.ts";
import { listsOfPlatforms } from "./list-of-platform.ts";
import { type PackedComponents, packedOf } from "./packed.ts";
import { readSbom } from "./read.ts";

/** What a verified SBOM says, or why it cannot be read. */
export type ReadSbom =
  | {
      readonly kind: "read";
      readonly components: PackedComponents;
      readonly origin: SbomOrigin;
      /** `nothing`: it lists no packages, which on an index says nothing of what its platforms hold. */
      readonly says: "packages" | "nothing";
      /** What it says of each of the platforms that were asked about, where it covers several of them. */
      readonly platforms: readonly { readonly platform: string; readonly components: PackedComponents }[];
    }
  | { readonly kind: "unreadable"; readonly reason: string };

/** The SBOM that is used, and the statement it is in. */
export interface Chosen {
  readonly statement: VerifiedStatement;
  readonly read: ReadSbom;
}

/** SBOMs of one digest that are read at most: each may be 40 MB. */
const READ_MAX = 6;
/** Which format is read first where nothing else decides. */
const FORMATS = ["cyclonedx", "spdx"] as const;

/**
 * Chooses among verified SBOMs of one digest: one of the format and the tool of the list it will be compared with, else CycloneDX before SPDX. One
 * that lists packages comes before one that lists images only, and one that can be read before one that cannot.
 *
 * @param statements SBOMs, best first: of two that are as good, the first is taken
 */
export function chosenOf(
  statements: readonly VerifiedStatement[],
  how: { readonly preferred?: SbomOrigin; readonly platforms?: readonly string[] },
): Chosen | undefined {
  let best: { readonly statement: VerifiedStatement; readonly list: Attempt } | undefined;
  for (const statement of inOrder(statements, how.preferred).slice(0, READ_MAX)) {
    const list = attemptAt(statement);
    if (best === undefined || rankOf(list, how.preferred) < rankOf(best.list, how.preferred)) {
      best = { statement, list };
    }
    if (rankOf(best.list, how.preferred) === 0) break;
  }
  return best && { statement: best.statement, read: packed(best.list, how.platforms ?? []) };
}

type Attempt = ComponentList | { readonly fault: string };

function attemptAt({ predicateType, predicate, size = 0 }: VerifiedStatement): Attempt {
  if (size > SBOM_BYTES_MAX) return { fault: `the SBOM has more than ${SBOM_BYTES_MAX} bytes` };
  try {
    return readSbom(predicateType, predicate);
  } catch (error) {
    // Signed and unreadable is an answer: the image is proven, its components are not known.
    if (error instanceof InvalidInputError) return { fault: error.message };
    throw error;
  }
}

/** 0 is as good as can be. */
function rankOf(attempt: Attempt, preferred: SbomOrigin | undefined): number {
  if ("fault" in attempt) return 4;
  if (attempt.scope === "index") return 3;
  if (preferred === undefined) return 0;
  if (attempt.format !== preferred.format) return 2;
  return attempt.tool === preferred.tool ? 0 : 1;
}

function inOrder(
  statements: readonly VerifiedStatement[],
  preferred: SbomOrigin | undefined,
): readonly VerifiedStatement[] {
  const positionOf = ({ predicateType }: VerifiedStatement): number => {
    const format = sbomFormatOf(predicateType);
    if (format === undefined) return FORMATS.length;
    return format === preferred?.format ? -1 : FORMATS.indexOf(format);
  };
  return statements.toSorted((a, b) => positionOf(a) - positionOf(b));
}

function packed(attempt: Attempt, platforms: readonly string[]): ReadSbom {
  if ("fault" in attempt) return { kind: "unreadable", reason: attempt.fault };
  const { format, tool, components } = attempt;
  return {
    kind: "read",
    components: packedOf(attempt),
    origin: { format, ...(tool === undefined ? {} : { tool }) },
    says: components.length === 0 ? "nothing" : "packages",
    platforms: listsOfPlatforms(attempt, platforms).map(({ platform, list }) => ({
      platform,
      components: packedOf(list),
    })),
  };
}
