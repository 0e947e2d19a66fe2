import type { Digest } from "../../image/digest.ts";
import { type ImageLine, renderLine } from "../../image/reference.ts";
import type { TargetKey } from "../../ports/clock-facts.ts";
import type { ProposalRecord, Store, VerdictRecord, WatchState } from "../../ports/store.ts";
import { baseOf } from "../../proposal/plan.ts";
import { evaluateTarget } from "../../sla/evaluate.ts";
import type { PlaceEvaluation } from "../../sla/evaluation.ts";
import { type LineFact, type TargetFact, uniqueFacts } from "../../sla/facts.ts";
import { type Line, lineOf } from "../../sla/line.ts";
import type { SlaPolicy } from "../../sla/policy.ts";
import { successionOf } from "../../sla/succession.ts";
import { type Timer, timerOf } from "../../sla/timer.ts";
import { DAY_MS, type Instant, instantOf } from "../../time.ts";
import { isBackwards } from "../../watch/history.ts";
import { assessmentFacts } from "./assessment-facts.ts";
import { listedFact, observedFacts, verdictFacts } from "./line-facts.ts";
import { type Pair, pairsOf, updatesOf } from "./pairs.ts";
import { mergesOf, scanFacts } from "./target-facts.ts";

/** The clocks of a target, with what was not written down yet of what they are computed from. */
export interface Clocks {
  readonly key: TargetKey;
  readonly policy: SlaPolicy;
  readonly line: Line;
  readonly places: readonly PlaceEvaluation[];
  /** Absent where nothing ever ran. */
  readonly timer?: Timer;
  readonly news: { readonly line: readonly LineFact[]; readonly target: readonly TargetFact[] };
  /** The digest that the tag stands on is not proposed instead of the one that is: it would bring these back. */
  readonly regression?: { readonly next: Digest; readonly ids: readonly string[] };
}

/** What clocks of a target are asked with. */
export interface ClockQuestion {
  readonly key: TargetKey;
  readonly policy: SlaPolicy;
  /** The pull requests of the target's groups, of each the last one that there was. */
  readonly proposals: readonly ProposalRecord[];
  readonly now: Instant;
}

/** What clocks are read from. */
export type ClockStore = Pick<
  Store,
  "lineFacts" | "targetFacts" | "scan" | "watch" | "verdict" | "verdicts" | "assessment" | "approval"
>;

/** Reads clocks. What it read of a line is read once for all who pin it: one reader for one look. */
export interface ClockReader {
  readonly clocksOf: (question: ClockQuestion) => Promise<Clocks>;
}

/**
 * Clocks from what is stored: from the facts that were written down, and from what scans, looks, verdicts and assessments say beyond them.
 * Nothing is lost where a process died before it wrote down what it had found out.
 */
export function createClockReader(store: ClockStore): ClockReader {
  const lines = new Map<string, Promise<LineSources>>();
  const assessed = new Map<string, ReturnType<Store["assessment"]>>();
  const linesOf = (line: ImageLine): Promise<LineSources> => {
    const name = renderLine(line);
    const known = lines.get(name) ?? sourcesOf(line, store);
    lines.set(name, known);
    return known;
  };
  const assessmentOf = (line: ImageLine, from: Digest, to: Digest): ReturnType<Store["assessment"]> => {
    const name = `${renderLine(line)} ${from} ${to}`;
    const known = assessed.get(name) ?? store.assessment(line.repository, from, to);
    assessed.set(name, known);
    return known;
  };

  return {
    async clocksOf({ key, policy, proposals, now }) {
      const sources = await linesOf(key.line);
      const scan = await store.scan(baseOf(key));
      const written = await store.targetFacts(key);
      const found = scanFacts(key, scan, written, mergesOf(proposals, key));
      const pairs = await pairsOf(key, { watch: sources.watch, scan, proposals, store });
      const news = {
        line: [...sources.news],
        target: [...found],
      };
      let line = lineOf([...sources.written, ...news.line], now);
      for (const { from, to, towards, isApproved } of pairs) {
        const assessment = await assessmentOf(key.line, from, to);
        const record = await store.verdict({ repository: key.line.repository, digest: to });
        if (assessment === undefined || record === undefined) continue;
        const { assessedAt: at } = assessment;
        const isStepBack = isBackwardsTo(to, towards) || assessment.class === "moved-backwards";
        news.line.push(...verdictFacts(record, line.digests.get(to)));
        // Where a newer tag stands this one never did: its vendor's clock does not stop by that.
        if (isOwn(towards, key)) news.line.push(...listedFact(to, { history: towards.history, line }));
        if (
          isStepBack &&
          line.digests.get(to)?.isBackwards !== true &&
          assessment.class === "moved-backwards"
        ) {
          news.line.push({ kind: "backwards", digest: to, at });
        }
        if (
          from !== to &&
          assessment.class !== "evidence-only" &&
          (!isStepBack || isApproved) &&
          record.verdict.kind === "verified"
        ) {
          if (!isOffered(written, from, to)) news.target.push({ kind: "offered", from, digest: to, at });
        }
        const said = assessmentFacts({ from, to, assessment }, line, sources.assessedAts);
        news.line.push(...said.filter((fact) => !isToldToday(fact, sources.assessedAts)));
        line = lineOf([...sources.written, ...news.line], now);
      }
      const target = uniqueFacts([...written, ...news.target]);
      const places = evaluateTarget(line, target, policy, now);
      const timer = timerOf(places);
      const regression = regressionOf(pairs, {
        line,
        places,
        policy,
        proposed: proposedOf(proposals, key.line),
      });
      return {
        key,
        policy,
        line,
        places,
        news,
        ...(timer === undefined ? {} : { timer }),
        ...(regression === undefined ? {} : { regression }),
      };
    },
  };
}

