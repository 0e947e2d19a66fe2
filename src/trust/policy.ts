import { type KeyObject, createHash } from "node:crypto";
import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import type { KeySigner } from "./signer.ts";

/** Somebody who may sign. Certificates lead to one named trust root each. */
export type TrustedSigner = TrustedKey | TrustedIdentity | TrustedCertificate | TrustedNotary;

/** A key that may sign for a vendor. */
export interface TrustedKey {
  readonly kind: "key";
  readonly signer: KeySigner;
  readonly publicKey: KeyObject;
  /** Signatures made before count for nothing: by trusted time, else by now. */
  readonly validFrom?: Instant;
  /** Signatures made at this instant or later count for nothing. */
  readonly validUntil?: Instant;
}

/** An identity that may sign with short-lived certificates. */
export interface TrustedIdentity {
  readonly kind: "identity";
  readonly name: string;
  /** Exactly this issuer. */
  readonly issuer: string;
  readonly subject: SubjectMatch;
  readonly root: string;
}

/** A holder of a long-lived certificate that cosign signs with, under an own authority. */
export interface TrustedCertificate {
  readonly kind: "certificate";
  readonly name: string;
  readonly subject: SubjectMatch;
  readonly root: string;
}

/** A holder of a certificate that Notation signs with. */
export interface TrustedNotary {
  readonly kind: "notation";
  readonly name: string;
  /** Distinguished names as Notation writes them, `C=US, ST=WA, O=Acme`: each attribute must be in the certificate's subject. Any of them. */
  readonly identities: readonly string[];
  readonly root: string;
}

/** Which subject alternative names are meant. */
export type SubjectMatch =
  | { readonly kind: "exact"; readonly text: string }
  /** A regular expression that the whole name must match, whatever anchors it has. */
  | { readonly kind: "pattern"; readonly source: string };

/** Signers of whom one is enough. An SBOM counts if it is signed by a group that signed the image. */
export interface SignerGroup {
  readonly name: string;
  readonly anyOf: readonly TrustedSigner[];
}

/**
 * What entries in transparency logs count.
 *
 * `require`: without one of a known log the signature counts for nothing. `if-known`: entries of known logs must be right and give
 * trusted time, those of unknown logs are not looked at. `ignore`: none is looked at; short-lived certificates then need a countersignature.
 */
export type LogMode = "require" | "if-known" | "ignore";

/** A statement that must be there, signed by a group that signed the image. */
export interface RequiredAttestation {
  /** For people: `SLSA provenance`. */
  readonly name: string;
  /** Predicate types that are meant; one that ends in `/` or `*` means all that begin so. */
  readonly predicateTypes: readonly string[];
  /** For provenance: who must have built it. Any of them. */
  readonly builders?: readonly SubjectMatch[];
}

/** What operators no longer trust, whatever any profile says. */
export interface Distrust {
  /** As {@link signerId} writes them. */
  readonly signers: readonly string[];
  readonly digests: readonly Digest[];
}

/** What must be proven about an image before it may be proposed. */
export interface VerificationPolicy {
  /** Without any signer nothing can be proven: the verdict is `unverifiable`. */
  readonly signers: {
    /** Whether one group or all of them must have signed. */
    readonly need: "any" | "all";
    readonly groups: readonly SignerGroup[];
  };
  readonly log: LogMode;
  /** Names of the trust roots whose logs and timestamp authorities are known for signatures made with keys. */
  readonly logRoots: readonly string[];
  /**
   * `required`: without a verified SBOM the image is not proposed. `expected`: it is, after a short wait for a
   * late attestation, and the pull request says that components were not compared. `none`: none is published, none is waited for.
   */
  readonly sbom: "required" | "expected" | "none";
  readonly attestations: readonly RequiredAttestation[];
  /**
   * What signatures must be on. `index`: on what a tag points at; it covers the platforms it lists. `platform`: on each platform that is
   * proposed. `any`: on either.
   */
  readonly subject: "index" | "platform" | "any";
  readonly distrust: Distrust;
  /** What the operator chose that weakens this, in sentences for the pull request. Empty for a sound policy. */
  readonly insecure: readonly string[];
}

/** Nothing is distrusted. */
export const NO_DISTRUST: Distrust = { signers: [], digests: [] };

/** All signers of a policy, whatever their group. */
export function signersOf({ signers }: Pick<VerificationPolicy, "signers">): readonly TrustedSigner[] {
  return signers.groups.flatMap(({ anyOf }) => anyOf);
}

/** Names of the trust roots that a policy needs, each once, sorted. */
export function rootNamesOf(
  policy: Pick<VerificationPolicy, "signers" | "logRoots" | "log">,
): readonly string[] {
  const ofSigners = signersOf(policy).flatMap((signer) => (signer.kind === "key" ? [] : [signer.root]));
  const ofLogs = policy.log === "ignore" ? [] : policy.logRoots;
  return [...new Set([...ofSigners, ...ofLogs])].toSorted();
}

/** Counts up when the rules of this folder change what they accept, so that verdicts judged by older rules are not kept. */
const RULES_VERSION = 2;

/**
 * Identifies what a verdict depends on beside the evidence: the signers (not what they are called, nor their order), the modes, what is
 * distrusted, the trust roots it was judged with, and our own rules. 64 lower-case hex digits.
 *
 * @param roots versions of the trust roots the policy needs, by name
 */
export function policyHash(policy: VerificationPolicy, roots: ReadonlyMap<string, string>): string {
  const { signers, log, logRoots, sbom, attestations, subject, distrust } = policy;
  const groups = signers.groups.map(({ anyOf }) => unordered(anyOf.map(identified)));
  const text = JSON.stringify({
    rules: RULES_VERSION,
    signers: { need: signers.need, groups: unordered(groups) },
    log,
    logRoots: unordered(logRoots),
    sbom,
    attestations: attestations.map(({ predicateTypes, builders }) => ({ predicateTypes, builders })),
    subject,
    distrust: { signers: unordered(distrust.signers), digests: unordered(distrust.digests) },
    roots: rootNamesOf(policy).map((name) => [name, roots.get(name) ?? "none"]),
  });
  return createHash("sha256").update(text).digest("hex");
}

/** A signer without what it is called. */
function identified(signer: TrustedSigner): unknown {
  switch (signer.kind) {
    case "key": {
      const { signer: key, validFrom, validUntil } = signer;
      return ["key", key.fingerprint, validFrom, validUntil];
    }
    case "identity":
      return ["identity", signer.issuer, signer.subject, signer.root];
    case "certificate":
      return ["certificate", signer.subject, signer.root];
    case "notation":
      return ["notation", unordered(signer.identities), signer.root];
    default:
      return signer satisfies never;
  }
}

/** Each once, in an order that does not depend on how they were given. */
function unordered(values: readonly unknown[]): readonly string[] {
  return [...new Set(values.map((value) => JSON.stringify(value)))].toSorted();
}
