/** Where a code repository says who owns what, in the order in which the code host looks. */
export const CODEOWNERS_PATHS = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"] as const;

/** GitHub reads no larger file. */
const TEXT_LENGTH_MAX = 3_000_000;
const RULES_MAX = 10_000;
const OWNERS_MAX = 20;

interface Rule {
  readonly pattern: RegExp;
  readonly owners: readonly string[];
}

/**
 * Who owns these files, as `login` or `organisation/team`, each once, 20 at most: of each file the last rule that names it counts, and one without
 * owners takes it from everybody. Addresses of mail are left out: nobody is asked by them. Lines that are no rule are passed over.
 *
 * @see GitHub, "About code owners"
 */
export function ownersOf(text: string, paths: readonly string[]): readonly string[] {
  const rules = rulesOf(text);
  const owners = new Set<string>();
  for (const path of paths) {
    for (const owner of rules.findLast(({ pattern }) => pattern.test(path))?.owners ?? []) owners.add(owner);
  }
  return [...owners].slice(0, OWNERS_MAX);
}

function rulesOf(text: string): readonly Rule[] {
  if (text.length > TEXT_LENGTH_MAX) return [];
  const lines = text.split(/\r\n|\r|\n/).slice(0, 10 * RULES_MAX);
  return lines.flatMap((line) => ruleOf(line) ?? []).slice(0, RULES_MAX);
}

function ruleOf(line: string): Rule | undefined {
  const [glob = "", ...names] = line
    .replace(/^\uFEFF/, "")
    .replace(/(?:^|[ \t])#.*$/, "")
    .trim()
    .replaceAll(String.raw`\ `, "\0")
    .split(/[ \t]+/);
  const pattern = patternOf(glob.replaceAll("\0", " "));
  if (pattern === undefined) return undefined;
  const owners = names.flatMap((name) => {
    const login = /^@(?<login>[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?)$/.exec(
      name,
    );
    return login?.groups?.["login"] ?? [];
  });
  return { pattern, owners };
}

const GLOB_LENGTH_MAX = 300;
/** Runs of stars in a pattern at most: more of them could take long to match. */
const STARS_MAX = 2;

/** As `.gitignore` has them, without `!` and ranges, which GitHub does not read. */
function patternOf(glob: string): RegExp | undefined {
  const isRefused =
    glob === "" ||
    glob.length > GLOB_LENGTH_MAX ||
    glob.startsWith("!") ||
    /[[\]]/.test(glob) ||
    glob.split(/\*+/).length > STARS_MAX + 1;
  if (isRefused) return undefined;
  const isAnchored = glob.slice(0, -1).includes("/");
  const isFolder = glob.endsWith("/");
  const trimmed = glob.replace(/^\//, "").replace(/\/$/, "");
  const source = trimmed
    .split("/")
    .map((part) => (part === "**" ? "**" : partOf(part)))
    .join("/")
    .replaceAll(/^\*\*\//g, "(?:.*/)?")
    .replaceAll("/**/", "/(?:.*/)?")
    .replaceAll(/\/\*\*$/g, "/.*")
    .replaceAll(/^\*\*$/g, ".*");
  // `docs/*` names what lies in the folder, and nothing deeper.
  const isShallow = trimmed.endsWith("/*");
  const end = isFolder ? "/.*" : isShallow ? "" : "(?:/.*)?";
  return new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${source}${end}$`);
}

function partOf(part: string): string {
  return part
    .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, "[^/]*")
    .replaceAll("?", "[^/]");
}
