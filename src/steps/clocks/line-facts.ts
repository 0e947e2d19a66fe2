import type { Digest } from "../../image/digest.ts";
import type { VerdictRecord } from "../../ports/store.ts";
import type { LineFact } from "../../sla/facts.ts";
import { type Line, type LineDigest } from "../../sla/line.ts";
import { type Instant, later } from "../../time.ts";
import type { TagHistory } from "../../watch/history.ts";

/** Where a tag stood, as facts: those that are not known yet. */
export function observedFacts(history: TagHistory, known: readonly LineFact[]): readonly LineFact[] {
  const seen = new Set(
    known.flatMap((fact) => (fact.kind === "observed" ? [`${fact.digest} ${fact.at}`] : [])),
  );
  const facts = history.flatMap(({ digest, firstSeenAt, content }, position): readonly LineFact[] => {
    if (seen.has(`${digest} ${firstSeenAt}`)) return [];
    const after = history[position - 1]?.lastSeenAt;
    return [
      {
        kind: "observed",
        digest,
        at: firstSeenAt,
        ...(after === undefined || after > firstSeenAt ? {} : { after }),
        ...(content === undefined ? {} : { content }),
      },
    ];
  });
  const isOnboarded = known.some(({ kind }) => kind === "onboarded");
  const [first] = history;
  return isOnboarded || first === undefined
    ? facts
    : [{ kind: "onboarded", at: first.firstSeenAt }, ...facts];
}

/** A digest that the tag does not name itself, seen when what lists it was: a platform's image in an index. */
export function listedFact(
  digest: Digest,
  { history, line }: { readonly history: TagHistory; readonly line: Line },
): readonly LineFact[] {
  const current = history.at(-1);
  if (current === undefined || line.digests.get(digest)?.observedAt !== undefined) return [];
  if (history.some((observation) => observation.digest === digest)) return [];
  return [{ kind: "observed", digest, at: current.firstSeenAt }];
}

/** What a verdict says of a digest, as facts: it was verified, or is no longer. */
export function verdictFacts(record: VerdictRecord, known: LineDigest | undefined): readonly LineFact[] {
  const { image, verdict, checkedAt } = record;
  const { digest } = image;
  const isVerified = verdict.kind === "verified";
  const verifiedAt = record.verifiedAt ?? (isVerified ? checkedAt : undefined);
  const facts: LineFact[] = [];
  const before = known?.verifiedAt;
  if (verifiedAt !== undefined && (before === undefined || (record.verifiedAt ?? before) < before)) {
    facts.push({ kind: "verified", digest, at: verifiedAt });
  }
  const wasVerified = before !== undefined || verifiedAt !== undefined;
  const goneAt = known?.goneAt;
  if (!isVerified && wasVerified && goneAt === undefined) {
    facts.push({ kind: "gone", digest, at: checkedAt, why: "revoked" });
  }
  if (isVerified && goneAt !== undefined) {
    facts.push({ kind: "back", digest, at: laterThan(goneAt, checkedAt) });
  }
  return facts;
}

/** What came after something, even where a clock stood still. */
function laterThan(before: Instant, at: Instant): Instant {
  return at > before ? at : later(before, 1);
}
