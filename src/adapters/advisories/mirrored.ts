import type { AdvisoryAnswer } from "../../advisory/answer.ts";
import { baseOf } from "../../advisory/ecosystem.ts";
import {
  packageLookup,
  scoreLookup,
  vulnerabilitiesOf,
  vulnerabilityLookup,
} from "../../advisory/feed-document.ts";
import type { FeedState } from "../../advisory/feed.ts";
import type { OsvRecord } from "../../advisory/osv.ts";
import type { PackageKey } from "../../advisory/package-key.ts";
import type { Signals } from "../../advisory/signal.ts";
import type { VexStatement } from "../../advisory/vex.ts";
import { CodedError } from "../../errors.ts";
import type { Advisories } from "../../ports/advisories.ts";
import type { FeedSource } from "../../ports/feed-sources.ts";
import type { FeedStore, FeedView } from "../../ports/feeds.ts";
import { instantOf, parseInstant } from "../../time.ts";

/** How often a question is asked anew because a feed changed in the middle of it. */
const TRIES_MAX = 5;
/** How often names of vulnerabilities are followed from record to record. */
const STEPS_MAX = 4;

/** Answers from what was mirrored, without asking anybody outside. */
export function createMirroredAdvisories(
  store: Pick<FeedStore, "lookUp">,
  sources: readonly FeedSource[],
): Advisories {
  return {
    async about(packages, signal) {
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        signal.throwIfAborted();
        const gathered = await gather(store, packages, signal);
        if (gathered !== undefined) return answerOf(gathered, packages, sources);
      }
      throw new CodedError("feed-conflict", "feeds changed while they were asked, again and again");
    },
  };
}

interface Gathered {
  readonly feeds: readonly FeedState[];
  /** Those that name a package, and all others, by id. */
  readonly records: ReadonlyMap<string, OsvRecord>;
  readonly related: ReadonlyMap<string, OsvRecord>;
  readonly vex: readonly VexStatement[];
  readonly signals: ReadonlyMap<string, Signals>;
}

/** Everything about the packages, and about the vulnerabilities that is about; undefined when a feed changed meanwhile. */
async function gather(
  store: Pick<FeedStore, "lookUp">,
  packages: readonly PackageKey[],
  signal: AbortSignal,
): Promise<Gathered | undefined> {
  const first = await store.lookUp(packages.map(packageLookup));
  const records = new Map<string, OsvRecord>();
  keepRecords(records, first);
  const related = new Map<string, OsvRecord>();
  const signals = new Map<string, Signals>();
  const vex = new Map<string, VexStatement>();
  const asked = new Set<string>();
  let next = unasked([...records.values()], asked);
  for (let step = 0; step < STEPS_MAX && next.length > 0; step += 1) {
    signal.throwIfAborted();
    const view = await store.lookUp(next.flatMap(lookupsOf));
    if (view.snapshot !== first.snapshot) return undefined;
    const found = new Map<string, OsvRecord>();
    keepRecords(found, view);
    for (const [id, record] of found) if (!records.has(id)) related.set(id, record);
    keepOthers(view, new Set(next), { signals, vex });
    next = unasked([...found.values()], asked);
  }
  return { feeds: first.feeds, records, related, vex: [...vex.values()], signals };
}

function lookupsOf(vulnerability: string): readonly string[] {
  const score = scoreLookup(vulnerability);
  return [vulnerabilityLookup(vulnerability), ...(score === undefined ? [] : [score])];
}

/** Vulnerabilities that these records name and nobody asked about yet. */
function unasked(records: readonly OsvRecord[], asked: Set<string>): readonly string[] {
  const next = [...new Set(records.flatMap(vulnerabilitiesOf))].filter((id) => !asked.has(id));
  for (const id of next) asked.add(id);
  return next;
}

/** Two feeds may carry one record: the newer counts. */
function keepRecords(records: Map<string, OsvRecord>, { documents }: FeedView): void {
  for (const { document } of documents) {
    if (document.kind !== "osv") continue;
    const { record } = document;
    const known = records.get(record.id);
    if (known === undefined || momentOf(known) < momentOf(record)) records.set(record.id, record);
  }
}

