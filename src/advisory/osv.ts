import { z } from "zod";
import { InvalidInputError, quote } from "../errors.ts";
import { parseInstant } from "../time.ts";

const instantText = z
  .string()
  .max(40)
  .refine((text) => parseInstant(text) !== undefined, { error: "not a date and time" });

const SUMMARY_LENGTH_MAX = 300;

const severitySchema = z.object({ type: z.string().max(40), score: z.string().max(400) });

/** Free to each database; of what is there, only a rating in words is read, and only where it is a text. */
const databaseSpecificSchema = z.object({ severity: z.string().max(40).optional().catch(undefined) });

const affectedSchema = z.object({
  package: z.object({ ecosystem: z.string().max(200), name: z.string().max(300) }).optional(),
  severity: z.array(severitySchema).max(20).optional(),
  versions: z.array(z.string().max(300)).max(100_000).optional(),
  database_specific: databaseSpecificSchema.optional().catch(undefined),
  ecosystem_specific: databaseSpecificSchema.optional().catch(undefined),
  ranges: z
    .array(
      z.object({
        type: z.string().max(40),
        events: z.array(z.record(z.string(), z.string())).max(10_000),
      }),
    )
    .max(1_000)
    .optional(),
});

/**
 * The part of an OSV record that decides who is affected and how badly.
 *
 * @see OSV schema 1.7.5
 */
export const osvRecordSchema = z.object({
  id: z.string().min(1).max(200),
  modified: instantText,
  published: instantText.optional(),
  withdrawn: instantText.optional(),
  aliases: z.array(z.string().max(200)).max(1_000).optional(),
  upstream: z.array(z.string().max(200)).max(1_000).optional(),
  /** Foreign text; of a withdrawn record, why. */
  summary: z
    .string()
    .transform((text) => text.slice(0, SUMMARY_LENGTH_MAX))
    .optional()
    .catch(undefined),
  severity: z.array(severitySchema).max(20).optional(),
  database_specific: databaseSpecificSchema.optional().catch(undefined),
  affected: z.array(affectedSchema).max(10_000).optional(),
});

export type OsvRecord = Readonly<z.infer<typeof osvRecordSchema>>;
/** What a record says about one package. */
export type OsvAffected = Readonly<z.infer<typeof affectedSchema>>;
/** A rating: a CVSS vector, or another scale by its name. */
export type OsvSeverity = Readonly<z.infer<typeof severitySchema>>;

/**
 * Reads an OSV record, leaving out what decides nothing.
 *
 * @param value as JSON.parse gave it
 * @throws {InvalidInputError} `advisory-invalid`
 */
export function parseOsvRecord(value: unknown): OsvRecord {
  const result = osvRecordSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = quote(issue?.path.join(".") ?? "");
  throw new InvalidInputError(
    "advisory-invalid",
    `not an OSV record: ${place}: ${quote(issue?.message ?? "")}`,
  );
}
