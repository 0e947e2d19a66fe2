import type { Ssvc } from "../advisory/signal.ts";
import type { Severity } from "../advisory/severity.ts";
import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { LineFact } from "./facts.ts";

type FactOf<Kind extends LineFact["kind"]> = Extract<LineFact, { kind: Kind }>;

/** Whether a digest has a vulnerability. `unknown`: nobody could say, or nobody has looked. */
export type Presence = "affected" | "clean" | "unknown";

/** One digest of a line. */
export interface LineDigest {
  readonly digest: Digest;
  /** When the tag first stood on it, and the last look before that. */
  readonly observedAt?: Instant;
  readonly observedAfter?: Instant;
  readonly verifiedAt?: Instant;
  /** Since when it cannot be had any more. */
  readonly goneAt?: Instant;
  readonly isBackwards: boolean;
  /** Ids it was said to have and is not any more, with when that changed last. */
  readonly former: ReadonlyMap<string, Instant>;
  readonly affected?: FactOf<"affected">;
  /** Set when looking for vulnerabilities has failed, and never succeeded. */
  readonly unassessed?: FactOf<"unassessed">;
}

/** One vulnerability of a line. */
export interface LineVulnerability {
  readonly id: string;
  /** Earliest of its records, not after we saw it. */
  readonly publishedAt?: Instant;
  /** Whether a record claims to be from after that. */
  readonly isFromFuture: boolean;
  readonly seenAt?: Instant;
  /** When it is fair to say that it was known. */
  readonly knownAt?: Instant;
  /** When an advisory with a fix was first seen; absent while none names one. */
  readonly fixNamedAt?: Instant;
  /** Whether an advisory without a fix came first. */
  readonly wasWithoutFix: boolean;
  readonly packages: readonly string[];
  /** Oldest first; no two in a row are equal. */
  readonly ratings: readonly { readonly severity: Severity; readonly score?: number; readonly at: Instant }[];
  /** The earliest listing. */
  readonly kev?: { readonly addedAt: Instant; readonly dueAt?: Instant };
  /** Oldest first. */
  readonly ssvc: readonly (Ssvc & { readonly at: Instant })[];
  readonly notApplicable?: { readonly at: Instant; readonly why: FactOf<"not-applicable">["why"] };
  /** When it came back, the last time it did. */
  readonly returnedAt?: Instant;
}

/** What is known of an image line at one moment, ready to be asked. Made once for all who pin it. */
export interface Line {
  readonly onboardedAt?: Instant;
  /** By digest. */
  readonly digests: ReadonlyMap<Digest, LineDigest>;
  /** By id. */
  readonly vulnerabilities: ReadonlyMap<string, LineVulnerability>;
  /** Digests that were verified, the first one first. */
  readonly verified: readonly (LineDigest & { readonly verifiedAt: Instant })[];
  presenceOf(digest: Digest, id: string): Presence;
  /** Ids a digest has, or of which it is not known. */
  idsOf(digest: Digest): readonly string[];
}

/** Facts of a line as they were known at a moment. */
export function lineOf(facts: readonly LineFact[], now: Instant): Line {
  const known = facts.filter((fact) => learntAt(fact) <= now);
  const contents = contentsOf(known);
  const digests = new Map<Digest, LineDigest>();
  for (const [digest, about] of Map.groupBy(known.filter(isOfDigest), ({ digest: name }) => name)) {
    digests.set(digest, digestOf(digest, about));
  }
  const vulnerabilities = new Map<string, LineVulnerability>();
  for (const [id, about] of Map.groupBy(known.filter(isOfVulnerability), (fact) => fact.id)) {
    vulnerabilities.set(id, vulnerabilityOf(id, about));
  }
  const onboardedAt = earliest(known.filter(isKind("onboarded")).map(({ at }) => at));
  const sets = presenceSets(digests, contents);
  return {
    ...(onboardedAt === undefined ? {} : { onboardedAt }),
    digests,
    vulnerabilities,
    verified: [...digests.values()]
      .flatMap((entry) =>
        entry.verifiedAt === undefined ? [] : [{ ...entry, verifiedAt: entry.verifiedAt }],
      )
      .toSorted((a, b) => a.verifiedAt - b.verifiedAt || compareTexts(a.digest, b.digest)),
    presenceOf(digest, id) {
      const set = sets.get(contents.get(digest) ?? digest);
      if (set === undefined || set.unknown.has(id)) return "unknown";
      if (set.affected.has(id)) return "affected";
      return "clean";
    },
    idsOf(digest) {
      const set = sets.get(contents.get(digest) ?? digest);
      return set === undefined ? [] : [...set.affected, ...set.unknown];
    },
  };
}

