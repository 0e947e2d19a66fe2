import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { CLOCK_STARTS } from "../src/sla/policy.ts";
import { ENTRIES_MAX, type FieldFacts, instantField, parsedField, section, spanField } from "./fields.ts";
import { proposalShape } from "./class-fields.ts";
import { freezeField, refuseOverlaps } from "./freezes.ts";
import { pullShape } from "./pull-fields.ts";
import { policyTermsField } from "./sla-fields.ts";

/** Versions of a policy that are kept at most. */
const VERSIONS_MAX = 50;
/** Characters of a pattern of code repositories at most. */
const PATTERN_LENGTH_MAX = 150;

/** What may be said under `policy`. */
export function policySection(calendarNames: readonly string[]) {
  return section(
    {
      ...policyShape({ calendarNames, otherwise: "Where you give none, those of the vendor hold." }),
      dueSoon: spanField({
        description: "How long before a deadline it counts as due soon.",
        example: "1d",
      }).prefault("3d"),
      sbom: z
        .enum(["required", "expected"])
        .meta({
          description:
            "`required`: an image without a verified SBOM is not proposed. `expected`: it is, after a short wait, and the pull request says what could not be compared. Default: what the vendor's profile says.",
          example: "required",
        })
        .exactOptional(),
      closeRevoked: z
        .boolean()
        .meta({
          description:
            "Whether an open pull request is closed when what it proposes is rejected, or no longer approved. Otherwise it is left open, with a failed check and a warning.",
          example: "true",
        })
        .prefault(false),
    },
    { description: "What your organisation demands." },
  ).prefault({});
}

/** What may be said under `policies`. */
export function policiesSection(calendarNames: readonly string[]) {
  const named = section(
    {
      repositories: z.array(parsedField(parseRepositoryPattern, {})).min(1).max(ENTRIES_MAX).meta({
        values: "list of patterns",
        description:
          "Code repositories it is for: `*` stands for any text inside the owner or the name. The first policy that names one holds for it.",
        example: '["acme/pay-*"]',
      }),
      ...policyShape({ calendarNames, otherwise: "What is not given comes from `policy`.", isShort: true }),
    },
    {},
  );
  const names = z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, { error: "must be a name such as payments" })
    .refine((name) => name !== "policy", { error: "is the name of what holds for all others" });
  return z
    .record(names, named)
    .meta({
      keyName: "policy",
      description:
        "What your organisation demands of some code repositories. What one of them does not say is as `policy` says it.",
    })
    .prefault({});
}

/** What fields of policies need to know beside themselves. */
interface ShapeContext {
  readonly calendarNames: readonly string[];
  /** Where deadlines come from that are not given, in a sentence. */
  readonly otherwise: string;
  /** Whether the documentation refers to `policy` instead of saying the same again. */
  readonly isShort?: boolean;
}

/** What may be said of deadlines and of when updates are proposed. */
function policyShape(context: ShapeContext) {
  return {
    ...versionShape(context),
    ...obligationShape(context),
    ...proposalShape((path) => asIn(path, context)),
    ...pullShape((path) => asIn(path, context)),
    version: z
      .int()
      .min(1)
      .max(1_000_000)
      .meta({
        values: "number",
        description:
          "Counts the versions of these deadlines; it stands in what is reported. Default: one more than that of the version before.",
        example: "2",
      })
      .exactOptional(),
    appliesToOpen: z
      .boolean()
      .meta({
        description:
          "Whether deadlines that run already follow a new version. Otherwise they stay as the version before had them.",
        example: "true",
      })
      .exactOptional(),
    previous: z
      .array(
        section(
          {
            version: z
              .int()
              .min(1)
              .max(1_000_000)
              .meta({ values: "number", description: "Its number.", example: "1" }),
            ...versionShape({ ...context, otherwise: "", isShort: true }),
          },
          {},
        ),
      )
      .max(VERSIONS_MAX)
      .meta({
        ...asIn("policy.previous", context),
        description: "The versions before, newest first. Each holds until the next one's `effectiveAt`.",
        example: "[{ version: 1, sla: { critical: 14d } }]",
      })
      .exactOptional(),
  };
}

