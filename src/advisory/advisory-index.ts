import { compareTexts } from "../versions/order.ts";
import type { AdvisoryAnswer } from "./answer.ts";
import { canonicalIdsOf, isCve, type KnownNames, knownNamesOf } from "./canonical-id.ts";
import { baseOf } from "./ecosystem.ts";
import type { OsvAffected, OsvRecord } from "./osv.ts";
import { type PackageKey, renderPackageKey } from "./package-key.ts";
import { type Rating, type Scores, severityOf } from "./rating.ts";
import type { Signals } from "./signal.ts";

/** What one record says about one package. */
export interface Statement {
  readonly record: OsvRecord;
  readonly affected: OsvAffected;
}

/** A rating and the record it is from. */
export interface RatedBy extends Rating {
  readonly recordId: string;
}

/** An answer of feeds, ready to be asked about many packages. */
export interface AdvisoryIndex {
  /** Whether any feed speaks of an ecosystem, and of its release where it tells releases apart: silence about another proves nothing. */
  covers(ecosystem: string): boolean;
  /** Withdrawn records included. */
  statementsAbout(key: PackageKey): readonly Statement[];
  /** The vulnerabilities a record is about. Never empty. */
  idsOf(record: OsvRecord): readonly string[];
  /** How bad a record says that what it tells of a package is. */
  severityOf(record: OsvRecord, affected: OsvAffected): Rating;
  /** How bad another record says a vulnerability is, the CVE's own last; undefined when none does. */
  ratingOf(id: string): RatedBy | undefined;
  signalsOf(id: string): Signals;
}

const NOTHING: readonly Statement[] = [];

/** Made once for both sides of a comparison: there is no way to ask for them apart. */
export function advisoryIndexOf(answer: AdvisoryAnswer): AdvisoryIndex {
  const ecosystems = new Set(answer.feeds.flatMap((feed) => feed.ecosystems));
  const released = new Set([...ecosystems].filter((name) => baseOf(name) !== name).map(baseOf));
  const statements = statementsIn(answer.records);
  const live = [...answer.records, ...answer.related].filter(({ withdrawn }) => withdrawn === undefined);
  const names = knownNamesOf(live);
  const scores: Scores = new Map();
  const idsOf = rememberedIds(names);
  // Most vulnerabilities are rated by the record that names the package: the others are read when one is not.
  let byId: ReadonlyMap<string, readonly OsvRecord[]> | undefined;
  return {
    covers: (ecosystem) =>
      ecosystems.has(ecosystem) || (ecosystems.has(baseOf(ecosystem)) && !released.has(baseOf(ecosystem))),
    statementsAbout: (key) => statements.get(renderPackageKey(key)) ?? NOTHING,
    idsOf,
    severityOf: (record, affected) => severityOf(record, affected, scores),
    ratingOf(id) {
      byId ??= recordsById(live, idsOf);
      return bestRatingOf(byId.get(id) ?? [], scores);
    },
    signalsOf: (id) => answer.signals.get(id) ?? {},
  };
}

function statementsIn(records: readonly OsvRecord[]): ReadonlyMap<string, readonly Statement[]> {
  const statements = new Map<string, Statement[]>();
  for (const record of records) {
    for (const affected of record.affected ?? []) {
      if (affected.package === undefined) continue;
      const key = renderPackageKey(affected.package);
      const known = statements.get(key);
      if (known === undefined) statements.set(key, [{ record, affected }]);
      else known.push({ record, affected });
    }
  }
  return statements;
}

function rememberedIds(names: KnownNames): AdvisoryIndex["idsOf"] {
  const known = new WeakMap<OsvRecord, readonly string[]>();
  return (record) => {
    const found = known.get(record) ?? canonicalIdsOf(record, names);
    known.set(record, found);
    return found;
  };
}

function recordsById(
  records: readonly OsvRecord[],
  idsOf: AdvisoryIndex["idsOf"],
): ReadonlyMap<string, readonly OsvRecord[]> {
  const byId = new Map<string, OsvRecord[]>();
  for (const record of records) {
    for (const id of idsOf(record)) {
      const known = byId.get(id);
      if (known === undefined) byId.set(id, [record]);
      else known.push(record);
    }
  }
  return byId;
}

/** A CVE's own record is rated by whoever came first; a vendor's or a maintainer's record knows the package. */
function bestRatingOf(records: readonly OsvRecord[], scores: Scores): RatedBy | undefined {
  const ordered = records.toSorted(
    (a, b) => Number(isCve(a.id)) - Number(isCve(b.id)) || compareTexts(a.id, b.id),
  );
  for (const record of ordered) {
    const [rating] = [
      severityOf(record, undefined, scores),
      ...(record.affected ?? []).map((each) => severityOf(record, each, scores)),
    ].filter(({ severity }) => severity !== "unknown");
    if (rating !== undefined) return { ...rating, recordId: record.id };
  }
  return undefined;
}
