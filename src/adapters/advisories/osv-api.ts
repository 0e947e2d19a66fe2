import { createHash } from "node:crypto";
import { z } from "zod";
import type { AdvisoryAnswer } from "../../advisory/answer.ts";
import { baseOf } from "../../advisory/ecosystem.ts";
import type { FeedState } from "../../advisory/feed.ts";
import { type OsvRecord, parseOsvRecord } from "../../advisory/osv.ts";
import type { PackageKey } from "../../advisory/package-key.ts";
import { messageOf } from "../../errors.ts";
import type { Advisories } from "../../ports/advisories.ts";
import { HOUR_MS, type Instant, instantOf } from "../../time.ts";
import { type FeedHttp, textOf, unavailable } from "./http.ts";

/** Ecosystems of languages: those of distributions are looked up in mirrored feeds, or not at all. */
const LANGUAGES: ReadonlySet<string> = new Set([
  "Go",
  "Hex",
  "Maven",
  "NuGet",
  "Packagist",
  "Pub",
  "PyPI",
  "RubyGems",
  "crates.io",
  "npm",
]);

/** Queries of one call at most, which is the service's own bound. */
export const QUERIES_MAX = 1_000;
const PACKAGES_MAX = 20_000;
const PAGES_MAX = 50;
const RECORDS_MAX = 20_000;
const AT_ONCE = 8;
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
const RECORD_BYTES_MAX = 8 * 1024 * 1024;

const batchSchema = z.object({
  results: z
    .array(
      z.object({
        vulns: z.array(z.object({ id: z.string().min(1).max(200), modified: z.string().max(40) })).optional(),
        next_page_token: z.string().max(2_000).optional(),
      }),
    )
    .max(QUERIES_MAX),
});

export interface OsvApiOptions {
  readonly http: FeedHttp;
  /** Without `/` at its end. */
  readonly url: string;
  readonly id: string;
  readonly name: string;
  readonly nowMs: () => number;
}

/**
 * Asks OSV's service about packages of languages that no mirrored feed speaks of, in the same call as those it does. Where it does not answer,
 * it stands in the answer as a feed that proves nothing.
 *
 * @see https://google.github.io/osv.dev/post-v1-querybatch/
 */
export function withOsvApi(mirrored: Advisories, options: OsvApiOptions): Advisories {
  const known = new Map<string, OsvRecord>();
  return {
    async about(packages, signal) {
      const answer = await mirrored.about(packages, signal);
      const covered = new Set(answer.feeds.flatMap(({ ecosystems }) => ecosystems));
      const asked = packages.filter(
        ({ ecosystem }) => LANGUAGES.has(ecosystem) && !covered.has(baseOf(ecosystem)),
      );
      if (asked.length === 0) return answer;
      try {
        const changes = await changesOf(asked, options, signal);
        const records = await recordsOf(changes, known, options, signal);
        return joined(answer, records, stateOf(asked, changes, options));
      } catch (error) {
        if (signal.aborted) throw error;
        return {
          ...answer,
          feeds: [...answer.feeds, { ...stateOf(asked, new Map(), options), checkedAt: instantOf(0) }],
        };
      }
    },
  };
}

/** Ids of the records about these packages, each with when it was changed. */
async function changesOf(
  packages: readonly PackageKey[],
  { http, url }: OsvApiOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (packages.length > PACKAGES_MAX) throw unavailable(`more than ${PACKAGES_MAX} packages to ask about`);
  const changes = new Map<string, string>();
  let queries: readonly object[] = packages.map(({ ecosystem, name }) => ({ package: { ecosystem, name } }));
  for (let page = 0; queries.length > 0; page += 1) {
    if (page >= PAGES_MAX) throw unavailable(`the service answered in more than ${PAGES_MAX} pages`);
    const next: object[] = [];
    for (let start = 0; start < queries.length; start += QUERIES_MAX) {
      const some = queries.slice(start, start + QUERIES_MAX);
      const body = JSON.stringify({ queries: some });
      const question = { url: `${url}/v1/querybatch`, operation: "query", body, bytesMax: ANSWER_BYTES_MAX };
      const answer = await http.ask(question, signal);
      if (answer.kind !== "content") throw unavailable("the service has no such question");
      const { results } = parsed(batchSchema, await textOf(answer.body));
      if (results.length !== some.length)
        throw unavailable("the service answered other questions than were asked");
      for (const [position, { vulns = [], next_page_token: token }] of results.entries()) {
        for (const { id, modified } of vulns) changes.set(id, modified);
        if (token !== undefined && token !== "") next.push({ ...some[position], page_token: token });
      }
      if (changes.size > RECORDS_MAX) throw unavailable(`the service has more than ${RECORDS_MAX} records`);
    }
    queries = next;
  }
  return changes;
}

/** Those that are known as they are now are not fetched again. */
async function recordsOf(
  changes: ReadonlyMap<string, string>,
  known: Map<string, OsvRecord>,
  { http, url }: OsvApiOptions,
  signal: AbortSignal,
): Promise<readonly OsvRecord[]> {
  const missing = [...changes].filter(([id, modified]) => known.get(id)?.modified !== modified);
  if (known.size + missing.length > RECORDS_MAX) known.clear();
  const wanted = [...changes].filter(([id, modified]) => known.get(id)?.modified !== modified);
  for (let start = 0; start < wanted.length; start += AT_ONCE) {
    await Promise.all(
      wanted.slice(start, start + AT_ONCE).map(async ([id]) => {
        const place = `${url}/v1/vulns/${encodeURIComponent(id)}`;
        const answer = await http.ask(
          { url: place, operation: "record", bytesMax: RECORD_BYTES_MAX },
          signal,
        );
        if (answer.kind === "content")
          known.set(id, parseOsvRecord(parsed(z.unknown(), await textOf(answer.body))));
      }),
    );
  }
  return [...changes.keys()].flatMap((id) => known.get(id) ?? []);
}

function parsed<Shape>(schema: z.ZodType<Shape>, text: string): Shape {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw unavailable(`the service's answer does not have its form: ${messageOf(cause).slice(0, 80)}`, {
      cause,
    });
  }
}

function stateOf(
  packages: readonly PackageKey[],
  changes: ReadonlyMap<string, string>,
  { id, name, nowMs }: OsvApiOptions,
): FeedState {
  const now: Instant = instantOf(nowMs());
  const sorted = [...changes].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    id,
    name,
    snapshot: createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 32),
    checkedAt: now,
    recordCount: changes.size,
    ecosystems: [...new Set(packages.map(({ ecosystem }) => ecosystem))].toSorted(),
    staleAfterMs: HOUR_MS,
  };
}

function joined(answer: AdvisoryAnswer, records: readonly OsvRecord[], feed: FeedState): AdvisoryAnswer {
  const all = new Map([...records, ...answer.records].map((record) => [record.id, record]));
  return {
    ...answer,
    feeds: [...answer.feeds, feed].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    records: [...all.values()],
    related: answer.related.filter(({ id }) => !all.has(id)),
  };
}
