import type { X509Certificate } from "node:crypto";
import { isStrongKey } from "./algorithm.ts";
import { type Certificate, isAmong, isIssuedBy, parseCertificate, PURPOSES } from "./certificate.ts";
import { refuse } from "./refused-error.ts";
import { authorityUsageFault, leafUsageFault, nameOf, outlivedIn } from "./signing-chain.ts";
import type { TrustedTime } from "./timestamp.ts";

/** Where the certificate of a timestamp authority may lead. */
export interface TimestampIssuers {
  /** Certificates that came along, in no order. */
  readonly issuers: readonly Certificate[];
  /** Certificates that are trusted. */
  readonly authorities: readonly X509Certificate[];
  /** All of the chain must have been valid then. */
  readonly time: TrustedTime;
}

/** A certificate that was reached from the leaf, with how many authorities stand between. */
interface Reached {
  readonly certificate: Certificate;
  readonly between: number;
}

/**
 * Finds the way from the certificate of a timestamp authority to one that is trusted.
 *
 * The shortest way to each certificate is enough: a longer one meets the same certificates with more authorities between. Each is visited
 * once, so the work is bounded by the square of the certificates there are.
 *
 * @throws {RefusedError} `timestamp-invalid`; `trust-root-outdated` where no trusted certificate is reached at all
 * @see RFC 3161, section 2.3; Notary Project signature-specification.md, "Certificate Requirements"
 */
export function timestampChainOf(leaf: Certificate, from: TimestampIssuers): void {
  const fault = leafFault(leaf, from.time);
  if (fault !== undefined) refuse("timestamp-invalid", `the countersignature: ${nameOf(leaf)} ${fault}`);
  const trusted = from.authorities.flatMap(readable);
  if (isReached(leaf, from, trusted, authorityFault)) return;
  if (!isReached(leaf, from, trusted, () => undefined)) {
    refuse("trust-root-outdated", `no trusted timestamp authority stands behind ${nameOf(leaf)}`);
  }
  refuse(
    "timestamp-invalid",
    `the countersignature: no valid chain leads from ${nameOf(leaf)} to its authority`,
  );
}

/** An authority that cannot be read has issued nothing; the others of the trust root are not worse for it. */
function readable({ raw }: X509Certificate): readonly Certificate[] {
  try {
    return [parseCertificate(raw)];
  } catch {
    return [];
  }
}

type FaultOf = (reached: Reached, time: TrustedTime) => string | undefined;

function isReached(
  leaf: Certificate,
  { issuers, authorities, time }: TimestampIssuers,
  trusted: readonly Certificate[],
  faultOf: FaultOf,
): boolean {
  if (isAmong(leaf, authorities)) return true;
  const left = new Set([...trusted, ...issuers]);
  let level: readonly Certificate[] = [leaf];
  for (let between = 0; level.length > 0; between += 1) {
    const next = [...left].filter(
      (certificate) =>
        level.some((below) => isIssuedBy(below, certificate)) &&
        faultOf({ certificate, between }, time) === undefined,
    );
    if (next.some((certificate) => isAmong(certificate, authorities))) return true;
    for (const certificate of next) left.delete(certificate);
    level = next;
  }
  return false;
}

function leafFault(leaf: Certificate, { earliestAt, latestAt }: TrustedTime): string | undefined {
  const fault = leafUsageFault(leaf) ?? soundnessFault(leaf);
  if (fault !== undefined) return fault;
  const { purposes } = leaf;
  const others = purposes?.oids.filter((oid) => oid !== PURPOSES.timeStamping);
  if (others?.length !== 0 || purposes?.critical !== true) return "is not for timestamps alone";
  return outlivedIn([leaf], earliestAt, latestAt) === undefined ? undefined : "was not valid at that time";
}

function authorityFault(
  { certificate, between }: Reached,
  { earliestAt, latestAt }: TrustedTime,
): string | undefined {
  const fault = authorityUsageFault(certificate, between) ?? soundnessFault(certificate);
  if (fault !== undefined) return fault;
  const oids = certificate.purposes?.oids ?? [PURPOSES.any];
  if (!oids.includes(PURPOSES.timeStamping) && !oids.includes(PURPOSES.any)) return "is for something else";
  return outlivedIn([certificate], earliestAt, latestAt) === undefined ? undefined : "was not valid";
}

function soundnessFault({ publicKey, unknownCritical }: Certificate): string | undefined {
  if (!isStrongKey(publicKey)) return "has a key that is too weak or unknown";
  return unknownCritical.length > 0 ? "has an unknown critical extension" : undefined;
}
