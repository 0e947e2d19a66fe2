import { type KeyObject, X509Certificate, createHash } from "node:crypto";
import { X509Certificate as SigstoreCertificate } from "@sigstore/core";
import type { TrustMaterial } from "@sigstore/verify";
import { InvalidInputError, messageOf, quote } from "../errors.ts";
import { trustedKeyOf } from "./key.ts";
import { certificateFaultOf, parseTrustedRoot } from "./trusted-root.ts";

/**
 * What a trust root is made from: plain texts, so that a thread can be handed one.
 *
 * `sigstore`: a `trusted_root.json`. `log-key`: the public key (PEM) of a private Rekor, known by nothing else. `certificates`: PEM certificates of
 * authorities, of an own PKI or of a Notation trust store, and those of its timestamp authorities and signing authorities.
 */
export type TrustRootSource =
  | { readonly name: string; readonly kind: "sigstore"; readonly json: string }
  | { readonly name: string; readonly kind: "log-key"; readonly pem: string }
  | {
      readonly name: string;
      readonly kind: "certificates";
      readonly authorities: string;
      readonly timestampAuthorities?: string;
      readonly signingAuthorities?: string;
    };

/** Whom certificates, log entries and timestamps lead to. */
export interface TrustRoot {
  readonly name: string;
  /** SHA-256 of what it was made from, 64 lower-case hex digits: another version, another verdict. */
  readonly version: string;
  /** Authorities of short-lived certificates, logs, and timestamp authorities, as @sigstore/verify takes them. */
  readonly sigstore: Omit<TrustMaterial, "publicKey">;
  /** Authorities of long-lived certificates. */
  readonly authorities: readonly X509Certificate[];
  /** Authorities of Notation's countersignatures. */
  readonly timestampAuthorities: readonly X509Certificate[];
  /**
   * Notation's signing authorities: whoever holds their certificates is believed when it signed. An authority is none for having issued
   * certificates: their holders could sign in the past.
   */
  readonly signingAuthorities?: readonly X509Certificate[];
}

/** Trust roots by name. */
export type TrustRoots = ReadonlyMap<string, TrustRoot>;

/** Characters of one source at most; the public root has 7 thousand. */
export const TRUST_ROOT_LENGTH_MAX = 1024 * 1024;
/** Certificates in one file at most: the authorities of all browsers are half as many. */
const CERTIFICATES_MAX = 256;

const ALWAYS = { start: new Date(0), end: new Date(8_640_000_000_000_000) };
const NOBODY = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };

/**
 * A trust root from what it is made from. What an operator pins as a key or a certificate counts at any time.
 *
 * The certificates of timestamp authorities also count for countersignatures of cosign if they are one chain whose first certificate is the
 * authority's own, as cosign takes them.
 *
 * @throws {InvalidInputError} `trust-root-invalid`
 */
export function parseTrustRoot(source: TrustRootSource): TrustRoot {
  try {
    return rootOf(source);
  } catch (thrown) {
    const reason = messageOf(thrown);
    throw new InvalidInputError("trust-root-invalid", `trust root ${quote(source.name)}: ${reason}`, {
      cause: thrown,
    });
  }
}

function rootOf(source: TrustRootSource): TrustRoot {
  const { name } = source;
  switch (source.kind) {
    case "sigstore": {
      const { version, material } = parseTrustedRoot(bounded(source.json));
      return { name, version, sigstore: material, authorities: [], timestampAuthorities: [] };
    }
    case "log-key": {
      const { publicKey } = trustedKeyOf(source.pem, name);
      const logID = createHash("sha256").update(derOf(publicKey)).digest();
      const tlogs = [{ logID, baseURL: "", publicKey, validFor: ALWAYS }];
      return {
        name,
        version: versionOf("log-key", [logID.toString("hex")]),
        sigstore: { ...NOBODY, tlogs },
        authorities: [],
        timestampAuthorities: [],
      };
    }
    case "certificates": {
      const authorities = certificatesIn(source.authorities, "authorities");
      const timestampAuthorities =
        source.timestampAuthorities === undefined
          ? []
          : certificatesIn(source.timestampAuthorities, "timestamp authorities");
      const signingAuthorities =
        source.signingAuthorities === undefined
          ? undefined
          : certificatesIn(source.signingAuthorities, "signing authorities");
      return {
        name,
        version: versionOf("certificates", [
          ...fingerprintsOf(authorities).toSorted(),
          "",
          ...fingerprintsOf(timestampAuthorities),
          ...(signingAuthorities === undefined ? [] : ["", ...fingerprintsOf(signingAuthorities).toSorted()]),
        ]),
        sigstore: { ...NOBODY, timestampAuthorities: clocksOf(timestampAuthorities) },
        authorities,
        timestampAuthorities,
        ...(signingAuthorities === undefined ? {} : { signingAuthorities }),
      };
    }
    default:
      return source satisfies never;
  }
}

function bounded(text: string): string {
  if (text.length <= TRUST_ROOT_LENGTH_MAX) return text;
  throw new Error(`longer than ${TRUST_ROOT_LENGTH_MAX} characters`);
}

function derOf(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

function versionOf(kind: TrustRootSource["kind"], parts: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([kind, ...parts]))
    .digest("hex");
}

function fingerprintsOf(certificates: readonly X509Certificate[]): readonly string[] {
  return certificates.map(({ fingerprint256 }) => fingerprint256);
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----[\sA-Za-z0-9+/=]*-----END \1-----/g;

/** Each certificate once, in the order they stand; what stands between the blocks is a comment, as openssl has it. */
function certificatesIn(pem: string, what: string): readonly X509Certificate[] {
  const blocks = [...bounded(pem).matchAll(PEM_BLOCK)];
  if (blocks.length !== pem.split("-----BEGIN ").length - 1) {
    throw new Error(`${what}: a PEM block is cut off or holds more than base64`);
  }
  if (blocks.length === 0) throw new Error(`${what}: no PEM block (-----BEGIN CERTIFICATE-----)`);
  if (blocks.length > CERTIFICATES_MAX)
    throw new Error(`${what}: more than ${CERTIFICATES_MAX} certificates`);
  const certificates = blocks.map(([block, label = ""], position) => {
    const fault = (reason: string): Error => new Error(`${what}: PEM block ${position + 1}: ${reason}`);
    if (label !== "CERTIFICATE") throw fault(`${quote(label)}, CERTIFICATE is expected`);
    const certificate = certificateOf(block);
    if (certificate === undefined) throw fault("it is not a certificate");
    const reason = certificateFaultOf(certificate);
    if (reason !== undefined) throw fault(reason);
    return certificate;
  });
  return [...new Map(certificates.map((certificate) => [certificate.fingerprint256, certificate])).values()];
}

function certificateOf(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}

/** One authority, if its own certificate stands first. Authorities of authorities alone say nothing without a signer's certificate. */
function clocksOf(certificates: readonly X509Certificate[]): TrustMaterial["timestampAuthorities"] {
  const [own] = certificates;
  if (own === undefined || own.ca) return [];
  const certChain = certificates.map(({ raw }) => SigstoreCertificate.parse(raw));
  return [{ certChain, validFor: ALWAYS }];
}
