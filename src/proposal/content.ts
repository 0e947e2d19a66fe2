import { createHash } from "node:crypto";

/** Everything a pull request is written with. What its commit changes stands in the message and in the body. */
export interface ProposalContent {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly message: string;
}

/** Two contents with the same hash are the same: there is nothing to do. The order of labels does not count. */
export function contentHashOf({ title, body, labels, message }: ProposalContent): string {
  return createHash("sha256")
    .update(JSON.stringify([title, body, message, labels.toSorted()]))
    .digest("hex");
}

/** Hash of a commit that is to be made: the same message on the same commit is the same. */
export function commitHashOf(parent: string, { message }: Pick<ProposalContent, "message">): string {
  return createHash("sha256").update(`${parent}\n${message}`).digest("hex");
}
