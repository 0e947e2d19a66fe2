import type { Context } from "../context.ts";
import { ASSESS } from "../queues.ts";
import { pairsInUse } from "./pairs-in-use.ts";

/**
 * Has everything in use assessed whose vulnerabilities are not: a feed that was not seen for too long is seen again, and nothing it says need have
 * changed meanwhile.
 */
export async function assessUnassessed({
  store,
  enqueue,
}: Pick<Context, "store" | "enqueue">): Promise<void> {
  for (const { repository, from, to } of await pairsInUse(store)) {
    const known = await store.assessment(repository, from, to);
    if (known?.vulnerabilities.kind !== "assessed") await enqueue(ASSESS, { repository, from, to });
  }
}
