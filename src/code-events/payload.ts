import { z } from "zod";
import type { CodeRepository } from "../proposal/plan.ts";
import type { CodeEvent, EventIgnoredReason, EventReading } from "./event.ts";

/** What branches of ours begin with. */
export const OWN_BRANCHES = "hullkeeper/";

/** As GitHub lets accounts and repositories be named; nothing else gets into a key or a log line. */
const login = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/);

/** The code repository that a webhook is about, with its default branch where that is named. */
export const repositorySchema = z
  .object({
    name: z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/),
    owner: z.object({ login }),
    default_branch: z.string().max(1_000).optional(),
  })
  .transform(({ name, owner, default_branch }) => ({
    codeRepository: { owner: owner.login, name },
    defaultBranch: default_branch,
  }));

/** A payload that lacks what its kind has. */
export const MALFORMED = { kind: "refused", reason: "malformed" } as const;

/** A payload that tells of something. */
export function happened(event: CodeEvent): EventReading {
  return { kind: "event", event };
}

/** A payload that nothing follows from. */
export function ignored(reason: EventIgnoredReason): EventReading {
  return { kind: "ignored", reason };
}

/** Whether both are the same code repository: GitHub does not tell upper from lower case. */
export function isSame(one: CodeRepository, other: CodeRepository): boolean {
  return (
    one.owner.toLowerCase() === other.owner.toLowerCase() &&
    one.name.toLowerCase() === other.name.toLowerCase()
  );
}
