import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { eventNameOf } from "../../src/code-events/event.ts";
import { readCodeEvent } from "../../src/code-events/read.ts";
import { renderControls } from "../../src/proposal/commands.ts";
import {
  BOT,
  bytesOf,
  commentPayload,
  commitOf,
  CREATED,
  DELETED,
  FORK,
  installationPayload,
  PERSON,
  pullPayload,
  pushPayload,
  REPOSITORY,
  repositoryPayload,
  reviewPayload,
  runPayload,
  statusPayload,
  suitePayload,
} from "./payloads.ts";

const SHOP = { owner: "acme", name: "shop" };
const read = (name: string, payload: unknown) => readCodeEvent(name, bytesOf(payload));
const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `docs/${n}.md`);
const branchNamed = (name: string) => ({ name, commit: { sha: "c" }, protected: false });
const TICKED = renderControls().replace("- [ ]", "- [x]");

describe("a push to a branch", () => {
  const event = { kind: "pushed", codeRepository: SHOP, branch: "main", isDefault: true };

  it("tells which files it touches, each once", () => {
    const commits = [
      commitOf({ added: ["Dockerfile"], modified: ["README.md"] }),
      commitOf({ modified: ["Dockerfile"], removed: ["old/compose.yaml"] }),
    ];
    expect(read("push", pushPayload({ commits }))).toEqual({
      kind: "event",
      event: { ...event, files: { kind: "listed", paths: ["Dockerfile", "README.md", "old/compose.yaml"] } },
    });
  });

  it("may be to any other one", () => {
    const payload = pushPayload({ ref: "refs/heads/release/1.x" });
    expect(read("push", payload)).toMatchObject({ event: { branch: "release/1.x", isDefault: false } });
  });

  test.each([
    { title: "forced", change: { forced: true } },
    { title: "of a branch that is new", change: CREATED },
    { title: "without commits", change: { commits: [] } },
    { title: "that does not say its commits", change: { commits: undefined } },
    { title: "of as many commits as are told of", change: { commits: Array(2_048).fill(commitOf({})) } },
    {
      title: "of a commit with more files than are listed",
      change: { commits: [commitOf({ modified: many(3_000) })] },
    },
    {
      title: "of more files than are gone through",
      change: {
        commits: Array.from({ length: 20 }, (_, n) =>
          commitOf({ added: many(2_900).map((path) => `${n}/${path}`) }),
        ),
      },
    },
  ])("$title may have touched anything", ({ change }) => {
    expect(read("push", pushPayload(change))).toEqual({
      kind: "event",
      event: { ...event, files: { kind: "unknown" } },
    });
  });

  it("may be the end of the branch", () => {
    const { codeRepository } = event;
    expect(read("push", pushPayload(DELETED))).toEqual({
      kind: "event",
      event: { kind: "branch-deleted", codeRepository, branch: "main" },
    });
  });

  test.each([
    { title: "to a tag", change: { ref: "refs/tags/v1" }, reason: "other-branch" },
    {
      title: "to a branch of ours",
      change: { ref: "refs/heads/hullkeeper/bellsoft" },
      reason: "other-branch",
    },
    {
      title: "that removes a branch of ours",
      change: { ...DELETED, ref: "refs/heads/hullkeeper/bellsoft" },
      reason: "other-branch",
    },
    { title: "to no branch at all", change: { ref: "main" }, reason: "other-branch" },
  ])("$title is passed over", ({ change, reason }) => {
    expect(read("push", pushPayload(change))).toEqual({ kind: "ignored", reason });
  });
});

