import { CodedError } from "../../errors.ts";
import type { WriteLane, WriteRequest } from "../../ports/write-lane.ts";
import { instantOf } from "../../time.ts";

/**
 * Does what creates something once its turn comes, and tells the lane how the host took it.
 *
 * @param lane absent: nobody waits
 * @throws {CodedError} `code-host-deferred` with nothing done
 */
export async function paced<Result>(
  lane: WriteLane | undefined,
  request: WriteRequest,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  await lane?.take(request, signal);
  try {
    const result = await work();
    await lane?.succeeded(request.account);
    return result;
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === "code-host-rate-limited") {
      await lane?.refused(request.account, instantOf(Date.now() + (thrown.retryAfterMs ?? 0)));
    }
    throw thrown;
  }
}
