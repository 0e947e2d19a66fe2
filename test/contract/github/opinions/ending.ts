import { CONTENT, PATIENT } from "../harness.ts";
import type { Row } from "./opinion.ts";
import { commitBy, proposeTo, pullAt, shownOf, textsOf } from "./steps.ts";

/** Until it is known whether a pull request can be merged. */
const LOOKS_MAX = 5;

/** How a pull request ends. */
export const ENDING: readonly Row[] = [
  {
    title: "a merge, and the branch goes",
    ask: async (stage) => {
      const { host, repository, branch, baseBranch } = stage;
      const { commit } = await proposeTo(stage);
      const came = await host.merge(repository, await pullAt(stage), "merge", PATIENT);
      const { state, isClosed } = shownOf(await pullAt(stage));
      await host.deleteBranch(repository, branch, commit, PATIENT);
      const { files } = await host.look(repository, { baseBranch, branch, paths: ["Dockerfile"] }, PATIENT);
      const left = await host.branchHead(repository, branch, PATIENT);
      return { came, state, isClosed, files: textsOf(files), left };
    },
    says: {
      answer: {
        came: "merged",
        state: "merged",
        isClosed: true,
        files: [["Dockerfile", "FROM scratch AS fixed\n"]],
        left: undefined,
      },
    },
  },
  {
    title: "a merge of what is merged already",
    ask: async (stage) => {
      await proposeTo(stage);
      const { host, repository } = stage;
      const pull = await pullAt(stage);
      await host.merge(repository, pull, "merge", PATIENT);
      return host.merge(repository, pull, "merge", PATIENT);
    },
    says: { answer: "merged" },
    but: {
      emulate: { why: "it says 422 where 405 is documented", says: { refused: "code-host-rejected" } },
    },
  },
  {
    title: "a merge of a head that moved since it was read",
    ask: async (stage) => {
      await proposeTo(stage);
      const read = await pullAt(stage);
      await commitBy(stage, stage.branch, "FROM by-hand\n");
      return stage.host.merge(stage.repository, read, "merge", PATIENT);
    },
    says: { answer: "conflict" },
    but: {
      emulate: { why: "it does not look at which head is meant", says: { answer: "merged" } },
    },
  },
  {
    title: "a merge that is in conflict with the base branch",
    ask: async (stage) => {
      await proposeTo(stage);
      await commitBy(stage, stage.baseBranch, "FROM in-conflict\n");
      let now = await pullAt(stage);
      // GitHub finds out once it is asked.
      for (let asked = 1; asked < LOOKS_MAX && now.isMergeable === undefined; asked += 1)
        now = await pullAt(stage);
      const { isMergeable: _told, ...read } = now;
      return stage.host.merge(stage.repository, read, "merge", PATIENT);
    },
    says: { answer: "conflict" },
    but: { emulate: { why: "it merges what is in conflict", says: { answer: "merged" } } },
  },
  {
    title: "a close, and a close of what is closed",
    ask: async (stage) => {
      await proposeTo(stage);
      const { host, repository } = stage;
      await host.closePullRequest(repository, await pullAt(stage), PATIENT);
      const closed = await pullAt(stage);
      await host.closePullRequest(repository, closed, PATIENT);
      return shownOf(closed);
    },
    says: { answer: { state: "closed", title: CONTENT.title, body: CONTENT.body, isClosed: true } },
  },
  {
    title: "who closed it is told",
    ask: async (stage) => {
      await proposeTo(stage);
      await stage.host.closePullRequest(stage.repository, await pullAt(stage), PATIENT);
      return (await pullAt(stage)).closedBy !== undefined;
    },
    says: { answer: true },
    but: { emulate: { why: "it has no GraphQL, and no list of REST tells that", says: { answer: false } } },
  },
  {
    title: "a new proposal after a person closed one is another pull request",
    ask: async (stage) => {
      const first = await proposeTo(stage);
      await stage.host.closePullRequest(stage.repository, await pullAt(stage), PATIENT);
      const second = await proposeTo(stage, { files: [{ path: "Dockerfile", text: "FROM other\n" }] });
      return { isOther: second.pull.number !== first.pull.number, state: (await pullAt(stage)).state };
    },
    says: { answer: { isOther: true, state: "open" } },
  },
  {
    title: "a branch that moved since is not deleted",
    ask: async (stage) => {
      const { commit } = await proposeTo(stage);
      await commitBy(stage, stage.branch, "FROM by-hand\n");
      await stage.host.deleteBranch(stage.repository, stage.branch, commit, PATIENT);
      return (await stage.host.branchHead(stage.repository, stage.branch, PATIENT)) !== undefined;
    },
    says: { answer: true },
  },
];