interface PresenceSet {
  readonly affected: ReadonlySet<string>;
  readonly unknown: ReadonlySet<string>;
}

/** Of digests that are the same images, the one that was assessed last speaks. */
function presenceSets(
  digests: ReadonlyMap<Digest, LineDigest>,
  contents: ReadonlyMap<Digest, Digest>,
): ReadonlyMap<Digest, PresenceSet> {
  const latest = new Map<Digest, LineDigest>();
  for (const entry of digests.values()) {
    const name = contents.get(entry.digest) ?? entry.digest;
    const other = latest.get(name)?.affected;
    if (entry.affected === undefined) continue;
    if (other === undefined || compareFacts(entry.affected, other) > 0) latest.set(name, entry);
  }
  return new Map(
    [...latest].map(([name, { affected }]) => [
      name,
      { affected: new Set(affected?.ids), unknown: new Set(affected?.unknown) },
    ]),
  );
}

function digestOf(digest: Digest, facts: readonly DigestFact[]): LineDigest {
  const observed = facts.filter(isKind("observed")).toSorted(compareFacts)[0];
  const verifiedAt = earliest(facts.filter(isKind("verified")).map(({ at }) => at));
  const lost = facts.filter((fact) => fact.kind === "gone" || fact.kind === "back").toSorted(compareFacts);
  const last = lost.at(-1);
  const looks = facts.filter(isKind("affected")).toSorted(compareFacts);
  const affected = looks.at(-1);
  const failed = facts.filter(isKind("unassessed")).toSorted(compareFacts).at(-1);
  return {
    digest,
    ...(observed === undefined ? {} : { observedAt: observed.at }),
    ...(observed?.after === undefined ? {} : { observedAfter: observed.after }),
    ...(verifiedAt === undefined ? {} : { verifiedAt }),
    ...(last?.kind === "gone" ? { goneAt: last.at } : {}),
    isBackwards: facts.some(({ kind }) => kind === "backwards"),
    former: formerOf(looks),
    ...(affected === undefined ? {} : { affected }),
    // What was found out before does not become unknown because somebody could not look again.
    ...(failed === undefined || affected !== undefined ? {} : { unassessed: failed }),
  };
}

function formerOf(looks: readonly FactOf<"affected">[]): ReadonlyMap<string, Instant> {
  const former = new Map<string, Instant>();
  let before: readonly string[] = [];
  for (const { ids, unknown = [], at } of looks) {
    const present = new Set([...ids, ...unknown]);
    for (const id of before) if (!present.has(id)) former.set(id, at);
    for (const id of present) former.delete(id);
    before = ids;
  }
  return former;
}

