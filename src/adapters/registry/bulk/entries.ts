import { z } from "zod";
import { type Digest, isDigest } from "../../../image/digest.ts";
import type { Repository } from "../../../image/reference.ts";
import { type Instant, isInstant, parseInstant, SECOND_MS } from "../../../time.ts";
import { unreadable } from "./list-reader.ts";

/** A digest, or undefined for whatever else stands there: such a tag is asked for by itself. */
export const digestOrNothing = z
  .custom<Digest>((value) => typeof value === "string" && isDigest(value))
  .optional()
  .catch(undefined);

/** RFC 3339, or undefined for whatever else stands there. */
export const instantOrNothing = z
  .string()
  .transform((text): Instant | undefined => parseInstant(text))
  .optional()
  .catch(undefined);

/** Seconds since 1970, or undefined for whatever else stands there. */
export const secondsOrNothing = z
  .number()
  .transform((seconds): Instant | undefined => {
    const ms = Math.round(seconds * SECOND_MS);
    return isInstant(ms) ? ms : undefined;
  })
  .optional()
  .catch(undefined);

/** A name that is long enough for no tag is left out with its entry. */
export const tagName = z.string().max(128);

/** The entries of a list that can be read: the others do not hide them. */
export function readableIn<Entry>(schema: z.ZodType<Entry>, entries: readonly unknown[]): readonly Entry[] {
  return entries.map((entry) => schema.safeParse(entry).data).filter((entry) => entry !== undefined);
}

/**
 * A document that has the form of a list.
 *
 * @throws {CodedError} `registry-protocol`
 */
export function documentIn<Document>(
  schema: z.ZodType<Document>,
  document: unknown,
  repository: Repository,
): Document {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw unreadable(repository, "the list does not have its documented form");
}