function momentOf({ modified }: OsvRecord): number {
  return parseInstant(modified) ?? 0;
}

function keepOthers(
  { documents }: FeedView,
  wanted: ReadonlySet<string>,
  { signals, vex }: { readonly signals: Map<string, Signals>; readonly vex: Map<string, VexStatement> },
): void {
  for (const { feed, document } of documents) {
    if (document.kind === "vex") {
      for (const [position, statement] of document.statements.entries()) {
        if (!statement.vulnerabilities.some((id) => wanted.has(id))) continue;
        vex.set(JSON.stringify([feed, document.id, position]), statement);
      }
    }
    if (document.kind !== "signals") continue;
    // An entry stands for hundred CVEs where a score is looked up.
    for (const [cve, found] of document.entries) {
      if (wanted.has(cve)) signals.set(cve, { ...signals.get(cve), ...found });
    }
  }
}

function answerOf(
  { feeds, records, related, vex, signals }: Gathered,
  packages: readonly PackageKey[],
  sources: readonly FeedSource[],
): AdvisoryAnswer {
  const spoken = new Set(packages.flatMap(({ ecosystem }) => [baseOf(ecosystem), ecosystem]));
  const known = new Set(feeds.map(({ id }) => id));
  const unread = sources.filter(({ id }) => !known.has(id)).map(unreadState);
  const all = [...feeds.map(stateOf), ...unread].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const unknown = new Set(sources.filter(({ ecosystems }) => ecosystems === undefined).map(({ id }) => id));
  // A feed that was never read, and that may speak of anything, may speak of these.
  const told = all.map((feed) =>
    feed.checkedAt === 0 && unknown.has(feed.id) ? { ...feed, ecosystems: [...spoken].toSorted() } : feed,
  );
  return {
    feeds: told.flatMap((feed) => aboutThese(feed, spoken) ?? []),
    records: [...records.values()],
    related: [...related.values()],
    vex,
    signals,
  };
}

/**
 * What a feed speaks of, as far as it was asked for: some speak of thousands of releases. Where it speaks of releases and of none that was
 * asked for, it does not speak of the distribution.
 */
function aboutThese(feed: FeedState, spoken: ReadonlySet<string>): FeedState | undefined {
  const released = new Set(feed.ecosystems.filter((name) => baseOf(name) !== name).map(baseOf));
  const asked = feed.ecosystems.filter((name) => spoken.has(name));
  const answered = new Set(asked.filter((name) => baseOf(name) !== name).map(baseOf));
  const ecosystems = asked.filter((name) => answered.has(baseOf(name)) || !released.has(baseOf(name)));
  return ecosystems.length === 0 ? undefined : { ...feed, ecosystems };
}

/** A feed that nobody has read yet was never made sure of: what it speaks of is not known. */
function unreadState({ id, name, ecosystems = [], staleAfterMs, licenceNote }: FeedSource): FeedState {
  return {
    id,
    name,
    snapshot: "",
    checkedAt: instantOf(0),
    recordCount: 0,
    ecosystems,
    staleAfterMs: Math.min(staleAfterMs, 1),
    ...(licenceNote === undefined ? {} : { licenceNote }),
  };
}

/** The state alone: what a feed is mirrored with is nobody's business. */
function stateOf(feed: FeedState): FeedState {
  const { id, name, snapshot, asOf, checkedAt, recordCount, ecosystems, staleAfterMs, licenceNote } = feed;
  return {
    id,
    name,
    snapshot,
    ...(asOf === undefined ? {} : { asOf }),
    checkedAt,
    recordCount,
    ecosystems,
    // A folder may be as old as it likes; not read at all it proves nothing.
    staleAfterMs: checkedAt === 0 ? Math.min(staleAfterMs, 1) : staleAfterMs,
    ...(licenceNote === undefined ? {} : { licenceNote }),
  };
}
