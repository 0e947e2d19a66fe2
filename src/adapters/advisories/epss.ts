import { scoreLookup } from "../../advisory/feed-document.ts";
import type { Signals } from "../../advisory/signal.ts";
import type { FeedItem, FeedReading } from "../../ports/feed-sources.ts";
import { type FeedHttp, unavailable } from "./http.ts";
import { gunzipped, linesOf } from "./unpack.ts";

const PACKED_BYTES_MAX = 64 * 1024 * 1024;
const BYTES_MAX = 512 * 1024 * 1024;
const LINE_LENGTH_MAX = 1_000;
const SCORES_MAX = 2_000_000;
const FAULTS_TOLD = 20;

/**
 * FIRST's scores of how likely vulnerabilities are exploited: a packed table of CVE, score and percentile, after a line that names the model.
 *
 * @see https://www.first.org/epss/data_stats
 */
export async function readEpss(
  http: FeedHttp,
  { url, etag }: { readonly url: string; readonly etag: string | undefined },
  signal: AbortSignal,
): Promise<FeedReading> {
  const question = { url, operation: "epss", bytesMax: PACKED_BYTES_MAX };
  const answer = await http.ask({ ...question, ...(etag === undefined ? {} : { etag }) }, signal);
  if (answer.kind === "unchanged") return answer;
  if (answer.kind === "missing") throw unavailable("the table of scores is not there");
  return {
    kind: "content",
    scope: "all",
    items: scoresIn(linesOf(gunzipped(answer.body, BYTES_MAX), LINE_LENGTH_MAX)),
    validator: () => answer.etag,
  };
}

/** Scores by the hundred, so that a change of all of them every day is not one of 300,000 records. */
export async function* scoresIn(lines: AsyncIterable<string>): AsyncGenerator<FeedItem> {
  const hundreds = new Map<string, [string, Signals][]>();
  let count = 0;
  let faults = 0;
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.startsWith("#") || text.startsWith("cve,") || text.trim() === "") continue;
    const row = rowOf(text);
    if (row === undefined) {
      faults += 1;
      if (faults <= FAULTS_TOLD) {
        yield { kind: "fault", fault: { place: `line ${line}`, reason: "not a CVE with two numbers" } };
      }
      continue;
    }
    count += 1;
    if (count > SCORES_MAX) throw unavailable(`the table has more than ${SCORES_MAX} scores`);
    const entries = hundreds.get(row.hundred) ?? [];
    entries.push([row.cve, { epss: row.epss }]);
    hundreds.set(row.hundred, entries);
  }
  for (const [id, entries] of hundreds) {
    const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
    yield { kind: "document", document: { kind: "signals", id, entries: sorted } };
  }
}

function rowOf(text: string) {
  const [cve = "", score = "", percentile = "", ...more] = text.split(",");
  const hundred = scoreLookup(cve);
  const epss = { score: shareOf(score), percentile: shareOf(percentile) };
  if (hundred === undefined || more.length > 0) return undefined;
  if (Number.isNaN(epss.score) || Number.isNaN(epss.percentile)) return undefined;
  return { cve, hundred, epss };
}

/** A number from 0 to 1, else NaN. */
function shareOf(text: string): number {
  if (!/^(?:0|1|[01]?\.\d{1,20}|\d(?:\.\d{1,20})?e-\d{1,3})$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return value >= 0 && value <= 1 ? value : Number.NaN;
}
