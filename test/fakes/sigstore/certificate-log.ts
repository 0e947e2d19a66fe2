import { type KeyObject, createHash, createPublicKey } from "node:crypto";
import { initializeCTLog } from "@sigstore/mock";
import type { Instant } from "../../../src/time.ts";
import { newSigningKey } from "../signer.ts";

/** A log of certificates. */
export interface CertificateLog {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /**
   * A signed certificate timestamp for what an authority is about to sign.
   *
   * @see RFC 6962, section 3.2
   */
  promise(preCertificate: ArrayBuffer, authority: KeyObject, at: Instant): Promise<Buffer>;
}

/** A log of certificates with a key of its own. */
export function newCertificateLog(): CertificateLog {
  const { privateKey } = newSigningKey();
  const publicKey = createPublicKey(privateKey);
  return {
    publicKey: spkiOf(publicKey),
    promise: async (preCertificate, authority, at) => {
      const log = await initializeCTLog({ publicKey, privateKey }, new Date(at));
      const issuer = new Uint8Array(createHash("sha256").update(spkiOf(authority)).digest());
      return Buffer.from(await log.log(preCertificate, issuer.buffer));
    },
  };
}

/** SubjectPublicKeyInfo of a key, DER. */
export function spkiOf(key: KeyObject): Buffer {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ type: "spki", format: "der" });
}
