import { InvalidInputError, quote } from "../errors.ts";
import type { Component } from "../sbom/component.ts";
import { type Instant, parseInstant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import { canonicalIdsOf } from "./canonical-id.ts";
import { packageMatchOf } from "./ecosystem.ts";
import type { Finding } from "./finding.ts";
import type { OsvAffected, OsvRecord } from "./osv.ts";
import { renderPackageKey } from "./package-key.ts";
import { exposureOf } from "./range.ts";
import { severityOf } from "./rating.ts";
import { SEVERITIES } from "./severity.ts";

/**
 * The vulnerabilities that records say these components have: one per vulnerability and source package, whichever of its
 * packages are there and however many records say so. Withdrawn records say nothing.
 *
 * @returns most severe first, then by score, id and package
 */
export function findingsOf(
  components: readonly Component[],
  records: readonly OsvRecord[],
): readonly Finding[] {
  const live = records.filter(({ withdrawn }) => withdrawn === undefined);
  const byId = new Map(live.map((record) => [record.id, record]));
  const statements = statementsIn(live);
  const findings = new Map<string, Finding>();
  for (const { component, key } of questionsOf(components)) {
    for (const { record, affected } of statements.get(key) ?? []) {
      const finding = findingOf(component, record, affected);
      if (finding === undefined) continue;
      for (const id of canonicalIdsOf(record, byId)) {
        const identity = findingKey({ id, packageName: finding.packageName });
        findings.set(identity, merged(findings.get(identity), { ...finding, id }));
      }
    }
  }
  return [...findings.values()].toSorted(inOrder);
}

/** Equal for findings of the same vulnerability in the same source package, whatever its version or release. */
export function findingKey({ id, packageName }: Pick<Finding, "id" | "packageName">): string {
  return JSON.stringify([id, packageName]);
}

interface Statement {
  readonly record: OsvRecord;
  readonly affected: OsvAffected;
}

/** What records say, by the package they say it about. */
function statementsIn(records: readonly OsvRecord[]): ReadonlyMap<string, readonly Statement[]> {
  const statements = new Map<string, Statement[]>();
  for (const record of records) {
    for (const affected of record.affected ?? []) {
      if (affected.package === undefined) continue;
      const key = renderPackageKey(affected.package);
      const known = statements.get(key) ?? [];
      known.push({ record, affected });
      statements.set(key, known);
    }
  }
  return statements;
}

/** Each source package in each version once, although most have several packages in an image. */
function questionsOf(
  components: readonly Component[],
): Iterable<{ readonly component: Component; readonly key: string }> {
  const questions = new Map<string, { readonly component: Component; readonly key: string }>();
  for (const component of components) {
    const match = packageMatchOf(component);
    if (match.kind === "unmatched") continue;
    for (const key of match.keys.map(renderPackageKey)) {
      const identity = JSON.stringify([key, component.source.name, component.version]);
      if (!questions.has(identity)) questions.set(identity, { component, key });
    }
  }
  return questions.values();
}

function findingOf(component: Component, record: OsvRecord, affected: OsvAffected): Finding | undefined {
  const exposure = exposureOf(component.type, component.version, affected);
  if (exposure.kind === "not-affected") return undefined;
  const { fixedVersion } = exposure;
  return {
    id: record.id,
    recordId: record.id,
    ...severityOf(record, affected),
    packageName: component.source.name,
    installedVersion: component.version,
    ...(fixedVersion === undefined ? {} : { fixedVersion }),
    publishedAt: publishedAtOf(record),
  };
}

function publishedAtOf(record: OsvRecord): Instant {
  const at = parseInstant(record.published ?? record.modified);
  if (at !== undefined) return at;
  throw new InvalidInputError("advisory-invalid", `${quote(record.id)} has no date that can be read`);
}

/** Of two records about one vulnerability in one package: the graver one, known since the earlier. */
function merged(known: Finding | undefined, finding: Finding): Finding {
  if (known === undefined) return finding;
  const [graver, other] = inOrder(known, finding) <= 0 ? [known, finding] : [finding, known];
  const publishedAt = other.publishedAt < graver.publishedAt ? other.publishedAt : graver.publishedAt;
  return { ...graver, publishedAt };
}

function inOrder(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    (b.score ?? -1) - (a.score ?? -1) ||
    compareTexts(a.id, b.id) ||
    compareTexts(a.packageName, b.packageName) ||
    compareTexts(a.recordId, b.recordId) ||
    compareTexts(a.installedVersion, b.installedVersion)
  );
}
