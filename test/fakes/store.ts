import { inflateSync } from "node:zlib";
import { componentListSchema } from "../../src/adapters/redis/component-records.ts";
import type { PackedComponents } from "../../src/sbom/packed.ts";
import type { Digest } from "../../src/image/digest.ts";
import {
  type ImageLine,
  type Repository,
  isSameRepository,
  renderImage,
  renderLine,
  renderRepository,
} from "../../src/image/reference.ts";
import type {
  DueWork,
  ProposalKey,
  ProposalRecord,
  Store,
  StoreEvent,
  VerdictRecord,
  WatchState,
} from "../../src/ports/store.ts";
import { branchName, type CodeBranch, type CodeRepository } from "../../src/proposal/plan.ts";
import type { Assessment } from "../../src/assess/assessment.ts";
import { type Instant, later } from "../../src/time.ts";
import { PUSH_ELSEWHERE_GAP_MS, PUSH_GAP_MS } from "../../src/watch/push.ts";
import type { PollRecord } from "../../src/watch/round.ts";
import type { TagRecord } from "../../src/watch/tag-record.ts";
import { type Scan, linesOf } from "../../src/watch/scan.ts";
import { createFakeClockFacts } from "./clock-facts.ts";
import { createFakeCodeEvents } from "./code-events.ts";
import { createFakeConfigs } from "./configs.ts";
import { createFakeDeclined } from "./declined.ts";
import { createFakeFeeds } from "./feeds.ts";
import { createFakeFileIndex } from "./file-index.ts";
import { createFakeOpenings } from "./openings.ts";
import { createFakeOperators } from "./operators.ts";
import { createFakeRepositories } from "./repositories.ts";
import { createFakeVexDocuments } from "./vex-documents.ts";

/** What a test may look at that the port does not show. */
export interface FakeStore extends Store {
  /** When a piece of work is due; undefined when it is not scheduled. */
  dueAt(work: DueWork): Instant | undefined;
}

/** A {@link Store} in memory. Values are copied on the way in and out, as if they had been written down. */
export function createFakeStore(): FakeStore {
  const due = dueWork();
  const pushed = new Map<string, Instant>();
  const watching = scansAndWatches(pushed, due);
  const facts = {
    ...records(),
    ...proposals(),
    ...events(),
    ...createFakeClockFacts(),
    ...createFakeOperators(),
    ...createFakeRepositories(),
    ...createFakeVexDocuments(),
    ...createFakeDeclined(),
    ...createFakeConfigs(),
    ...createFakeFeeds(),
    ...createFakeFileIndex(),
    ...createFakeOpenings(),
  };
  const codeEvents = createFakeCodeEvents({ ...watching, ...facts, ...due });
  return { ...watching, ...pushes(pushed, watching, due), ...facts, ...due, ...codeEvents };
}

type Part<Names extends keyof Store> = Pick<Store, Names>;

function scansAndWatches(
  pushed: ReadonlyMap<string, Instant>,
  due: Part<"schedule"> & Pick<FakeStore, "dueAt">,
): Part<
  | "saveScan"
  | "scan"
  | "scansOf"
  | "scansIn"
  | "scans"
  | "linesOf"
  | "watch"
  | "watches"
  | "watched"
  | "savePoll"
