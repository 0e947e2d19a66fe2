import { X509Certificate, createHash } from "node:crypto";
import { json as canonical } from "@sigstore/core";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { type TrustMaterial, toTrustMaterial } from "@sigstore/verify";
import { z } from "zod";
import { quote } from "../errors.ts";
import { parseInstant } from "../time.ts";
import { keyFaultOf } from "./key.ts";

/** Certificates, logs and authorities, of each kind at most; the public instance has two. */
const LISTED_MAX = 64;
const CHAIN_MAX = 16;
const BYTES_LENGTH_MAX = 16 * 1024;
const TEXT_LENGTH_MAX = 2_048;

const MEDIA_TYPES: readonly string[] = [
  "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  "application/vnd.dev.sigstore.trustedroot.v0.1+json",
  "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

const bytes = z
  .string()
  .max(BYTES_LENGTH_MAX)
  .regex(/^[\w+/-]+={0,2}$/, "base64 is expected");
const moment = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, "a date and time is expected (RFC 3339)");
// The libraries take what has no start for valid since 1970.
const validFor = z
  .object({ start: moment, end: moment.nullish() })
  .refine(({ start, end }) => Date.parse(start) <= Date.parse(end ?? start), "it ends before it starts");
const text = z.string().max(TEXT_LENGTH_MAX).nullish();
const identifier = z.object({ keyId: bytes }).nullish();
const log = z
  .object({
    baseUrl: text,
    publicKey: z.object({ rawBytes: bytes, keyDetails: z.union([z.string(), z.int()]), validFor }),
    logId: identifier,
    checkpointKeyId: identifier,
  })
  .refine(({ logId, checkpointKeyId }) => Boolean(logId ?? checkpointKeyId), "it has no logId");
const authority = z.object({
  uri: text,
  certChain: z.object({
    certificates: z
      .array(z.object({ rawBytes: bytes }))
      .min(1)
      .max(CHAIN_MAX),
  }),
  validFor,
});
const logs = z.array(log).max(LISTED_MAX).nullish();
const authorities = z.array(authority).max(LISTED_MAX).nullish();
// Protobuf's JSON may also write members in snake case; our reader does not know them, and would find nobody to trust.
const otherSpelling = z.undefined("write its name in camel case").optional();
const rootSchema = z.object({
  mediaType: z.string().refine((type) => MEDIA_TYPES.includes(type), "it is not one of a trusted root"),
  tlogs: logs,
  ctlogs: logs,
  certificateAuthorities: authorities,
  timestampAuthorities: authorities,
  certificate_authorities: otherSpelling,
  timestamp_authorities: otherSpelling,
  media_type: otherSpelling,
});

/** What a `trusted_root.json` says, and what tells it apart. */
export interface ParsedTrustedRoot {
  readonly version: string;
  readonly material: Omit<TrustMaterial, "publicKey">;
}

/**
 * Reads a `trusted_root.json`, with the checks that the libraries below do not make.
 *
 * @throws {Error} with a message that says what is wrong, and where
 * @see sigstore/protobuf-specs v0.5, sigstore_trustroot.proto
 */
export function parseTrustedRoot(source: string): ParsedTrustedRoot {
  const document: unknown = JSON.parse(source);
  const result = rootSchema.safeParse(document);
  if (!result.success) throw new Error(issuesOf(result.error));
  const { certificateAuthorities: issuers, timestampAuthorities: clocks, tlogs } = result.data;
  if ([issuers, clocks, tlogs].every((list) => (list ?? []).length === 0)) {
    throw new Error("it names no authority and no log");
  }
  const faults = [
    ...certificateFaults("certificateAuthorities", issuers ?? []),
    ...certificateFaults("timestampAuthorities", clocks ?? []),
  ];
  if (faults.length > 0) throw new Error(faults.join("; "));

  const { certificateAuthorities, timestampAuthorities, ...material } = materialOf(document);
  const keyFaults = [...logFaults("tlogs", material.tlogs), ...logFaults("ctlogs", material.ctlogs)];
  if (keyFaults.length > 0) throw new Error(keyFaults.join("; "));
  return {
    version: createHash("sha256").update(canonical.canonicalize(document)).digest("hex"),
    material: {
      certificateAuthorities,
      timestampAuthorities,
      tlogs: material.tlogs,
      ctlogs: material.ctlogs,
    },
  };
}

/** Why a certificate cannot be anybody's authority; undefined for one that can. */
export function certificateFaultOf(certificate: X509Certificate): string | undefined {
  const fault = keyFaultOf(certificate.publicKey);
  return fault === undefined ? undefined : `its key is of ${fault}`;
}

function materialOf(document: unknown): TrustMaterial {
  return toTrustMaterial(TrustedRoot.fromJSON(document));
}

function certificateFaults(
  list: string,
  authoritiesIn: readonly z.infer<typeof authority>[],
): readonly string[] {
  return authoritiesIn.flatMap(({ certChain: { certificates } }, position) =>
    certificates.flatMap(({ rawBytes }, place) => {
      const fault = derFaultOf(Buffer.from(rawBytes, "base64"));
      const path = `${list}.${position}.certChain.certificates.${place}`;
      return fault === undefined ? [] : [`${path}: ${fault}`];
    }),
  );
}

function derFaultOf(der: Buffer): string | undefined {
  try {
    const certificate = new X509Certificate(der);
    // OpenSSL also reads PEM, and stops at the end of the first certificate.
    if (!certificate.raw.equals(der)) return "it is not one certificate in DER";
    return certificateFaultOf(certificate);
  } catch {
    return "it is not a certificate";
  }
}

function logFaults(list: string, material: TrustMaterial["tlogs"]): readonly string[] {
  return material.flatMap(({ publicKey }, position) => {
    const fault = keyFaultOf(publicKey);
    return fault === undefined ? [] : [`${list}.${position}.publicKey: ${fault}`];
  });
}

function issuesOf({ issues }: z.ZodError): string {
  return issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length === 0 ? message : `${quote(path.join("."))}: ${message}`))
    .join("; ");
}
