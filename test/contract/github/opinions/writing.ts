import { instantOf } from "../../../../src/time.ts";
import { CONTENT, PATIENT } from "../harness.ts";
import { COLLABORATOR, NO_STRANGERS, type Row } from "./opinion.ts";
import { addressOf, commitBy, labelsOf, lookAt, proposeTo, pullAt, shownOf, textsOf } from "./steps.ts";

const SINCE = instantOf(0);
const NOBODY = "hullkeeper-nobody-has-this-login";
const OTHER = { title: "jre-25: fixes 4 critical", body: "Merge by Tuesday.\n", labels: ["hullkeeper"] };
const CHECK = {
  name: "hullkeeper/verification",
  conclusion: "success",
  title: "verified",
  summary: "All is well.",
  annotations: [],
} as const;

/** What is written. */
export const WRITING: readonly Row[] = [
  {
    title: "a proposal",
    ask: async (stage) => {
      const { commit, pull } = await proposeTo(stage);
      const { head } = await lookAt(stage);
      const { files } = await stage.host.files(stage.repository, commit, () => true, PATIENT);
      return {
        isHead: head?.commit === commit && pull.headCommit === commit,
        isOnBase: head?.parents.join() === stage.base,
        message: head?.message,
        files: textsOf(files),
        labels: await labelsOf(stage, pull.number),
        ...shownOf(await pullAt(stage)),
      };
    },
    says: {
      answer: {
        isHead: true,
        isOnBase: true,
        message: "Update jre-25\n\nHullkeeper-Image: jre-25",
        files: [
          ["Dockerfile", "FROM scratch AS fixed\n"],
          ["deep/run.sh", "#!/bin/sh\n"],
          ["odd.txt", "\uFEFFone\r\ntwo"],
        ],
        labels: ["hullkeeper", "sla:critical"],
        state: "open",
        title: CONTENT.title,
        body: CONTENT.body,
        isClosed: false,
      },
    },
  },
  {
    title: "a program keeps its mode",
    ask: async (stage) => {
      const { commit } = await proposeTo(stage, { files: [{ path: "deep/run.sh", text: "#!/bin/bash\n" }] });
      const { data } = await stage.person.rest.git.getTree({
        ...addressOf(stage),
        tree_sha: commit,
        recursive: "1",
      });
      return data.tree.find(({ path }) => path === "deep/run.sh")?.mode;
    },
    says: { answer: "100755" },
  },
  {
    title: "a proposal that is made again is the same one",
    ask: async (stage) => {
      const first = await proposeTo(stage);
      const again = await stage.host.openPullRequest(
        stage.repository,
        { head: stage.branch, base: stage.baseBranch },
        CONTENT,
        PATIENT,
      );
      return again.number === first.pull.number;
    },
    says: { answer: true },
    but: {
      emulate: { why: "it opens a second pull request for the same head", says: { answer: false } },
    },
  },
  {
    title: "a pull request without a commit of its own",
    ask: async (stage) => {
      const { host, repository, person, branch: head, baseBranch: base } = stage;
      await person.rest.git.createRef({ ...addressOf(stage), ref: `refs/heads/${head}`, sha: stage.base });
      return (await host.openPullRequest(repository, { head, base }, CONTENT, PATIENT)).state;
    },
    says: { refused: "code-host-rejected" },
    but: { emulate: { why: "it opens one with nothing in it", says: { answer: "open" } } },
  },
  {
    title: "a change of title, text and labels",
    ask: async (stage) => {
      const { pull } = await proposeTo(stage);
      await stage.host.updatePullRequest(stage.repository, pull, OTHER, PATIENT);
      return { ...shownOf(await pullAt(stage)), labels: await labelsOf(stage, pull.number) };
    },
    says: {
      answer: { state: "open", title: OTHER.title, body: OTHER.body, isClosed: false, labels: OTHER.labels },
    },
  },
  {
    title: "a branch that is made anew on the base branch",
    ask: async (stage) => {
      const first = await proposeTo(stage);
      const moved = await commitBy(stage, stage.baseBranch, "FROM busybox\n");
      const second = await proposeTo(stage, { files: [{ path: "Dockerfile", text: "FROM busybox AS b\n" }] });
      const { head } = await lookAt(stage);
      return {
        isSamePull: second.pull.number === first.pull.number,
        isOther: second.commit !== first.commit,
        isOnMoved: head?.parents.join() === moved,
      };
    },
    says: { answer: { isSamePull: true, isOther: true, isOnMoved: true } },
  },
  {
    title: "a branch that is not where it is expected is left alone",
    ask: async (stage) => {
      await proposeTo(stage);
      await commitBy(stage, stage.branch, "FROM by-hand\n");
      return proposeTo(stage, { expected: { kind: "at", commit: stage.base } });
    },
    says: { refused: "code-host-conflict" },
  },
  {
    title: "a commit that would change nothing",
    ask: async ({ host, repository, branch, base }) => {
      const files = [{ path: "Dockerfile", text: "FROM scratch\n" }];
      const wish = { branch, parent: base, files, message: "Nothing", expected: { kind: "absent" } } as const;
      return host.writeBranch(repository, wish, PATIENT);
    },
    says: { refused: "code-host-rejected" },
  },
  {
    title: "a comment of ours is there, and is not heard as a person's",
    ask: async (stage) => {
      const { number } = (await proposeTo(stage)).pull;
      const { host, repository, person } = stage;
      await host.comment(repository, number, "**Rolled back**", PATIENT);
      await person.rest.issues.createComment({
        ...addressOf(stage),
        issue_number: number,
        body: "/hullkeeper ignore",
      });
      const heard = await host.comments(repository, number, SINCE, PATIENT);
      const wanted = { since: SINCE, text: "**Rolled back**" };
      return {
        heard: heard.map(({ body }) => body),
        isWritten: await host.isWritten(repository, number, wanted, PATIENT),
      };
    },
    says: { answer: { heard: ["/hullkeeper ignore"], isWritten: true } },
  },
  {
    title: "a check run, once",
    as: "app",
    ask: async (stage) => {
      const { host, repository, base, person } = stage;
      const first = await host.setCheck(repository, base, CHECK, PATIENT);
      await host.setCheck(repository, base, CHECK, PATIENT);
      await host.setCheck(repository, base, { ...CHECK, conclusion: "failure" }, PATIENT);
      const { data } = await person.rest.checks.listForRef({ ...addressOf(stage), ref: base });
      return {
        first,
        runs: data.check_runs.map(({ name, conclusion, output }) => [name, conclusion, output.title]),
      };
    },
    says: { answer: { first: "set", runs: [["hullkeeper/verification", "failure", "verified"]] } },
  },
  {
    title: "a check run by the token of a person",
    as: "token",
    ask: async ({ host, repository, base }) => host.setCheck(repository, base, CHECK, PATIENT),
    says: { answer: "unsupported" },
  },
  {
    title: "a status, and what the checks of others say",
    ask: async ({ host, repository, base }) => {
      const status = { context: "hullkeeper/sla", state: "success", description: "in time" } as const;
      await host.setStatuses(repository, base, [status], PATIENT);
      return host.standing(repository, base, PATIENT);
    },
    says: { answer: "none" },
    but: {
      emulate: { why: "it has no commit statuses", says: { refused: "code-host-not-found" } },
    },
  },
  {
    title: "an assignee, and a reviewer, whom nobody knows",
    ask: async (stage) => {
      const { pull } = await proposeTo(stage);
      const wish = { assignees: [NOBODY], reviewers: [NOBODY] };
      return (await stage.host.bringTo(stage.repository, pull, wish, PATIENT)).unknown;
    },
    says: { answer: [NOBODY, NOBODY] },
  },
  {
    title: "an assignee and a reviewer",
    ask: async (stage) => {
      const { pull } = await proposeTo(stage);
      const wish = { assignees: [COLLABORATOR], reviewers: [COLLABORATOR] };
      return (await stage.host.bringTo(stage.repository, pull, wish, PATIENT)).unknown;
    },
    says: { answer: [] },
    but: {
      emulate: { why: "it has no assignees of pull requests", says: { answer: [COLLABORATOR] } },
      "github.com": NO_STRANGERS,
    },
  },
  {
    title: "a milestone that is not there",
    ask: async (stage) => {
      const { pull } = await proposeTo(stage);
      const wish = { assignees: [], reviewers: [], milestone: "no such" };
      return (await stage.host.bringTo(stage.repository, pull, wish, PATIENT)).unknown;
    },
    says: { answer: ["no such"] },
  },
];
