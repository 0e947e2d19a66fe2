import { z } from "zod";

/**
 * The part of an OSV record that decides who is affected and how badly.
 *
 * @see OSV schema 1.7.5
 */
export const osvRecordSchema = z.object({
  id: z.string().min(1).max(200),
  modified: z.string().max(40),
  published: z.string().max(40).optional(),
  withdrawn: z.string().max(40).optional(),
  aliases: z.array(z.string().max(200)).max(1_000).optional(),
  upstream: z.array(z.string().max(200)).max(1_000).optional(),
  severity: z
    .array(z.object({ type: z.string().max(40), score: z.string().max(400) }))
    .max(20)
    .optional(),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string().max(200), name: z.string().max(300) }).optional(),
        severity: z
          .array(z.object({ type: z.string().max(40), score: z.string().max(400) }))
          .max(20)
          .optional(),
        versions: z.array(z.string().max(300)).max(100_000).optional(),
        ranges: z
          .array(
            z.object({
              type: z.string().max(40),
              events: z.array(z.record(z.string(), z.string())).max(10_000),
            }),
          )
          .max(1_000)
          .optional(),
      }),
    )
    .max(10_000)
    .optional(),
});

export type OsvRecord = Readonly<z.infer<typeof osvRecordSchema>>;
