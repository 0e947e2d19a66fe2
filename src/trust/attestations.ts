import { z } from "zod";
import { quote } from "../errors.ts";
import type { RequiredAttestation } from "./policy.ts";
import { isMatch } from "./subject.ts";
import type { CandidateResult, VerifiedStatement } from "./verdict.ts";

/** What became of one statement that a policy requires. */
export type Requirement =
  | { readonly kind: "met" }
  /** Nothing claims to be it yet. */
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly detail: string };

/**
 * Whether a required statement is there.
 *
 * @param statements verified ones about the image, of groups that signed it
 * @param results what became of all that was found
 */
export function requirementOf(
  required: RequiredAttestation,
  statements: readonly VerifiedStatement[],
  results: readonly CandidateResult[],
): Requirement {
  const { name, builders } = required;
  const own = statements.filter(({ predicateType }) => isOfType(required, predicateType));
  if (builders === undefined ? own.length > 0 : own.some((statement) => isBuiltBy(builders, statement))) {
    return { kind: "met" };
  }
  const [other] = own;
  if (other !== undefined) {
    const builder = builderOf(other);
    const detail =
      builder === undefined ? "it does not say who built it" : `it was built by ${quote(builder)}`;
    return { kind: "refused", detail: `${name}: ${detail}` };
  }
  for (const { outcome, predicateType } of results) {
    if (outcome.kind === "refused" && predicateType !== undefined && isOfType(required, predicateType)) {
      return { kind: "refused", detail: `${name}: ${outcome.refusal}: ${outcome.detail}` };
    }
  }
  return { kind: "missing" };
}

/** Whether a predicate type is one that is required. */
export function isOfType(
  { predicateTypes }: Pick<RequiredAttestation, "predicateTypes">,
  predicateType: string,
): boolean {
  return predicateTypes.some((meant) => {
    if (meant.endsWith("*")) return predicateType.startsWith(meant.slice(0, -1));
    return meant.endsWith("/") ? predicateType.startsWith(meant) : predicateType === meant;
  });
}

function isBuiltBy(
  builders: NonNullable<RequiredAttestation["builders"]>,
  statement: VerifiedStatement,
): boolean {
  const builder = builderOf(statement);
  return builder !== undefined && builders.some((meant) => isMatch(meant, builder));
}

const builderSchema = z.object({ builder: z.object({ id: z.string() }) });
const runSchema = z.object({ runDetails: builderSchema });

/** Who a provenance says built the image. @see SLSA provenance v0.2 (`builder.id`) and v1 (`runDetails.builder.id`) */
function builderOf({ predicateType, predicate }: VerifiedStatement): string | undefined {
  if (predicateType.startsWith("https://slsa.dev/provenance/v0.")) {
    return builderSchema.safeParse(predicate).data?.builder.id;
  }
  if (/^https:\/\/slsa\.dev\/provenance\/v1(?:$|\.)/.test(predicateType)) {
    return runSchema.safeParse(predicate).data?.runDetails.builder.id;
  }
  return undefined;
}
