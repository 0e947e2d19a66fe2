import type { Assessment } from "../assess/assessment.ts";
import type { Digest } from "../image/digest.ts";
import type { DigestShape } from "../image/shape.ts";
import type { ImageId, ImageLine, Repository, Tag } from "../image/reference.ts";
import type { DeclinedDigest } from "../proposal/declined.ts";
import type { Snooze, Talk } from "../proposal/orders.ts";
import type { CodeBranch, CodeRepository } from "../proposal/plan.ts";
import type { ComponentList, SbomOrigin } from "../sbom/component.ts";
import type { PackedComponents } from "../sbom/packed.ts";
import type { Instant } from "../time.ts";
import type { Verdict } from "../trust/verdict.ts";
import type { PollRecord } from "../watch/round.ts";
import type { TagRecord } from "../watch/tag-record.ts";
import type { Scan } from "../watch/scan.ts";
import type { ClockFactStore } from "./clock-facts.ts";
import type { CodeEventStore } from "./code-events.ts";
import type { ConfigStore } from "./configs.ts";
import type { FeedStore } from "./feeds.ts";
import type { FileIndexStore } from "./file-index.ts";
import type { OpeningStore } from "./openings.ts";
import type { OperatorStore } from "./operators.ts";
import type { RepositoryStore } from "./repositories.ts";
import type { VexStore } from "./vex-documents.ts";

/** A watch with what is known of its tag. */
export interface WatchState extends TagRecord {
  readonly line: ImageLine;
  /** By name. */
  readonly subscribers: readonly CodeBranch[];
}

/** Everything that is known of the watched tags of one repository. */
export interface WatchedRepository {
  /** By tag. */
  readonly watches: readonly WatchState[];
  readonly poll: PollRecord;
  /** When somebody last said that it was pushed to; forgotten after a while. */
  readonly pushedAt?: Instant;
  /** When somebody last said so of a tag that nobody watches, where somebody may move to a newer one. */
  readonly pushedElsewhereAt?: Instant;
}

/** What a poll of a repository found. */
export interface PollOutcome {
  /** Tags that were looked at, each with all that is known of it now. */
  readonly looks: readonly { readonly tag: Tag; readonly record: TagRecord }[];
  readonly poll: PollRecord;
  /**
   * When the repository would have been due had this poll been lost, as it was set when the poll began. Where that has changed since,
   * somebody wants it polled sooner.
   */
  readonly lostAt: Instant;
}

/** Where a component list is kept, and how it came about. */
export interface ListPlace extends Partial<SbomOrigin> {
  readonly digest: Digest;
  readonly platform?: string;
  /** What it takes in the store. */
  readonly bytes?: number;
}

/** Where VEX documents are kept, and how many more there are that could not be. */
export interface VexPlace {
  readonly digest: Digest;
  readonly leftOut: number;
}

/** Layers of a manifest that gave no list. */
export interface UnreadLayers {
  readonly digest: Digest;
  readonly platform?: string;
  readonly reason: string;
  /** `refused`: they could not be fetched, which may be mended. `final`: they are as they are, and not fetched again. */
  readonly kind: "refused" | "final";
}

