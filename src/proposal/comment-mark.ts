import { createHmac } from "node:crypto";
import type { Secret } from "../secret.ts";
import type { CodeRepository } from "./plan.ts";

/**
 * What tells a comment of ours from all others: nobody sees it, and elsewhere it proves nothing.
 *
 * @param about the pull request, and what the comment says there, e.g. `flagged`
 */
export function commentMarkOf(
  about: { readonly codeRepository: CodeRepository; readonly number: number; readonly name: string },
  key: Secret,
): string {
  const { codeRepository, number, name } = about;
  const [owner, repository] = [codeRepository.owner.toLowerCase(), codeRepository.name.toLowerCase()];
  const scope = JSON.stringify(["hullkeeper comment", owner, repository, number, name]);
  const mac = createHmac("sha256", key.reveal()).update(scope).digest("base64url");
  return `<!-- hullkeeper-comment: ${mac} -->`;
}
