import { createHash } from "node:crypto";
import type { Digest } from "../../image/digest.ts";
import {
  type ImageId,
  type ImageLine,
  renderImage,
  renderLine,
  renderRepository,
  type Repository,
} from "../../image/reference.ts";
import type { TargetKey } from "../../ports/clock-facts.ts";
import type { GateKey } from "../../ports/host-gate.ts";
import type { ProposalKey } from "../../ports/store.ts";
import { branchName, type CodeBranch, type CodeRepository } from "../../proposal/plan.ts";

/**
 * Every Redis key of ours, with its type, bound and expiry. All share the hash tag `{hullkeeper}`, so that Redis Cluster
 * keeps them in one slot. Names inside keys come from parsers; no other text gets into one.
 */
const PREFIX = "{hullkeeper}";

/** What BullMQ puts before its own keys. */
export const QUEUE_PREFIX = `${PREFIX}:q`;

const DAY_S = 86_400;

/** How long facts about a digest outlive their last write: longer than any repository should pin it. */
export const FACT_TTL_S = 400 * DAY_S;
/** How long an event's key keeps the event from being appended again. */
export const EVENT_KEY_TTL_S = 400 * DAY_S;
/** How long a notice of a push is remembered: longer than it makes polls frequent. */
export const PUSH_TTL_S = 2 * 3_600;
/** How long the ids of webhooks are remembered: longer than GitHub keeps what it can send again. */
export const DELIVERY_TTL_S = 4 * DAY_S;
/** Ids of webhooks that are remembered at most: about 8 MB. */
export const DELIVERIES_MAX = 50_000;
/** How long a wish for a look at a pull request stands: longer than any looks are apart. */
export const LOOK_WISH_TTL_S = 7 * DAY_S;
/** How long somebody stands in line to open a pull request: longer than it takes to write one, or to find that a process died. */
export const OPENING_TTL_S = 10 * 60;
/** Events kept in the stream, about. */
export const EVENTS_MAX = 10_000;

