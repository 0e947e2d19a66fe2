import { createHash } from "node:crypto";

/** Everything a pull request is written with. */
export interface ProposalContent {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly message: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** Two contents with the same hash are the same: there is nothing to do. The order of labels and files does not count. */
export function contentHashOf({ title, body, labels, message, files }: ProposalContent): string {
  const ordered = [
    title,
    body,
    message,
    labels.toSorted(),
    files.map(({ path, text }) => [path, text]).toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
  ];
  return createHash("sha256").update(JSON.stringify(ordered)).digest("hex");
}