export interface VerdictRecord {
  readonly image: ImageId;
  readonly verdict: Verdict;
  /** Of the policy it was judged by: another policy, another verdict. */
  readonly policyHash: string;
  /** When this digest was first asked about, and last. */
  readonly since: Instant;
  readonly checkedAt: Instant;
  /** When it was first verified, whatever was found later: clocks start here. */
  readonly verifiedAt?: Instant;
  /** Platforms of the digest, e.g. `linux/amd64`; empty for a single image. */
  readonly platforms: readonly string[];
  /** What the digest is; absent while that is not known. */
  readonly shape?: DigestShape;
  /** What was proven once and hangs there no more, and since when that is known. */
  readonly disappeared?: { readonly what: readonly string[]; readonly since: Instant };
  /** Where its component list is: the digest it was stored under, of the index or of one platform. */
  readonly components?: { readonly digest: Digest; readonly platform?: string };
  /** Where its component lists are: one for the digest itself, or one for each platform that has one. */
  readonly lists?: readonly ListPlace[];
  /** Digests under which verified OpenVEX documents about it, or about one of its platforms, are kept. */
  readonly vex?: readonly VexPlace[];
  /** Where the configs of its images are: the digest each was stored under, its own or those of its platforms. Absent in older records. */
  readonly configs?: readonly { readonly digest: Digest; readonly platform?: string }[];
  /** Platforms without a config, and why; a platform of `""` stands for the digest itself. */
  readonly configFaults?: readonly { readonly platform: string; readonly reason: string }[];
  /** Why there is an SBOM and no component list. */
  readonly sbomFault?: string;
  /** Layers that were to stand in for an SBOM and gave no list: of the digest, or of some of its platforms. */
  readonly unreadLayers?: readonly UnreadLayers[];
}

export interface ProposalKey {
  readonly codeRepository: CodeRepository;
  readonly baseBranch: string;
  readonly group: string;
}

export interface ProposalRecord extends ProposalKey {
  readonly branch: string;
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly state: "open" | "closed" | "merged";
  readonly headCommit: string;
  /** Hash of everything the pull request was last written with; equal means nothing to do. */
  readonly contentHash: string;
  readonly updates: readonly {
    readonly line: ImageLine;
    /** Absent: there was none before, the tag stood alone. */
    readonly from?: Digest;
    readonly to: Digest;
    /** The tag that places get, where that is another than the line's. */
    readonly toTag?: Tag;
    /** Files of first pins, sorted; absent where a marker had no room for them: then all of the line. */
    readonly paths?: readonly string[];
    readonly superseded: readonly { readonly digest: Digest; readonly observedAt: Instant }[];
    /** It is a step backwards, and was proposed because somebody approved of it. */
    readonly isApproved?: true;
  }[];
  /** Absent when nothing it fixes has a deadline. */
  readonly dueAt?: Instant;
  readonly openedAt: Instant;
  readonly checkedAt: Instant;
  /** When it was merged or closed. */
  readonly closedAt?: Instant;
  /** Its policy has it merged without a person once its checks are green. */
  readonly mergesItself?: true;
  /** Places of first pins that people declined by closing a pull request, the oldest first. */
  readonly declinedPins?: readonly DeclinedPin[];
  /** What was said about it; absent before anything was. */
  readonly talk?: Talk;
  /** It is left alone for a time. Kept until it is written again. */
  readonly snooze?: Snooze;
}

/** Where a person does not want a tag pinned: in one file, or anywhere in the code repository. */
export interface DeclinedPin {
  readonly line: ImageLine;
  readonly path?: string;
}

