import type { Context } from "../../context.ts";
import { SKEW_TOLD_MS, skewOf } from "../../sla/breach.ts";
import { DAY_MS, HOUR_MS, type Instant, later, renderSpan } from "../../time.ts";

/**
 * Whether our clock may be decided by: it is compared with what the code host said last. Where there is no such answer, or an old one,
 * nothing speaks against it.
 */
export async function isClockUsable(
  now: Instant,
  { codeHost, metrics, log, record }: Pick<Context, "codeHost" | "metrics" | "log" | "record">,
): Promise<boolean> {
  const said = codeHost.time?.();
  if (said === undefined || said.agoMs > HOUR_MS) return true;
  const theirs = later(said.at, Math.round(said.agoMs));
  const { skewMs, isUsable } = skewOf(now, theirs);
  metrics.clockSkew({ skewMs });
  if (Math.abs(skewMs) > SKEW_TOLD_MS) {
    log.warn({ skewMs }, "our clock differs from that of the code host");
  }
  if (isUsable) return true;
  const which = skewMs > 0 ? "ahead of" : "behind";
  await record({
    kind: "clock-skewed",
    at: now,
    subject: "clock",
    message: `the clock of Redis is ${renderSpan(Math.abs(skewMs))} ${which} that of the code host: no deadline is judged until they agree`,
    key: `clock-skewed ${Math.floor(theirs / DAY_MS)} ${which}`,
  });
  return false;
}
