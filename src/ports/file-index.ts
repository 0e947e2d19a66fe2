import type { CodeBranch } from "../proposal/plan.ts";
import type { BlobId, CommitId } from "./code-host.ts";

/** What the files of a branch held when they were read last. */
export interface FileIndex {
  readonly commit: CommitId;
  /** As the scan of that commit has it: read by other rules, files are other places. */
  readonly readBy: string;
  /** Those that were read, and those that turned out to be no text: 502 at most. */
  readonly files: readonly { readonly path: string; readonly blob: BlobId }[];
}

/** What is known of files. Part of the store; what is lost is read again. */
export interface FileIndexStore {
  fileIndex(of: CodeBranch): Promise<FileIndex | undefined>;
  /** Replaces the last one; undefined removes it. */
  saveFileIndex(of: CodeBranch, index: FileIndex | undefined): Promise<void>;
}
