import { InvalidInputError, quote } from "../errors.ts";
import type { RepositoryPrefix } from "../image/mirror.ts";
import { parseRepository } from "../image/reference.ts";

/** Which repositories are meant: `docker.io/bellsoft/hardened-*`. A `*` stands for any text inside one component of the path. */
export interface ImagePattern {
  readonly registry: string;
  /** The components of the path; each may hold `*`. */
  readonly components: readonly string[];
}

/** `*` in one component at most. Bounds what matching costs on names from outside: it grows with this power of their length. */
export const WILDCARDS_MAX = 3;

/**
 * Reads a pattern, written like a repository (`redis` is `docker.io/library/redis`) with `*` where anything may stand.
 *
 * @throws {InvalidInputError} `reference-invalid`
 */
export function parseImagePattern(text: string): ImagePattern {
  if (text.includes("@") || text.lastIndexOf(":") > text.lastIndexOf("/")) {
    throw invalid(text, "name the repository alone, without tag or digest");
  }
  if (text.includes("**"))
    throw invalid(text, "** has no meaning: each * stays inside one component of the path");
  const wildcards = countOf(text);
  if (text.split("/").some((component) => countOf(component) > WILDCARDS_MAX)) {
    throw invalid(text, `more than ${WILDCARDS_MAX} * in one component`);
  }

  // A digit may stand wherever * may, and takes as much room: what the parser leaves of the end is the path.
  const placeholder = text.replaceAll("*", "0");
  const { registry, path } = parseRepository(placeholder);
  const isWhole = placeholder.endsWith(path);
  const written = text.slice(text.length - (isWhole ? path.length : path.length - "library/".length));
  if (countOf(written) !== wildcards) throw invalid(text, "* may not stand in the registry's host");
  return { registry, components: (isWhole ? written : `library/${written}`).split("/") };
}

/** `docker.io/bellsoft/hardened-*`: the full form, one per pattern. */
export function renderImagePattern({ registry, components }: ImagePattern): string {
  return `${registry}/${components.join("/")}`;
}

/**
 * The pattern as a profile holds it: matches the full name `registry/path`, anchored at both ends.
 *
 * @param except patterns whose names are not meant, whatever the pattern says
 */
export function regExpOf(pattern: ImagePattern, except: readonly ImagePattern[] = []): RegExp {
  const excluded = except.map(sourceOf).join("|");
  return new RegExp(`^${excluded === "" ? "" : `(?!(?:${excluded})$)`}${sourceOf(pattern)}$`);
}

function sourceOf(pattern: ImagePattern): string {
  return renderImagePattern(pattern)
    .replaceAll(/[^A-Za-z0-9*/]/g, String.raw`\$&`)
    .replaceAll("*", "[^/]*");
}

/** Whether every repository that the inner pattern means is meant by the outer one too. Exact, not a guess. */
export function isCovering(outer: ImagePattern, inner: ImagePattern): boolean {
  // A * is no character of a name: what takes the inner one's * takes whatever may stand there.
  return regExpOf(outer).test(renderImagePattern(inner));
}

/** Whether some repository is meant by both patterns. Exact, not a guess. */
export function isOverlapping(a: ImagePattern, b: ImagePattern): boolean {
  return (
    a.registry === b.registry &&
    a.components.length === b.components.length &&
    a.components.every((component, index) => isMeeting(component, b.components[index] ?? ""))
  );
}

/** Whether some repository that is meant stands below a prefix, or is it. Exact, not a guess. */
export function isMeantBelow(pattern: ImagePattern, { registry, path }: RepositoryPrefix): boolean {
  const components = path === "" ? [] : path.split("/");
  return (
    pattern.registry === registry &&
    components.length <= pattern.components.length &&
    components.every((component, index) => isMeeting(component, pattern.components[index] ?? ""))
  );
}

/** How many `*` a pattern holds. */
export function wildcardsIn(pattern: ImagePattern): number {
  return countOf(renderImagePattern(pattern));
}

/** Whether some text matches both components: `meets[j]` says whether the first i characters of a and j of b can meet. */
function isMeeting(a: string, b: string): boolean {
  let meets = [true];
  for (let j = 1; j <= b.length; j += 1) meets.push(meets[j - 1] === true && b[j - 1] === "*");
  for (const left of a) {
    const next = [meets[0] === true && left === "*"];
    for (let j = 1; j <= b.length; j += 1) {
      const right = b[j - 1];
      next.push(
        left === "*" || right === "*"
          ? meets[j] === true || next[j - 1] === true
          : meets[j - 1] === true && left === right,
      );
    }
    meets = next;
  }
  return meets.at(-1) === true;
}

function countOf(text: string): number {
  return text.split("*").length - 1;
}

function invalid(text: string, reason: string): InvalidInputError {
  return new InvalidInputError("reference-invalid", `not a pattern of images: ${quote(text)}: ${reason}`);
}