> {
  const scans = new Map<string, Scan>();
  const looks = new Map<string, TagRecord>();
  const polls = new Map<string, PollRecord>();

  const sortedScans = (): Scan[] =>
    [...scans.values()].toSorted((a, b) => compare(branchName(a), branchName(b)));

  /** Every line that somebody subscribed to, with who did, by name. */
  const subscriptions = (): readonly { line: ImageLine; subscribers: CodeBranch[] }[] => {
    const found = new Map<string, { line: ImageLine; subscribers: CodeBranch[] }>();
    for (const scan of sortedScans()) {
      for (const line of linesOf(scan)) {
        const entry = found.get(renderLine(line)) ?? { line, subscribers: [] };
        entry.subscribers.push({ codeRepository: scan.codeRepository, branch: scan.branch });
        found.set(renderLine(line), entry);
      }
    }
    return [...found.values()].toSorted((a, b) => compare(renderLine(a.line), renderLine(b.line)));
  };

  const watchOf = (line: ImageLine, subscribers: readonly CodeBranch[]): WatchState => ({
    line,
    subscribers,
    ...(looks.get(renderLine(line)) ?? { history: [] }),
  });

  return {
    async saveScan(scan) {
      scans.set(branchName(scan), structuredClone(scan));
      for (const { repository } of linesOf(scan)) {
        const poll = { kind: "poll", repository } as const;
        if (due.dueAt(poll) === undefined) await due.schedule(poll, scan.scannedAt, "set");
      }
    },
    async scan(of) {
      return structuredClone(scans.get(branchName(of)));
    },
    async scansOf(branches) {
      return structuredClone(branches.flatMap((branch) => scans.get(branchName(branch)) ?? []));
    },
    async scansIn(codeRepository) {
      const isMeant = (scan: Scan): boolean => nameOf(scan.codeRepository) === nameOf(codeRepository);
      return structuredClone(sortedScans().filter(isMeant));
    },
    async scans() {
      return structuredClone(sortedScans());
    },
    async linesOf(repository) {
      const lines = subscriptions().map(({ line }) => line);
      return structuredClone(lines.filter((line) => isSameRepository(line.repository, repository)));
    },
    async watch(line) {
      const name = renderLine(line);
      const entry = subscriptions().find((each) => renderLine(each.line) === name);
      return structuredClone(watchOf(line, entry?.subscribers ?? []));
    },
    async watches() {
      return structuredClone(subscriptions().map(({ line, subscribers }) => watchOf(line, subscribers)));
    },
    async watched(repository) {
      const name = renderRepository(repository);
      const entries = subscriptions().filter(({ line }) => isSameRepository(line.repository, repository));
      const pushedAt = pushed.get(name);
      const pushedElsewhereAt = pushed.get(elsewhereOf(repository));
      return structuredClone({
        watches: entries.map(({ line, subscribers }) => watchOf(line, subscribers)),
        poll: polls.get(name) ?? {},
        ...(pushedAt === undefined ? {} : { pushedAt }),
        ...(pushedElsewhereAt === undefined ? {} : { pushedElsewhereAt }),
      });
    },
    async savePoll(repository, outcome) {
      const { looks: looked, poll, lostAt } = structuredClone(outcome);
      for (const { tag, record } of looked) looks.set(renderLine({ repository, tag }), record);
      polls.set(renderRepository(repository), poll);
      if (poll.next === undefined) return;
      const work = { kind: "poll", repository } as const;
      const dueAt = due.dueAt(work);
      const isAsIs = dueAt === undefined || dueAt === lostAt;
      await due.schedule(work, poll.next.at, isAsIs ? "set" : "sooner");
    },
  };
}

/** Under what pushes of tags that nobody watches are kept. */
function elsewhereOf(repository: Repository): string {
  return `elsewhere ${renderRepository(repository)}`;
}

function pushes(
  pushed: Map<string, Instant>,
  watching: Part<"linesOf" | "watched">,
  due: Part<"schedule">,
): Part<"noticePush" | "isWatched"> {
  return {
    async noticePush(repository, tag, at) {
      const lines = await watching.linesOf(repository);
      const isWatched = lines.some((line) => tag === undefined || line.tag === tag);
      const mayMove = lines.length > 0 && (await watching.watched(repository)).poll.listing !== undefined;
      if (!isWatched && !mayMove) return "not-watched";
      const name = isWatched ? renderRepository(repository) : elsewhereOf(repository);
      const gapMs = isWatched ? PUSH_GAP_MS : PUSH_ELSEWHERE_GAP_MS;
      const before = pushed.get(name);
      const isSoonAfter = before !== undefined && at >= before && at - before < gapMs;
      pushed.set(name, at);
      const dueAt = isSoonAfter ? later(before, gapMs) : at;
      await due.schedule({ kind: "poll", repository }, dueAt, "sooner");
      return "noticed";
    },
    isWatched: async (repository) => (await watching.linesOf(repository)).length > 0,
  };
}

function records(): Part<
  "verdict" | "verdicts" | "saveVerdict" | "components" | "saveComponents" | "assessment" | "saveAssessment"
