import { CodedError } from "../errors.ts";

/**
 * What comes of some work with the store, if it comes in time.
 *
 * @param what was being done, for the message
 * @throws {CodedError} `redis-unavailable` when it does not
 */
export async function within<Result>(
  timeoutMs: number,
  what: string,
  work: Promise<Result>,
): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new CodedError("redis-unavailable", `${what}: no answer in ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
