import { type Instant, renderMoment } from "../time.ts";

/** The name of what is said where digests are declined. */
export const DECLINED_NAME = "declined";

/** What is said on a pull request whose digests are declined. */
export function declinedWords(until: Instant): string {
  return `These digests are not proposed here again before ${renderMoment(until)}, unless they are found to fix a critical or exploited vulnerability that they are not known to fix now. The next digest is proposed as ever. Opening this again takes that back.`;
}
