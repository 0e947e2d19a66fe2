import { CodedError, quote } from "../../errors.ts";
import type { CodeRepository } from "../../proposal/plan.ts";

/** What somebody was given, as far as the host says: the permissions of an App's installation, or the scopes of a classic token. */
export type Grants =
  | { readonly kind: "permissions"; readonly given: Readonly<Record<string, string>> }
  | { readonly kind: "scopes"; readonly given: readonly string[] };

const WORKFLOW = /^\.github\/workflows\/[^/]+\.ya?ml$/i;

/** What is missing to change files that GitHub runs, for people; undefined for nothing, or where it is not known. */
export function missingForWorkflows(grants: Grants | undefined): string | undefined {
  switch (grants?.kind) {
    case undefined:
      return undefined;
    case "permissions":
      return grants.given["workflows"] === "write" ? undefined : "workflows: write";
    case "scopes":
      return grants.given.includes("workflow") ? undefined : "workflow, a scope of the token,";
    default:
      return grants satisfies never;
  }
}

/** What a look reads. A server may leave out of its answer what an App may not see: then no pull request would look like none. */
export const TO_LOOK = { contents: "read", pull_requests: "read" } as const;
/** What a proposal writes. A branch without its pull request would stay behind. */
export const TO_PROPOSE = { contents: "write", pull_requests: "write" } as const;

/**
 * What is needed and was not given, as `pull_requests: write`; none where it is not known.
 *
 * @see https://github.com/dear-github/dear-github/issues/432 for servers that leave out
 */
export function missingOf(
  needed: Readonly<Record<string, "read" | "write">>,
  grants: Grants | undefined,
): readonly string[] {
  if (grants?.kind !== "permissions") return [];
  return Object.entries(needed)
    .filter(([name, level]) => ![level, "write", "admin"].includes(grants.given[name] ?? ""))
    .map(([name, level]) => `${name}: ${level}`);
}

/** That something is not even tried, for want of permissions. */
export function lackingError(attempt: string, lacking: readonly string[]): CodedError {
  return new CodedError(
    "code-host-forbidden",
    `could not ${attempt}: what the App was given lacks ${lacking.join(", ")}`,
  );
}

/**
 * Refuses what GitHub would refuse for the sake of a workflow among the files, after half of the writing was done.
 *
 * @throws {CodedError} `code-host-forbidden` that names the permission
 */
export function demandWorkflows(
  { owner, name }: CodeRepository,
  paths: readonly string[],
  grants: Grants | undefined,
): void {
  const workflow = paths.find((path) => WORKFLOW.test(path));
  const missing = workflow === undefined ? undefined : missingForWorkflows(grants);
  if (workflow === undefined || missing === undefined) return;
  throw new CodedError(
    "code-host-forbidden",
    `could not write ${quote(workflow)} of ${owner}/${name}: GitHub runs it, and the permission ${missing} is missing`,
  );
}

/** Most scopes that there are, and more. */
const SCOPES_LENGTH_MAX = 1_000;

/** The scopes that an answer to a classic token tells; undefined for another. */
export function grantsIn(scopes: unknown): Grants | undefined {
  if (typeof scopes !== "string" || scopes.trim() === "" || scopes.length > SCOPES_LENGTH_MAX)
    return undefined;
  return { kind: "scopes", given: scopes.split(",").map((scope) => scope.trim()) };
}
