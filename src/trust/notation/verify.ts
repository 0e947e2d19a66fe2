import { InvalidInputError, messageOf, quote } from "../../errors.ts";
import type { Digest } from "../../image/digest.ts";
import { type Instant, renderInstant } from "../../time.ts";
import type { Candidate } from "../evidence.ts";
import type { TrustedNotary } from "../policy.ts";
import type { CertificateSigner } from "../signer.ts";
import type { TrustRoot } from "../trust-root.ts";
import { REFUSALS, type Refusal } from "../verdict.ts";
import type { Rules } from "../verify.ts";
import { algorithmOf, isSignedWith } from "./algorithm.ts";
import { type Certificate, isAmong } from "./certificate.ts";
import { parseCose } from "./cose.ts";
import { isNamed, parseTrustedIdentity, renderName } from "./distinguished-name.ts";
import { ENVELOPE_BYTES_MAX, type SignatureEnvelope } from "./envelope.ts";
import { parseJws } from "./jws.ts";
import { expectAbout } from "./payload.ts";
import { malformed, refuse, RefusedError } from "./refused-error.ts";
import { type Chain, nameOf, outlivedIn, signingChainOf } from "./signing-chain.ts";
import { trustedTimeOf } from "./timestamp.ts";

/** What became of a Notation signature. */
export type NotationOutcome = Signed | Refused;

interface Signed {
  readonly kind: "signed";
  readonly signer: CertificateSigner;
  readonly trusted: TrustedNotary;
  /** When, by a clock we trust: a countersignature, or a signing authority's. */
  readonly signedAt?: Instant;
  /** What could not be checked, for people. */
  readonly unchecked: readonly string[];
}

interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly detail: string;
}

/** A signature envelope as it was found. */
export type NotationSignature = Pick<Extract<Candidate, { kind: "notation-signature" }>, "form" | "envelope">;

/** What {@link notationOutcome} judges by. */
type NotationRules = Pick<Rules, "roots" | "now">;

const UNCHECKED: readonly string[] = ["whether the certificate was revoked"];

/**
 * Says who of the trusted signed exactly this digest with Notation, or why nobody did. Never throws.
 *
 * Of several trusted the first who signed is taken. Their order in time does not matter: a certificate is judged at the moment of its
 * countersignature, and now where it has none.
 *
 * @see Notary Project signature-specification.md and trust-store-trust-policy.md, v1.1.0
 */
export function notationOutcome(
  digest: Digest,
  signature: NotationSignature,
  trusted: readonly TrustedNotary[],
  rules: NotationRules,
): NotationOutcome {
  try {
    if (trusted.length === 0) {
      return refuse("certificate-unsupported", "it is signed with a certificate, and nobody's is trusted");
    }
    const found = { digest, ...genuine(signature) };
    const outcomes = trusted.map((notary) => outcomeFor(notary, found, rules));
    const signed = outcomes.find((outcome) => outcome.kind === "signed");
    return signed ?? mostTelling(outcomes.filter((outcome) => outcome.kind === "refused"));
  } catch (thrown) {
    return refusedBy(thrown);
  }
}

interface Genuine {
  readonly envelope: SignatureEnvelope;
  readonly chain: Chain;
  /** The name of who holds the certificate. */
  readonly subject: string;
}

/** An envelope whose signature was made with the certificate that came along, by whoever that may be. */
function genuine({ form, envelope: bytes }: NotationSignature): Genuine {
  if (bytes.byteLength > ENVELOPE_BYTES_MAX) malformed(`it has more than ${ENVELOPE_BYTES_MAX} bytes`);
  const envelope = form === "jws" ? parseJws(bytes) : parseCose(bytes);
  const chain = signingChainOf(envelope.certificates);
  const [{ publicKey }] = chain;
  const algorithm = algorithmOf(publicKey);
  if (algorithm === undefined) {
    refuse("certificate-invalid", `the key of ${nameOf(chain[0])} is not one that signs`);
  }
  // The key decides how it is verified; what the envelope says must agree, or somebody wants it verified in another way.
  if (algorithm !== envelope.algorithm) {
    refuse("signature-invalid", `it says ${envelope.algorithm}, and its key signs with ${algorithm}`);
  }
  if (!isSignedWith(publicKey, algorithm, envelope.signed, envelope.signature)) {
    refuse("signature-invalid", `it was not made with the certificate of ${nameOf(chain[0])}`);
  }
  return { envelope, chain, subject: subjectOf(chain) };
}

function subjectOf([leaf]: Chain): string {
  try {
    return renderName(leaf.subjectParts);
  } catch {
    return refuse("certificate-invalid", "the name in the certificate cannot be read");
  }
}