describe("a pull request of ours", () => {
  const event = {
    kind: "pull-request",
    codeRepository: SHOP,
    branch: "hullkeeper/bellsoft",
    isReopened: false,
  };

  test.each([
    { title: "closed", payload: pullPayload("closed") },
    { title: "closed by the account it was opened by", payload: pullPayload("closed", { sender: BOT }) },
    { title: "edited", payload: pullPayload("edited") },
    { title: "pushed to", payload: pullPayload("synchronize") },
    {
      title: "whose box is ticked by an account that opened it",
      payload: pullPayload("edited", { sender: PERSON, pull: { user: PERSON, body: TICKED } }),
    },
    {
      title: "of an account that is gone",
      payload: pullPayload("edited", { pull: { user: null } }),
    },
  ])("is looked at when it is $title", ({ payload }) => {
    expect(read("pull_request", payload)).toEqual({ kind: "event", event });
  });

  it("is looked at when it is open again", () => {
    expect(read("pull_request", pullPayload("reopened"))).toEqual({
      kind: "event",
      event: { ...event, isReopened: true },
    });
  });

  test.each([
    { title: "our own push to it", payload: pullPayload("synchronize", { sender: BOT }), reason: "own" },
    { title: "our own edit of it", payload: pullPayload("edited", { sender: BOT }), reason: "own" },
    {
      title: "our own edit that draws its boxes",
      payload: pullPayload("edited", { sender: BOT, pull: { body: renderControls() } }),
      reason: "own",
    },
    { title: "that it was opened", payload: pullPayload("opened", { sender: BOT }), reason: "other-action" },
    { title: "a label", payload: pullPayload("labeled"), reason: "other-action" },
    { title: "an action nobody knows", payload: pullPayload("enqueued-somewhere"), reason: "other-action" },
    {
      title: "one from another branch",
      payload: pullPayload("closed", { pull: { head: { ref: "feature", repo: REPOSITORY } } }),
      reason: "other-branch",
    },
    {
      title: "one from a branch of that name in a fork",
      payload: pullPayload("closed", { pull: { head: { ref: "hullkeeper/bellsoft", repo: FORK } } }),
      reason: "other-branch",
    },
    {
      title: "one whose fork is gone",
      payload: pullPayload("closed", { pull: { head: { ref: "hullkeeper/bellsoft", repo: null } } }),
      reason: "other-branch",
    },
  ])("is not looked at for $title", ({ payload, reason }) => {
    expect(read("pull_request", payload)).toEqual({ kind: "ignored", reason });
  });
});

describe("a comment", () => {
  test.each([
    { title: "that is a command", body: "/hullkeeper rebase" },
    { title: "with a command among other words", body: "Thanks!\r\n\r\n/hullkeeper snooze 7d\r\n" },
    { title: "with a command that nobody knows", body: "/hullkeeper dance" },
  ])("$title asks for a look", ({ body }) => {
    expect(read("issue_comment", commentPayload(body))).toEqual({
      kind: "event",
      event: { kind: "asked", codeRepository: SHOP, number: 7 },
    });
  });

  test.each([
    { title: "of words", payload: commentPayload("looks good"), reason: "no-command" },
    { title: "with nothing in it", payload: commentPayload(null), reason: "no-command" },
    { title: "that quotes a command", payload: commentPayload("> /hullkeeper rebase"), reason: "no-command" },
    {
      title: "that names one in a sentence",
      payload: commentPayload("say /hullkeeper rebase"),
      reason: "no-command",
    },
    {
      title: "that shows one as code",
      payload: commentPayload("```\n/hullkeeper rebase\n```"),
      reason: "no-command",
    },
    {
      title: "that was edited",
      payload: commentPayload("/hullkeeper rebase", { action: "edited" }),
      reason: "other-action",
    },
    {
      title: "that was taken away",
      payload: commentPayload("/hullkeeper rebase", { action: "deleted" }),
      reason: "other-action",
    },
    {
      title: "below an issue",
      payload: commentPayload("/hullkeeper rebase", { issue: { number: 7 } }),
      reason: "not-known",
    },
  ])("$title asks nothing", ({ payload, reason }) => {
    expect(read("issue_comment", payload)).toEqual({ kind: "ignored", reason });
  });
});

describe("what there is to read", () => {
  test.each([
    ...["created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"].map((action) => ({
      name: "installation",
      action,
      payload: installationPayload(action),
    })),
    ...["added", "removed"].map((action) => ({
      name: "installation_repositories",
      action,
      payload: installationPayload(action),
    })),
    ...[
      "created",
      "deleted",
      "archived",
      "unarchived",
      "renamed",
      "transferred",
      "publicized",
      "privatized",
    ].map((action) => ({ name: "repository", action, payload: repositoryPayload(action) })),
    { name: "installation_target", action: "renamed", payload: installationPayload("renamed") },
  ])("is listed anew after $name $action", ({ name, payload }) => {
    expect(read(name, payload)).toEqual({ kind: "event", event: { kind: "repositories" } });
  });

  it("is scanned when another branch is the default one", () => {
    const payload = repositoryPayload("edited", { changes: { default_branch: { from: "master" } } });
    expect(read("repository", payload)).toEqual({
      kind: "event",
      event: { kind: "default-branch", codeRepository: SHOP },
    });
  });

  it("stays when its description is edited", () => {
    const payload = repositoryPayload("edited", { changes: { description: { from: null } } });
    expect(read("repository", payload)).toEqual({ kind: "ignored", reason: "other-action" });
  });
});

