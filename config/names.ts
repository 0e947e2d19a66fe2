import { InvalidInputError, quote } from "../src/errors.ts";
import { DEFAULT_BRANCH } from "../src/vendor/base-branches.ts";
import { BASE_BRANCH_PATTERN } from "./own-patterns.ts";
import { parseRepository } from "../src/image/reference.ts";

/**
 * Reads the name of a branch, without `refs/heads/`.
 *
 * @throws {InvalidInputError} `config-invalid`
 */
export function parseBranch(text: string): string {
  // The part of git's rules that keeps a name from meaning something else in a URL or a ref.
  const isBranch =
    /^[^\s~^:?*[\\\p{Cc}-][^\s~^:?*[\\\p{Cc}]{0,254}$/u.test(text) &&
    !/\.\.|\/\/|@\{|^[/.]|[/.]$|\.lock$/.test(text);
  if (!isBranch) throw new InvalidInputError("config-invalid", `not the name of a branch: ${quote(text)}`);
  return text;
}

/**
 * Reads which branches are meant: a name, a glob with `*`, or the word for the default branch.
 *
 * @throws {InvalidInputError} `config-invalid`
 */
export function parseBaseBranch(text: string): string {
  if (new RegExp(BASE_BRANCH_PATTERN, "u").test(text)) return text;
  throw new InvalidInputError(
    "config-invalid",
    `must be ${DEFAULT_BRANCH}, the name of a branch, or a pattern of such with 8 * at most, is ${quote(text)}`,
  );
}

const HOST_WANTED = "must be the host of a registry, such as docker.io or 127.0.0.1:5000";

/**
 * What is wrong with the host of a registry as it is written; undefined for what is right. Docker Hub's other names are wrong: an entry under
 * one of them would be passed over.
 */
export function hostFault(text: string): string | undefined {
  if (text.includes("*")) return "patterns are not supported: name the host";
  try {
    const { registry } = parseRepository(`${text}/image/name`);
    if (registry === text) return undefined;
    if (text.includes("/")) return HOST_WANTED;
    return registry === "docker.io" ? "is written docker.io" : `is written ${registry}`;
  } catch (error) {
    if (error instanceof InvalidInputError) return HOST_WANTED;
    throw error;
  }
}

/** The same for a host, or `*.` and the end of such hosts. */
export function hostsFault(text: string): string | undefined {
  if (!text.startsWith("*.")) {
    return text.includes("*")
      ? "* may only stand for the beginning of hosts: *.example.com"
      : hostFault(text);
  }
  const end = text.slice(2);
  if (end.includes("*")) return "may hold one *, at its beginning";
  if (!end.includes(".")) return `*.${end.slice(0, 20)} is too much: name the hosts, or more of their end`;
  return hostFault(`x.${end}`) === undefined ? undefined : HOST_WANTED;
}