function vulnerabilityOf(id: string, facts: readonly VulnerabilityFact[]): LineVulnerability {
  const records = facts.filter(isKind("vulnerability"));
  const seenAt = earliest(records.map((record) => record.seenAt));
  const publishedAt = earliest(records.map((record) => record.publishedAt));
  const believed = believedOf(publishedAt, seenAt);
  // A record that came while we could not look counts from its publication: our own failure gives nobody more time.
  const wasHealthy = records.some((record) => record.seenAt === seenAt && record.wasHealthy);
  const knownAt = wasHealthy ? seenAt : believed;
  const fixNamedAt = earliest(records.filter(({ hasFix }) => hasFix).map((record) => record.seenAt));
  const withoutFixAt = earliest(records.filter(({ hasFix }) => !hasFix).map((record) => record.seenAt));
  const kev = facts.filter(isKind("kev")).toSorted((a, b) => a.addedAt - b.addedAt || compareFacts(a, b))[0];
  const said = facts
    .filter((fact) => fact.kind === "not-applicable" || fact.kind === "returned")
    .toSorted(compareFacts);
  const last = said.at(-1);
  const returned = said.filter(isKind("returned")).at(-1);
  return {
    id,
    ...(believed === undefined ? {} : { publishedAt: believed }),
    isFromFuture: publishedAt !== undefined && publishedAt !== believed,
    ...(seenAt === undefined ? {} : { seenAt }),
    ...(knownAt === undefined ? {} : { knownAt }),
    ...(fixNamedAt === undefined ? {} : { fixNamedAt }),
    wasWithoutFix: withoutFixAt !== undefined && (fixNamedAt === undefined || withoutFixAt < fixNamedAt),
    packages: [...new Set(records.flatMap(({ packages }) => packages))].toSorted(compareTexts),
    ratings: ratingsOf(facts.filter(isKind("rated"))),
    ...(kev === undefined ? {} : { kev: kevOf(kev) }),
    ssvc: facts.filter(isKind("ssvc")).toSorted(compareFacts),
    ...(last?.kind === "not-applicable" ? { notApplicable: { at: last.at, why: last.why } } : {}),
    ...(returned === undefined ? {} : { returnedAt: returned.at }),
  };
}

/** A date of publication that lies after we saw the record is not believed: it would only move deadlines away. */
function believedOf(publishedAt: Instant | undefined, seenAt: Instant | undefined): Instant | undefined {
  if (publishedAt === undefined || seenAt === undefined) return publishedAt;
  return publishedAt > seenAt ? seenAt : publishedAt;
}

function kevOf({ addedAt, dueAt }: FactOf<"kev">): NonNullable<LineVulnerability["kev"]> {
  return dueAt === undefined ? { addedAt } : { addedAt, dueAt };
}

/** Two ratings learnt at the same moment: the graver one. */
function ratingsOf(facts: readonly FactOf<"rated">[]): LineVulnerability["ratings"] {
  const sorted = [...Map.groupBy(facts, ({ at }) => at).values()]
    .flatMap((same) => same.toSorted((a, b) => gravityOf(b.severity) - gravityOf(a.severity)).slice(0, 1))
    .toSorted((a, b) => a.at - b.at);
  return sorted
    .filter(({ severity }, position) => severity !== sorted[position - 1]?.severity)
    .map(({ severity, score, at }) => ({ severity, at, ...(score === undefined ? {} : { score }) }));
}

const GRAVITY: Readonly<Record<Severity, number>> = {
  critical: 5,
  high: 4,
  medium: 3,
  low: 2,
  none: 1,
  unknown: 0,
};

/** How grave a rating is, to compare it with others; unknown is the least. */
export function gravityOf(severity: Severity): number {
  return GRAVITY[severity];
}

function contentsOf(facts: readonly LineFact[]): ReadonlyMap<Digest, Digest> {
  return new Map(
    facts
      .filter(isKind("observed"))
      .flatMap(({ digest, content }) => (content === undefined ? [] : [[digest, content] as const])),
  );
}

type DigestFact = Extract<LineFact, { digest: Digest }>;
type VulnerabilityFact = Extract<LineFact, { id: string }>;

function isOfDigest(fact: LineFact): fact is DigestFact {
  return "digest" in fact;
}

function isOfVulnerability(fact: LineFact): fact is VulnerabilityFact {
  return "id" in fact;
}

function isKind<Kind extends LineFact["kind"]>(kind: Kind): (fact: LineFact) => fact is FactOf<Kind> {
  return (fact): fact is FactOf<Kind> => fact.kind === kind;
}

/** When a fact was learnt; what lies after a moment was not known then. */
function learntAt(fact: LineFact): Instant {
  return fact.kind === "vulnerability" ? fact.seenAt : fact.at;
}

/** By time; facts of one moment by what they say, so that no order of arrival decides. */
function compareFacts(a: LineFact, b: LineFact): number {
  const difference = learntAt(a) - learntAt(b);
  return difference === 0 ? compareTexts(JSON.stringify(a), JSON.stringify(b)) : difference;
}

function earliest(instants: readonly Instant[]): Instant | undefined {
  return instants.length === 0 ? undefined : instants.reduce((a, b) => (b < a ? b : a));
}
