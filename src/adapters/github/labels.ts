import { CodedError } from "../../errors.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { ANY, LABELS } from "./answers.ts";
import type { Client } from "./client.ts";

/** Labels that are ours to remove. Others were put there by somebody else. */
const OURS = /^(?:hullkeeper|sla:)/i;

/** GitHub's own bound of labels on one pull request, and of a page. */
const LABELS_MAX = 100;

/** A pull request, and the labels it shall have. */
export interface LabelWish {
  readonly repository: CodeRepository;
  readonly number: number;
  readonly labels: readonly string[];
}

/** Adds labels in one request; none for none. */
export async function addLabels(client: Client, wish: LabelWish, signal: AbortSignal): Promise<void> {
  const { repository, number, labels } = wish;
  if (labels.length === 0) return;
  await client.call({ operation: "add-labels", repository, signal }, ANY, (octokit, request) =>
    octokit.rest.issues.addLabels({ ...addressOf(wish), issue_number: number, labels: [...labels], request }),
  );
}

/**
 * Adds what is missing and removes those of ours that are no longer wanted: 1 request when nothing differs. GitHub compares labels
 * without regard to case, so do we.
 */
export async function bringLabels(client: Client, wish: LabelWish, signal: AbortSignal): Promise<void> {
  const { repository, number } = wish;
  const present = await client.call(
    { operation: "list-labels", repository, signal },
    LABELS,
    (octokit, request) =>
      octokit.rest.issues.listLabelsOnIssue({
        ...addressOf(wish),
        issue_number: number,
        per_page: LABELS_MAX,
        request,
      }),
  );
  const names = present.map(({ name }) => name);
  const missing = without(wish.labels, names);
  await addLabels(client, { ...wish, labels: missing }, signal);
  for (const name of without(names, wish.labels).filter((label) => OURS.test(label))) {
    await removeLabel(client, { ...wish, labels: [name] }, signal);
  }
}

async function removeLabel(client: Client, wish: LabelWish, signal: AbortSignal): Promise<void> {
  const { repository, number, labels } = wish;
  for (const name of labels) {
    await client
      .call({ operation: "remove-label", repository, signal }, ANY, (octokit, request) =>
        octokit.rest.issues.removeLabel({ ...addressOf(wish), issue_number: number, name, request }),
      )
      .catch((thrown: unknown) => {
        // Somebody else removed it since the listing.
        if (!(thrown instanceof CodedError && thrown.code === "code-host-not-found")) throw thrown;
      });
  }
}

function addressOf({ repository: { owner, name } }: LabelWish): {
  readonly owner: string;
  readonly repo: string;
} {
  return { owner, repo: name };
}

function without(names: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others.map((name) => name.toLowerCase()));
  return names.filter((name) => !known.has(name.toLowerCase()));
}
