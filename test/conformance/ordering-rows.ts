import { readFile, stat } from "node:fs/promises";
import { messageOf } from "../../src/errors.ts";
import { compareVersions } from "../../src/versions/compare.ts";
import { mirrored, type Order } from "../../src/versions/order.ts";

const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** Ecosystems by the names that vectors and feeds use, and the type whose order they have. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ...["apk", "alpine", "alpaquita", "chainguard", "wolfi"].map((name) => [name, "apk"] as const),
  ...["deb", "debian", "ubuntu", "dpkg"].map((name) => [name, "deb"] as const),
  ...["rpm", "redhat", "red hat", "suse"].map((name) => [name, "rpm"] as const),
  ...["gem", "rubygems"].map((name) => [name, "gem"] as const),
  ...["cargo", "crates.io"].map((name) => [name, "cargo"] as const),
  ...["golang", "go"].map((name) => [name, "golang"] as const),
  ...["composer", "packagist"].map((name) => [name, "composer"] as const),
  ...["pypi", "pep440"].map((name) => [name, "pypi"] as const),
  ...["bitnami", "cran", "hackage", "hex", "maven", "npm", "nuget", "pub", "semver", "swift"].map(
    (name) => [name, name] as const,
  ),
]);

const ORDERS = new Map<string, Order>([
  ["<", -1],
  ["=", 0],
  ["==", 0],
  [">", 1],
]);

/** A line of a file of vectors. */
export type Line =
  | { readonly kind: "row"; readonly a: string; readonly b: string; readonly order: Order }
  | { readonly kind: "comment" }
  | { readonly kind: "other" };

/** What the command ends with, and prints: wrong rows and a count on one side, what was no row or no question on the other. */
export interface Answer {
  readonly code: 0 | 1 | 2;
  readonly output: readonly string[];
  readonly errors: readonly string[];
}

/** Reads `a < b`, `a = b` or `a > b`; a comment may stand behind ` #`, or be a line of its own that begins with `#` or `//`. */
export function lineOf(text: string): Line {
  const line = text.replace(/(?:^|\s)#(?:\s.*|$)|^#.*|^\/\/.*/, "").trim();
  if (line === "") return { kind: "comment" };
  const [a, sign, b, ...rest] = line.split(/\s+/);
  const order = ORDERS.get(sign ?? "");
  return a === undefined || b === undefined || order === undefined || rest.length > 0
    ? { kind: "other" }
    : { kind: "row", a, b, order };
}

/** Orders every row of a file by the product's own comparison, in both directions. Never throws. */
export async function answerOf(args: readonly string[]): Promise<Answer> {
  const [ecosystem, file, ...more] = args;
  if (ecosystem === undefined || file === undefined || more.length > 0) return usage("");
  const type = TYPES.get(ecosystem.toLowerCase());
  if (type === undefined) return usage(`unknown ecosystem: ${ecosystem}`);
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) return usage(`over ${FILE_BYTES_MAX} bytes: ${file}`);
    return answerTo(type, (await readFile(file, "utf8")).split("\n"));
  } catch (thrown) {
    return usage(messageOf(thrown));
  }
}

function usage(fault: string): Answer {
  const names = [...TYPES.keys()].join(", ");
  return {
    code: 2,
    output: [],
    errors: [
      ...(fault === "" ? [] : [fault]),
      "usage: node test/conformance/versions.ts ECOSYSTEM FILE",
      `ecosystems: ${names}`,
    ],
  };
}

function answerTo(type: string, lines: readonly string[]): Answer {
  let right = 0;
  const wrong: string[] = [];
  const errors: string[] = [];
  for (const [at, text] of lines.entries()) {
    const line = lineOf(text);
    if (line.kind === "other") errors.push(`line ${at + 1} is no row: ${text.trim()}`);
    if (line.kind !== "row") continue;
    const { a, b, order } = line;
    const there = compareVersions(type, a, b);
    const back = compareVersions(type, b, a);
    if (there === order && back === mirrored(order)) right++;
    else wrong.push(`${text.trim()}: ${said(there, back)}`);
  }
  if (right + wrong.length === 0) return usage("no rows");
  const count = `${right} right, ${wrong.length} wrong`;
  return { code: wrong.length === 0 ? 0 : 1, output: [...wrong, count], errors };
}

function said(there: Order | undefined, back: Order | undefined): string {
  if (there === undefined) return "no order";
  if (back !== mirrored(there))
    return `is ${signOf(there)}, and ${back === undefined ? "no order" : signOf(back)} the other way round`;
  return `is ${signOf(there)}`;
}

function signOf(order: Order): string {
  return order === 0 ? "=" : order < 0 ? "<" : ">";
}
