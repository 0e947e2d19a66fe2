import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Git, GitAnswer, GitRun } from "./git.ts";
import {
  type GitObject,
  parseTree,
  type RawEntry,
  readLoose,
  renderTree,
  TREE_MODE,
  writeLoose,
} from "./loose-objects.ts";

export interface GitTreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly path: string;
  readonly size: number | undefined;
}

/** Who made a commit, and when. */
export interface GitPerson {
  readonly name: string;
  readonly email: string;
  readonly at: Date;
}

export interface GitCommit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: GitPerson;
  readonly committer: GitPerson;
  readonly message: string;
}

/** A path and what shall be there; `sha` undefined removes it. */
export interface TreeChange {
  readonly path: string;
  readonly mode: string;
  readonly sha: string | undefined;
}

export const NO_OBJECT = "0".repeat(40);

/** The name of a tree without entries. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const SHA = /^[0-9a-f]{40}$/;
/** Answers about objects that are kept in one repository, and how long each may be. */
const KEPT_MAX = 500;
const KEPT_BYTES_MAX = 64 * 1024;

/** One bare repository: its objects by their files, the rest by the git command line. Names of refs are given without `refs/`. */
export class GitRepository {
  readonly directory: string;
  readonly #git: Git;
  /** What git said about objects by their names: that never changes. */
  readonly #kept = new Map<string, GitAnswer>();

  constructor(git: Git, directory: string) {
    this.#git = git;
    this.directory = directory;
  }

  async initialise(): Promise<void> {
    await this.#git(["init", "--quiet", "--bare", "--initial-branch=main", this.directory]);
  }

