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
  return heard(lane, request.account, async () => {
    const result = await work();
    await lane?.succeeded(request.account);
    return result;
  });
}

/** Does what nobody waits for, and tells the lane where the host refuses it because of too many: all of an account have one allowance. */
export async function heard<Result>(
  lane: WriteLane | undefined,
  account: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === "code-host-rate-limited") {
      await lane?.refused(account, instantOf(Date.now() + (thrown.retryAfterMs ?? 0)));
    }
    throw thrown;
  }
}
