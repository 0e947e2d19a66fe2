import type { Heard } from "./receiver.ts";
import type { Stage } from "./opinion.ts";
import { addressOf, commitBy, proposeTo } from "./steps.ts";

/** Something that happens, and what a webhook tells the product of it. */
export interface HookRow {
  readonly title: string;
  /** The webhook that is waited for. */
  readonly name: "push" | "pull_request.closed" | "pull_request.reopened" | "issue_comment.created";
  readonly before?: (stage: Stage) => Promise<unknown>;
  readonly act: (stage: Stage) => Promise<unknown>;
  readonly told: (heard: Heard) => unknown;
  readonly says: unknown;
  /** What `emulate` is known to tell instead, and why that is wrong. */
  readonly emulate?: { readonly why: string; readonly says: unknown };
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PULL = {
  kind: "pull-request",
  codeRepository: { owner: "acme", name: "shop" },
  branch: "hullkeeper/bellsoft",
};

async function push(stage: Stage): Promise<void> {
  await commitBy(stage, stage.baseBranch, "FROM busybox\n");
}

async function setState(stage: Stage, state: "open" | "closed"): Promise<void> {
  const { rest } = stage.person;
  const { data } = await rest.pulls.list({ ...addressOf(stage), state: "all" });
  await rest.pulls.update({ ...addressOf(stage), pull_number: data[0]?.number ?? 0, state });
}

/** The event, or why there is none. */
function readingOf({ reading }: Heard): unknown {
  return reading.kind === "event" ? reading.event : reading;
}

/** What webhooks tell. */
export const HOOKS: readonly HookRow[] = [
  { title: "a push is signed", name: "push", act: push, told: ({ isSigned }) => isSigned, says: true },
  {
    title: "a push has an id of its own",
    name: "push",
    act: push,
    told: ({ id }) => GUID.test(id),
    says: true,
    emulate: { why: "the id is the time of day, so that two of one moment are one", says: false },
  },
  {
    title: "a push, with the files it touches",
    name: "push",
    act: push,
    told: ({ reading }) =>
      reading.kind === "event" && reading.event.kind === "pushed" ? reading.event.files : reading,
    says: { kind: "listed", paths: ["Dockerfile"] },
    emulate: { why: "it tells of no commits", says: { kind: "unknown" } },
  },
  {
    title: "a pull request that a person closes",
    name: "pull_request.closed",
    before: proposeTo,
    act: async (stage) => setState(stage, "closed"),
    told: readingOf,
    says: { ...PULL, isReopened: false },
  },
  {
    title: "a pull request that a person opens again",
    name: "pull_request.reopened",
    before: async (stage) => {
      await proposeTo(stage);
      await setState(stage, "closed");
    },
    act: async (stage) => setState(stage, "open"),
    told: readingOf,
    says: { ...PULL, isReopened: true },
  },
  {
    title: "a comment of somebody who owns the repository",
    name: "issue_comment.created",
    before: proposeTo,
    act: async (stage) =>
      stage.person.rest.issues.createComment({
        ...addressOf(stage),
        issue_number: 1,
        body: "/hullkeeper rebase",
      }),
    told: readingOf,
    says: { kind: "asked", codeRepository: PULL.codeRepository, number: 1 },
    emulate: {
      why: "it does not know that who owns the repository does",
      says: { kind: "ignored", reason: "not-known" },
    },
  },
];
