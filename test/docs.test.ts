import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../src/adapters/github/operations.ts";
import { HELP } from "../src/cli/arguments.ts";
import { EVENT_KINDS } from "../src/ports/store.ts";
import { QUEUE_NAMES } from "../src/queues.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const REQUIRED = ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
const DOCUMENTS = [...new Set([...REQUIRED, ...globSync("docs/**/*.md", { cwd: ROOT })])].toSorted();

const textOf = (document: string): string => readFileSync(join(ROOT, document), "utf8");

/** Paths of the project as text names them: folders and files below those at its top, `*` for any. */
const PATH =
  /(?<![\w./~$}-])(?:(?:src|workers|config|test|docs|demo|scripts|\.ci)\/[\w./*@-]*|(?:[A-Z]{3,}|[\w-]+)\.(?:md|yml|json|ts)\b|Dockerfile\b)/g;
/** What looks like a path of the project and is one of a user's. */
const OF_USERS = new Set(["hullkeeper.yaml", "trusted_root.json"]);

function pathsIn(text: string): readonly string[] {
  const paths = [...text.matchAll(PATH)].map(([path]) => path.replace(/[./]+$/, ""));
  return [...new Set(paths)].filter((path) => !OF_USERS.has(path));
}

interface Link {
  readonly target: string;
  readonly fragment: string;
}

function linksIn(text: string): readonly Link[] {
  return [...text.matchAll(/\]\(([^)\s#]*)(?:#([^)\s]*))?\)/g)]
    .map(([, target = "", fragment = ""]) => ({ target, fragment }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** Headings as links name them. @see GitHub's anchors */
function anchorsIn(text: string): readonly string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isThere(path: string, from: string): boolean {
  // A file's name alone is one somewhere.
  const anywhere = path.includes("/") ? [] : [`{src,workers,config,test,demo,scripts}/**/${path}`];
  const places = [path, join(dirname(from), path), ...anywhere];
  return places.some((place) => globSync(place, { cwd: ROOT }).length > 0 || existsSync(join(ROOT, place)));
}

describe.each(DOCUMENTS)("%s", (document) => {
  test("is there", () => {
    expect(existsSync(join(ROOT, document))).toBe(true);
  });

  test("names paths that exist", () => {
    expect(pathsIn(textOf(document)).filter((path) => !isThere(path, document))).toEqual([]);
  });

  test("links to files and headings that exist", () => {
    const broken = linksIn(textOf(document)).filter(({ target, fragment }) => {
      const linked = target === "" ? document : relative(ROOT, join(ROOT, dirname(document), target));
      if (!existsSync(join(ROOT, linked))) return true;
      return fragment !== "" && !anchorsIn(textOf(linked)).includes(fragment);
    });
    expect(broken).toEqual([]);
  });

  test("names commands that exist", () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(textOf("package.json"));
    const named = [...textOf(document).matchAll(/\bnpm (?:run )?([a-z][a-z:-]*)/g)].map(
      ([, name = ""]) => name,
    );
    const ofNpm = ["ci", "install", "packages", "package", "and"];
    expect(named.filter((name) => !ofNpm.includes(name) && scripts[name] === undefined)).toEqual([]);
  });

  test("names subcommands of hullkeeper that exist", () => {
    const named = [...textOf(document).matchAll(/`hullkeeper ([a-z]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !HELP.includes(`hullkeeper ${name}`))).toEqual([]);
  });
});

test("the documents name many paths, commands and links", () => {
  const all = DOCUMENTS.map(textOf).join("\n");
  expect(pathsIn(all).length).toBeGreaterThan(40);
  expect(linksIn(all).length).toBeGreaterThan(15);
  expect(all.match(/\bnpm (?:run )?[a-z]/g)?.length).toBeGreaterThan(5);
});

describe("the check of paths", () => {
  test.each([
    { title: "a file that is not there", text: "see `src/nowhere.ts`", finds: ["src/nowhere.ts"] },
    { title: "a folder", text: "(workers/gone/)", finds: ["workers/gone"] },
    { title: "at the end of a sentence", text: "Read src/gone.", finds: ["src/gone"] },
    { title: "a link", text: "[x](docs/gone.md)", finds: ["docs/gone.md"] },
    { title: "at the top", text: "in GONE.md and gone.json", finds: ["GONE.md", "gone.json"] },
    { title: "of all files of a kind", text: "`src/adapters/*`", finds: ["src/adapters/*"] },
    { title: "not part of another path", text: "/etc/config/x /usr/src/y ~/docs/z a-src/b", finds: [] },
    { title: "not an address", text: "https://a.example/docs/x.html", finds: [] },
  ])("$title", ({ text, finds }) => {
    expect(pathsIn(text)).toEqual(finds);
  });

  test("finds what is not there, and what is", () => {
    expect(isThere("src/nowhere.ts", "README.md")).toBe(false);
    expect(isThere("src/none*.ts", "README.md")).toBe(false);
    expect(isThere("src/main.ts", "README.md")).toBe(true);
    expect(isThere("src/adapters/*", "README.md")).toBe(true);
    expect(isThere("errors.md", "docs/metrics.md")).toBe(true);
  });
});

test("ARCHITECTURE.md can be read in one sitting", () => {
  expect(textOf("ARCHITECTURE.md").trimEnd().split("\n").length).toBeLessThanOrEqual(200);
});

describe("docs/operating.md", () => {
  const text = textOf("docs/operating.md");
  /** Cells of the rows whose first one is code. */
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1")),
    );

  test("tells every event, and which of them are alerts", () => {
    const alerts = /const ALERTS\b[^=]*= new Set\(\[([^\]]*)\]/.exec(textOf("src/main.ts"))?.[1] ?? "";
    expect(alerts).toContain('"rejected"');
    const kinds: readonly string[] = EVENT_KINDS;
    const told = rows.filter(([kind = ""]) => kinds.includes(kind)).map(([kind, alert]) => [kind, alert]);
    expect(told).toEqual(kinds.map((kind) => [kind, alerts.includes(`"${kind}"`) ? "yes" : ""]));
  });

  test("tells every permission that a call to the code host needs", () => {
    const needed = new Map<string, Set<string>>();
    for (const { needs } of Object.values(OPERATIONS)) {
      for (const need of needs.split(", ")) {
        const [permission = "", access = ""] = need.split("=");
        needed.set(permission, (needed.get(permission) ?? new Set()).add(access));
      }
    }
    const told = rows.filter(([permission = ""]) => needed.has(permission));
    expect(Object.fromEntries(told.map(([permission, access]) => [permission, access]))).toEqual(
      Object.fromEntries([...needed].map(([name, access]) => [name, [...access].toSorted().join(" and ")])),
    );
  });

  test("names every queue and every exit code of the command line", () => {
    for (const queue of QUEUE_NAMES) expect(text).toContain(`\`${queue}\``);
    const [, codes = ""] = /Exit codes: (.*)\./.exec(HELP) ?? [];
    const numbers = [...codes.matchAll(/\b\d+\b/g)].map(([number]) => number);
    expect(numbers).toEqual(["0", "1", "64"]);
    for (const number of numbers) expect(text).toMatch(new RegExp(`^\\| ${number} +\\|`, "m"));
  });
});