describe("a review of a pull request of ours", () => {
  test.each([
    { title: "approves", payload: reviewPayload("submitted") },
    { title: "approves, in capitals", payload: reviewPayload("submitted", { state: "APPROVED" }) },
    { title: "is put aside", payload: reviewPayload("dismissed", { state: "dismissed" }) },
  ])("is told of where it $title", ({ payload }) => {
    expect(read("pull_request_review", payload)).toEqual({
      kind: "event",
      event: { kind: "checked", codeRepository: SHOP, branches: ["hullkeeper/bellsoft"], apps: [] },
    });
  });

  test.each([
    {
      title: "objects",
      payload: reviewPayload("submitted", { state: "changes_requested" }),
      reason: "not-green",
    },
    {
      title: "only says something",
      payload: reviewPayload("submitted", { state: "commented" }),
      reason: "not-green",
    },
    { title: "is written anew", payload: reviewPayload("edited"), reason: "other-action" },
    {
      title: "is of another branch",
      payload: reviewPayload("submitted", { head: { ref: "feature" } }),
      reason: "other-branch",
    },
    {
      title: "is of a fork with a branch named as ours are",
      payload: reviewPayload("submitted", { head: { repo: FORK } }),
      reason: "other-branch",
    },
    {
      title: "is of a fork that is gone",
      payload: reviewPayload("submitted", { head: { repo: null } }),
      reason: "other-branch",
    },
  ])("is passed over where it $title", ({ payload, reason }) => {
    expect(read("pull_request_review", payload)).toEqual({ kind: "ignored", reason });
  });

  test.each([
    { title: "a review", payload: { ...reviewPayload("submitted"), review: null } },
    { title: "a state", payload: { ...reviewPayload("submitted"), review: {} } },
    { title: "a pull request", payload: { ...reviewPayload("submitted"), pull_request: undefined } },
    { title: "a branch", payload: reviewPayload("submitted", { head: { ref: 7 } }) },
  ])("is refused without $title", ({ payload }) => {
    expect(read("pull_request_review", payload)).toEqual({ kind: "refused", reason: "malformed" });
  });
});

describe("a check at the head of a branch of ours", () => {
  const event = { kind: "checked", codeRepository: SHOP, branches: ["hullkeeper/bellsoft"] };
  const apps = ["15368", "Iv1.05c79e9ad1f6bdfa"];

  test.each([
    { title: "all of an App", name: "check_suite", payload: suitePayload("completed"), apps },
    { title: "one of an App", name: "check_run", payload: runPayload("completed"), apps },
    {
      title: "skipped",
      name: "check_run",
      payload: runPayload("completed", { conclusion: "skipped" }),
      apps,
    },
    {
      title: "neutral",
      name: "check_suite",
      payload: suitePayload("completed", { conclusion: "neutral" }),
      apps,
    },
    {
      title: "of an App that is not told",
      name: "check_suite",
      payload: suitePayload("completed", { app: null }),
      apps: [],
    },
    { title: "a status", name: "status", payload: statusPayload(), apps: [] },
    {
      title: "a status of a commit that other branches hold too",
      name: "status",
      payload: statusPayload({ branches: [branchNamed("main"), branchNamed("hullkeeper/bellsoft")] }),
      apps: [],
    },
  ])("is told of: $title", ({ name, payload, apps: told }) => {
    expect(read(name, payload)).toEqual({ kind: "event", event: { ...event, apps: told } });
  });

  test.each([
    { title: "begins", name: "check_run", payload: runPayload("created"), reason: "other-action" },
    {
      title: "is wanted again",
      name: "check_suite",
      payload: suitePayload("rerequested"),
      reason: "other-action",
    },
    {
      title: "failed",
      name: "check_suite",
      payload: suitePayload("completed", { conclusion: "failure" }),
      reason: "not-green",
    },
    {
      title: "was cancelled",
      name: "check_run",
      payload: runPayload("completed", { conclusion: "cancelled" }),
      reason: "not-green",
    },
    {
      title: "has no end",
      name: "check_run",
      payload: runPayload("completed", { conclusion: null }),
      reason: "not-green",
    },
    {
      title: "is a status that waits",
      name: "status",
      payload: statusPayload({ state: "pending" }),
      reason: "not-green",
    },
    {
      title: "is ours, by its name",
      name: "check_run",
      payload: runPayload("completed", { name: "hullkeeper/verification" }),
      reason: "own",
    },
    {
      title: "is a status of ours",
      name: "status",
      payload: statusPayload({ context: "hullkeeper/sla" }),
      reason: "own",
    },
    {
      title: "is at another branch",
      name: "check_suite",
      payload: suitePayload("completed", { head_branch: "main" }),
      reason: "other-branch",
    },
    {
      title: "is at a branch that is not told",
      name: "check_suite",
      payload: suitePayload("completed", { head_branch: null }),
      reason: "other-branch",
    },
    {
      title: "is of a suite that is not told",
      name: "check_run",
      payload: runPayload("completed", { check_suite: null }),
      reason: "other-branch",
    },
    {
      title: "is a status of no branch",
      name: "status",
      payload: statusPayload({ branches: [] }),
      reason: "other-branch",
    },
  ])("is passed over where it $title", ({ name, payload, reason }) => {
    expect(read(name, payload)).toEqual({ kind: "ignored", reason });
  });
});

