import { ASN1Obj, EXTENSION_OID_SCT, X509Certificate as SigstoreCertificate } from "@sigstore/core";
import { X509Certificate } from "node:crypto";

/** A name that an authority gave in a certificate. */
export interface CertifiedName {
  readonly kind: "email" | "dns" | "uri" | "other";
  /** Printable ASCII without spaces; undefined for what is not, and for kinds that are not text. */
  readonly text: string | undefined;
}

/** A certificate that comes with a signature. Nothing in it is believed yet. */
export interface Leaf {
  readonly der: Buffer;
  /** As @sigstore/verify takes it. */
  readonly parsed: SigstoreCertificate;
  readonly x509: X509Certificate;
  readonly names: readonly CertifiedName[];
  /** Who named the holder, as Fulcio writes it: in extension 1.8, and in 1.1 as well. */
  readonly issuers: readonly (string | undefined)[];
  readonly extensions: readonly { readonly oid: string; readonly isCritical: boolean }[];
  /** Logs of certificates that took it in, as it claims. */
  readonly certificateLogs: readonly Buffer[];
}

const SUBJECT_NAMES = "2.5.29.17";
// @see sigstore/fulcio docs/oid-info.md
const ISSUER_V1 = "1.3.6.1.4.1.57264.1.1";
const ISSUER_V2 = "1.3.6.1.4.1.57264.1.8";
const UTF8_STRING = 0x0c;

/**
 * Reads a certificate with two readers: what one of them does not take is none.
 *
 * @throws {TypeError} and whatever the readers throw
 */
export function readLeaf(der: Buffer): Leaf {
  const x509 = new X509Certificate(der);
  if (!x509.raw.equals(der)) throw new TypeError("the certificate is followed by something else");
  if (!isConsistent(der)) throw new TypeError("the certificate is signed otherwise than it says");
  const parsed = SigstoreCertificate.parse(Buffer.from(der));
  const extensions = parsed.extensions.map((extension) => {
    const [oid, flag] = extension.subs;
    if (oid === undefined || flag === undefined) throw new TypeError("an extension without value");
    return { oid: oid.toOID(), isCritical: flag.tag.isBoolean() && flag.toBoolean() };
  });
  return {
    der,
    parsed,
    x509,
    names: namesIn(parsed),
    issuers: issuersIn(parsed),
    extensions,
    certificateLogs: (parsed.extSCT?.signedCertificateTimestamps ?? []).map(({ logID }) => logID),
  };
}

/**
 * Whether what stands around the signed part of a certificate says what that part says: the algorithm, and a signature of whole bytes. The
 * library looks at neither.
 *
 * @see RFC 5280, section 4.1.1.2
 */
function isConsistent(der: Buffer): boolean {
  const [signed, algorithm, signature] = ASN1Obj.parseBuffer(Buffer.from(der)).subs;
  // Behind the version, which a certificate with extensions has, and the serial number.
  const inner = signed?.subs[2];
  return (
    inner !== undefined && algorithm?.toDER().equals(inner.toDER()) === true && signature?.value[0] === 0
  );
}

/** The same certificate without what its logs promised, for trust roots that know no such log: the library checks every promise it sees. */
export function withoutCertificateLogs({ der }: Leaf): SigstoreCertificate {
  return new UncountedCertificate(ASN1Obj.parseBuffer(Buffer.from(der)));
}

/** The library looks for promises in a clone of the certificate, and only there. */
class UncountedCertificate extends SigstoreCertificate {
  override clone(): SigstoreCertificate {
    const clone = super.clone();
    const { extensions } = clone;
    const position = extensions.findIndex((extension) => extension.subs[0]?.toOID() === EXTENSION_OID_SCT);
    if (position >= 0) extensions.splice(position, 1);
    return clone;
  }
}

const NAME_KINDS = new Map<number, CertifiedName["kind"]>([
  [1, "email"],
  [2, "dns"],
  [6, "uri"],
]);

function namesIn(certificate: SigstoreCertificate): readonly CertifiedName[] {
  const list = certificate.extension(SUBJECT_NAMES)?.valueObj.subs[0];
  return (list?.subs ?? []).map(({ tag, value }) => {
    const kind = (tag.isContextSpecific() ? NAME_KINDS.get(tag.number) : undefined) ?? "other";
    return { kind, text: kind === "other" ? undefined : printable(value) };
  });
}

function issuersIn(certificate: SigstoreCertificate): readonly (string | undefined)[] {
  const current = certificate.extension(ISSUER_V2);
  const former = certificate.extension(ISSUER_V1);
  const text = current?.valueObj.subs[0];
  return [
    ...(current === undefined
      ? []
      : [text !== undefined && text.tag.toDER() === UTF8_STRING ? printable(text.value) : undefined]),
    ...(former === undefined ? [] : [printable(former.value)]),
  ];
}

/** Bytes as text, without the folding to seven bits that readers of certificates make: `Ã` is not `C`. */
function printable(bytes: Buffer): string | undefined {
  const text = bytes.toString("latin1");
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}