  /** What an object is: `commit`, `tree`, `blob`; undefined when there is none of that name. */
  async typeOf(sha: string): Promise<string | undefined> {
    return (await this.#object(sha))?.type;
  }

  /** What a ref points at. */
  async ref(name: string): Promise<string | undefined> {
    const loose = await looseRefIn(this.directory, name);
    if (loose !== "unknown") return loose;
    const { code, stdout } = await this.#run(["show-ref", "--verify", "--hash", `refs/${name}`], {
      codes: [0, 1, 128],
    });
    return code === 0 ? stdout.toString("utf8").trim() : undefined;
  }

  async refs(): Promise<readonly { readonly name: string; readonly sha: string }[]> {
    const { stdout } = await this.#run(["for-each-ref", "--format=%(objectname) %(refname:lstrip=1)"]);
    return stdout
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => ({ sha: line.slice(0, 40), name: line.slice(41) }));
  }

  async isRefName(name: string): Promise<boolean> {
    if (/^\w+(?:[/-]\w+)*$/.test(name)) return true;
    const { code } = await this.#run(["check-ref-format", `refs/${name}`], { codes: [0, 1] });
    return code === 0;
  }

  /** Moves a ref if it is where it is expected ({@link NO_OBJECT}: absent); tells whether it was. */
  async moveRef(name: string, to: string, from: string): Promise<boolean> {
    const { code } = await this.#run(["update-ref", `refs/${name}`, to, from], { codes: [0, 128] });
    return code === 0;
  }

  async deleteRef(name: string): Promise<void> {
    await this.#run(["update-ref", "-d", `refs/${name}`]);
  }

  async commit(sha: string): Promise<GitCommit> {
    return parseCommit(sha, (await this.#objectOf("commit", sha)).toString("utf8"));
  }

  async tree(sha: string, depth: "direct" | "recursive"): Promise<readonly GitTreeEntry[]> {
    const deep = depth === "recursive" ? ["-r", "-t"] : [];
    const { stdout } = await this.#ask([sha], ["ls-tree", "-z", "-l", ...deep, sha]);
    return stdout
      .toString("utf8")
      .split("\0")
      .filter((line) => line !== "")
      .map(parseTreeEntry);
  }

  /** The entry at a path of a commit; undefined where there is none, of either. */
  async entry(commit: string, path: string): Promise<GitTreeEntry | undefined> {
    if ((await this.typeOf(commit)) !== "commit") return undefined;
    const names = path.split("/");
    let { tree } = await this.commit(commit);
    for (const [depth, name] of names.entries()) {
      const entry = parseTree(await this.#objectOf("tree", tree)).get(name);
      if (entry === undefined) return undefined;
      if (depth === names.length - 1) return this.#entryOf(path, entry);
      if (entry.mode !== TREE_MODE) return undefined;
      tree = entry.sha;
    }
    return undefined;
  }

  async #entryOf(path: string, { mode, sha }: RawEntry): Promise<GitTreeEntry> {
    const isFolder = mode === TREE_MODE;
    const type = isFolder ? "tree" : mode === "160000" ? "commit" : "blob";
    const size = type === "blob" ? (await this.blob(sha)).byteLength : undefined;
    return { mode: mode.padStart(6, "0"), type, sha, path, size };
  }

  async blob(sha: string): Promise<Buffer> {
    return this.#objectOf("blob", sha);
  }

  async writeBlob(bytes: string | Uint8Array): Promise<string> {
    return writeLoose(this.directory, { type: "blob", bytes: Buffer.from(bytes) });
  }

  /** A tree made of another one and changes. */
  async writeTree(base: string | undefined, changes: readonly TreeChange[]): Promise<string> {
    const entries =
      base === undefined ? new Map<string, RawEntry>() : parseTree(await this.#objectOf("tree", base));
    const within = new Map<string, TreeChange[]>();
    for (const { path, mode, sha } of changes) {
      const [name = "", ...rest] = path.split("/");
      if (rest.length > 0) {
        const inner = within.get(name) ?? [];
        within.set(name, [...inner, { path: rest.join("/"), mode, sha }]);
      } else if (sha === undefined) {
        entries.delete(name);
      } else {
        entries.set(name, { mode: mode.replace(/^0+/, ""), sha });
      }
    }
    for (const [name, inner] of within) {
      const before = entries.get(name);
      const sha = await this.writeTree(before?.mode === TREE_MODE ? before.sha : undefined, inner);
      // Git has no empty folders.
      if (sha === EMPTY_TREE) entries.delete(name);
      else entries.set(name, { mode: TREE_MODE, sha });
    }
    return writeLoose(this.directory, { type: "tree", bytes: renderTree(entries) });
  }

  /** Writes the commit object itself, so that its message stays as it is to the last byte. */
  async writeCommit(commit: Omit<GitCommit, "sha">): Promise<string> {
    const lines = [
      `tree ${commit.tree}`,
      ...commit.parents.map((parent) => `parent ${parent}`),
      `author ${renderPerson(commit.author)}`,
      `committer ${renderPerson(commit.committer)}`,
      "",
      commit.message,
    ];
    return writeLoose(this.directory, { type: "commit", bytes: Buffer.from(lines.join("\n")) });
  }

  async isAncestor(older: string, newer: string): Promise<boolean> {
    if (await this.#isChild(newer, older)) return true;
    const { code } = await this.#ask([older, newer], ["merge-base", "--is-ancestor", older, newer], {
      codes: [0, 1],
    });
    return code === 0;
  }

  /** The newest commit that both have; undefined where they have none. */
  async mergeBase(one: string, other: string): Promise<string | undefined> {
    const { code, stdout } = await this.#ask([one, other], ["merge-base", one, other], { codes: [0, 1] });
    return code === 0 ? stdout.toString("utf8").trim() : undefined;
  }

  /** Commits that the head has and the base has not, oldest first, so many of the newest at most. */
  async commitsSince(base: string, head: string, max: number): Promise<readonly string[]> {
    const range = `${base}..${head}`;
    const args = ["rev-list", "--reverse", "--topo-order", `--max-count=${max}`, range];
    const { stdout } = await this.#ask([base, head], args);
    const text = stdout.toString("utf8").trim();
    return text === "" ? [] : text.split("\n");
  }

  /** Paths that a commit touches, compared with its first parent. */
  async filesOf(sha: string): Promise<Readonly<Record<"added" | "modified" | "removed", readonly string[]>>> {
    const [parent] = (await this.commit(sha)).parents;
    const trees = parent === undefined ? ["--root", "--no-commit-id", sha] : [parent, sha];
    const { stdout } = await this.#ask(trees.slice(-1), [
      "diff-tree",
      "-r",
      "-z",
      "--no-renames",
      "--name-status",
      ...trees,
    ]);
    const words = stdout.toString("utf8").split("\0");
    const named = (status: string): readonly string[] =>
      words.filter((_, position) => position % 2 === 1 && words[position - 1] === status);
    return { added: named("A"), modified: [...named("M"), ...named("T")], removed: named("D") };
  }

  /** How many commits the head has that the base has not. */
  async commitsBetween(base: string, head: string): Promise<number> {
    if (await this.#isChild(head, base)) return 1;
    const { stdout } = await this.#ask([base, head], ["rev-list", "--count", `${base}..${head}`]);
    return Number(stdout.toString("utf8"));
  }

  /** The merged tree; undefined where the two contradict each other. */
  async mergeTree(base: string, head: string): Promise<string | undefined> {
    const { code, stdout } = await this.#ask([base, head], ["merge-tree", "--write-tree", base, head], {
      codes: [0, 1],
    });
    return code === 0 ? stdout.toString("utf8").slice(0, 40) : undefined;
  }

  /** What the head changed since it left the base, as a patch. */
  async diff(base: string, head: string): Promise<string> {
    const { stdout } = await this.#ask(
      [base, head],
      ["diff", "--no-color", "--no-ext-diff", `${base}...${head}`],
    );
    return stdout.toString("utf8");
  }

  /** Lines added and removed and files changed since the head left the base. */
  async diffStat(
    base: string,
    head: string,
  ): Promise<{ readonly additions: number; readonly deletions: number; readonly files: number }> {
    const { stdout } = await this.#ask(
      [base, head],
      ["diff", "--numstat", "--no-ext-diff", `${base}...${head}`],
    );
    const rows = stdout
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "");
    const sum = (column: number): number =>
      rows.reduce((total, row) => total + (Number(row.split("\t")[column]) || 0), 0);
    return { additions: sum(0), deletions: sum(1), files: rows.length };
  }

  /** Whether a commit has exactly this parent: what is asked most. */
  async #isChild(sha: string, parent: string): Promise<boolean> {
    const { parents } = await this.commit(sha);
    return parents.length === 1 && parents[0] === parent;
  }

  /** What an object of a type holds. */
  async #objectOf(type: string, sha: string): Promise<Buffer> {
    const found = await this.#object(sha);
    if (found?.type !== type) throw new Error(`${sha} is no ${type}`);
    return found.bytes;
  }

  async #object(sha: string): Promise<GitObject | undefined> {
    if (!SHA.test(sha)) return undefined;
    const loose = await readLoose(this.directory, sha);
    if (loose !== undefined) return loose;
    const { code, stdout } = await this.#ask([sha], ["cat-file", "-t", sha], { codes: [0, 128] });
    if (code !== 0) return undefined;
    const type = stdout.toString("utf8").trim();
    return { type, bytes: (await this.#ask([sha], ["cat-file", type, sha])).stdout };
  }

  /** A question about objects, answered from what is kept where all of them are given by their names, not by refs. */
  async #ask(objects: readonly string[], args: readonly string[], run: GitRun = {}): ReturnType<Git> {
    const name = args.join("\0");
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    const answer = await this.#run(args, run);
    // An object that is not there may come.
    const isForGood = answer.code !== 128 && objects.every((object) => SHA.test(object));
    if (isForGood && answer.stdout.length <= KEPT_BYTES_MAX && this.#kept.size < KEPT_MAX) {
      this.#kept.set(name, answer);
    }
    return answer;
  }

  async #run(args: readonly string[], run: GitRun = {}): ReturnType<Git> {
    return this.#git([`--git-dir=${this.directory}`, ...args], run);
  }
}

