import { z } from "zod";
import { messageOf } from "../../errors.ts";
import type { FeedItem, FeedReading } from "../../ports/feed-sources.ts";
import { type Instant, parseInstant } from "../../time.ts";
import { type FeedHttp, textOf, unavailable } from "./http.ts";

const BYTES_MAX = 64 * 1024 * 1024;

const catalogueSchema = z.object({ vulnerabilities: z.array(z.unknown()).max(100_000) });

const entrySchema = z.object({
  cveID: z.string().regex(/^CVE-\d{4}-\d{4,19}$/),
  dateAdded: z.string().max(20),
  dueDate: z.string().max(20).optional(),
  knownRansomwareCampaignUse: z.string().max(40).optional(),
});

/**
 * CISA's catalogue of known exploited vulnerabilities.
 *
 * @see https://www.cisa.gov/known-exploited-vulnerabilities-catalog
 */
export async function readKev(
  http: FeedHttp,
  { url, etag }: { readonly url: string; readonly etag: string | undefined },
  signal: AbortSignal,
): Promise<FeedReading> {
  const question = { url, operation: "kev", bytesMax: BYTES_MAX, ...(etag === undefined ? {} : { etag }) };
  const answer = await http.ask(question, signal);
  if (answer.kind === "unchanged") return answer;
  if (answer.kind === "missing") throw unavailable("the catalogue of exploited vulnerabilities is not there");
  const entries = catalogueOf(await textOf(answer.body));
  return {
    kind: "content",
    scope: "all",
    items: itemsOf(entries),
    validator: () => answer.etag,
  };
}

function catalogueOf(text: string): readonly unknown[] {
  try {
    return catalogueSchema.parse(JSON.parse(text)).vulnerabilities;
  } catch (cause) {
    throw unavailable(`not a catalogue of exploited vulnerabilities: ${messageOf(cause).slice(0, 80)}`, {
      cause,
    });
  }
}

async function* itemsOf(entries: readonly unknown[]): AsyncGenerator<FeedItem> {
  for (const [position, entry] of entries.entries()) yield kevItemOf(entry, `entry ${position + 1}`);
}

/** One entry of the catalogue. A deadline that lies before the day it was added is left out: the catalogue has some. */
export function kevItemOf(entry: unknown, place: string): FeedItem {
  const parsed = entrySchema.safeParse(entry);
  const addedAt = parsed.success ? dayOf(parsed.data.dateAdded) : undefined;
  if (!parsed.success || addedAt === undefined) {
    return { kind: "fault", fault: { place, reason: "not an entry of the catalogue" } };
  }
  const { cveID, dueDate, knownRansomwareCampaignUse } = parsed.data;
  const dueAt = dueDate === undefined ? undefined : dayOf(dueDate);
  const kev = {
    addedAt,
    ...(dueAt === undefined || dueAt < addedAt ? {} : { dueAt }),
    isRansomware: knownRansomwareCampaignUse === "Known",
  };
  return { kind: "document", document: { kind: "signals", id: cveID, entries: [[cveID, { kev }]] } };
}

function dayOf(date: string): Instant | undefined {
  return parseInstant(`${date}T00:00:00Z`);
}
