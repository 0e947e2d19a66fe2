import { createHash, timingSafeEqual } from "node:crypto";
import { messageOf, quote } from "../errors.ts";
import { type Digest, digestOf } from "../image/digest.ts";
import { type Refused, refused } from "./refusal.ts";
import { type BundleContent, parseBundle } from "./sigstore/bundle.ts";
import { payloadOf } from "./sigstore/envelope.ts";
import { vouchedBy } from "./sigstore/judge.ts";
import type { Vouched } from "./sigstore/vouched.ts";
import { STATEMENT_PAYLOAD_TYPE, isAbout, parseStatement } from "./statement.ts";
import type { Rules } from "./verify.ts";

/** What somebody holds, and a bundle is said to be about. */
export type Artifact =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** Enough for a statement, which names digests; not for a signature over the bytes themselves. */
  | { readonly kind: "digest"; readonly digest: Digest };

/**
 * Who signed an artifact, by one bundle: a statement about it, or its bytes. The same checks as for images, of which bundles must hold
 * statements. Never throws.
 */
export function artifactSignerOf(artifact: Artifact, bundle: Uint8Array, rules: Rules): Vouched | Refused {
  try {
    const content = parseBundle(bundle);
    return content.envelope === undefined
      ? byMessage(artifact, content, rules)
      : byStatement(artifact, content.envelope, content, rules);
  } catch (thrown) {
    return refused("candidate-malformed", messageOf(thrown));
  }
}

function byStatement(
  artifact: Artifact,
  envelope: NonNullable<BundleContent["envelope"]>,
  { material, serialized }: BundleContent,
  rules: Rules,
): Vouched | Refused {
  if (envelope.signatures.length === 0) return refused("signature-missing", "it carries no signature");
  const vouched = vouchedBy({ material, serialized }, rules);
  if (vouched.kind === "refused") return vouched;
  if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE) {
    return refused("claim-type-unknown", `its payload is ${quote(envelope.payloadType)}`);
  }
  const digest = artifact.kind === "digest" ? artifact.digest : digestOf(artifact.bytes);
  return isAbout(parseStatement(payloadOf(envelope)), digest)
    ? vouched
    : refused("subject-mismatch", `its statement is not about ${digest}`);
}

function byMessage(
  artifact: Artifact,
  { material, message, serialized }: BundleContent,
  rules: Rules,
): Vouched | Refused {
  if (artifact.kind === "digest") {
    return refused("bundle-content-unsupported", "it signs bytes, of which only the digest is known");
  }
  const { bytes } = artifact;
  if (message?.digest !== undefined && !isDigestOf(message.digest, bytes)) {
    return refused("subject-mismatch", "it names the digest of other bytes");
  }
  return vouchedBy({ material, serialized, artifact: bytes }, rules);
}

/** Hashes as bundles name them. @see sigstore/protobuf-specs v0.5.0, sigstore_common.proto */
const HASHES: ReadonlyMap<string, string> = new Map([
  ["SHA2_256", "sha256"],
  ["SHA2_384", "sha384"],
  ["SHA2_512", "sha512"],
]);

function isDigestOf(
  { algorithm, digest }: { readonly algorithm: string; readonly digest: string },
  bytes: Uint8Array,
): boolean {
  const hash = HASHES.get(algorithm);
  if (hash === undefined) return false;
  const [named, own] = [Buffer.from(digest, "base64"), createHash(hash).update(bytes).digest()];
  return named.length === own.length && timingSafeEqual(named, own);
}