test.each([
  { name: "ping", reason: "ping" },
  { name: "star", reason: "other-event" },
  { name: "workflow_run", reason: "other-event" },
  { name: "__proto__", reason: "other-event" },
  { name: "constructor", reason: "other-event" },
  { name: "PUSH", reason: "other-event" },
])("a webhook $name changes nothing", ({ name, reason }) => {
  expect(read(name, { zen: "Speak like a human." })).toEqual({ kind: "ignored", reason });
  expect(["ping", "other"]).toContain(eventNameOf(name));
});

describe("what cannot be read is refused:", () => {
  test.each([
    { title: "no JSON", body: "payload=%7B%7D" },
    { title: "half of it", body: JSON.stringify(pushPayload()).slice(0, -10) },
    { title: "nothing", body: "" },
    { title: "brackets without an end", body: `${"[".repeat(1_000)}${"]".repeat(1_000)}` },
  ])("$title", ({ body }) => {
    expect(readCodeEvent("push", Buffer.from(body))).toEqual({ kind: "refused", reason: "not-json" });
  });

  test.each([
    { title: "a push without a ref", name: "push", payload: pushPayload({ ref: undefined }) },
    { title: "a push whose commits are no list", name: "push", payload: pushPayload({ commits: "all" }) },
    { title: "a push without a repository", name: "push", payload: pushPayload({ repository: null }) },
    {
      title: "a path in the name of a repository",
      name: "push",
      payload: pushPayload({ repository: { ...REPOSITORY, name: "../shop" } }),
    },
    {
      title: "a repository named as the folder above",
      name: "push",
      payload: pushPayload({ repository: { ...REPOSITORY, name: ".." } }),
    },
    {
      title: "a line break in the name of an owner",
      name: "push",
      payload: pushPayload({ repository: { ...REPOSITORY, owner: { login: "acme\n{x}" } } }),
    },
    {
      title: "a pull request without a head",
      name: "pull_request",
      payload: pullPayload("closed", { pull: { head: null } }),
    },
    {
      title: "a comment below nothing",
      name: "issue_comment",
      payload: commentPayload("x", { issue: null }),
    },
    {
      title: "a comment below a number that is none",
      name: "issue_comment",
      payload: commentPayload("x", { issue: { number: -1, pull_request: {} } }),
    },
    {
      title: "a repository event without one",
      name: "repository",
      payload: repositoryPayload("x", { repository: 1 }),
    },
    {
      title: "checks of nothing",
      name: "check_suite",
      payload: suitePayload("completed", { conclusion: 7 }),
    },
    {
      title: "a check without a name",
      name: "check_run",
      payload: runPayload("completed", { name: undefined }),
    },
    {
      title: "a status of more branches than GitHub names",
      name: "status",
      payload: statusPayload({ branches: Array.from({ length: 11 }, () => ({ name: "hullkeeper/x" })) }),
    },
    { title: "a list", name: "push", payload: [] },
  ])("$title", ({ name, payload }) => {
    expect(read(name, payload)).toEqual({ kind: "refused", reason: "malformed" });
  });
});

test("nothing that is sent makes it throw", () => {
  const names = fc.constantFrom(
    "push",
    "pull_request",
    "issue_comment",
    "installation",
    "repository",
    "check_suite",
    "check_run",
    "status",
    "ping",
    "x",
  );
  fc.assert(
    fc.property(names, fc.json(), (name, json) => {
      const { kind } = readCodeEvent(name, Buffer.from(json));
      expect(["event", "ignored", "refused"]).toContain(kind);
    }),
  );
});
