import { quote } from "../../../errors.ts";
import type { Challenge } from "../challenge.ts";
import { faultOf, type Subject } from "../fault.ts";
import type { Endpoint } from "../settings.ts";

const REALM_LENGTH_MAX = 2_048;

/** Registries whose token service has another host name, which may have their credentials. */
const TRUSTED_REALMS = new Map([
  ["https://registry-1.docker.io", "https://auth.docker.io"],
  ["https://registry.gitlab.com", "https://gitlab.com"],
]);

/** A token service, as a registry names it. */
export interface Realm {
  readonly url: URL;
  readonly service: string | undefined;
}

/**
 * The token service of a Bearer challenge. Its scope is not read: it could ask for another repository, or for push.
 *
 * @throws {CodedError} `registry-protocol` for what is no URL, `registry-refused` for one that must not be asked at all
 */
export function realmOf({ parameters }: Challenge, endpoint: Endpoint, subject: Subject): Realm {
  const text = parameters.get("realm") ?? "";
  if (text.length > REALM_LENGTH_MAX || !URL.canParse(text)) {
    const happened = `the realm of its token service is not a URL: ${quote(text)}`;
    throw faultOf("registry-protocol", subject, happened);
  }
  const url = new URL(text);
  const isPlain = new URL(endpoint.origin).protocol === "http:";
  const isAllowed = url.protocol === "https:" || (url.protocol === "http:" && isPlain);
  if (!isAllowed || url.username !== "" || url.password !== "") {
    throw faultOf("registry-refused", subject, `will not use the token service ${quote(shown(url))}`);
  }
  return { url, service: parameters.get("service") };
}

/**
 * Lets a token service have the registry's credentials, or not: to be asked each time before they are sent, as it may have become
 * known when there were none.
 *
 * @throws {CodedError} `registry-refused`, with the setting that allows it
 */
export function checkTrust({ url }: Realm, endpoint: Endpoint, subject: Subject): void {
  const { origin, registry, trustedRealms } = endpoint;
  const isTrusted =
    url.hostname === new URL(origin).hostname ||
    TRUSTED_REALMS.get(origin) === url.origin ||
    trustedRealms.some((trusted) => URL.canParse(trusted) && new URL(trusted).origin === url.origin);
  if (isTrusted) return;
  throw faultOf(
    "registry-refused",
    subject,
    `it wants the credentials sent to ${quote(url.host)}, which is not a host of ${registry}; ` +
      `if that is its token service, add ${quote(url.origin)} to registries.${registry}.trustedRealms`,
  );
}

/** A URL without the user that may stand in it. */
function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
