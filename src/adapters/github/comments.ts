import { z } from "zod";
import type { PullComment } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { type Instant, instantOf, renderInstant, SECOND_MS } from "../../time.ts";
import { ANY } from "./answers.ts";
import type { Client } from "./client.ts";

const COMMENTS_MAX = 100;
/** Of a hundred each: bots may have written most of them. */
const PAGES_MAX = 5;
const BODY_LENGTH_MAX = 65_536;

/** Ends what we write: with a person's token we are that person to GitHub, who may say something, too. Nobody sees it. */
const OURS = "<!-- hullkeeper:said -->";

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
      body: `${body.slice(0, BODY_LENGTH_MAX - OURS.length - 2)}\n\n${OURS}`,
      request,
    }),
  );
}

/**
 * What people wrote since then, oldest first, 100 at most. What bots wrote is left out, ourselves among them: nobody who may only click can
 * speak through one. GitHub counts in whole seconds: what was written in the same one is told again. One request for every hundred
 * that were written, five at most.
 */
export async function readComments(
  client: Client,
  { repository, number, since }: PullAddress & { readonly since: Instant },
  signal: AbortSignal,
): Promise<readonly PullComment[]> {
  const sinceMs = wholeSecond(since);
  const found: PullComment[] = [];
  for (let page = 1; page <= PAGES_MAX && found.length < COMMENTS_MAX; page += 1) {
    const listed = await listPage(client, { repository, number, sinceMs, page }, signal);
    found.push(...listed.flatMap((comment) => commentOf(comment, sinceMs)));
    if (listed.length < COMMENTS_MAX) break;
  }
  return found.slice(0, COMMENTS_MAX);
}

/** Whether one of these holds a text, by whomever: of the same comments as {@link readComments}, in as many requests. */
export async function isWritten(
  client: Client,
  { repository, number, since, text }: PullAddress & { readonly since: Instant; readonly text: string },
  signal: AbortSignal,
): Promise<boolean> {
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const listed = await listPage(client, { repository, number, sinceMs: wholeSecond(since), page }, signal);
    if (listed.some(({ body }) => body?.includes(text) === true)) return true;
    if (listed.length < COMMENTS_MAX) return false;
  }
  return false;
}

/** GitHub counts in whole seconds. */
function wholeSecond(at: Instant): number {
  return at - (at % SECOND_MS);
}

async function listPage(
  client: Client,
  { repository, number, sinceMs, page }: PullAddress & { readonly sinceMs: number; readonly page: number },
  signal: AbortSignal,
): Promise<z.infer<typeof COMMENTS>> {
  return client.call({ operation: "list-comments", repository, signal }, COMMENTS, (octokit, request) =>
    octokit.rest.issues.listComments({
      owner: repository.owner,
      repo: repository.name,
      issue_number: number,
      since: renderInstant(instantOf(sinceMs)),
      per_page: COMMENTS_MAX,
      page,
      request,
    }),
  );
}

/** `since` is about the last change: what was written before it was seen before. */
function commentOf(
  { id, body, created_at: created, user }: z.infer<typeof COMMENTS>[number],
  sinceMs: number,
): readonly PullComment[] {
  const createdAt = instantOf(Date.parse(created));
  const text = body ?? "";
  const isOurs = text.trimEnd().endsWith(OURS);
  if (user === null || user.type === "Bot" || isOurs || createdAt < sinceMs) return [];
  return [{ id, author: user.login, body: text.slice(0, BODY_LENGTH_MAX), createdAt }];
}
