import type { CodeRepository } from "../../proposal/plan.ts";
import { ANY } from "./answers.ts";
import type { Client } from "./client.ts";

/** Which pull request of which repository. */
export interface PullAddress {
  readonly repository: CodeRepository;
  readonly number: number;
}

/** Writes below a pull request. One request. */
export async function writeComment(
  client: Client,
  { repository, number, body }: PullAddress & { readonly body: string },
  signal: AbortSignal,
): Promise<void> {
  await client.call({ operation: "create-comment", repository, signal }, ANY, (octokit, request) =>
    octokit.rest.issues.createComment({
      owner: repository.owner,
      repo: repository.name,
      issue_number: number,
      body,
      request,
    }),
  );
}