/** What a ref points at by its own file; `unknown` where it has none and git may know it by other means. */
async function looseRefIn(directory: string, name: string): Promise<string | undefined> {
  if (!/^[\w@./-]+$/.test(name) || /(?:^|\/)\.|\.\./.test(name)) return "unknown";
  const path = join(directory, "refs", name);
  const text = await textOf(path);
  if (text !== undefined) return SHA.test(text) ? text : "unknown";
  return (await textOf(join(directory, "packed-refs"))) === undefined ? undefined : "unknown";
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch {
    return undefined;
  }
}

function parseTreeEntry(line: string): GitTreeEntry {
  const match = /^(\d{6}) (\w+) ([0-9a-f]{40}) +(\d+|-)\t(.*)$/s.exec(line);
  const [, mode = "", type = "", sha = "", size = "-", path = ""] = match ?? [];
  if (match === null) throw new Error(`git ls-tree said: ${line}`);
  return { mode, type, sha, path, size: size === "-" ? undefined : Number(size) };
}

function parseCommit(sha: string, text: string): GitCommit {
  const end = text.indexOf("\n\n");
  const header = text.slice(0, end).split("\n");
  const valuesOf = (key: string): readonly string[] =>
    header.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  return {
    sha,
    tree: valuesOf("tree")[0] ?? "",
    parents: valuesOf("parent"),
    author: parsePerson(valuesOf("author")[0] ?? ""),
    committer: parsePerson(valuesOf("committer")[0] ?? ""),
    message: text.slice(end + 2),
  };
}

function parsePerson(text: string): GitPerson {
  const [, name = "", email = "", epochS = "0"] = /^(.*) <(.*)> (\d+) [+-]\d{4}$/.exec(text) ?? [];
  return { name, email, at: new Date(Number(epochS) * 1_000) };
}

function renderPerson({ name, email, at }: GitPerson): string {
  return `${fieldOf(name)} <${fieldOf(email)}> ${Math.floor(at.getTime() / 1_000)} +0000`;
}

/** Angle brackets and line ends would end the field. */
function fieldOf(text: string): string {
  return text.replaceAll(/[<>\n\0]/g, "");
}