/** Writes down what was found out. */
export async function keepNews(
  { key, news }: Pick<Clocks, "key" | "news">,
  store: Pick<Store, "addLineFacts" | "addTargetFacts">,
): Promise<void> {
  if (news.line.length > 0) await store.addLineFacts(key.line, news.line);
  if (news.target.length > 0) await store.addTargetFacts(key, news.target);
}

const END_OF_TIME = instantOf(8_640_000_000_000_000);

/** What is known of a line, whoever pins it. */
interface LineSources {
  readonly watch: WatchState;
  readonly written: readonly LineFact[];
  readonly news: readonly LineFact[];
  readonly assessedAts: readonly Instant[];
}

async function sourcesOf(line: ImageLine, store: ClockStore): Promise<LineSources> {
  const [watch, written] = await Promise.all([store.watch(line), store.lineFacts(line)]);
  const digests = [...new Set(watch.history.map(({ digest }) => digest))];
  const records = await store.verdicts(digests.map((digest) => ({ repository: line.repository, digest })));
  const known = lineOf(written, END_OF_TIME);
  const news = [
    ...observedFacts(watch.history, written),
    ...records.flatMap((record: VerdictRecord) =>
      verdictFacts(record, known.digests.get(record.image.digest)),
    ),
  ];
  const assessedAts = written.flatMap((fact) => (fact.kind === "assessed" ? [fact.at] : []));
  return { watch, written, news, assessedAts };
}

/** Digests that open pull requests propose for a line. */
function proposedOf(proposals: readonly ProposalRecord[], line: ImageLine): ReadonlySet<Digest> {
  const updates = updatesOf(proposals, "open");
  return new Set(
    updates.flatMap((update) => (renderLine(update.line) === renderLine(line) ? [update.to] : [])),
  );
}

function regressionOf(
  pairs: readonly Pair[],
  {
    proposed,
    line,
    places,
    policy,
  }: Pick<Clocks, "line" | "places" | "policy"> & { readonly proposed: ReadonlySet<Digest> },
): Clocks["regression"] {
  for (const { from, to: next } of pairs) {
    if (from === next || proposed.has(next)) continue;
    for (const digest of proposed) {
      const succession = successionOf({ proposed: digest, next }, line, places, policy);
      if (succession.kind === "stay") return { next, ids: succession.regressions };
    }
  }
  return undefined;
}

function isOffered(written: readonly TargetFact[], from: Digest, to: Digest): boolean {
  return written.some((fact) => fact.kind === "offered" && fact.from === from && fact.digest === to);
}

/** One look for vulnerabilities a day is kept. */
function isToldToday(fact: LineFact, assessedAts: readonly Instant[]): boolean {
  return (
    fact.kind === "assessed" &&
    assessedAts.some((at) => Math.floor(at / DAY_MS) === Math.floor(fact.at / DAY_MS))
  );
}

function isOwn({ line }: WatchState, key: TargetKey): boolean {
  return renderLine(line) === renderLine(key.line);
}

function isBackwardsTo(digest: Digest, { history }: WatchState): boolean {
  return history.at(-1)?.digest === digest && isBackwards(history);
}
