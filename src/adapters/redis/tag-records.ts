import { z } from "zod";
import { imageLineSchema, tagSchema } from "../../image/schema.ts";
import { type Instant, isInstant } from "../../time.ts";
import { STREAM_SCOPES } from "../../vendor/streams.ts";
import type { Candidate, TagListing } from "../../watch/candidates.ts";

/** The form of what is kept of newer tags. */
const instantSchema = z.custom<Instant>((value) => typeof value === "number" && isInstant(value), {
  error: "not a moment in time",
});

export const listingSchema = z.object({
  askedAt: instantSchema,
  changedAt: instantSchema.exactOptional(),
  newest: z.array(z.object({ tag: tagSchema, scope: z.enum(STREAM_SCOPES), to: tagSchema.exactOptional() })),
  failure: z.object({ code: z.string(), message: z.string(), at: instantSchema }).exactOptional(),
}) satisfies z.ZodType<TagListing>;

export const candidateSchema = z.object({
  line: imageLineSchema,
  to: tagSchema,
  stuck: z.array(z.object({ path: z.string(), line: z.number() })).exactOptional(),
}) satisfies z.ZodType<Candidate>;
