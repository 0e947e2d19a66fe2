import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGit, type Git } from "./github/git.ts";
import { type GitPerson, GitRepository, type TreeChange } from "./github/git-repository.ts";

/** What the double of GitHub writes by itself is what git would have written. */

const FILE = "100644";
const PERSON: GitPerson = {
  name: "A. U. Thor",
  email: "a@example.com",
  at: new Date("2026-11-29T00:00:00Z"),
};

let home: string;
let git: Git;
let repositories = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "hk-git-repository-"));
  git = createGit(home);
});

afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

async function empty(): Promise<GitRepository> {
  repositories += 1;
  const repository = new GitRepository(git, join(home, `${repositories}.git`));
  await repository.initialise();
  return repository;
}

/** By git alone, with an index. */
async function treeByGit(repository: GitRepository, steps: readonly (readonly TreeChange[])[]) {
  const gitDir = `--git-dir=${repository.directory}`;
  const env = { GIT_INDEX_FILE: join(repository.directory, "index-of-test") };
  await git([gitDir, "read-tree", "--empty"], { env });
  for (const changes of steps) {
    const lines = changes.map(
      ({ path, mode, sha }) => `${sha === undefined ? "0" : mode} ${sha ?? "0".repeat(40)}\t${path}\0`,
    );
    await git([gitDir, "update-index", "-z", "--index-info"], { env, input: lines.join("") });
  }
  const { stdout } = await git([gitDir, "write-tree"], { env });
  return stdout.toString("utf8").trim();
}

async function change(
  repository: GitRepository,
  path: string,
  content?: string,
  mode = FILE,
): Promise<TreeChange> {
  return { path, mode, sha: content === undefined ? undefined : await repository.writeBlob(content) };
}

describe("a tree is git's own", () => {
  test.each([
    { title: "without entries", steps: [[]] },
    {
      title: "with files and folders",
      steps: [
        [
          ["Dockerfile", "1"],
          ["a/b/c", "2"],
          ["a/b/d", "3"],
          ["z", ""],
        ],
      ],
    },
    {
      title: "in the order of bytes, folders as if with a slash",
      steps: [
        [
          ["a.b", "1"],
          ["a/b", "2"],
          ["a-b", "3"],
          ["a0", "4"],
          ["B", "5"],
          ["ä", "6"],
          ["é/x", "7"],
        ],
      ],
    },
    {
      title: "after a change deep down",
      steps: [
        [
          ["a/b/c", "1"],
          ["a/d", "2"],
        ],
        [
          ["a/b/c", "3"],
          ["a/b/e", "4"],
        ],
      ],
    },
    {
      title: "after what was in a folder is gone",
      steps: [
        [
          ["a/b/c", "1"],
          ["d", "2"],
        ],
        [["a/b/c", undefined]],
      ],
    },
    { title: "after everything is gone", steps: [[["a/b/c", "1"]], [["a/b/c", undefined]]] },
    { title: "after something is removed that was not there", steps: [[["a", "1"]], [["b/c", undefined]]] },
  ] satisfies { title: string; steps: (readonly [string, string | undefined])[][] }[])(
    "$title",
    async ({ steps }) => {
      const repository = await empty();
      const all = await Promise.all(
        steps.map(async (step) =>
          Promise.all(step.map(async ([path, content]) => change(repository, path, content))),
        ),
      );
      let tree: string | undefined;
      for (const changes of all) tree = await repository.writeTree(tree, changes);
      expect(tree).toBe(await treeByGit(repository, all));
    },
  );

  test("with every mode", async () => {
    const repository = await empty();
    const changes = [
      await change(repository, "run", "1", "100755"),
      await change(repository, "link", "run", "120000"),
      { path: "module", mode: "160000", sha: "1".repeat(40) },
    ];
    expect(await repository.writeTree(undefined, changes)).toBe(await treeByGit(repository, [changes]));
  });
});

test("git finds nothing wrong with what was written, and reads it", async () => {
  const repository = await empty();
  const gitDir = `--git-dir=${repository.directory}`;
  const tree = await repository.writeTree(undefined, [
    await change(repository, "a/b", "text\n"),
    await change(repository, "a.b", "\0\u{1F433}"),
  ]);
  const people = { author: PERSON, committer: PERSON };
  const first = await repository.writeCommit({ ...people, tree, parents: [], message: "Begin\n\nä\n" });
  const second = await repository.writeCommit({ ...people, tree, parents: [first], message: "Go on" });
  expect(await repository.moveRef("heads/main", second, "0".repeat(40))).toBe(true);
  const { stdout, stderr } = await git([gitDir, "fsck", "--strict", "--full", "--no-dangling"]);
  expect(`${stdout.toString("utf8")}${stderr}`).not.toMatch(/error|warning|missing|bad/);
  const { stdout: message } = await git([gitDir, "log", "-1", "--format=%B", first]);
  expect(message.toString("utf8")).toBe("Begin\n\nä\n\n");
  const { stdout: content } = await git([gitDir, "cat-file", "blob", "main:a.b"]);
  expect(content.toString("utf8")).toBe("\0\u{1F433}");
});

describe.each([
  { title: "in files of their own", isPacked: false },
  { title: "in a pack", isPacked: true },
])("objects and refs $title", ({ isPacked }) => {
  let repository: GitRepository;
  let commit: string;
  beforeAll(async () => {
    repository = await empty();
    const tree = await repository.writeTree(undefined, [
      await change(repository, "a/b", "text", "100755"),
      await change(repository, "c", "more"),
    ]);
    commit = await repository.writeCommit({
      tree,
      parents: [],
      author: PERSON,
      committer: PERSON,
      message: "Begin",
    });
    await repository.moveRef("heads/main", commit, "0".repeat(40));
    if (isPacked) await git([`--git-dir=${repository.directory}`, "gc", "--quiet"]);
  });

  test("are found", async () => {
    expect(await repository.ref("heads/main")).toBe(commit);
    expect(await repository.typeOf(commit)).toBe("commit");
    expect(await repository.commit(commit)).toMatchObject({
      sha: commit,
      parents: [],
      author: PERSON,
      message: "Begin",
    });
    const entry = await repository.entry(commit, "a/b");
    expect(entry).toMatchObject({ path: "a/b", mode: "100755", type: "blob", size: 4 });
    expect((await repository.blob(entry?.sha ?? "")).toString("utf8")).toBe("text");
    expect(await repository.entry(commit, "a")).toMatchObject({ mode: "040000", type: "tree" });
  });

  test("are not found where there are none", async () => {
    expect(await repository.ref("heads/gone")).toBeUndefined();
    expect(await repository.typeOf("1".repeat(40))).toBeUndefined();
    expect(await repository.typeOf("main")).toBeUndefined();
    await expect(repository.blob(commit)).rejects.toThrow("is no blob");
    const paths = ["", "b", "a/", "a//b", "a/b/c", "c/d", "../a"];
    const entries = await Promise.all(paths.map(async (path) => repository.entry(commit, path)));
    expect(entries).toEqual(paths.map(() => undefined));
    expect(await repository.entry("1".repeat(40), "a")).toBeUndefined();
  });

  test("and added to", async () => {
    const tree = await repository.writeTree((await repository.commit(commit)).tree, [
      await change(repository, "a/d", "new"),
    ]);
    expect((await repository.tree(tree, "recursive")).map(({ path }) => path)).toEqual([
      "a",
      "a/b",
      "a/d",
      "c",
    ]);
  });
});
