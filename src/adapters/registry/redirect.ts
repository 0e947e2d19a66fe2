import { quote } from "../../errors.ts";
import { faultOf, hostOf, type Subject } from "./fault.ts";

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether a status sends us elsewhere. 304 does not: nothing conditional is ever asked. */
export function isRedirect(status: number): boolean {
  return REDIRECT_STATUSES.has(status);
}

/**
 * Where a redirect leads.
 *
 * @throws {CodedError} `registry-protocol` without a usable Location, `registry-refused` for one that leaves TLS or carries a user.
 *   Only its host is named: the rest of a signed URL is a secret.
 */
export function redirectTargetOf(location: string | string[] | undefined, from: URL, subject: Subject): URL {
  const host = hostOf(from);
  if (typeof location !== "string" || location === "" || !URL.canParse(location, from.href)) {
    throw faultOf("registry-protocol", subject, `${host} redirects without a usable Location`);
  }
  const target = new URL(location, from);
  if (target.protocol !== "https:" && target.protocol !== from.protocol) {
    const change = `from ${from.protocol} to ${quote(target.protocol)}`;
    throw faultOf("registry-refused", subject, `${host} redirects ${change}: not followed`);
  }
  if (target.username !== "" || target.password !== "") {
    throw faultOf("registry-refused", subject, `${host} redirects to a URL with a user in it: not followed`);
  }
  return target;
}
