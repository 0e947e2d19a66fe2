import { type Instant, renderMoment } from "../time.ts";

/** The name of what is said where digests are declined. */
export const DECLINED_NAME = "declined";

/** What is said on a pull request whose digests are declined. */
export function declinedWords(until: Instant): string {
  return `These digests are not proposed here again before ${renderMoment(until)}, unless they are found to fix a critical or exploited vulnerability that they are not known to fix now. The next digest is proposed as ever. Opening this again takes that back.`;
}

/** What is said below a pull request of first pins that was declined. */
export const PLACES_DECLINED =
  "Closed: these tags are not pinned here. I come again for other places only; whoever pins these by hand gets updates for them.";
