import type { Severity } from "../../src/advisory/severity.ts";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import { evaluateTarget } from "../../src/sla/evaluate.ts";
import type { Evaluation, PlaceEvaluation } from "../../src/sla/evaluation.ts";
import type { LineFact, PlaceId, TargetFact } from "../../src/sla/facts.ts";
import { type Line, lineOf } from "../../src/sla/line.ts";
import { parsePeriod, type Period } from "../../src/sla/period.ts";
import type { SlaPolicy } from "../../src/sla/policy.ts";
import { POLICY_DEFAULTS } from "../../src/sla/presets.ts";
import { DAY_MS, type Instant, instantOf, later } from "../../src/time.ts";

/** Day 0 of every story. */
export const DAY_0 = instantOf(Date.UTC(2026, 10, 1, 12));

export function day(number: number): Instant {
  return later(DAY_0, Math.round(number * DAY_MS));
}

export function dayOf(at: Instant | undefined): number | undefined {
  return at === undefined ? undefined : (at - DAY_0) / DAY_MS;
}

/** Digest number `n`. */
export function digest(n: number): Digest {
  return parseDigest(`sha256:${n.toString(16).padStart(64, "0")}`);
}

export const [D0, D1, D2, D3] = [digest(0xd0), digest(0xd1), digest(0xd2), digest(0xd3)];

export function period(text: string): Period {
  const parsed = parsePeriod(text);
  if (parsed === undefined) throw new Error(`not a period: ${text}`);
  return parsed;
}

/** BellSoft's numbers; 30 days for what fixes nothing known. */
export const POLICY: SlaPolicy = {
  ...POLICY_DEFAULTS,
  id: "test",
  basis: "test",
  terms: {
    critical: period("7d"),
    high: period("14d"),
    medium: period("14d"),
    low: period("14d"),
    none: period("30d"),
    unknown: period("14d"),
  },
};

export const FILE: PlaceId = { path: "Dockerfile", ordinal: 0 };
export const OTHER_FILE: PlaceId = { path: "web/Dockerfile", ordinal: 0 };

export interface VulnerabilityOptions {
  readonly published?: number;
  readonly seen?: number;
  readonly wasHealthy?: boolean;
  readonly hasFix?: boolean;
}

/** A vulnerability that was published and seen then, with its rating. */
export function vulnerability(
  id: string,
  severity: Severity,
  options: VulnerabilityOptions = {},
): readonly LineFact[] {
  const { published = -10, wasHealthy = false, hasFix = true } = options;
  const { seen = published } = options;
  return [
    {
      kind: "vulnerability",
      id,
      publishedAt: day(published),
      seenAt: day(seen),
      wasHealthy,
      packages: ["expat"],
      hasFix,
    },
    { kind: "rated", id, severity, at: day(seen) },
  ];
}

/** The tag came to a digest, which was verified at once. */
export function arrived(name: Digest, at: number, ids: readonly string[]): readonly LineFact[] {
  return [
    { kind: "observed", digest: name, at: day(at), after: day(at - 1 / 24) },
    { kind: "verified", digest: name, at: day(at) },
    { kind: "affected", digest: name, at: day(at), ids },
  ];
}

export function rated(id: string, severity: Severity, at: number): LineFact {
  return { kind: "rated", id, severity, at: day(at) };
}

export function pinned(
  name: Digest,
  at: number,
  { place = FILE, how = "scanned" }: { place?: PlaceId; how?: "merged" | "scanned" } = {},
): TargetFact {
  return { kind: "pinned", place, digest: name, at: day(at), how };
}

export function offered(from: Digest, to: Digest, at: number): TargetFact {
  return { kind: "offered", from, digest: to, at: day(at) };
}

/** Somebody subscribed long ago and pins D0. */
export const AT_D0: readonly TargetFact[] = [{ kind: "subscribed", at: day(-30) }, pinned(D0, -30)];

/** D0 has `CVE-1`, D1 of day 0 fixes it. */
export function fixedOnDay0(severity: Severity, options?: VulnerabilityOptions): readonly LineFact[] {
  return [
    ...vulnerability("CVE-1", severity, options),
    ...arrived(D0, -20, ["CVE-1"]),
    ...arrived(D1, 0, []),
  ];
}

export function lineAt(facts: readonly LineFact[], now: number): Line {
  return lineOf(facts, day(now));
}

export interface Story {
  readonly line: readonly LineFact[];
  readonly target?: readonly TargetFact[];
  readonly policy?: Partial<SlaPolicy>;
  readonly now: number;
}

export function placesOf({ line, target = AT_D0, policy = {}, now }: Story): readonly PlaceEvaluation[] {
  return evaluateTarget(lineAt(line, now), target, { ...POLICY, ...policy }, day(now));
}

export function evaluationsOf(story: Story): readonly Evaluation[] {
  return placesOf(story).flatMap(({ obligations }) => obligations);
}

/** `CVE-1 open critical 0..7`: id, state, severity, start and due, in days; `-` for none, `@8` for when it ended. */
export function told(story: Story): readonly string[] {
  return evaluationsOf(story).map(
    ({ id, state, severity, startedAt, dueAt, endedAt }) =>
      `${id} ${state} ${severity} ${rounded(startedAt)}..${rounded(dueAt)}${endedAt === undefined ? "" : ` @${rounded(endedAt)}`}`,
  );
}

function rounded(at: Instant | undefined): string {
  const days = dayOf(at);
  return days === undefined ? "-" : String(Math.round(days * 1e6) / 1e6);
}
