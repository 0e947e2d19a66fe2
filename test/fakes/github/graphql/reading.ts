import { demand } from "../access.ts";
import { leavesOut, Refused } from "../world.ts";
import type { Deed, Permissions } from "../world.ts";
import { failureOf } from "./failure.ts";

/** What reading a field takes, and what stands for it where it is left out. */
export interface Reading {
  /** Of several sets one is enough. */
  readonly needs: readonly Permissions[];
  readonly nothing: () => object | null;
}

/** Branches, tags, commits, trees and blobs. */
export const CONTENTS: Reading = { needs: [{ contents: "read" }], nothing: () => null };
/** A pull request. */
export const PULL: Reading = { needs: [{ pull_requests: "read" }], nothing: () => null };
/** What issues have, too: labels and comments. */
export const TALK: Reading = {
  needs: [{ issues: "read" }, { pull_requests: "read" }],
  nothing: () => null,
};
/** A check run. */
export const CHECK: Reading = { needs: [{ checks: "read" }], nothing: () => null };

/** Reads what the caller may read. @throws {GraphFailure} `FORBIDDEN`, unless this edition says nothing of it */
export async function read(
  { world, caller }: Pick<Deed, "world" | "caller">,
  { needs, nothing }: Reading,
  work: () => object | null | Promise<object | null>,
): Promise<object | null> {
  try {
    demand(caller, ...needs);
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown;
    if (leavesOut(world.edition)) return nothing();
    throw failureOf(thrown);
  }
  return work();
}
