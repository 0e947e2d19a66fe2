import { InvalidInputError, quote } from "../errors.ts";
import type { CodeRepository } from "../proposal/plan.ts";

/** Which code repositories are meant, or are not. */
export interface RepositoryPattern {
  readonly kind: "allow" | "deny";
  /** Of `owner/name` in lower case, anchored at both ends. */
  readonly pattern: RegExp;
}

const PATTERN = /^!?[A-Za-z0-9*][A-Za-z0-9*-]{0,99}\/[A-Za-z0-9._*-]{1,100}$/;

/** Whether a text stands for more than one code repository, or for none. */
export function isRepositoryPattern(text: string): boolean {
  return text.startsWith("!") || text.includes("*");
}

/**
 * Reads `acme/shop`, `acme/*`, `!acme/archive-*`: `*` stands for any text within the owner or the name.
 *
 * @throws {InvalidInputError} `config-invalid`
 */
export function parseRepositoryPattern(text: string): RepositoryPattern {
  if (!PATTERN.test(text) || text.includes("**")) {
    throw new InvalidInputError(
      "config-invalid",
      `must be owner/name, with * for any text within one of them and ! before what is not meant, is ${quote(text)}`,
    );
  }
  const kind = text.startsWith("!") ? "deny" : "allow";
  const body = text.replace("!", "").toLowerCase();
  const source = body.split("*").map(escaped).join("[^/]*");
  return { kind, pattern: new RegExp(`^${source}$`) };
}

/** Whether a code repository is meant: the last pattern that fits decides, and what none fits is not. */
export function isMeant({ owner, name }: CodeRepository, patterns: readonly RepositoryPattern[]): boolean {
  const full = `${owner}/${name}`.toLowerCase();
  return patterns.findLast(({ pattern }) => pattern.test(full))?.kind === "allow";
}

function escaped(text: string): string {
  return text.replaceAll(/[.]/g, String.raw`\.`);
}