export const keys = {
  /** String, JSON of a Scan. One per branch that was ever read; no expiry. */
  scan: (of: CodeBranch) => `${PREFIX}:scan:${branchName(of)}`,
  /** String, JSON of a FileIndex: 502 files at most, about 50 kB. One per branch that is read; no expiry. */
  fileIndex: (of: CodeBranch) => `${PREFIX}:files:${branchName(of)}`,
  /** Set of `owner/name#branch`. As many as scans; no expiry. */
  scans: () => `${PREFIX}:scans`,
  /** Set of the branches of a code repository that there are scans of; no expiry. */
  branches: (code: CodeRepository) => `${PREFIX}:branches:${codeName(code)}`,
  /** Scan and FileIndex of a code repository, as a release before had them, of one branch: moved to the above, never written. */
  scanBefore: (code: CodeRepository) => `${PREFIX}:scan:${codeName(code)}`,
  fileIndexBefore: (code: CodeRepository) => `${PREFIX}:files:${codeName(code)}`,
  /** String, JSON of a RepositoryListing: 10,000 code repositories at most. No expiry. */
  repositoryListing: () => `${PREFIX}:repositories`,
  /** Hash of BranchListings: JSON by `owner/name`. As many as code repositories; no expiry. */
  branchListings: () => `${PREFIX}:branch-listings`,
  /** Set of `registry/path:tag`. No expiry. */
  watches: () => `${PREFIX}:watches`,
  /** Set of tags of one repository that are watched. Gone with the last. */
  tags: (repository: Repository) => `${PREFIX}:tags:${renderRepository(repository)}`,
  /** Set of `owner/name#branch` that subscribe to a line. Gone with the last. */
  subscribers: (line: ImageLine) => `${PREFIX}:subscribers:${renderLine(line)}`,
  /** String, JSON of what is known of a tag: at most 100 observations. No expiry. */
  look: (line: ImageLine) => `${PREFIX}:look:${renderLine(line)}`,
  /** String, JSON of a PollRecord. No expiry. */
  poll: (repository: Repository) => `${PREFIX}:poll:${renderRepository(repository)}`,
  /** String, when somebody last said that a repository was pushed to, in milliseconds. Expires after {@link PUSH_TTL_S}. */
  pushed: (repository: Repository) => `${PREFIX}:pushed:${renderRepository(repository)}`,
  /** String, the same of a tag that nobody watches. Expires after {@link PUSH_TTL_S}. */
  pushedElsewhere: (repository: Repository) => `${PREFIX}:pushed-elsewhere:${renderRepository(repository)}`,
  /** String, JSON of a VerdictRecord. Expires. */
  verdict: (image: ImageId) => `${PREFIX}:verdict:${renderImage(image)}`,
  /** String, deflated JSON of a ComponentList, by content address. Expires. */
  components: (digest: Digest) => `${PREFIX}:components:${digest}`,
  /** String, deflated JSON list of OpenVEX documents: 16 and 8 MiB at most. Expires. */
  vexDocuments: (digest: Digest) => `${PREFIX}:vex:${digest}`,
  /** String, JSON of the ImageConfig that the manifest with this digest names: 5 MB at most, mostly 2 kB. Expires after it was last read. */
  config: (digest: Digest) => `${PREFIX}:config:${digest}`,
  /** What all keys of component lists look like, as SCAN has it. */
  anyComponents: () => `${PREFIX}:components:*`,
  /** String, JSON of an Assessment. Expires. */
  assessment: (repository: Repository, from: Digest, to: Digest) =>
    `${PREFIX}:assessment:v2:${renderRepository(repository)}@${from}..${to}`,
  /** String, JSON of a ProposalRecord. No expiry. */
  proposal: (key: ProposalKey) => `${PREFIX}:proposal:${proposalName(key)}`,
  /** Set of the names of all proposals. No expiry. */
  proposals: () => `${PREFIX}:proposals`,
  /** Hash of declined digests: JSON of a DeclinedDigest by its digest. 1,000 at most. Expires after the last one. */
  declinedDigests: (key: ProposalKey) => `${PREFIX}:declined-digests:${proposalName(key)}`,
  /** Set of digests, as a release before had it: read and emptied, never filled. Expires. */
  declined: (key: ProposalKey) => `${PREFIX}:declined:${proposalName(key)}`,
  /** String, when somebody last wished for a look at a pull request, in milliseconds. Expires after {@link LOOK_WISH_TTL_S}. */
  lookWish: (key: ProposalKey) => `${PREFIX}:look-wish:${proposalName(key)}`,
  /** Sorted set of groups that are about to open a pull request, in the order they came, scored by when they leave. Expires with the last. */
  openings: ({ codeRepository, baseBranch }: Omit<ProposalKey, "group">) =>
    `${PREFIX}:openings:${codeName(codeRepository)} ${baseBranch}`,
  /**
   * Writes to a code repository in the last hour: a sorted set, scored by when; and a hash of who waits for one: deadline, when it came, and until when it
   * keeps its place. One entry per proposal at most. Both expire.
   */
  hour: (codeRepository: CodeRepository) =>
    [
      `${PREFIX}:hour:taken:${codeName(codeRepository)}`,
      `${PREFIX}:hour:line:${codeName(codeRepository)}`,
    ] as const,
  /** Sorted set of ids of webhooks that were taken, scored by when: {@link DELIVERIES_MAX} at most. Expires after {@link DELIVERY_TTL_S}. */
  deliveries: () => `${PREFIX}:deliveries`,
  /** Sorted set of ids of webhooks that were asked for again, as above. */
  deliveriesAskedFor: () => `${PREFIX}:deliveries-asked-for`,
  /** String, up to when deliveries of webhooks were looked at, in milliseconds. No expiry. */
  deliveriesSeen: () => `${PREFIX}:deliveries-seen`,
  /** Hash of what happened to a line: JSON of a LineFact by its identity. 50,000 at most; no expiry. */
  lineFacts: (line: ImageLine) => `${PREFIX}:facts:${renderLine(line)}`,
  /** Hash of what happened to a line in a branch: JSON of a TargetFact by its identity. 50,000 at most; no expiry. */
  targetFacts: (target: TargetKey) => `${PREFIX}:target:${targetName(target)}`,
  /** Set of the names of all targets. No expiry. */
  targets: () => `${PREFIX}:targets`,
  /** Hash of deadlines that passed: JSON of a BreachRecord by its identity. 50,000 at most; no expiry: it is evidence. */
  breaches: (target: TargetKey) => `${PREFIX}:breaches:${targetName(target)}`,
  /** Hash of when a breach was taken back, in milliseconds, by its identity. As many as breaches at most; no expiry. */
  retractions: (target: TargetKey) => `${PREFIX}:retractions:${targetName(target)}`,
  /** Hash of what is no longer trusted: JSON of a DistrustRecord by its subject. 1,000 at most; no expiry. */
  distrusted: () => `${PREFIX}:distrusted`,
  /** Hash of approved steps backwards: JSON of an ApprovalRecord by line and digest. 1,000 at most; no expiry. */
  approvals: () => `${PREFIX}:approvals`,
  /** Stream of events, trimmed to about {@link EVENTS_MAX}. */
  events: () => `${PREFIX}:events`,
  /** String, present when the event with this key was appended. Expires. */
  event: (key: string) => `${PREFIX}:event:${key}`,
  /** String, there as long as nothing was lost. No expiry. */
  known: () => `${PREFIX}:known`,
  /** Sorted set of work, scored by when it is due in milliseconds. No expiry. */
  due: () => `${PREFIX}:due`,
  /** Hash of what is known of a host that requests are sent to. Expires a day after the last one. */
  gate: (host: string) => `${PREFIX}:gate:${host}`,
  /** Hash of one budget. Expires a day after the last request. */
  budget: ({ host, credential }: GateKey) => `${PREFIX}:budget:${host} ${credential}`,
  /** Sorted set of `host credential`, scored by the last use: 1,000 at most. Expires. */
  gates: () => `${PREFIX}:gates`,
  /**
   * The line of writers of one account at a code host: a hash of its pace; sorted sets of what was let through, of who waits with and without a
   * deadline and until when, and of who was let through a moment ago; a hash of costs. 15,000 entries in all at most. Expire a day after the last use.
   */
  lane: (account: string) =>
    ["pace", "spent", "dated", "undated", "turns", "let", "costs"].map(
      (part) => `${PREFIX}:lane:${part}:${account}`,
    ),
  /** Hash of mirrored feeds: JSON of a stored feed by its id. As many as were ever configured at once; no expiry. */
  feeds: () => `${PREFIX}:feeds`,
  /** Hash of the documents of one generation of a feed: packed, by id. Expires only while it is written, and once it is replaced. */
  feedDocuments: (feed: string, generation: string) => `${PREFIX}:feed:${feed}:${generation}:documents`,
  /** Hash of ids of documents by a name they are found by: a JSON list. Expires as the documents do. */
  feedNames: (feed: string, generation: string) => `${PREFIX}:feed:${feed}:${generation}:names`,
  /** Set of names that documents were changed under, and those of them that are being dealt with. No expiry. */
  feedChanges: () => `${PREFIX}:feed-changes`,
  feedChangesTaken: () => `${PREFIX}:feed-changes-taken`,
  /** Set of numbers of images that have a package by this name. At most as many as images; gone with the last. */
  carriers: (lookup: string) =>
    `${PREFIX}:carriers:${createHash("sha256").update(lookup).digest("hex").slice(0, 32)}`,
  /** Hash of numbers by image, as `number hash of its names`. One per image that was assessed; no expiry. */
  carrierNumbers: () => `${PREFIX}:carrier-numbers`,
  /** Hash of images by number. No expiry. */
  carrierImages: () => `${PREFIX}:carrier-images`,
} as const;

