import { InvalidInputError, quote } from "../errors.ts";
import type { Component, ComponentList } from "../sbom/component.ts";
import { type Instant, parseInstant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { AdvisoryIndex, Statement } from "./advisory-index.ts";
import { packageMatchOf } from "./ecosystem.ts";
import type { Finding, NotAffected } from "./finding.ts";
import type { OsvRecord } from "./osv.ts";
import { type PackageKey, renderPackageKey } from "./package-key.ts";
import { exposureOf } from "./range.ts";
import { SEVERITIES } from "./severity.ts";
import type { VexStatement } from "./vex.ts";
import type { VexJudge } from "./vex-match.ts";

/** What is known of one vulnerability in one source package of an image, whatever packages of it are there. */
export interface Judgement {
  readonly finding: Finding;
  readonly state:
    | { readonly kind: "affected" }
    | { readonly kind: "unknown"; /** For people. */ readonly reason: string }
    | { readonly kind: "not-affected"; readonly because: NotAffected };
  /** {@link packageNameOf} of the packages it was found in. */
  readonly packages: ReadonlySet<string>;
}

/** A component list against advisories. */
export interface Reading {
  /** By {@link findingKey}. */
  readonly judgements: ReadonlyMap<string, Judgement>;
  /** {@link packageNameOf} of all source packages in the list. */
  readonly packages: ReadonlySet<string>;
  /** Components that could be asked about, and those of them by their own name because nothing says their source. */
  readonly matched: ReadonlySet<string>;
  readonly ownNamed: ReadonlySet<string>;
  /** Components that could not, with the reason; and the source packages of those, by {@link packageNameOf}. */
  readonly unmatched: ReadonlyMap<string, string>;
  readonly unmatchedPackages: ReadonlyMap<string, string>;
}

/** Reason of packages that no configured feed speaks of. */
export const NO_FEED = "no feed speaks of their ecosystem";

/**
 * What advisories say about a component list: one judgement per vulnerability and source package, however many records and packages
 * say so. If any of its packages is affected, it is.
 */
export function readingOf(list: ComponentList, index: AdvisoryIndex, vex: VexJudge): Reading {
  const { questions, ...reading } = questionsOf(list, index);
  const judgements = new Map<string, Judgement>();
  const knowledge = { list, index, vex };
  for (const question of questions) {
    const asked = { ...question, packages: new Set(question.components.map(packageNameOf)) };
    for (const statement of index.statementsAbout(question.key)) {
      for (const judgement of judgementsOf(asked, statement, knowledge)) {
        const key = findingKey(judgement.finding);
        judgements.set(key, mergedOf(judgements.get(key), judgement));
      }
    }
  }
  return { ...reading, judgements };
}

/** The vulnerabilities that a list has for certain, in the order of {@link inOrder}. */
export function affectedIn({ judgements }: Reading): readonly Finding[] {
  const affected = [...judgements.values()].filter(({ state }) => state.kind === "affected");
  return affected.map(({ finding }) => finding).toSorted(inOrder);
}

/** Equal for findings of the same vulnerability in the same source package, whatever its version or release. */
export function findingKey({ id, packageName }: Pick<Finding, "id" | "packageName">): string {
  return JSON.stringify([id, packageName]);
}

/** Equal for packages of one source package and type. */
export function packageNameOf({ type, source }: Component): string {
  return JSON.stringify([type, source.name]);
}

/** Most severe first, then by score, id and package. */
export function inOrder(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    (b.score ?? -1) - (a.score ?? -1) ||
    compareTexts(a.id, b.id) ||
    compareTexts(a.packageName, b.packageName) ||
    // Who rates it first: the record that knows the package.
    Number(a.ratedBy !== undefined) - Number(b.ratedBy !== undefined) ||
    compareTexts(a.recordId, b.recordId) ||
    compareTexts(a.installedVersion, b.installedVersion)
  );
}

/** Of two judgements about one vulnerability in one package: the worse; of two alike, the graver one, known since the earlier. */
export function mergedOf(known: Judgement | undefined, other: Judgement): Judgement {
  if (known === undefined) return other;
  const order = STATES[known.state.kind] - STATES[other.state.kind] || inOrder(known.finding, other.finding);
  const [first, second] = order <= 0 ? [known, other] : [other, known];
  const { publishedAt } = second.finding;
  const earliest = publishedAt < first.finding.publishedAt ? publishedAt : first.finding.publishedAt;
  return {
    state: first.state,
    finding: { ...first.finding, publishedAt: earliest },
    packages: new Set([...first.packages, ...second.packages]),
  };
}

const STATES = { affected: 0, unknown: 1, "not-affected": 2 } as const;

/** One source package in one version, with what was built from it. */
interface Question {
  readonly key: PackageKey;
  readonly version: string;
  readonly order: string;
  readonly packageName: string;
  readonly components: Component[];
}

type Questions = Omit<Reading, "judgements"> & { readonly questions: Iterable<Question> };