> {
  const verdicts = new Map<string, VerdictRecord>();
  const components = new Map<Digest, PackedComponents>();
  const assessments = new Map<string, Assessment>();

  return {
    async verdict(image) {
      return structuredClone(verdicts.get(renderImage(image)));
    },
    async verdicts(images) {
      return structuredClone(images.flatMap((image) => verdicts.get(renderImage(image)) ?? []));
    },
    async saveVerdict(record) {
      verdicts.set(renderImage(record.image), structuredClone(record));
    },
    async components(digest) {
      const packed = components.get(digest);
      if (packed === undefined) return undefined;
      return componentListSchema.parse(JSON.parse(inflateSync(packed.deflated).toString("utf8")));
    },
    async saveComponents(digest, list) {
      components.set(digest, structuredClone(list));
    },
    async assessment(repository, from, to) {
      return structuredClone(assessments.get(assessmentKeyOf(repository, from, to)));
    },
    async saveAssessment(repository, from, to, assessment) {
      assessments.set(assessmentKeyOf(repository, from, to), structuredClone(assessment));
    },
  };
}

function proposals(): Part<"proposal" | "proposals" | "saveProposal"> {
  const saved = new Map<string, ProposalRecord>();

  return {
    async proposal(key) {
      return structuredClone(saved.get(proposalKeyOf(key)));
    },
    async proposals() {
      return structuredClone([...saved.values()]);
    },
    async saveProposal(record) {
      saved.set(proposalKeyOf(record), structuredClone(record));
    },
  };
}

function events(): Part<"append" | "events"> {
  const stream: StoreEvent[] = [];
  return {
    async append(event) {
      if (stream.some(({ key }) => key === event.key)) return false;
      stream.push(structuredClone(event));
      return true;
    },
    async events(limit) {
      return structuredClone(stream.toReversed().slice(0, limit));
    },
  };
}

function dueWork(): Part<"schedule" | "claimDue" | "firstDueAt" | "markKnown" | "unschedule"> &
  Pick<FakeStore, "dueAt"> {
  let isKnown = false;
  const scheduled = new Map<string, { readonly work: DueWork; readonly at: Instant }>();
  return {
    async schedule(work, at, mode) {
      const before = scheduled.get(identityOf(work));
      if (mode === "sooner" && before !== undefined && before.at <= at) return;
      scheduled.set(identityOf(work), { work: structuredClone(work), at });
    },
    async claimDue(now, leaseMs, limit, pollHorizonMs = Infinity) {
      const claimed = [...scheduled.values()]
        .filter(({ at, work }) => at <= now || (work.kind === "poll" && at > now + pollHorizonMs))
        .toSorted((a, b) => a.at - b.at || compare(identityOf(a.work), identityOf(b.work)))
        .slice(0, limit);
      for (const { work } of claimed) {
        scheduled.set(identityOf(work), { work, at: later(now, leaseMs) });
      }
      return structuredClone(claimed.map(({ work }) => work));
    },
    async markKnown() {
      const state = isKnown ? "known" : "new";
      isKnown = true;
      return state;
    },
    async firstDueAt() {
      return [...scheduled.values()].map(({ at }) => at).toSorted((a, b) => a - b)[0];
    },
    async unschedule(work) {
      scheduled.delete(identityOf(work));
    },
    dueAt(work) {
      return scheduled.get(identityOf(work))?.at;
    },
  };
}

function identityOf(work: DueWork): string {
  switch (work.kind) {
    case "poll":
      return keyOf("poll", work.repository.registry, work.repository.path);
    case "repositories":
      return keyOf("repositories");
    case "discover":
      return keyOf("discover", nameOf(work.codeRepository));
    case "verify":
      return keyOf("verify", renderImage(work.image));
    case "propose":
      return keyOf("propose", proposalKeyOf(work.proposal));
    case "revoke":
      return keyOf("revoke");
    case "sla":
      return keyOf("sla");
    case "mirror":
      return keyOf("mirror", work.feed);
    case "redeliver":
      return keyOf("redeliver");
    default:
      throw new Error(`unknown work ${JSON.stringify(work satisfies never)}`);
  }
}

function proposalKeyOf({ codeRepository, baseBranch, group }: ProposalKey): string {
  return keyOf(nameOf(codeRepository), baseBranch, group);
}

function assessmentKeyOf(repository: Repository, from: Digest, to: Digest): string {
  return keyOf(repository.registry, repository.path, from, to);
}

function nameOf({ owner, name }: CodeRepository): string {
  return `${owner}/${name}`;
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
