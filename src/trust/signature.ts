import { type SerializedBundle, bundleFromJSON } from "@sigstore/bundle";
import { dsse } from "@sigstore/core";
import {
  type SignedEntity,
  type TrustMaterial,
  VerificationError,
  Verifier,
  toSignedEntity,
} from "@sigstore/verify";
import { isSignedWith } from "./key.ts";
import type { TrustedKey } from "./policy.ts";
import type { Signer } from "./signer.ts";

type SignatureContent = SignedEntity["signature"];

/** No log, no timestamp, no certificate: a key signature proves itself. */
const KEY_ONLY = { tlogThreshold: 0, timestampThreshold: 0, ctlogThreshold: 0 } as const;

/**
 * Who of the trusted keys made the signature in a bundle; undefined if none did. Keys are tried in their order: a bundle's hint
 * decides nothing.
 *
 * @param bundle without log entries and timestamps: those that are there would be checked
 * @param artifact the signed bytes, for a bundle that holds only their signature
 * @throws {ValidationError} of @sigstore/bundle for a bundle that is none, and whatever its parsers throw
 */
export function keySignerOf(
  bundle: SerializedBundle,
  artifact: Uint8Array | undefined,
  keys: readonly TrustedKey[],
): Signer | undefined {
  const parsed = bundleFromJSON(bundle);
  const entity = toSignedEntity(parsed, artifact === undefined ? undefined : Buffer.from(artifact));
  const signed =
    parsed.content.$case === "dsseEnvelope"
      ? dsse.preAuthEncoding(parsed.content.dsseEnvelope.payloadType, parsed.content.dsseEnvelope.payload)
      : artifact;
  if (signed === undefined) return undefined;
  const keyed: SignedEntity = {
    signature: keySignatureOf(entity.signature, signed),
    key: { $case: "public-key", hint: "" },
    tlogEntries: [],
    timestamps: [],
  };
  return keys.find((key) => isMadeWith(keyed, key))?.signer;
}

function isMadeWith(entity: SignedEntity, { publicKey }: TrustedKey): boolean {
  const trust: TrustMaterial = {
    publicKey: () => ({ publicKey, validFor: () => true }),
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
  };
  try {
    new Verifier(trust, KEY_ONLY).verify(entity);
    return true;
  } catch (thrown) {
    if (thrown instanceof VerificationError && thrown.code === "SIGNATURE_ERROR") return false;
    throw thrown;
  }
}

/**
 * The library's own content with our check of the signature: @sigstore/verify 4.1.3 passes a hash to Ed25519 and knows only SHA-256
 * for P-384 and P-521.
 */
function keySignatureOf(content: SignatureContent, signed: Uint8Array): SignatureContent {
  return {
    signature: content.signature,
    compareSignature: (signature) => content.compareSignature(signature),
    compareDigest: (digest) => content.compareDigest(digest),
    compareSignedDigest: (digest) => content.compareSignedDigest(digest),
    verifySignature: (key) => isSignedWith(key, signed, content.signature),
  };
}
