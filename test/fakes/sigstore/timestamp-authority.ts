import { X509Certificate, createHash, randomBytes } from "node:crypto";
import { ASN1Obj } from "@sigstore/core";
import { DAY_MS, type Instant, later } from "../../../src/time.ts";
import { type KeyKind, newSigningKey, signatureOver } from "../signer.ts";
import { PURPOSES, newAuthority } from "./certificate.ts";
import { explicit, generalizedTime, integer, objectId, octets, sequence, setOf, utcTime } from "./der.ts";

/** Says when something was signed. */
export interface TimestampAuthority {
  /** DER: the certificate that signs tokens, then those above it. */
  readonly chain: readonly Buffer[];
  /**
   * A countersignature over bytes, as the DER of a TimeStampResp.
   *
   * @see RFC 3161, section 2.4.2
   */
  token(bytes: Uint8Array, at: Instant): Buffer;
}

const OID = {
  signedData: "1.2.840.113549.1.7.2",
  timestampInfo: "1.2.840.113549.1.9.16.1.4",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  signingCertificate: "1.2.840.113549.1.9.16.2.47",
  sha256: "2.16.840.1.101.3.4.2.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  policy: "1.3.6.1.4.1.57264.2",
} as const;
const SHA256 = sequence(objectId(OID.sha256));

/** An authority of its own, valid for years around an instant. */
export async function newTimestampAuthority(
  name: string,
  at: Instant,
  authorityKind: KeyKind = "p-384",
): Promise<TimestampAuthority> {
  // Cosign wants the purpose in the intermediate certificate as well.
  const authority = await newAuthority(`${name} tsa`, at, authorityKind, [PURPOSES.timeStamping]);
  const key = newSigningKey("p-256");
  const certificate = await authority.issue(key, {
    subject: `CN=${name} timestamping,O=sigstore.example`,
    validFrom: later(at, -365 * DAY_MS),
    validMs: 3_650 * DAY_MS,
    purposes: [PURPOSES.timeStamping],
    constraints: "leaf",
  });
  const signerId = signerIdOf(certificate);
  return {
    chain: [certificate, ...authority.chain],
    token: (bytes, signedAt) => {
      const info = timestampInfo(bytes, signedAt);
      const attributes = [
        attribute(OID.contentType, objectId(OID.timestampInfo)),
        attribute(OID.signingTime, utcTime(signedAt)),
        attribute(OID.messageDigest, octets(sha256(info))),
        attribute(OID.signingCertificate, sequence(sequence(sequence(octets(sha256(certificate)))))),
      ];
      const signed = setOf(...attributes);
      // Signed as a SET, sent under a tag of its own. @see RFC 5652, section 5.4
      const sent = Buffer.concat([Buffer.from([0xa0]), signed.subarray(1)]);
      const signer = sequence(
        integer(1),
        signerId,
        SHA256,
        sent,
        sequence(objectId(OID.ecdsaWithSha256)),
        octets(signatureOver(signed, key)),
      );
      return responseOf(info, signer);
    },
  };
}

function timestampInfo(bytes: Uint8Array, at: Instant): Buffer {
  return sequence(
    integer(1),
    objectId(OID.policy),
    sequence(SHA256, octets(sha256(bytes))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    generalizedTime(at),
    sequence(integer(1)),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(7)])),
  );
}

function responseOf(info: Buffer, signer: Buffer): Buffer {
  const content = sequence(objectId(OID.timestampInfo), explicit(0, octets(info)));
  const signedData = sequence(integer(3), setOf(SHA256), content, setOf(signer));
  const granted = sequence(integer(0));
  return sequence(granted, sequence(objectId(OID.signedData), explicit(0, signedData)));
}

function attribute(type: string, value: Buffer): Buffer {
  return sequence(objectId(type), setOf(value));
}

/** The issuer and serial number of a certificate, as it writes them. */
function signerIdOf(certificate: Buffer): Buffer {
  const [body] = ASN1Obj.parseBuffer(Buffer.from(new X509Certificate(certificate).raw)).subs;
  const [, serial, , issuer] = body?.subs ?? [];
  if (serial === undefined || issuer === undefined) throw new Error("not a certificate of version 3");
  return sequence(issuer.toDER(), serial.toDER());
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
