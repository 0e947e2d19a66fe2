import { DAY_MS, type Instant, renderMoment } from "../../../time.ts";
import type { LoginReport } from "../../../ports/registry-logins.ts";
import { ANONYMOUS, type Credentials, type CredentialSource, type Place } from "./credentials.ts";

/** From this long before its end on, a log-in that nobody renews is warned about. */
const NOTICE_MS = 30 * DAY_MS;

/**
 * Tells how a registry is logged in to, without asking the registry.
 *
 * @throws {CodedError} `registry-login-failed` when the credentials cannot be had
 */
export async function loginReport(
  source: CredentialSource,
  place: Place,
  now: Instant,
  signal: AbortSignal,
): Promise<LoginReport> {
  const { registry } = place.repository;
  const credentials = await source.credentialsFor(place, { signal });
  const notes = (await source.warningsFor?.(place)) ?? [];
  if (credentials === undefined) {
    return { registry, source: ANONYMOUS, credentialId: ANONYMOUS, warnings: notes };
  }
  const { credentialId, expiresAt } = credentials;
  const ending = endingOf(credentials, now);
  return {
    registry,
    source: credentials.source,
    credentialId,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    warnings: [...notes, ...(ending === undefined ? [] : [ending])],
  };
}

/** Says that credentials end soon, or have; undefined while there is time, and for those that are renewed. */
export function endingOf({ expiresAt, renewal, source }: Credentials, now: Instant): string | undefined {
  if (expiresAt === undefined || renewal === "automatic") return undefined;
  const leftMs = expiresAt - now;
  if (leftMs > NOTICE_MS) return undefined;
  const days = Math.floor(Math.abs(leftMs) / DAY_MS);
  const span = days === 1 ? "1 day" : `${days} days`;
  const when = leftMs <= 0 ? `expired ${span} ago` : `expires in ${span}`;
  return `the log-in from ${source} ${when} (${renderMoment(expiresAt)}): make a new one`;
}

/**
 * What to do about a registry that refuses credentials which look right; undefined when there is nothing special to say.
 *
 * @param status of the refusal, 401 or 403
 * @see GitHub, "Working with the Container registry", which names the classic personal access token alone
 */
export function adviceOn(
  registry: string,
  credentials: Credentials | undefined,
  status: number | undefined,
): string | undefined {
  if (registry !== "ghcr.io" || credentials?.kind !== "basic" || (status !== 401 && status !== 403)) {
    return undefined;
  }
  const prefix = credentials.password.reveal().slice(0, "github_pat_".length);
  const mend = "use a classic personal access token with read:packages, of a machine account";
  if (prefix.startsWith("ghs_")) {
    return `ghcr.io refuses this token of a GitHub App installation (status ${status}), as it does for many packages: ${mend}`;
  }
  if (prefix === "github_pat_") return `ghcr.io takes no fine-grained tokens (status ${status}): ${mend}`;
  return undefined;
}
