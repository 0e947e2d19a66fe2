import { COLLABORATOR, NO_STRANGERS, type Row } from "./opinion.ts";
import { addressOf, proposeTo } from "./steps.ts";

/** Single requests, past the adapter: what the double was written to do, and what is known to differ. */
export const REQUESTS: readonly Row[] = [
  {
    title: "GraphQL",
    ask: async ({ person }) => Object.keys(await person.graphql<object>("{ viewer { login } }")),
    says: { answer: ["viewer"] },
    but: { emulate: { why: "it has no GraphQL", says: { status: 404 } } },
  },
  {
    title: "the commit at the head of a branch comes with it",
    ask: async (stage) => {
      const { data } = await stage.person.rest.repos.getBranch({
        ...addressOf(stage),
        branch: stage.baseBranch,
      });
      return Object.keys(data.commit).includes("commit");
    },
    says: { answer: true },
    but: { emulate: { why: "the branch says no more than the name of its commit", says: { answer: false } } },
  },
  {
    title: "an answer comes with a tag",
    ask: async (stage) => {
      const { headers } = await stage.person.rest.repos.get(addressOf(stage));
      return headers.etag !== undefined;
    },
    says: { answer: true },
    but: { emulate: { why: "it tags nothing, and always sends the whole", says: { answer: false } } },
  },
  {
    title: "an answer comes with the number of the request",
    ask: async (stage) => {
      const { headers } = await stage.person.rest.repos.get(addressOf(stage));
      return headers["x-github-request-id"] !== undefined;
    },
    says: { answer: true },
    but: { emulate: { why: "it has none", says: { answer: false } } },
  },
  {
    title: "a merge without a word",
    ask: async (stage) => {
      const { number } = (await proposeTo(stage)).pull;
      const where = { ...addressOf(stage), pull_number: number };
      return (await stage.person.request("PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge", where))
        .status;
    },
    says: { answer: 200 },
    but: { emulate: { why: "it wants a body", says: { status: 400 } } },
  },
  {
    title: "a reviewer is asked",
    ask: async (stage) => {
      const { number } = (await proposeTo(stage)).pull;
      const wish = { ...addressOf(stage), pull_number: number, reviewers: [COLLABORATOR] };
      return (await stage.person.rest.pulls.requestReviewers(wish)).status;
    },
    says: { answer: 201 },
    but: {
      emulate: { why: "it answers with another status than is documented", says: { answer: 200 } },
      "github.com": NO_STRANGERS,
    },
  },
  {
    title: "labels, with the permission on pull requests alone",
    as: "app",
    ask: async (stage) => {
      const { number } = (await proposeTo(stage)).pull;
      const narrow = await stage.narrowed?.({ pull_requests: "write" });
      const wish = { ...addressOf(stage), issue_number: number, labels: ["other"] };
      return (await narrow?.rest.issues.addLabels(wish))?.status;
    },
    says: { answer: 200 },
    but: { emulate: { why: "it demands issues: write", says: { status: 403 } } },
  },
  {
    title: "a branch, with the permission to read alone",
    as: "app",
    ask: async (stage) => {
      const narrow = await stage.narrowed?.({ contents: "read" });
      const wish = { ...addressOf(stage), ref: "refs/heads/x", sha: stage.base };
      return (await narrow?.rest.git.createRef(wish))?.status;
    },
    says: { status: 403 },
  },
  {
    title: "files that a pull request changes",
    ask: async (stage) => {
      const { number } = (await proposeTo(stage)).pull;
      const { data } = await stage.person.rest.pulls.get({ ...addressOf(stage), pull_number: number });
      return data.changed_files;
    },
    says: { answer: 1 },
    but: { emulate: { why: "it counts none", says: { answer: 0 } } },
  },
];
