import type { FormatFile } from "../edit/format.ts";
import type { ProposalKey, ProposalRecord } from "../ports/store.ts";
import type { ProposalContent } from "../proposal/content.ts";
import type { ReturnedDigest } from "../proposal/declined.ts";
import type { Instant } from "../time.ts";
import type { MergeMethod, PullRules } from "../vendor/pull-rules.ts";
import type { Marks } from "./marks.ts";

/** A pull request as it shall be, whatever it is about. */
export interface Draft extends Marks {
  readonly key: ProposalKey;
  readonly content: ProposalContent;
  /** Files that change. */
  readonly changes: ReadonlySet<string>;
  /** Files of the base branch that are read to make the changes: those and their neighbours. */
  readonly paths: ReadonlySet<string>;
  /** All edits together; undefined when the files are no longer what was scanned. */
  readonly edited: (files: readonly FormatFile[]) => readonly FormatFile[] | undefined;
  /** How it is made. */
  readonly pulls: PullRules;
  /** How it is merged without a person, where its policy has that done. */
  readonly automerge?: MergeMethod;
  /** By when it has to be merged. */
  readonly dueAt?: Instant;
  /** Grave vulnerabilities that it fixes, sorted. */
  readonly graveFixes?: readonly string[];
  /** Digests that people declined and that it proposes all the same. */
  readonly returned?: readonly ReturnedDigest[];
  /** What is kept of it. */
  readonly updates: ProposalRecord["updates"];
}

/** What stored facts have proposed, and the questions to registries that come before it is written. */
export interface Planned {
  readonly draft: Draft;
  /** What of it is still so, asked now; undefined when nothing is to be written. */
  readonly confirmed: (signal: AbortSignal) => Promise<Draft | undefined>;
  /** Whether all of it is still so, asked now, also what was written before. */
  readonly isTrue: (signal: AbortSignal) => Promise<boolean>;
  /** When it is to be written, where more of its group is about to come. First pins never wait for more. */
  readonly settlesAt?: () => Promise<Instant | undefined>;
}

/** What a group is planned for. */
export interface GroupQuestion {
  readonly key: ProposalKey;
  /** The pull request as it is known. */
  readonly current: ProposalRecord | undefined;
}

/** What stored facts have proposed of a group at one moment. */
export interface GroupPlan {
  /** Undefined when there is nothing to propose. */
  readonly planned: Planned | undefined;
  /**
   * Writes down what the clocks rest on, and sets when what waits is due: once it is known what the pull request remembers of them. Clocks run from the
   * evidence, even where the code host cannot be reached.
   */
  readonly note: () => Promise<void>;
}
