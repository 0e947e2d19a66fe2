import { createHmac } from "node:crypto";
import type { Secret } from "../secret.ts";
import type { CodeRepository } from "./plan.ts";

/** Where a comment stands. */
export interface CommentScope {
  readonly codeRepository: CodeRepository;
  readonly number: number;
}

/**
 * What tells one comment of ours from all others, as a comment of HTML that nobody sees. Nobody else can make it, and below another pull request it
 * proves nothing.
 *
 * @param name what is said, e.g. `flagged`
 */
export function commentMarkOf(
  { codeRepository: { owner, name: repository }, number }: CommentScope,
  name: string,
  key: Secret,
): string {
  const where = [owner.toLowerCase(), repository.toLowerCase(), number];
  const scope = JSON.stringify(["hullkeeper comment", ...where, name]);
  return `<!-- hullkeeper-comment: ${createHmac("sha256", key.reveal()).update(scope).digest("base64url")} -->`;
}
