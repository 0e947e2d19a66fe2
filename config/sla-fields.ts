import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { parsePeriod, type Period } from "../src/sla/period.ts";
import { POLICY_PRESETS, type PolicyPreset, presetOf } from "../src/sla/presets.ts";
import { kindOf } from "./fault.ts";
import { type FieldFacts, parsedField, refuse, section } from "./fields.ts";

const FORMS = "a period such as 7d, 48h, 1mo, 7bd (working days), P7D, PT48H, P1M or never";

/** How long after its start a deadline falls. */
export function periodField(facts: FieldFacts) {
  return z
    .string({
      error: ({ input }) => (input === undefined ? "is missing" : `must be ${FORMS}, is ${kindOf(input)}`),
    })
    .max(20)
    .transform((text, context): Period => {
      const period = parsePeriod(text);
      return period ?? refuse(context, `must be ${FORMS}, of ten years at most, is ${quote(text)}`);
    })
    .meta({ values: "period", ...facts });
}

/** Deadlines by severity, each of them optional. */
export function termsShape() {
  return {
    critical: termField("that fixes a critical vulnerability", "7d"),
    high: termField("that fixes one of high severity", "14d"),
    medium: termField("that fixes one of medium severity", "30d"),
    low: termField("that fixes one of low severity", "90d"),
    none: termField("that fixes none that is known", "never"),
    unknown: termField("that fixes one nobody has rated", "14d"),
  };
}

function termField(which: string, example: string) {
  return periodField({ description: `Deadline of an update ${which}.`, example }).exactOptional();
}

/** Deadlines by severity for the images of one vendor or subscription. */
export function slaField(description: string) {
  return section(termsShape(), { description, example: "{ critical: 7d, high: 14d }" }).exactOptional();
}

/** Deadlines of a policy: by severity, by the name of a shipped policy, or both. */
export function policyTermsField(description: string, facts: Partial<FieldFacts> = {}) {
  const names = POLICY_PRESETS.map(({ id }) => id);
  const mapping = z
    .strictObject(
      {
        preset: parsedField(parsePreset, {
          description: `A policy that ships, for what is not given beside it: ${names.map((name) => `\`${name}\``).join(", ")}.`,
          example: "pci-4.0.1",
          values: "name of a policy",
        }).exactOptional(),
        ...termsShape(),
      },
      { error: (issue) => termsError(issue) },
    )
    .meta({ description, example: "{ critical: 7d, high: 14d }", ...facts });
  // The name alone says the same as a mapping with nothing but the name.
  return z
    .preprocess(
      (value) => (typeof value === "string" && presetOf(value) !== undefined ? { preset: value } : value),
      mapping,
    )
    .exactOptional();
}

function termsError(issue: z.core.$ZodRawIssue): string | undefined {
  const wanted = `periods by severity, or one of ${POLICY_PRESETS.map(({ id }) => id).join(", ")}`;
  switch (issue.code) {
    case "unrecognized_keys":
      return `unknown key; known here: preset, ${Object.keys(termsShape()).join(", ")}`;
    case "invalid_type":
      return typeof issue.input === "string"
        ? `must be ${wanted}, is ${quote(issue.input)}`
        : `must be ${wanted}, is ${kindOf(issue.input)}`;
    default:
      return undefined;
  }
}

function parsePreset(text: string): PolicyPreset {
  const preset = presetOf(text);
  if (preset !== undefined) return preset;
  throw new InvalidInputError(
    "config-invalid",
    `no policy ships as ${quote(text)}; known: ${POLICY_PRESETS.map(({ id }) => id).join(", ")}`,
  );
}
