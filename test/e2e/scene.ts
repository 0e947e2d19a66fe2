import { loadConfig } from "../../config/load.ts";
import { timerIn } from "../fakes/timers.ts";
import { instantOf } from "../../src/time.ts";
import { expect } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { EventKind, ProposalKey, StoreEvent } from "../../src/ports/store.ts";
import type { Timer } from "../../src/sla/timer.ts";
import type { Verdict } from "../../src/trust/verdict.ts";
import type { PullView } from "../fakes/github/operator.ts";
import type { Installation } from "./installation.ts";

/** What the proposal of a code repository of ours is kept under. */
export function keyOf(name: string): ProposalKey {
  return { codeRepository: { owner: "acme", name }, baseBranch: "main", group: "bellsoft" };
}

/** Waits until a digest has a verdict of a kind. */
export async function judged<Kind extends Verdict["kind"]>(
  { store, line, until }: Installation,
  digest: Digest,
  kind: Kind,
): Promise<Extract<Verdict, { kind: Kind }>> {
  const isKind = (verdict: Verdict | undefined): verdict is Extract<Verdict, { kind: Kind }> =>
    verdict?.kind === kind;
  return until(`the verdict ${kind} on ${digest}`, async () => {
    const verdict = (await store.verdict({ repository: line.repository, digest }))?.verdict;
    return isKind(verdict) ? verdict : undefined;
  });
}

/** Waits until a code repository has an open pull request to a digest, and Hullkeeper has kept that it has. */
export async function proposed(
  { store, world, until }: Installation,
  name: string,
  to: Digest,
): Promise<PullView> {
  const number = await until(`a pull request of acme/${name} to ${to}`, async () => {
    const record = await store.proposal(keyOf(name));
    const isThere = record?.state === "open" && record.updates.some((update) => update.to === to);
    return isThere && record.contentHash !== "" ? record.number : undefined;
  });
  const pull = (await world.codeHost.pullRequests("acme", name)).find((each) => each.number === number);
  if (pull === undefined) throw new Error(`acme/${name} has no pull request ${number}`);
  return pull;
}

/** Waits for an event. */
export async function told(
  { events, until }: Installation,
  kind: EventKind,
  about = "",
): Promise<StoreEvent> {
  return until(`an event ${kind} ${about}`, async () =>
    (await events(kind)).find(({ subject, message }) => `${subject} ${message}`.includes(about)),
  );
}

/** Waits until the pull request was looked at anew, after whatever was said before; twice, as one look may have begun. */
export async function lookedAt({ store, until, drained }: Installation): Promise<void> {
  for (const _ of ["may have begun before", "has not"]) {
    const { checkedAt = 0 } = (await store.proposal(keyOf("shop"))) ?? {};
    await until("another look at the pull request", async () => {
      const proposal = await store.proposal(keyOf("shop"));
      return (proposal?.checkedAt ?? 0) > checkedAt;
    });
  }
  await drained();
}

/** The clock of the image line in a code repository, without what only says where it is from. */
export async function clockOf(
  { store, line, config, environment }: Installation,
  name: string,
): Promise<Timer> {
  const key = { codeRepository: { owner: "acme", name }, baseBranch: "main", line };
  const { profiles, policies } = await loadConfig(config, environment);
  const timer = await timerIn(store, key, { profiles, policies, now: instantOf(Date.now()) });
  if (timer === undefined) throw new Error(`no timer of acme/${name}`);
  const obligations = timer.obligations.map(({ startedBy: _startedBy, ...obligation }) => obligation);
  return { ...timer, obligations };
}

/**
 * That a code repository has exactly one pull request, to this digest, whole: edited, labelled, with both statuses.
 */
export async function expectOnePullRequest(
  { world }: Installation,
  name: string,
  to: Digest,
): Promise<PullView> {
  const { codeHost } = world;
  const pulls = await codeHost.pullRequests("acme", name);
  expect(pulls.map(({ state }) => state)).toEqual(["open"]);
  const [pull] = pulls;
  if (pull === undefined) throw new Error("not reached");
  expect(pull.labels).toContain("hullkeeper");
  expect(pull.body).toContain("**Verified**");
  expect(await codeHost.readFile("acme", name, pull.headCommit, "Dockerfile")).toContain(to);
  const statuses = await codeHost.statuses("acme", name, pull.headCommit);
  expect(statuses.map(({ context, state }) => `${context} ${state}`).toSorted()).toEqual([
    "hullkeeper/sla success",
    "hullkeeper/verification success",
  ]);
  return pull;
}

/** That the one pull request of a code repository was told of, once. */
export async function expectToldOnce({ events }: Installation, name: string): Promise<void> {
  const subjects = (await events("proposed")).map(({ subject }) => subject);
  expect(subjects.filter((subject) => subject.startsWith(`acme/${name}#`))).toEqual([`acme/${name}#1`]);
}
