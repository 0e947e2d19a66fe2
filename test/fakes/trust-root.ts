// The library for certificates needs it to be there first.
import "reflect-metadata";
import { createHash, createPublicKey, generateKeyPairSync, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate that signed itself. */
export interface MadeCertificate {
  readonly der: Buffer;
  readonly pem: string;
}

/** What a certificate is to be. */
export interface CertificateOptions {
  readonly name?: string;
  readonly key?: "P-256" | "RSA-1024";
  readonly isAuthority?: boolean;
}

const FROM = new Date("2024-01-01T00:00:00Z");
const UNTIL = new Date("2044-01-01T00:00:00Z");

/** Makes a certificate that signed itself. */
export async function newCertificate(options: CertificateOptions = {}): Promise<MadeCertificate> {
  const { name = "authority", key = "P-256", isAuthority = true } = options;
  const algorithm =
    key === "P-256"
      ? { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
      : {
          name: "RSASSA-PKCS1-v1_5",
          hash: "SHA-256",
          modulusLength: 1_024,
          publicExponent: new Uint8Array([1, 0, 1]),
        };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "0a",
    name: `CN=${name}, O=hullkeeper.test`,
    notBefore: FROM,
    notAfter: UNTIL,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(isAuthority, undefined, true),
      new KeyUsagesExtension(isAuthority ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature, true),
    ],
  });
  return { der: Buffer.from(certificate.rawData), pem: certificate.toString("pem") };
}

/** A log as a `trusted_root.json` has it. */
export interface LogDocument {
  readonly baseUrl: string;
  readonly hashAlgorithm: string;
  readonly publicKey: {
    readonly rawBytes: string;
    readonly keyDetails: string;
    readonly validFor: { readonly start: string; readonly end?: string };
  };
  readonly logId: { readonly keyId: string };
}

/** A log with a key of its own. */
export function newLog(pem = newPublicKey()): LogDocument {
  const spki = createPublicKey(pem).export({ type: "spki", format: "der" });
  return {
    baseUrl: "https://log.example",
    hashAlgorithm: "SHA2_256",
    publicKey: {
      rawBytes: spki.toString("base64"),
      keyDetails: "PKIX_ECDSA_P256_SHA_256",
      validFor: { start: "2024-01-01T00:00:00Z" },
    },
    logId: { keyId: createHash("sha256").update(spki).digest("base64") },
  };
}

/** A public key in PEM. */
export function newPublicKey(namedCurve = "prime256v1"): string {
  return generateKeyPairSync("ec", { namedCurve })
    .publicKey.export({ type: "spki", format: "pem" })
    .toString();
}

/** An authority as a `trusted_root.json` has it. */
export function authorityOf(...chain: readonly MadeCertificate[]): AuthorityDocument {
  return {
    uri: "https://authority.example",
    certChain: { certificates: chain.map(({ der }) => ({ rawBytes: der.toString("base64") })) },
    validFor: { start: "2024-01-01T00:00:00Z" },
  };
}

export interface AuthorityDocument {
  readonly uri: string;
  readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] };
  readonly validFor: { readonly start: string; readonly end?: string };
}

/** What a `trusted_root.json` holds. */
export interface RootDocument {
  readonly mediaType: string;
  readonly tlogs: readonly LogDocument[];
  readonly certificateAuthorities: readonly AuthorityDocument[];
  readonly ctlogs: readonly LogDocument[];
  readonly timestampAuthorities: readonly AuthorityDocument[];
}

/** A `trusted_root.json` with one of each, all with new keys. */
export async function newRootDocument(): Promise<RootDocument> {
  return {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [newLog()],
    certificateAuthorities: [authorityOf(await newCertificate({ name: "issuer" }))],
    ctlogs: [newLog()],
    timestampAuthorities: [
      authorityOf(await newCertificate({ name: "clock", isAuthority: false }), await newCertificate()),
    ],
  };
}