/** `owner/name`. */
export function codeName({ owner, name }: CodeRepository): string {
  return `${owner}/${name}`;
}

/** The code repository of a {@link codeName}. */
export function nameIn(name: string): CodeRepository {
  const slash = name.indexOf("/");
  return { owner: name.slice(0, slash), name: name.slice(slash + 1) };
}

/** The branch of a {@link branchName}; undefined for `owner/name` alone, as a release before wrote it. */
export function branchIn(name: string): CodeBranch | undefined {
  const [code = "", ...branch] = name.split("#");
  return branch.length === 0 ? undefined : { codeRepository: nameIn(code), branch: branch.join("#") };
}

/** The proposal of a {@link proposalName}. */
export function proposalKeyIn(text: string): ProposalKey {
  const [code = "", group = "", ...branch] = text.split("#");
  return { codeRepository: nameIn(code), group, baseBranch: branch.join("#") };
}

/** One name per proposal; `#` stands in no code repository's and no group's name, and a branch comes last. */
export function proposalName({ codeRepository, baseBranch, group }: ProposalKey): string {
  return `${codeName(codeRepository)}#${group}#${baseBranch}`;
}

/** One name per target; `#` stands in no code repository's and no line's name, and a branch comes last. */
export function targetName({ codeRepository, baseBranch, line }: TargetKey): string {
  return `${codeName(codeRepository)}#${renderLine(line)}#${baseBranch}`;
}
