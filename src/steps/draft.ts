import type { FormatFile } from "../edit/format.ts";
import type { CommitStatus } from "../ports/code-host.ts";
import type { ProposalKey, ProposalRecord } from "../ports/store.ts";
import type { ProposalContent } from "../proposal/content.ts";
import type { Instant } from "../time.ts";

/** A pull request as it shall be, whatever it is about. */
export interface Draft {
  readonly key: ProposalKey;
  readonly content: ProposalContent;
  /** Files of the base branch that its edits need. */
  readonly paths: ReadonlySet<string>;
  /** All edits together; undefined when the files are no longer what was scanned. */
  readonly edited: (files: readonly FormatFile[]) => readonly FormatFile[] | undefined;
  readonly statuses: readonly CommitStatus[];
  /** By when it has to be merged. */
  readonly dueAt?: Instant;
  /** What is kept of it. */
  readonly updates: ProposalRecord["updates"];
}
