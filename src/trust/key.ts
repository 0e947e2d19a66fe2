import { type KeyObject, X509Certificate, createHash, createPublicKey, verify } from "node:crypto";
import { InvalidInputError, quote } from "../errors.ts";
import type { TrustedKey } from "./policy.ts";

const PEM_LENGTH_MAX = 16 * 1024;
const RSA_BITS_MIN = 2_048;
const CURVES: readonly string[] = ["prime256v1", "secp384r1", "secp521r1"];

/**
 * A key that may sign, from the PEM text that `cosign generate-key-pair` or `openssl pkey -pubout` writes. A certificate stands for its
 * key, and nothing else in it counts: neither who certified it nor until when.
 *
 * Allowed are P-256, P-384, P-521, RSA of at least 2048 bits, and Ed25519. Others are refused even where the libraries below
 * would verify them (secp256k1).
 *
 * @param name what people call the key, e.g. `BellSoft`
 * @throws {InvalidInputError} `key-invalid`
 */
export function trustedKeyOf(pem: string, name: string): TrustedKey {
  const publicKey = publicKeyOf(pem, name);
  const fault = keyFaultOf(publicKey);
  if (fault !== undefined) throw invalid(name, fault);
  const fingerprint = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
  return { kind: "key", signer: { kind: "key", fingerprint, name }, publicKey };
}

/**
 * Whether the signature over these bytes was made with the key, in one of the ways that a key of its type signs.
 * A signature without the right form is one that was not made with it.
 */
export function isSignedWith(publicKey: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  return hashesOf(publicKey).some((hash) => {
    try {
      return verify(hash, signed, publicKey, signature);
    } catch {
      return false;
    }
  });
}

function publicKeyOf(pem: string, name: string): KeyObject {
  const text = pem.trim();
  if (text === "") throw invalid(name, "it is empty");
  if (text.length > PEM_LENGTH_MAX) throw invalid(name, `longer than ${PEM_LENGTH_MAX} characters`);
  const labels = Array.from(text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm), ([, label = ""]) => label);
  const [label] = labels;
  if (label === undefined) throw invalid(name, "no PEM block (-----BEGIN PUBLIC KEY-----)");
  if (labels.length > 1) throw invalid(name, `${labels.length} PEM blocks, one is expected`);
  if (label.includes("PRIVATE KEY")) {
    throw invalid(name, "it is a private key; give the public one, and consider this one leaked");
  }
  if (label !== "PUBLIC KEY" && label !== "RSA PUBLIC KEY" && label !== "CERTIFICATE") {
    throw invalid(name, `a PEM block ${quote(label)}, PUBLIC KEY or CERTIFICATE is expected`);
  }
  try {
    return label === "CERTIFICATE" ? new X509Certificate(text).publicKey : createPublicKey(text);
  } catch (thrown) {
    throw invalid(name, "its PEM block cannot be decoded", thrown);
  }
}

/** Why a key may not sign; undefined for one that may. */
export function keyFaultOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  switch (asymmetricKeyType) {
    case "ed25519":
      return undefined;
    case "ec": {
      const curve = asymmetricKeyDetails?.namedCurve ?? "of its own parameters";
      return CURVES.includes(curve) ? undefined : `curve ${quote(curve)}; P-256, P-384 or P-521 is expected`;
    }
    case "rsa": {
      const bits = asymmetricKeyDetails?.modulusLength ?? 0;
      return bits >= RSA_BITS_MIN ? undefined : `RSA of ${bits} bits; ${RSA_BITS_MIN} is the least`;
    }
    default:
      return `type ${quote(String(asymmetricKeyType))}; an ECDSA, RSA or Ed25519 key is expected`;
  }
}

/** Hashes that signers use with a key, the usual one first. undefined: the algorithm hashes by itself. */
function hashesOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly (string | undefined)[] {
  if (asymmetricKeyType === "ed25519") return [undefined];
  switch (asymmetricKeyDetails?.namedCurve) {
    // cosign signs with SHA-256 whatever the curve; other signers take the hash as long as the curve.
    case "secp384r1":
      return ["sha256", "sha384"];
    case "secp521r1":
      return ["sha256", "sha512"];
    default:
      return ["sha256"];
  }
}

function invalid(name: string, reason: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError("key-invalid", `key ${quote(name)}: ${reason}`, { cause });
}
