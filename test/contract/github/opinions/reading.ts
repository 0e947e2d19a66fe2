import { PATIENT } from "../harness.ts";
import { COLLABORATOR, NO_STRANGERS, type Row } from "./opinion.ts";
import { addressOf, commitBy, lookAt, questionOf, textsOf } from "./steps.ts";

const NOBODY = "hullkeeper-nobody-has-this-login";

/** What is read. */
export const READING: readonly Row[] = [
  {
    title: "the head of a branch",
    ask: async ({ host, repository, baseBranch, base }) => {
      const { name, commit } = await host.branch(repository, baseBranch, PATIENT);
      return { isNamed: name === baseBranch, isThere: commit === base };
    },
    says: { answer: { isNamed: true, isThere: true } },
  },
  {
    title: "the default branch",
    ask: async (stage) => {
      const { data } = await stage.person.rest.repos.get(addressOf(stage));
      const { name } = await stage.host.branch(stage.repository, undefined, PATIENT);
      return name === data.default_branch;
    },
    says: { answer: true },
  },
  {
    title: "a branch that is not there",
    ask: async ({ host, repository }) => host.branch(repository, "no/such", PATIENT),
    says: { refused: "code-host-not-found" },
  },
  {
    title: "a head that is not there is absent, which is no failure",
    ask: async ({ host, repository }) => (await host.branchHead(repository, "no/such", PATIENT)) ?? "absent",
    says: { answer: "absent" },
  },
  {
    title: "a repository that is not there",
    ask: async ({ host, repository }) => host.branch({ ...repository, name: "no-such" }, "main", PATIENT),
    says: { refused: "code-host-not-found" },
  },
  {
    title: "a key that nobody gave",
    as: "app",
    ask: async ({ stranger, repository, baseBranch }) => stranger.branch(repository, baseBranch, PATIENT),
    says: { refused: "code-host-unauthorized" },
  },
  {
    title: "a token that nobody gave",
    as: "token",
    ask: async ({ stranger, repository, baseBranch }) =>
      (await stranger.branch(repository, baseBranch, PATIENT)).name === baseBranch,
    says: { refused: "code-host-unauthorized" },
    but: { emulate: { why: "it lets in whoever has any token", says: { answer: true } } },
  },
  {
    title: "all files, as exact text",
    ask: async ({ host, repository, base }) => {
      const { files, skipped } = await host.files(repository, base, () => true, PATIENT);
      return { files: textsOf(files), skipped };
    },
    says: {
      answer: {
        files: [
          ["Dockerfile", "FROM scratch\n"],
          ["deep/run.sh", "#!/bin/sh\n"],
          ["odd.txt", "\uFEFFone\r\ntwo"],
        ],
        skipped: [],
      },
    },
  },
  {
    title: "what blobs are called: as git calls them",
    ask: async ({ host, repository, base }) => {
      const { files } = await host.files(repository, base, (path) => path === "odd.txt", PATIENT);
      return files.map(({ blob }) => blob);
    },
    says: { answer: ["e2eec64609c377e3989cee49ca8c26a54975e71f"] },
  },
  {
    title: "files of a commit that is not there",
    ask: async ({ host, repository }) => host.files(repository, "1".repeat(40), () => true, PATIENT),
    says: { refused: "code-host-not-found" },
  },
  {
    title: "a look where nothing was proposed",
    ask: async (stage) => {
      const { base, head, pull, files } = await lookAt(stage);
      return {
        isThere: base.commit === stage.base,
        isProposed: head !== undefined || pull !== undefined,
        files: textsOf(files),
      };
    },
    says: {
      answer: {
        isThere: true,
        isProposed: false,
        files: [
          ["Dockerfile", "FROM scratch\n"],
          ["deep/run.sh", "#!/bin/sh\n"],
        ],
      },
    },
  },
  {
    title: "a look from a base branch that is not there",
    ask: async (stage) => {
      const question = { ...questionOf(stage), baseBranch: "no/such" };
      return stage.host.look(stage.repository, question, PATIENT);
    },
    says: { refused: "code-host-not-found" },
  },
  {
    title: "whether one commit is in the history of another",
    ask: async (stage) => {
      const { host, repository, base, baseBranch } = stage;
      const next = await commitBy(stage, baseBranch, "FROM busybox\n");
      return Promise.all([
        host.isContained(repository, base, next, PATIENT),
        host.isContained(repository, base, base, PATIENT),
        host.isContained(repository, next, base, PATIENT),
      ]);
    },
    says: { answer: [true, true, false] },
  },
  {
    title: "which repositories the App was given",
    as: "app",
    ask: async ({ host }) => (await host.repositories(PATIENT)).repositories,
    says: {
      answer: [
        {
          codeRepository: { owner: "acme", name: "shop" },
          isArchived: false,
          isFork: false,
          isEmpty: false,
          missing: [],
        },
      ],
    },
    but: {
      emulate: {
        why: "it has no GET /installation/repositories",
        says: { refused: "code-host-not-found" },
      },
    },
  },
  {
    title: "which repositories a token may see",
    as: "token",
    ask: async ({ host, repository: { owner, name } }) => {
      const { repositories } = await host.repositories(PATIENT);
      const at = `${owner}/${name}`.toLowerCase();
      return repositories.some(
        ({ codeRepository: each }) => `${each.owner}/${each.name}`.toLowerCase() === at,
      );
    },
    says: { answer: true },
    but: {
      emulate: {
        why: "GET /user/repos leaves out what belongs to an organisation of the user",
        says: { answer: false },
      },
    },
  },
  {
    title: "the version of github.com, which has none",
    ask: async ({ host }) => (await host.version?.(PATIENT)) ?? "none",
    says: { answer: "none" },
  },
  {
    title: "what somebody may do who may write",
    ask: async ({ host, repository }) => host.roleOf(repository, COLLABORATOR, PATIENT),
    says: { answer: "write" },
    but: {
      emulate: { why: 'it says "push" where "write" is documented', says: { answer: "none" } },
      "github.com": NO_STRANGERS,
    },
  },
  {
    title: "what somebody may do whom nobody knows",
    ask: async ({ host, repository }) => host.roleOf(repository, NOBODY, PATIENT),
    says: { answer: "none" },
  },
];
