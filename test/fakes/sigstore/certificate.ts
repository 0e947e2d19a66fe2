import { type KeyObject, createPublicKey, randomBytes } from "node:crypto";
// @peculiar/x509 needs the metadata polyfill that @sigstore/mock brings; this import stands before it.
import { type CertificateLog, spkiOf } from "./certificate-log.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { DAY_MS, type Instant, MINUTE_MS, later } from "../../../src/time.ts";
import { type KeyKind, type SigningKey, newSigningKey } from "../signer.ts";
import { octets, utf8 } from "./der.ts";

/** Purposes that certificates may name. @see RFC 5280, section 4.2.1.12 */
export const PURPOSES = {
  codeSigning: "1.3.6.1.5.5.7.3.3",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  timeStamping: "1.3.6.1.5.5.7.3.8",
} as const;

const OID_SCTS = "1.3.6.1.4.1.11129.2.4.2";
const OID_ISSUER_V1 = "1.3.6.1.4.1.57264.1.1";
const OID_ISSUER_V2 = "1.3.6.1.4.1.57264.1.8";

/** What a certificate says. Without anything else it is a leaf that may do nothing. */
export interface CertificateOrder {
  readonly validFrom: Instant;
  readonly validMs?: number;
  readonly names?: readonly JsonGeneralName[];
  /** Who named the identity. */
  readonly issuer?: string;
  /** The extensions that hold the issuer: raw text (v1), UTF8String (v2). Fulcio writes both. */
  readonly issuerIn?: readonly ("v1" | "v2")[];
  /** Object identifiers of purposes; without any there is no such extension. */
  readonly purposes?: readonly string[];
  readonly constraints?: "absent" | "leaf" | "authority";
  readonly more?: readonly ExtensionOrder[];
  /** The logs whose promises it carries. */
  readonly logs?: readonly CertificateLog[];
}

/** An extension of any kind. */
export interface ExtensionOrder {
  readonly oid: string;
  readonly criticality: "critical" | "optional";
  /** DER. */
  readonly value: Uint8Array;
}

/** Who signs certificates: a root certificate, and an intermediate one that issues. */
export interface Authority {
  /** DER: the intermediate certificate, then the root. */
  readonly chain: readonly Buffer[];
  /** @returns DER */
  issue(key: SigningKey, order: CertificateOrder & { readonly subject?: string }): Promise<Buffer>;
}

/**
 * An authority that is valid for years around an instant.
 *
 * @param purposes what its intermediate certificate may be for; without any, for everything
 */
export async function newAuthority(
  name: string,
  at: Instant,
  kind: KeyKind = "p-384",
  purposes: readonly string[] = [],
): Promise<Authority> {
  const [rootKey, key] = [newSigningKey(kind), newSigningKey(kind)];
  const [rootName, issuer] = [`CN=${name} root,O=sigstore.example`, `CN=${name},O=sigstore.example`];
  const order = {
    validFrom: later(at, -365 * DAY_MS),
    validMs: 3_650 * DAY_MS,
    constraints: "authority",
  } as const;
  const byRoot = { key: rootKey, name: rootName };
  const root = await certificateOf(rootKey, { ...order, subject: rootName }, byRoot);
  const intermediate = await certificateOf(key, { ...order, subject: issuer, purposes }, byRoot);
  return {
    chain: [intermediate, root],
    issue: (leafKey, leaf) => certificateOf(leafKey, leaf, { key, name: issuer }),
  };
}

/** The PEM form of certificates. */
export function pemOf(...certificates: readonly Uint8Array[]): string {
  return certificates
    .map((der) => {
      const lines =
        Buffer.from(der)
          .toString("base64")
          .match(/.{1,64}/g) ?? [];
      return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
    })
    .join("");
}

async function certificateOf(
  key: SigningKey,
  order: CertificateOrder & { readonly subject?: string },
  by: { readonly key: SigningKey; readonly name: string },
): Promise<Buffer> {
  const { validFrom, validMs = 10 * MINUTE_MS, subject = "", logs = [] } = order;
  const publicKey = publicKeyOf(key);
  const { algorithm, hash } = webAlgorithmOf(by.key.kind);
  const form = {
    // Positive, whatever the bytes: the first one is small.
    serialNumber: `01${randomBytes(15).toString("hex")}`,
    subject,
    issuer: by.name,
    notBefore: new Date(validFrom),
    notAfter: new Date(validFrom + validMs),
    publicKey,
    signingKey: by.key.privateKey.toCryptoKey(algorithm, true, ["sign"]),
    signingAlgorithm: { ...algorithm, hash },
  };
  const extensions = [
    ...extensionsOf(order),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(publicKeyOf(by.key)),
  ];
  if (logs.length === 0) return generated({ ...form, extensions });

  const { rawData } = await X509CertificateGenerator.create({ ...form, extensions });
  const authority: KeyObject = createPublicKey(by.key.privateKey);
  const promises = await Promise.all(logs.map((log) => log.promise(rawData, authority, validFrom)));
  return generated({ ...form, extensions: [...extensions, promisesExtension(promises)] });
}

async function generated(form: Parameters<typeof X509CertificateGenerator.create>[0]): Promise<Buffer> {
  const { rawData } = await X509CertificateGenerator.create(form);
  return Buffer.from(rawData);
}

function extensionsOf(order: CertificateOrder): readonly Extension[] {
  const {
    names = [],
    issuer,
    issuerIn = ["v1", "v2"],
    purposes = [],
    constraints = "absent",
    more = [],
  } = order;
  const usage =
    constraints === "authority"
      ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature
      : KeyUsageFlags.digitalSignature;
  return [
    new KeyUsagesExtension(usage, true),
    // Of timestamp authorities it must be critical. @see RFC 3161, section 2.3
    ...(purposes.length === 0
      ? []
      : [new ExtendedKeyUsageExtension([...purposes], purposes.includes(PURPOSES.timeStamping))]),
    ...(constraints === "absent"
      ? []
      : [new BasicConstraintsExtension(constraints === "authority", undefined, true)]),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension([...names], true)]),
    ...(issuer === undefined
      ? []
      : issuerIn.map((version) =>
          version === "v1"
            ? new Extension(OID_ISSUER_V1, false, Buffer.from(issuer))
            : new Extension(OID_ISSUER_V2, false, utf8(issuer)),
        )),
    ...more.map(({ oid, criticality, value }) => new Extension(oid, criticality === "critical", value)),
  ];
}

/** A list of signed certificate timestamps. @see RFC 6962, section 3.3 */
function promisesExtension(promises: readonly Buffer[]): Extension {
  const list = Buffer.concat(promises);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(list.byteLength);
  return new Extension(OID_SCTS, false, octets(Buffer.concat([length, list])));
}

function publicKeyOf({ privateKey }: SigningKey): PublicKey {
  return new PublicKey(spkiOf(privateKey));
}

function webAlgorithmOf(kind: KeyKind): {
  readonly algorithm: { readonly name: string; readonly namedCurve?: string; readonly hash?: string };
  readonly hash: string;
} {
  switch (kind) {
    case "p-256":
      return { algorithm: { name: "ECDSA", namedCurve: "P-256" }, hash: "SHA-256" };
    case "p-384":
      return { algorithm: { name: "ECDSA", namedCurve: "P-384" }, hash: "SHA-384" };
    case "rsa-2048":
    case "rsa-4096":
      return { algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, hash: "SHA-256" };
    default:
      throw new Error(`no authority signs with ${kind}`);
  }
}