function asIn(path: string, { isShort }: { readonly isShort?: boolean | undefined }): Partial<FieldFacts> {
  return isShort === true ? { values: `as \`${path}\`` } : {};
}

/** What a version of a policy says of deadlines. */
function versionShape({ calendarNames, otherwise, isShort }: ShapeContext) {
  return {
    sla: policyTermsField(
      `Your own deadlines: how long after a fixed image is verified it has to be merged, by the severity of what it fixes; or the name of a shipped policy. ${otherwise}`.trim(),
      asIn("policy.sla", { isShort }),
    ),
    combine: z
      .enum(["own", "min"])
      .meta({
        description:
          "`own`: your deadlines hold, whatever the vendor says. `min`: the earlier one of yours and the vendor's. Default: `own`.",
        example: "min",
      })
      .exactOptional(),
    start: z
      .enum(CLOCK_STARTS)
      .meta({
        description:
          "Where clocks start. Default: as the shipped policy says, else `available-and-known`: when a verified image is there and what it fixes is known.",
        example: "detection",
      })
      .exactOptional(),
    calendar: z
      .string()
      .refine((name) => calendarNames.includes(name), {
        error: `unknown calendar; known: ${calendarNames.join(", ") || "none"}`,
      })
      .meta({
        values: "calendar",
        description: "Which days are working days: one of `calendars`. Default: Monday to Friday in UTC.",
        example: "us",
      })
      .exactOptional(),
    effectiveAt: instantField({
      description: "From when this version holds. Default: it always did.",
      example: "2026-12-01",
    }).exactOptional(),
  };
}

/** What becomes of deadlines that run. */
function obligationShape(context: ShapeContext) {
  return {
    exposed: z
      .boolean()
      .meta({
        description:
          "Whether what runs these images can be reached from outside. Not said, it counts as exposed.",
        example: "false",
      })
      .exactOptional(),
    onExpiry: z
      .enum(["original", "extend", "restart"])
      .meta({
        description:
          "What becomes of a deadline when an acceptance of the risk ends: it is as it was, later by the time of the acceptance, or starts again. Default: `original`.",
        example: "extend",
      })
      .exactOptional(),
    rerating: z
      .enum(["from-now", "retroactive"])
      .meta({
        description:
          "How a new rating moves a deadline: counted from the day of the rating, or as if it had been rated so from the start. Default: `from-now`.",
        example: "retroactive",
      })
      .exactOptional(),
    noRegress: z
      .enum(["critical", "high", "medium", "low"])
      .meta({
        description:
          "An update that brings back a vulnerability of this severity or a graver one is a regression. Default: `high`.",
        example: "critical",
      })
      .exactOptional(),
    freezes: z
      .array(freezeField())
      .max(ENTRIES_MAX)
      .check(refuseOverlaps)
      .meta({
        ...asIn("policy.freezes", context),
        description: "Times in which nobody merges. No two overlap.",
        example: "[{ from: 2026-12-20, until: 2027-01-03, reason: Christmas }]",
      })
      .exactOptional(),
    freezePauses: z
      .boolean()
      .meta({
        description: "Whether clocks stand still in a freeze. Otherwise deadlines in one are only shown so.",
        example: "true",
      })
      .exactOptional(),
  };
}

/** A pattern of `owner/name`, anchored at both ends, for names in lower case. */
function parseRepositoryPattern(text: string): RegExp {
  const isPattern =
    text.length <= PATTERN_LENGTH_MAX &&
    /^[A-Za-z0-9_.*-]+\/[A-Za-z0-9_.*-]+$/.test(text) &&
    text.split("/").every((part) => part.split("*").length <= 4);
  if (!isPattern) {
    throw new InvalidInputError(
      "config-invalid",
      `must be owner/name, each with three * at most, is ${quote(text)}`,
    );
  }
  const source = text
    .toLowerCase()
    .replaceAll(/\*+/g, "*")
    .replaceAll(".", String.raw`\.`)
    .replaceAll("*", "[^/]*");
  return new RegExp(`^${source}$`);
}
