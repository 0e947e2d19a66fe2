import { InvalidInputError, quote } from "../errors.ts";
import type { CodeRepository } from "../proposal/plan.ts";

/** One entry of a list of code repositories: a name or a pattern, which lets in or keeps out. */
export interface RepositoryRule {
  readonly kind: "allow" | "deny";
  /** A name, or a pattern in which `*` stands for any text. */
  readonly owner: string;
  readonly name: string;
}

/** What a list says of a code repository; `not-named` is none of its business. */
export type RepositoryChoice = "allowed" | "denied" | "not-named";

const OWNER = /^[A-Za-z0-9*][A-Za-z0-9_*-]{0,99}$/;
const NAME = /^[A-Za-z0-9._*-]{1,100}$/;
/** Each costs another pass over a name. */
const WILDCARDS_MAX = 4;

/**
 * Reads `owner/name`, a pattern of such as `acme/*`, or `!` and one that is to be left out.
 *
 * @throws {InvalidInputError} `config-invalid`
 */
export function parseRepositoryRule(text: string): RepositoryRule {
  const isDenial = text.startsWith("!");
  const [owner = "", name = "", ...more] = (isDenial ? text.slice(1) : text).split("/");
  if (more.length > 0 || !OWNER.test(owner) || !NAME.test(name) || /^\.{1,2}$/.test(name)) {
    throw new InvalidInputError("config-invalid", `must be owner/name, is ${quote(text)}`);
  }
  if ([owner, name].some((part) => part.split("*").length - 1 > WILDCARDS_MAX)) {
    throw new InvalidInputError(
      "config-invalid",
      `may hold ${WILDCARDS_MAX} * in the owner and in the name: ${quote(text)}`,
    );
  }
  return { kind: isDenial ? "deny" : "allow", owner, name };
}

/** The rule as it is written. */
export function renderRepositoryRule({ kind, owner, name }: RepositoryRule): string {
  return `${kind === "deny" ? "!" : ""}${owner}/${name}`;
}

/** What the list says of a code repository: the last rule that is for it decides. Upper and lower case are the same. */
export function choiceOf(rules: readonly RepositoryRule[], codeRepository: CodeRepository): RepositoryChoice {
  const last = rules.findLast(
    (rule) => matches(rule.owner, codeRepository.owner) && matches(rule.name, codeRepository.name),
  );
  if (last === undefined) return "not-named";
  return last.kind === "allow" ? "allowed" : "denied";
}

/** All that the list lets in, in its order; undefined where only the code host can say, as a pattern lets in. */
export function namedExactly(rules: readonly RepositoryRule[]): readonly CodeRepository[] | undefined {
  const allowed = rules.filter(({ kind }) => kind === "allow");
  if (allowed.some(({ owner, name }) => owner.includes("*") || name.includes("*"))) return undefined;
  return allowed
    .map(({ owner, name }) => ({ owner, name }))
    .filter((codeRepository) => choiceOf(rules, codeRepository) === "allowed");
}

/** Whether `*` in the pattern can stand for what the text has there. Time goes by the length of the text for each `*`. */
function matches(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = text.toLowerCase();
  const [first = "", ...rest] = wanted.split("*");
  const last = rest.pop();
  if (last === undefined) return given === wanted;
  if (!given.startsWith(first)) return false;
  let position = first.length;
  for (const part of rest) {
    const found = given.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return given.length - last.length >= position && given.endsWith(last);
}
