import { type Severity, SEVERITIES } from "../../src/advisory/severity.ts";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import { evaluateTarget } from "../../src/sla/evaluate.ts";
import type { LineFact, TargetFact } from "../../src/sla/facts.ts";
import { lineOf } from "../../src/sla/line.ts";
import { policyOfPreset, presetOf } from "../../src/sla/presets.ts";
import { DAY_MS, type Instant, instantOf, later } from "../../src/time.ts";

const DAY_0 = instantOf(Date.UTC(2026, 10, 1));
const NOW = later(DAY_0, 10 * DAY_MS);
/** Vulnerabilities of the old image of a line that the new one fixes. */
const IDS_OF_LINE = 20;
const TARGETS_OF_LINE = 50;

/** How many obligations are open, met and late among so many, computed from their facts. */
export interface Evaluated {
  readonly count: number;
  readonly byState: Readonly<Record<string, number>>;
}

interface StoredLine {
  readonly facts: readonly LineFact[];
  readonly targets: readonly (readonly TargetFact[])[];
}

/** Facts of lines and targets that make so many obligations. Every other target has merged, every fourth of those late. */
export function storedLines(obligationCount: number): readonly StoredLine[] {
  return Array.from({ length: obligationCount / (IDS_OF_LINE * TARGETS_OF_LINE) }, (_, line) => ({
    facts: lineFacts(line),
    targets: Array.from({ length: TARGETS_OF_LINE }, (__, target) => targetFacts(line, target)),
  }));
}

/** Computes all of it, as every look at a page or at what is overdue does. */
export function evaluateAll(lines: readonly StoredLine[]): Evaluated {
  const preset = presetOf("bellsoft-default");
  if (preset === undefined) throw new Error("there is no policy bellsoft-default");
  const policy = policyOfPreset(preset);
  const byState: Record<string, number> = {};
  let count = 0;
  for (const { facts, targets } of lines) {
    const line = lineOf(facts, NOW);
    for (const target of targets) {
      for (const { obligations } of evaluateTarget(line, target, policy, NOW)) {
        for (const { state } of obligations) byState[state] = (byState[state] ?? 0) + 1;
        count += obligations.length;
      }
    }
  }
  return { count, byState };
}

function lineFacts(line: number): readonly LineFact[] {
  const ids = Array.from({ length: IDS_OF_LINE }, (_, at) => `CVE-2026-${line * IDS_OF_LINE + at + 10_000}`);
  return [
    { kind: "onboarded", at: day(-30) },
    ...arrived(digest(line, 0), -20, ids),
    ...arrived(digest(line, 1), 0, []),
    ...ids.flatMap((id, at) => vulnerability(id, SEVERITIES[at % SEVERITIES.length] ?? "unknown")),
  ];
}

function arrived(name: Digest, on: number, ids: readonly string[]): readonly LineFact[] {
  return [
    { kind: "observed", digest: name, at: day(on), after: day(on - 0.1) },
    { kind: "verified", digest: name, at: day(on) },
    { kind: "affected", digest: name, at: day(on), ids },
  ];
}

function vulnerability(id: string, severity: Severity): readonly LineFact[] {
  const known = { publishedAt: day(-5), seenAt: day(-5), wasHealthy: true, hasFix: true } as const;
  return [
    { kind: "vulnerability", id, ...known, packages: ["expat"] },
    { kind: "rated", id, severity, at: day(-5) },
  ];
}

function targetFacts(line: number, target: number): readonly TargetFact[] {
  const place = { path: "Dockerfile", ordinal: 0 };
  const old = { kind: "pinned", place, digest: digest(line, 0), at: day(-20), how: "scanned" } as const;
  const [subscribed, offered] = [
    { kind: "subscribed", at: day(-20) },
    { kind: "offered", from: digest(line, 0), digest: digest(line, 1), at: day(0) },
  ] as const;
  const mergedAt = target % 4 === 0 ? day(9) : day(2);
  const merged = { kind: "pinned", place, digest: digest(line, 1), at: mergedAt, how: "merged" } as const;
  return [subscribed, old, offered, ...(target % 2 === 0 ? [merged] : [])];
}

function digest(line: number, number: number): Digest {
  return parseDigest(`sha256:${(line * 16 + number).toString(16).padStart(64, "0")}`);
}

function day(number: number): Instant {
  return later(DAY_0, number * DAY_MS);
}
