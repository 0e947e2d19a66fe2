import { createHash, type X509Certificate } from "node:crypto";
import { messageOf } from "../../errors.ts";
import { type Instant, isInstant, SECOND_MS } from "../../time.ts";
import {
  countOf,
  type DerNode,
  elementsOf,
  flagOf,
  generalizedTimeOf,
  hasTag,
  integerBytesOf,
  isFlag,
  octetsOf,
  oidOf,
  parseDer,
  sequenceOf,
} from "./asn1.ts";
import { HASHES, isTokenOf, parseToken } from "./timestamp-token.ts";
import { timestampChainOf } from "./timestamp-chain.ts";
import { refuse, RefusedError } from "./refused-error.ts";

/** Bytes of a countersignature at most. */
export const TIMESTAMP_BYTES_MAX = 64 * 1024;

/** A moment of which it is certain that something existed before, and how exact the clock is. */
export interface TrustedTime {
  readonly at: Instant;
  /** `at` less and plus how exact it is. */
  readonly earliestAt: Instant;
  readonly latestAt: Instant;
}

/** ETSI's baseline policy: exact to a second where the token says nothing. */
const BASELINE_POLICY = "0.4.0.2023.1.1";

/**
 * When a signature existed, by a countersignature of a trusted timestamp authority.
 *
 * @param token an RFC 3161 TimeStampToken with the certificates of its authority
 * @param signature the bytes it must be about
 * @throws {RefusedError} `timestamp-invalid`; `trust-root-outdated` for an authority that leads to none of the trusted
 * @see RFC 3161, section 2.4.2; Notary Project trust-store-trust-policy.md, "Steps"
 */
export function trustedTimeOf(
  token: Uint8Array,
  signature: Uint8Array,
  authorities: readonly X509Certificate[],
): TrustedTime {
  try {
    if (token.byteLength > TIMESTAMP_BYTES_MAX) return invalid(`longer than ${TIMESTAMP_BYTES_MAX} bytes`);
    const parsed = parseToken(token);
    const time = timeIn(parsed.content, signature);
    const signer = parsed.certificates.find((certificate) => isTokenOf(parsed, certificate));
    if (signer === undefined) return invalid("no certificate in it made its signature");
    timestampChainOf(signer, { issuers: parsed.certificates, authorities, time });
    return time;
  } catch (thrown) {
    if (thrown instanceof RefusedError) throw thrown;
    return invalid(messageOf(thrown));
  }
}

/** The time that a TSTInfo gives to exactly this signature. */
function timeIn(content: Uint8Array, signature: Uint8Array): TrustedTime {
  const [version, policy, imprint, serial, time, ...rest] = sequenceOf(parseDer(content));
  if (countOf(version) !== 1) invalid("it is of another version");
  integerBytesOf(serial);
  const [algorithm, hashed] = sequenceOf(imprint);
  const hash = HASHES.get(oidOf(sequenceOf(algorithm)[0]));
  if (hash === undefined) return invalid("it is about a hash that is not supported");
  if (!octetsOf(hashed).equals(createHash(hash).update(signature).digest())) {
    return invalid("it is about another signature");
  }
  expectKnownExtensions(rest);
  const at = generalizedTimeOf(time);
  const accuracy = rest[0] !== undefined && hasTag(rest[0], 0x30) ? accuracyOf(rest[0]) : 0;
  const exactMs = accuracy === 0 && oidOf(policy) === BASELINE_POLICY ? SECOND_MS : accuracy;
  const [earliestAt, latestAt] = [at - exactMs, at + exactMs];
  if (!isInstant(earliestAt) || !isInstant(latestAt)) return invalid("its time is none");
  return { at, earliestAt, latestAt };
}

/** Seconds, then thousandths as [0], then millionths as [1], each optional. In milliseconds, rounded up. */
function accuracyOf(node: DerNode): number {
  const part = (tag: number): number => {
    const [found] = sequenceOf(node).filter((element) => hasTag(element, tag));
    return found === undefined ? 0 : countOf(found, tag);
  };
  return part(0x02) * SECOND_MS + part(0x80) + Math.ceil(part(0x81) / 1_000);
}

/** No extension of a TSTInfo is known here, so none may be critical. */
function expectKnownExtensions(parts: readonly DerNode[]): void {
  const [extensions] = parts.filter((part) => hasTag(part, 0xa1));
  if (extensions === undefined) return;
  const isCritical = elementsOf(extensions, 0xa1).some((extension) => {
    const [, flag] = sequenceOf(extension);
    return isFlag(flag) && flagOf(flag);
  });
  if (isCritical) invalid("it demands that an unknown extension be understood");
}

function invalid(detail: string): never {
  return refuse("timestamp-invalid", `the countersignature: ${detail}`);
}