/** Each source package in each version once, although most have several packages in an image. */
function questionsOf(list: ComponentList, index: AdvisoryIndex): Questions {
  const questions = new Map<string, Question>();
  const packages = new Set<string>();
  const matched = new Set<string>();
  const ownNamed = new Set<string>();
  const unmatched = new Map<string, string>();
  const unmatchedPackages = new Map<string, string>();
  for (const component of list.components) {
    const identity = JSON.stringify([component.key, component.version]);
    packages.add(packageNameOf(component));
    const match = packageMatchOf(component, list);
    const keys =
      match.kind === "matched" ? match.keys.filter(({ ecosystem }) => index.covers(ecosystem)) : [];
    if (match.kind === "unmatched" || keys.length === 0) {
      const reason = match.kind === "unmatched" ? match.reason : NO_FEED;
      unmatched.set(identity, reason);
      unmatchedPackages.set(packageNameOf(component), reason);
      continue;
    }
    matched.add(identity);
    if (match.isOwnName) ownNamed.add(identity);
    for (const key of keys) ask(questions, key, { ...match, component });
  }
  return { questions: questions.values(), packages, matched, ownNamed, unmatched, unmatchedPackages };
}

function ask(
  questions: Map<string, Question>,
  key: PackageKey,
  {
    component,
    version,
    order,
  }: { readonly component: Component; readonly version: string; readonly order: string },
): void {
  const identity = JSON.stringify([renderPackageKey(key), component.source.name, version]);
  const known = questions.get(identity);
  if (known !== undefined) known.components.push(component);
  else
    questions.set(identity, {
      key,
      version,
      order,
      packageName: component.source.name,
      components: [component],
    });
}

interface Knowledge {
  readonly list: ComponentList;
  readonly index: AdvisoryIndex;
  readonly vex: VexJudge;
}

function judgementsOf(
  question: Question & Pick<Judgement, "packages">,
  { record, affected }: Statement,
  { list, index, vex }: Knowledge,
): readonly Judgement[] {
  const { version, order, packageName, components, packages } = question;
  const exposure = exposureOf(order, version, affected);
  if (exposure.kind === "not-affected") return [];
  const rating = index.severityOf(record, affected);
  return index.idsOf(record).map((id) => {
    const other = rating.severity === "unknown" ? index.ratingOf(id) : undefined;
    const { recordId: ratedBy, ...rated } = other ?? { ...rating, recordId: record.id };
    const finding: Finding = {
      id,
      recordId: record.id,
      ...rated,
      ...(ratedBy === record.id ? {} : { ratedBy }),
      packageName,
      installedVersion: version,
      ...(exposure.kind === "affected" && exposure.fixedVersion !== undefined
        ? { fixedVersion: exposure.fixedVersion }
        : {}),
      publishedAt: publishedAtOf(record),
      ...index.signalsOf(id),
    };
    const because = whyNot(finding, record, (names) =>
      components.map((component) => vex(component, names, list)),
    );
    if (because !== undefined) return { finding, packages, state: { kind: "not-affected", because } };
    return exposure.kind === "affected"
      ? { finding, packages, state: { kind: "affected" } }
      : { finding, packages, state: { kind: "unknown", reason: unorderedReason(version) } };
  });
}

function unorderedReason(version: string): string {
  return `whether version ${quote(version)} has the fix: it has no order that is known`;
}

/** All packages that were built from the source must be said not to be affected. */
function whyNot(
  { id, packageName }: Finding,
  record: OsvRecord,
  statementsFor: (names: readonly string[]) => readonly (VexStatement | undefined)[],
): NotAffected | undefined {
  if (record.withdrawn !== undefined) {
    const detail = record.summary === undefined ? {} : { detail: record.summary };
    return { id, packageName, why: "withdrawn", ...detail, saidBy: record.id };
  }
  const names = [id, record.id, ...(record.aliases ?? []).filter((alias) => !alias.startsWith("CVE-"))];
  const statements = statementsFor(names);
  const [first] = statements;
  if (first === undefined || !statements.every((each) => each !== undefined && isDenied(each)))
    return undefined;
  const isFixed = statements.every((each) => each !== undefined && isMitigated(each));
  const detail = first.justification ?? first.impact;
  return {
    id,
    packageName,
    why: isFixed ? "backport" : "vex",
    ...(detail === undefined ? {} : { detail }),
    saidBy: first.author,
  };
}

function isDenied({ status }: VexStatement): boolean {
  return status === "not_affected" || status === "fixed";
}

/** Vendors who never say `fixed` say this of a fix that was brought back to an older version. */
function isMitigated({ status, justification }: VexStatement): boolean {
  return status === "fixed" || justification === "inline_mitigations_already_exist";
}

function publishedAtOf(record: OsvRecord): Instant {
  const at = parseInstant(record.published ?? record.modified);
  if (at !== undefined) return at;
  throw new InvalidInputError("advisory-invalid", `${quote(record.id)} has no date that can be read`);
}