function outcomeFor(
  notary: TrustedNotary,
  { digest, envelope, chain, subject }: Genuine & { readonly digest: Digest },
  { roots, now }: NotationRules,
): NotationOutcome {
  try {
    const root = roots.get(notary.root);
    if (root === undefined)
      return refuse("trust-root-outdated", `trust root ${quote(notary.root)} is not here`);
    const isAuthority = expectTrusted(chain, envelope, root);
    expectIdentity(chain, notary);
    expectAbout(envelope.payload, digest);
    const signedAt = expectTimely({ envelope, chain }, { root, now, isAuthority });
    return {
      kind: "signed",
      signer: { kind: "certificate", subject, root: notary.root, name: notary.name },
      trusted: notary,
      ...(signedAt === undefined ? {} : { signedAt }),
      unchecked: UNCHECKED,
    };
  } catch (thrown) {
    return refusedBy(thrown);
  }
}

/** Holds the chain against a trust root. @returns whether it leads to a signing authority, whose clock is trusted */
function expectTrusted(chain: Chain, { scheme }: SignatureEnvelope, root: TrustRoot): boolean {
  const [leaf, ...issuers] = chain;
  const anchors = issuers.length === 0 ? [leaf] : issuers;
  const signingAuthorities = root.signingAuthorities ?? [];
  if (
    scheme.kind === "notary.x509.signingAuthority" &&
    anchors.some((certificate) => isAmong(certificate, signingAuthorities))
  ) {
    return true;
  }
  if (!anchors.some((certificate) => isAmong(certificate, root.authorities))) {
    refuse("trust-root-outdated", `no authority of ${quote(root.name)} stands behind ${nameOf(leaf)}`);
  }
  return false;
}

function expectIdentity([leaf]: Chain, { name, identities }: TrustedNotary): void {
  if (!identities.some((identity) => isMeant(identity, leaf)))
    refuse("identity-mismatch", `${nameOf(leaf)} is not who ${quote(name)} is said to be`);
}

/** An identity that cannot be read means nobody. */
function isMeant(identity: string, { subjectParts }: Certificate): boolean {
  try {
    return isNamed(parseTrustedIdentity(identity), subjectParts);
  } catch {
    return false;
  }
}

interface Clocks {
  readonly root: TrustRoot;
  readonly now: Instant;
  readonly isAuthority: boolean;
}

/**
 * Holds the certificates against the time of the signature. @returns that time, if a clock we trust tells it
 *
 * A signer's own clock counts only if the trust root says that the signer is a signing authority. Otherwise who holds the key of an expired
 * certificate could call itself one and sign in the past.
 */
function expectTimely(
  { envelope, chain }: Pick<Genuine, "envelope" | "chain">,
  { root, now, isAuthority }: Clocks,
): Instant | undefined {
  const { scheme, timestamp, signature, expiresAt } = envelope;
  const time =
    scheme.kind === "notary.x509" && timestamp !== undefined
      ? trustedTimeOf(timestamp, signature, root.timestampAuthorities)
      : undefined;
  const signedAt =
    time?.at ?? (scheme.kind === "notary.x509.signingAuthority" && isAuthority ? scheme.signedAt : undefined);
  const outlived = outlivedIn(chain, time?.earliestAt ?? signedAt ?? now, time?.latestAt ?? signedAt ?? now);
  if (outlived !== undefined) {
    const when =
      signedAt === undefined ? "now, and nothing trusted says when it was signed" : renderInstant(signedAt);
    refuse("certificate-expired", `the certificate of ${nameOf(outlived)} was not valid at ${when}`);
  }
  if (expiresAt !== undefined && now >= expiresAt) {
    refuse("signature-expired", `its signer stood behind it until ${renderInstant(expiresAt)}`);
  }
  return signedAt;
}

function mostTelling(refused: readonly Refused[]): Refused {
  for (const refusal of REFUSALS) {
    const first = refused.find((outcome) => outcome.refusal === refusal);
    if (first !== undefined) return first;
  }
  return { kind: "refused", refusal: "candidate-malformed", detail: "nothing is known about it" };
}

function refusedBy(thrown: unknown): Refused {
  if (thrown instanceof RefusedError) {
    return { kind: "refused", refusal: thrown.refusal, detail: thrown.message };
  }
  const detail =
    thrown instanceof InvalidInputError ? thrown.message : `it cannot be read: ${quote(messageOf(thrown))}`;
  return { kind: "refused", refusal: "candidate-malformed", detail };
}
