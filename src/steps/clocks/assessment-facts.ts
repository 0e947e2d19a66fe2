import type { Finding } from "../../advisory/finding.ts";
import type { Assessment, VulnerabilityDelta } from "../../assess/assessment.ts";
import type { Digest } from "../../image/digest.ts";
import type { LineFact } from "../../sla/facts.ts";
import type { Line, LineVulnerability } from "../../sla/line.ts";
import { severityOf } from "../../sla/obligation.ts";
import { DAY_MS, type Instant } from "../../time.ts";
import { compareTexts } from "../../versions/order.ts";

/** Two digests and what was found out about them. */
export interface AssessedPair {
  readonly from: Digest;
  readonly to: Digest;
  readonly assessment: Assessment;
}

/**
 * What an assessment says of a line, as facts: those that are news. The line is the one that was known before it.
 *
 * @param assessedAts when vulnerabilities of the line were looked for before
 */
export function assessmentFacts(
  { from, to, assessment }: AssessedPair,
  line: Line,
  assessedAts: readonly Instant[],
): readonly LineFact[] {
  const { vulnerabilities, assessedAt: at } = assessment;
  if (vulnerabilities.kind === "not-assessed") {
    // Equal packages are equally vulnerable, whatever nobody knows about them.
    if (assessment.class === "rebuild" || assessment.class === "evidence-only") return [];
    const entry = line.digests.get(to);
    if (entry?.affected !== undefined || entry?.unassessed !== undefined) return [];
    return [{ kind: "unassessed", digest: to, at, reason: vulnerabilities.reason }];
  }
  const { delta } = vulnerabilities;
  const wasHealthy = assessedAts.some((before) => before < at && at - before <= DAY_MS);
  return [
    { kind: "assessed", at },
    ...affectedFacts(from, idsOf(oldOf(delta)), [], line, at),
    ...affectedFacts(
      to,
      idsOf([...delta.introduced, ...delta.remaining]),
      idsOf(delta.indeterminate),
      line,
      at,
    ),
    ...vulnerabilityFacts(delta, line, { at, wasHealthy }),
    ...applicabilityFacts(from, delta, line, at),
  ];
}

/** What the old image has. */
function oldOf({ fixed, remaining, reclassified, indeterminate }: VulnerabilityDelta): readonly Finding[] {
  return [...fixed, ...remaining, ...reclassified, ...indeterminate];
}

function idsOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ id }) => id))].toSorted(compareTexts);
}

function affectedFacts(
  digest: Digest,
  ids: readonly string[],
  unknown: readonly string[],
  line: Line,
  at: Instant,
): readonly LineFact[] {
  const only = unknown.filter((id) => !ids.includes(id));
  const known = line.digests.get(digest)?.affected;
  if (known !== undefined && known.at >= at) return [];
  if (isSame(known?.ids, ids) && isSame(known?.unknown ?? [], only)) return [];
  return [{ kind: "affected", digest, at, ids, ...(only.length === 0 ? {} : { unknown: only }) }];
}

function isSame(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a?.length === b.length && a.every((text, position) => text === b[position]);
}

function vulnerabilityFacts(
  delta: VulnerabilityDelta,
  line: Line,
  { at, wasHealthy }: { readonly at: Instant; readonly wasHealthy: boolean },
): readonly LineFact[] {
  const groups = Map.groupBy([...oldOf(delta), ...delta.introduced], ({ id }) => id);
  return [...groups].flatMap(([id, findings]): readonly LineFact[] => {
    const known = line.vulnerabilities.get(id);
    const publishedAts = findings.map(({ publishedAt }) => publishedAt).toSorted((a, b) => a - b);
    const [publishedAt] = publishedAts;
    if (publishedAt === undefined) return [];
    const hasFix = findings.some(({ fixedVersion }) => fixedVersion !== undefined);
    const packages = [...new Set(findings.map(({ packageName }) => packageName))].toSorted(compareTexts);
    const isNews =
      known?.seenAt === undefined ||
      (hasFix && known.fixNamedAt === undefined) ||
      (known.publishedAt !== undefined && publishedAt < known.publishedAt);
    return [
      ...(isNews
        ? [{ kind: "vulnerability", id, publishedAt, seenAt: at, wasHealthy, packages, hasFix } as const]
        : []),
      ...ratingFacts(id, findings, known, at),
      ...signalFacts(id, findings, known, at),
    ];
  });
}

function ratingFacts(
  id: string,
  findings: readonly Finding[],
  known: LineVulnerability | undefined,
  at: Instant,
): readonly LineFact[] {
  const severity = severityOf(findings);
  const last = known?.ratings.at(-1);
  if (last?.severity === severity || (last !== undefined && last.at >= at)) return [];
  const worst = findings.find((finding) => finding.severity === severity);
  return [
    {
      kind: "rated",
      id,
      severity,
      at,
      ...(worst?.score === undefined ? {} : { score: worst.score }),
      ...(worst === undefined ? {} : { by: worst.ratedBy ?? worst.recordId }),
    },
  ];
}

function signalFacts(
  id: string,
  findings: readonly Finding[],
  known: LineVulnerability | undefined,
  at: Instant,
): readonly LineFact[] {
  const kev = findings.find((finding) => finding.kev !== undefined)?.kev;
  const ssvc = findings.find((finding) => finding.ssvc !== undefined)?.ssvc;
  const last = known?.ssvc.at(-1);
  const isSaid =
    ssvc === undefined ||
    (last?.exploitation === ssvc.exploitation &&
      last.automatable === ssvc.automatable &&
      last.technicalImpact === ssvc.technicalImpact);
  const { addedAt, dueAt } = kev ?? {};
  return [
    ...(addedAt === undefined || known?.kev !== undefined
      ? []
      : [{ kind: "kev", id, at, addedAt, ...(dueAt === undefined ? {} : { dueAt }) } as const]),
    ...(isSaid ? [] : [{ kind: "ssvc", id, at, ...ssvc } as const]),
  ];
}

/** What does not matter after all, of what the old image was said to have; and what does again. */
function applicabilityFacts(
  from: Digest,
  delta: VulnerabilityDelta,
  line: Line,
  at: Instant,
): readonly LineFact[] {
  const now = new Set(
    idsOf([...delta.fixed, ...delta.remaining, ...delta.introduced, ...delta.indeterminate]),
  );
  const had = new Set(line.digests.get(from)?.affected?.ids);
  const reasons = new Map(
    [...delta.notAffected.filter(({ id }) => had.has(id)), ...delta.reclassified.map(({ why }) => why)].map(
      ({ id, why }) => [id, why],
    ),
  );
  const ended = [...reasons].flatMap(([id, why]): readonly LineFact[] =>
    now.has(id) || line.vulnerabilities.get(id)?.notApplicable !== undefined
      ? []
      : [{ kind: "not-applicable", id, at, why }],
  );
  const returned = [...now].flatMap((id): readonly LineFact[] => {
    const saidAt = line.vulnerabilities.get(id)?.notApplicable?.at;
    return saidAt === undefined || saidAt >= at ? [] : [{ kind: "returned", id, at }];
  });
  return [...ended, ...returned];
}