/** Business events. A closed list. */
export const EVENT_KINDS = [
  "tag-moved",
  "tag-moved-backwards",
  "tag-missing",
  "tag-back",
  "tag-stale",
  "verified",
  "rejected",
  "evidence-overdue",
  /** What is known of a vendor does not fit what its images carry, while its profile only observes. No alarm. */
  "profile-differs",
  /** Code names images whose vendor has ended its service. */
  "service-ended",
  /** The vendor of an image that code names has stopped to build it, or says when it will. */
  "end-of-life",
  /** What proved a digest once hangs there no more. */
  "evidence-disappeared",
  "unverifiable",
  "proposed",
  "refreshed",
  /** As many pull requests of a code repository were written in this hour as its policy lets be: another one waits. */
  "proposal-waiting",
  "declined",
  /** A person opened a pull request again that had been closed. */
  "reopened",
  "merged",
  /** A pull request was closed by us, since another one of ours says the same. */
  "superseded",
  /** We merged one, as the policy says. */
  "automerged",
  /** Who or what was to be brought to the notice of and is not known to the code host. */
  "attention-unknown",
  /** A person asked something of a pull request, and was heard. */
  "ordered",
  /** What the owners of a code repository wrote for us cannot be used: what they wrote before holds. */
  "repository-file-invalid",
  /** The files of a code repository cannot be listed: what was known of it holds, and nothing new is found. */
  "repository-unread",
  /** Not all branches of a code repository are read that are wanted: one is not there, or there are too many. */
  "base-branches-differ",
  "branch-foreign",
  /** An update is verified, and its class is one that must not be proposed. */
  "update-blocked",
  /** A mirror that code names does not have a digest yet: places that name it are not proposed. */
  "mirror-behind",
  /** Somebody no longer trusts a signer or a digest, or does so again. */
  "distrusted",
  "distrust-lifted",
  /** A digest that is in use lost its proof by that. */
  "revoked",
  /** An open pull request proposes what is no longer verified, or does no longer. */
  "proposal-flagged",
  "proposal-cleared",
  /** Somebody said that a step backwards is meant, or takes that back. */
  "approved",
  "approval-withdrawn",
  "due-soon",
  "breached",
  /** A deadline had not passed after all: the branch had the fix before we heard of it. */
  "breach-retracted",
  "met",
  /** A feed of advisories could not be asked, or was not asked with success for so long that it proves nothing. */
  "feed-failed",
  "feed-stale",
  /** Somebody bears the risk of a vulnerability for a time, or takes that back. */
  "accepted",
  "acceptance-lifted",
  /** A newer digest would bring back what the proposed one fixes: the pull request stays where it is. */
  "regression",
  /** The code host was asked to send webhooks again that nobody had taken, or can no longer send all of them. */
  "webhooks-asked-again",
  "webhooks-lost",
  /** Our clock and another one differ by so much that nothing is decided by the time. */
  "clock-skewed",
  /** A job was given up; what it was about is taken up again by the next poll or sweep. */
  "job-failed",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

/** One entry of the audit stream. */
export interface StoreEvent {
  readonly kind: EventKind;
  readonly at: Instant;
  /** What it is about, e.g. an image line or a pull request; for people. */
  readonly subject: string;
  /** One sentence for people. */
  readonly message: string;
  /** Same key, same event: appended once, however often a job runs. */
  readonly key: string;
}

/** Something that is to be done at a certain time. One entry per identity. */
export type DueWork =
  | { readonly kind: "poll"; readonly repository: Repository }
  | { readonly kind: "repositories" }
  | { readonly kind: "discover"; readonly codeRepository: CodeRepository }
  | { readonly kind: "verify"; readonly image: ImageId }
  | { readonly kind: "propose"; readonly proposal: ProposalKey }
  | { readonly kind: "revoke" }
  | { readonly kind: "sla" }
  | { readonly kind: "mirror"; readonly feed: string }
  | { readonly kind: "redeliver" };

/**
 * Durable facts. Reads parse what they get; every method throws {CodedError} `redis-unavailable` when there is no answer and
 * `record-invalid` for what does not have its form.
 */
export interface Store
  extends
    ClockFactStore,
    OperatorStore,
    ConfigStore,
    FeedStore,
    VexStore,
    RepositoryStore,
    CodeEventStore,
    OpeningStore,
    FileIndexStore {
  /** Replaces the scan of a branch and its subscriptions, in one step. What it subscribes to is polled from then on, if it was not already. */
  saveScan(scan: Scan): Promise<void>;
  scan(of: CodeBranch): Promise<Scan | undefined>;
  /** Those that there are of these, in no order. */
  scansOf(branches: readonly CodeBranch[]): Promise<readonly Scan[]>;
  /** Scans of all branches of a code repository that were ever read, by name. */
  scansIn(codeRepository: CodeRepository): Promise<readonly Scan[]>;
  /** Scans of all branches of all code repositories, by name. */
  scans(): Promise<readonly Scan[]>;

  /**
   * Takes note that somebody says a repository was pushed to: it is polled as soon as can be, and often for a while. Many notices are one
   * poll; no notice says where a tag points.
   *
   * @param tag that was pushed, where the notice names one
   * A tag that nobody subscribed to may be one to move to, where somebody may: then the repository is polled for its list of tags, not as soon and not as
   * often.
   *
   * @returns `not-watched` when nobody subscribed to the repository, or not to this tag and nobody may move: then nothing happens
   */
  noticePush(repository: Repository, tag: Tag | undefined, at: Instant): Promise<"noticed" | "not-watched">;
  /** Whether somebody subscribed to a tag of this repository. */
  isWatched(repository: Repository): Promise<boolean>;

  /** Lines of a repository that somebody subscribed to. */
  linesOf(repository: Repository): Promise<readonly ImageLine[]>;
  watch(line: ImageLine): Promise<WatchState>;
  /** All watches, by name. */
  watches(): Promise<readonly WatchState[]>;
  /** All watches of one repository, in a fixed number of questions. */
  watched(repository: Repository): Promise<WatchedRepository>;
  /**
   * Replaces what is known of these tags and of the polls of the repository, in one step, and sets when the next is due: no later than
   * what was asked for since this poll began.
   */
  savePoll(repository: Repository, outcome: PollOutcome): Promise<void>;

  verdict(image: ImageId): Promise<VerdictRecord | undefined>;
  /** Those that there are, in no order. */
  verdicts(images: readonly ImageId[]): Promise<readonly VerdictRecord[]>;
  saveVerdict(record: VerdictRecord): Promise<void>;

  components(digest: Digest): Promise<ComponentList | undefined>;
  /** Replaces what is there: a later verdict may rest on another SBOM of the same digest. */
  saveComponents(digest: Digest, list: PackedComponents): Promise<void>;

  assessment(repository: Repository, from: Digest, to: Digest): Promise<Assessment | undefined>;
  saveAssessment(repository: Repository, from: Digest, to: Digest, assessment: Assessment): Promise<void>;

  proposal(key: ProposalKey): Promise<ProposalRecord | undefined>;
  proposals(): Promise<readonly ProposalRecord[]>;
  saveProposal(record: ProposalRecord): Promise<void>;

  /** Digests that people declined for this group, those whose time is over among them, by digest. */
  declined(key: ProposalKey): Promise<readonly DeclinedDigest[]>;
  /** The same for many groups, in a fixed number of questions: one list for each, in their order. */
  declinedOf(keys: readonly ProposalKey[]): Promise<readonly (readonly DeclinedDigest[])[]>;
  /**
   * Writes over what is kept of these digests. Of others, those go whose time was over at `now`; beyond 1,000 in all, those that end first.
   */
  decline(key: ProposalKey, declined: readonly DeclinedDigest[], now: Instant): Promise<void>;
  /** Forgets that they were declined. */
  takeBackDecline(key: ProposalKey, digests: readonly Digest[]): Promise<void>;

  /** Appends unless an event with this key was; tells whether it did. */
  append(event: StoreEvent): Promise<boolean>;
  /** Newest first. */
  events(limit: number): Promise<readonly StoreEvent[]>;

  /** Sets when work is due. `sooner` only ever moves it forward in time. */
  schedule(work: DueWork, at: Instant, mode: "set" | "sooner"): Promise<void>;
  /**
   * Takes up to `limit` pieces of work that are due, putting each off by `leaseMs`: whoever takes one and dies does not lose it.
   *
   * @param pollHorizonMs how far ahead a poll can be due; one that is due later was put there by a clock that was wrong, and is taken too
   */
  claimDue(now: Instant, leaseMs: number, limit: number, pollHorizonMs?: number): Promise<readonly DueWork[]>;
  /**
   * Marks the store as known. `new`: it was not marked, so it was never used or lost everything since. Nothing else writes this mark: what
   * is under way when everything is lost writes facts afterwards, and makes an emptied store look used.
   */
  markKnown(): Promise<"new" | "known">;
  /** When the first piece of work is or was due; undefined when there is none. */
  firstDueAt(): Promise<Instant | undefined>;
  /** Removes work that is done for good. */
  unschedule(work: DueWork): Promise<void>;
}
