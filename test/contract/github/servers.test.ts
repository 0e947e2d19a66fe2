import { describe, expect, test } from "vitest";
import { instantOf } from "../../../src/time.ts";
import type { ProposalLook } from "../../../src/ports/code-host.ts";
import type { Edition } from "../../fakes/github/world.ts";
import { type AppHarness, startAppHarness } from "./app-harness.ts";
import { BRANCH, CONTENT, contentOn, countOf, PATIENT, SHOP, startHarness } from "./harness.ts";

const QUESTION = { baseBranch: "main", branch: BRANCH, paths: ["Dockerfile"] };
const FILES = { Dockerfile: "FROM scratch\n", "compose.yaml": "services: {}\n" };
const CHECK = {
  name: "hullkeeper/verification",
  conclusion: "success",
  title: "verified",
  summary: "all well",
  annotations: [],
} as const;
const STATUS = { context: "hullkeeper/sla", state: "success", description: "in time" } as const;
const CHECK_ROUTES = [
  "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
  "POST /repos/{owner}/{repo}/check-runs",
  "PATCH /repos/{owner}/{repo}/check-runs/{check_run_number}",
];

interface Server {
  readonly title: string;
  readonly edition: Edition;
  /** Documents of GraphQL that are sent in a whole life, each refused one once. */
  readonly documents: readonly string[];
  readonly check: "set" | "unsupported";
  readonly standing: "none" | "unknown";
}

function server(version: string, lacks: readonly string[] = []): Edition {
  return { kind: "enterprise", version, lacks };
}

const WHOLE = { check: "set", standing: "none" } as const;
const LOOKS = ["Look", "Look", "Look", "Look"];

const SERVERS: readonly Server[] = [
  {
    title: "that lacks nothing",
    edition: server("3.16.0"),
    documents: ["Heads", "Texts", "Propose", ...LOOKS],
    ...WHOLE,
  },
  {
    title: "below a path of its own",
    edition: { kind: "enterprise", version: "3.16.0", below: "/git/hub" },
    documents: ["Heads", "Texts", "Propose", ...LOOKS],
    ...WHOLE,
  },
  ...["createRef", "createCommitOnBranch", "createPullRequest"].map((mutation) => ({
    title: `without ${mutation}`,
    edition: server("3.2.0", [mutation]),
    documents: ["Heads", "Texts", "Propose", ...LOOKS],
    ...WHOLE,
  })),
  ...[
    "PullRequest.mergeable",
    "PullRequest.isCrossRepository",
    "PullRequest.timelineItems",
    "Blob.isTruncated",
    "Commit.file",
  ].map((field) => ({
    title: `without ${field}`,
    edition: server("3.0.0", [field]),
    // What a look does not tell cannot be proposed by one document.
    documents: ["Heads", "Texts", "Look"],
    ...WHOLE,
  })),
  {
    title: "without any GraphQL",
    edition: server("2.8.0", ["POST /graphql"]),
    documents: ["Heads", "Look"],
    ...WHOLE,
  },
  {
    title: "without checks",
    edition: server("2.13.0", CHECK_ROUTES),
    documents: ["Heads", "Texts", "Propose", ...LOOKS],
    check: "unsupported",
    standing: "unknown",
  },
];

/** What people see of a look, whoever answered it. */
function seenIn({ head, pull, files }: ProposalLook): object {
  return {
    message: head?.message,
    pull: pull === undefined ? undefined : [pull.state, pull.title, pull.body, pull.isMergeable],
    hasChange: pull?.updatedAt !== undefined,
    files: files.map(({ path, text }) => [path, text]),
  };
}

/** GitHub finds out whether a pull request can be merged once it is asked. */
async function lookTwice({ host }: AppHarness): Promise<ProposalLook> {
  await host.look(SHOP, QUESTION, PATIENT);
  return host.look(SHOP, QUESTION, PATIENT);
}

describe.each(SERVERS)("a server $title", ({ edition, documents, check, standing }) => {
  test("serves a pull request all its life", async () => {
    const harness = await startAppHarness(undefined, FILES, { edition });
    const { host, double, base } = harness;
    expect((await host.branch(SHOP, undefined, PATIENT)).commit).toBe(base);
    expect((await host.files(SHOP, base, () => true, PATIENT)).files.map(({ path }) => path)).toEqual([
      "Dockerfile",
      "compose.yaml",
    ]);

    const look = await host.look(SHOP, QUESTION, PATIENT);
    const wish = { ...contentOn(look.base.commit), ...CONTENT, base: look.base };
    const { pull, commit } = await host.propose(SHOP, wish, PATIENT);
    expect(seenIn(await lookTwice(harness))).toEqual({
      message: wish.message,
      pull: ["open", CONTENT.title, CONTENT.body, true],
      hasChange: true,
      files: [["Dockerfile", "FROM scratch\n"]],
    });

    await host.setStatuses(SHOP, commit, [STATUS], PATIENT);
    expect(await host.setCheck(SHOP, commit, CHECK, PATIENT)).toBe(check);
    expect(await host.standing(SHOP, commit, PATIENT)).toBe(standing);
    await host.comment(SHOP, pull.number, "Hello", PATIENT);
    expect(await host.isWritten(SHOP, pull.number, { since: instantOf(0), text: "Hello" }, PATIENT)).toBe(
      true,
    );

    const current = (await host.look(SHOP, QUESTION, PATIENT)).pull ?? pull;
    expect(await host.merge(SHOP, current, "squash", PATIENT)).toBe("merged");
    await host.deleteBranch(SHOP, BRANCH, commit, PATIENT);
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBeUndefined();
    expect(await double.readFile("acme", "shop", "main", "Dockerfile")).toBe("FROM scratch AS fixed\n");

    const sent = double.requests.flatMap(({ operationName }) => operationName ?? []);
    expect(sent.toSorted()).toEqual(documents.toSorted());
    expect(await host.version?.(PATIENT)).toBe(edition.kind === "enterprise" ? edition.version : undefined);
  });
});

describe("by REST alone", () => {
  test("a conflict with the base branch is seen, so that the branch is made anew", async () => {
    const harness = await startAppHarness(undefined, FILES, { edition: server("2.8.0", ["POST /graphql"]) });
    const { host, double } = harness;
    const { base } = await host.look(SHOP, QUESTION, PATIENT);
    await host.propose(SHOP, { ...contentOn(base.commit), ...CONTENT, base }, PATIENT);
    await double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM other\n" });
    const inConflict = await lookTwice(harness);
    expect(inConflict.pull?.isMergeable).toBe(false);
    const { pull, head } = inConflict;
    if (pull === undefined || head === undefined) throw new Error("there is no pull request");
    const anew = {
      ...contentOn(inConflict.base.commit, { expected: { kind: "at", commit: head.commit } }),
      ...CONTENT,
      base: inConflict.base,
      current: pull,
    };
    await host.propose(SHOP, anew, PATIENT);
    expect((await lookTwice(harness)).pull?.isMergeable).toBe(true);
  });

  test("what is not open costs no request more", async () => {
    const harness = await startHarness(FILES, { edition: server("2.8.0", ["POST /graphql"]) });
    const { host } = harness;
    const { base } = await host.look(SHOP, QUESTION, PATIENT);
    const { pull } = await host.propose(SHOP, { ...contentOn(base.commit), ...CONTENT, base }, PATIENT);
    await host.closePullRequest(SHOP, pull, PATIENT);
    const { pull: closed } = await host.look(SHOP, QUESTION, PATIENT);
    expect(closed?.state).toBe("closed");
    expect(countOf(harness, "GET", `/pulls/${pull.number}`)).toBe(0);
  });
});
