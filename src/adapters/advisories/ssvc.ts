import { z } from "zod";
import type { FeedDocument } from "../../advisory/feed-document.ts";
import type { Ssvc } from "../../advisory/signal.ts";

const optionsSchema = z.array(z.record(z.string(), z.unknown())).max(20);

/** The part of a CVE record that says how CISA decided about it. */
const recordSchema = z.object({
  cveMetadata: z.object({ cveId: z.string().regex(/^CVE-\d{4}-\d{4,19}$/) }),
  containers: z.object({
    adp: z
      .array(
        z.object({
          title: z.string().optional(),
          metrics: z
            .array(
              z.object({
                other: z
                  .object({ type: z.string(), content: z.object({ options: optionsSchema.optional() }) })
                  .optional()
                  .catch(undefined),
              }),
            )
            .max(100)
            .optional(),
        }),
      )
      .max(100)
      .optional(),
  }),
});

/**
 * CISA's decision points for a CVE; undefined where the record has none.
 *
 * @param value a CVE record (format 5), as JSON.parse gave it
 * @throws {ZodError} for what does not have that form
 * @see https://github.com/cisagov/vulnrichment
 */
export function ssvcDocumentOf(value: unknown): FeedDocument | undefined {
  const { cveMetadata, containers } = recordSchema.parse(value);
  const options = (containers.adp ?? [])
    .filter(({ title }) => title === "CISA ADP Vulnrichment")
    .flatMap(({ metrics = [] }) => metrics)
    .flatMap(({ other }) => (other?.type === "ssvc" ? (other.content.options ?? []) : []));
  const ssvc = ssvcOf(options);
  const cve = cveMetadata.cveId;
  return ssvc === undefined ? undefined : { kind: "signals", id: cve, entries: [[cve, { ssvc }]] };
}

function ssvcOf(options: z.infer<typeof optionsSchema>): Ssvc | undefined {
  const valueOf = (name: string): string | undefined => {
    const found = options
      .flatMap((option) => Object.entries(option))
      // NVD's copies write technicalImpact for Technical Impact.
      .find(([key]) => key.replaceAll(/[\s_-]/g, "").toLowerCase() === name)?.[1];
    return typeof found === "string" ? found.toLowerCase() : undefined;
  };
  const parsed = z
    .object({
      exploitation: z.enum(["none", "poc", "active"]),
      automatable: z.enum(["yes", "no"]),
      technicalImpact: z.enum(["partial", "total"]),
    })
    .safeParse({
      exploitation: valueOf("exploitation"),
      automatable: valueOf("automatable"),
      technicalImpact: valueOf("technicalimpact"),
    });
  return parsed.success ? parsed.data : undefined;
}
