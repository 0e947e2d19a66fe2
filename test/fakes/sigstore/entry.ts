import { createHash, createPublicKey } from "node:crypto";
import type { EnvelopeDocument, KeyKind, SigningKey } from "../signer.ts";
import { bytesOf } from "../signer.ts";
import { pemOf } from "./certificate.ts";
import { spkiOf } from "./certificate-log.ts";
import type { EntryBody } from "./transparency-log.ts";

/** Who an entry says has signed: whom a reader of the log will blame. */
export type Verifier =
  | { readonly kind: "key"; readonly key: SigningKey }
  | { readonly kind: "certificate"; readonly certificate: Buffer; readonly key: SigningKey };

/** What was signed, for an entry about it. */
export interface SignedContent {
  readonly signature: Uint8Array;
  readonly verifier: Verifier;
  /** The bytes that the signature is over. */
  readonly signed: Uint8Array;
  /** For a statement in its envelope: the statement and the envelope. */
  readonly envelope?: { readonly payload: Uint8Array; readonly document: EnvelopeDocument };
}

/** Kinds of entries, as logs name and version them. */
export type EntryKind =
  "hashedrekord/0.0.1" | "dsse/0.0.1" | "intoto/0.0.1" | "intoto/0.0.2" | "hashedrekord/0.0.2" | "dsse/0.0.2";

/**
 * What a log writes down about a signature: the form that it makes of what it is sent.
 *
 * @see sigstore/rekor v1.4.0, pkg/types; sigstore/rekor-tiles v2.0.0, api/proto/rekor/v2
 */
export function entryBodyOf(kind: EntryKind, content: SignedContent): EntryBody {
  const [name = "", apiVersion = ""] = kind.split("/");
  return { kind: name, apiVersion, spec: specOf(kind, content) };
}

function specOf(kind: EntryKind, content: SignedContent): unknown {
  const { signature, verifier, signed } = content;
  const publicKey = base64(verifierPem(verifier));
  switch (kind) {
    case "hashedrekord/0.0.1":
      return {
        data: { hash: hashOf(signed) },
        signature: { content: base64(signature), publicKey: { content: publicKey } },
      };
    case "dsse/0.0.1": {
      const { document, payload } = envelopeOf(content);
      return {
        envelopeHash: hashOf(bytesOf(document)),
        payloadHash: hashOf(payload),
        signatures: document.signatures.map(({ sig }) => ({ signature: sig, verifier: publicKey })),
      };
    }
    case "intoto/0.0.1": {
      const { document, payload } = envelopeOf(content);
      return {
        content: { hash: hashOf(bytesOf(document)), payloadHash: hashOf(payload) },
        publicKey,
      };
    }
    case "intoto/0.0.2": {
      const { document, payload } = envelopeOf(content);
      const signatures = document.signatures.map(({ sig }) => ({ publicKey, sig: base64(sig) }));
      return {
        content: {
          envelope: { payloadType: document.payloadType, signatures },
          hash: hashOf(bytesOf(document)),
          payloadHash: hashOf(payload),
        },
      };
    }
    case "hashedrekord/0.0.2":
      return {
        hashedRekordV002: {
          data: digestOf(signed),
          signature: { content: base64(signature), verifier: rawVerifier(verifier) },
        },
      };
    case "dsse/0.0.2": {
      const { document, payload } = envelopeOf(content);
      return {
        dsseV002: {
          payloadHash: digestOf(payload),
          signatures: document.signatures.map(({ sig }) => ({
            content: sig,
            verifier: rawVerifier(verifier),
          })),
        },
      };
    }
    default:
      return kind satisfies never;
  }
}

function envelopeOf({ envelope }: SignedContent): NonNullable<SignedContent["envelope"]> {
  if (envelope === undefined) throw new Error("only a statement in its envelope has such an entry");
  return envelope;
}

function verifierPem(verifier: Verifier): string {
  return verifier.kind === "certificate"
    ? pemOf(verifier.certificate)
    : createPublicKey(verifier.key.privateKey).export({ type: "spki", format: "pem" }).toString();
}

function rawVerifier(verifier: Verifier): unknown {
  const keyDetails = keyDetailsOf(verifier.key.kind);
  return verifier.kind === "certificate"
    ? { keyDetails, x509Certificate: { rawBytes: base64(verifier.certificate) } }
    : { keyDetails, publicKey: { rawBytes: base64(spkiOf(verifier.key.privateKey)) } };
}

/** How Sigstore names kinds of keys. @see sigstore/protobuf-specs v0.5.0, sigstore_common.proto, PublicKeyDetails */
export function keyDetailsOf(kind: KeyKind): string {
  switch (kind) {
    case "p-256":
      return "PKIX_ECDSA_P256_SHA_256";
    case "p-384":
      return "PKIX_ECDSA_P384_SHA_384";
    case "p-521":
      return "PKIX_ECDSA_P521_SHA_512";
    case "rsa-2048":
      return "PKIX_RSA_PKCS1V15_2048_SHA256";
    case "rsa-4096":
      return "PKIX_RSA_PKCS1V15_4096_SHA256";
    case "ed25519":
      return "PKIX_ED25519";
    case "rsa-1024":
    case "rsa-pss":
    case "secp256k1":
      throw new Error(`Sigstore has no name for ${kind}`);
    default:
      return kind satisfies never;
  }
}

function hashOf(bytes: Uint8Array): { readonly algorithm: string; readonly value: string } {
  return { algorithm: "sha256", value: createHash("sha256").update(bytes).digest("hex") };
}

function digestOf(bytes: Uint8Array): { readonly algorithm: string; readonly digest: string } {
  return { algorithm: "SHA2_256", digest: createHash("sha256").update(bytes).digest("base64") };
}

function base64(content: string | Uint8Array): string {
  return Buffer.from(content).toString("base64");
}
