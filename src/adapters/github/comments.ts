import { z } from "zod";
import type { PullComment } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { type Instant, instantOf, renderInstant } from "../../time.ts";
import { ANY } from "./answers.ts";
import type { Client } from "./client.ts";

const COMMENTS_MAX = 100;
const BODY_LENGTH_MAX = 65_536;

const COMMENTS = z.array(
  z.object({
    id: z.int(),
    body: z.string().nullish(),
    created_at: z.iso.datetime({ offset: true }),
    user: z.object({ login: z.string(), type: z.string().optional() }).nullable(),
  }),
);

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

/**
 * What people wrote since then, oldest first, 100 at most. What bots wrote is left out, ourselves among them: nobody who may only click can
 * speak through one. One request.
 */
export async function readComments(
  client: Client,
  { repository, number, since }: PullAddress & { readonly since: Instant },
  signal: AbortSignal,
): Promise<readonly PullComment[]> {
  const listed = await client.call(
    { operation: "list-comments", repository, signal },
    COMMENTS,
    (octokit, request) =>
      octokit.rest.issues.listComments({
        owner: repository.owner,
        repo: repository.name,
        issue_number: number,
        since: renderInstant(since),
        per_page: COMMENTS_MAX,
        request,
      }),
  );
  return listed.flatMap(({ id, body, created_at: created, user }) => {
    const createdAt = instantOf(Date.parse(created));
    // `since` is about the last change; what was written before was seen before.
    if (user === null || user.type === "Bot" || createdAt < since) return [];
    return [{ id, author: user.login, body: (body ?? "").slice(0, BODY_LENGTH_MAX), createdAt }];
  });
}
