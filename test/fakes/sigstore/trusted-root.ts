import { createHash } from "node:crypto";
import { DAY_MS, type Instant, later, renderInstant } from "../../../src/time.ts";
import type { Authority } from "./certificate.ts";
import { type CertificateLog, spkiOf } from "./certificate-log.ts";
import { keyDetailsOf } from "./entry.ts";
import type { TimestampAuthority } from "./timestamp-authority.ts";
import type { TransparencyLog } from "./transparency-log.ts";

/** Whom a trust root names. */
export interface TrustedParties {
  readonly authorities: readonly Authority[];
  readonly certificateLogs: readonly CertificateLog[];
  readonly logs: readonly TransparencyLog[];
  readonly timestampAuthorities: readonly TimestampAuthority[];
}

/**
 * The document of a trust root; all in it has been valid for a year.
 *
 * @see sigstore/protobuf-specs v0.5.0, sigstore_trustroot.proto
 */
export function trustedRootDocument(
  parties: TrustedParties,
  now: Instant,
): Readonly<Record<string, unknown>> {
  const validFor = { start: renderInstant(later(now, -365 * DAY_MS)) };
  const chainOf = ({ chain }: { readonly chain: readonly Buffer[] }, uri: string) => ({
    subject: { organization: "sigstore.example", commonName: "sigstore" },
    uri,
    certChain: { certificates: chain.map((der) => ({ rawBytes: der.toString("base64") })) },
    validFor,
  });
  return {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: parties.logs.map(({ baseUrl, id, key }) => ({
      baseUrl,
      hashAlgorithm: "SHA2_256",
      publicKey: {
        rawBytes: spkiOf(key.privateKey).toString("base64"),
        keyDetails: keyDetailsOf(key.kind),
        validFor,
      },
      logId: { keyId: id.toString("base64") },
    })),
    certificateAuthorities: parties.authorities.map((authority) =>
      chainOf(authority, "https://fulcio.sigstore.example"),
    ),
    ctlogs: parties.certificateLogs.map(({ publicKey }) => ({
      baseUrl: "https://ctlog.sigstore.example",
      hashAlgorithm: "SHA2_256",
      publicKey: {
        rawBytes: publicKey.toString("base64"),
        keyDetails: "PKIX_ECDSA_P256_SHA_256",
        validFor,
      },
      logId: { keyId: createHash("sha256").update(publicKey).digest("base64") },
    })),
    timestampAuthorities: parties.timestampAuthorities.map((authority) =>
      chainOf(authority, "https://timestamp.sigstore.example/api/v1/timestamp"),
    ),
  };
}
