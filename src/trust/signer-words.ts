import { type Signer, renderFingerprint } from "./signer.ts";

/** A signer in words, in parts: whoever shows them escapes each, since all but `what` and `how` come from outside. */
export interface SignerWords {
  /** `key`, `GitHub Actions workflow`, `certificate of`. */
  readonly what: string;
  /** Exactly who: a fingerprint, or what stands in the certificate. */
  readonly who: string;
  /** Exactly whose word that is. A key is its own. */
  readonly by?: { readonly how: "named by" | "certified by"; readonly whom: string };
}

/** Issuers whose subjects have a name of their own. Prose only: what counts is the issuer, which is always shown beside it. */
const SUBJECT_NAMES: ReadonlyMap<string, string> = new Map([
  ["https://token.actions.githubusercontent.com", "GitHub Actions workflow"],
  ["https://gitlab.com", "GitLab CI configuration"],
  ["https://accounts.google.com", "Google account"],
  ["https://github.com/login/oauth", "GitHub account"],
]);

/** A signer in the words of the field. */
export function wordsOf(signer: Signer): SignerWords {
  switch (signer.kind) {
    case "key":
      return { what: "key", who: renderFingerprint(signer) };
    case "identity": {
      const what = SUBJECT_NAMES.get(signer.issuer) ?? "identity";
      return { what, who: signer.subject, by: { how: "named by", whom: signer.issuer } };
    }
    case "certificate":
      return {
        what: "certificate of",
        who: signer.subject,
        by: { how: "certified by", whom: signer.root },
      };
    default:
      return signer satisfies never;
  }
}

const PREDICATE_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^https?:\/\/cyclonedx\.org\/bom(?:\/|$)/, "CycloneDX"],
  [/^https?:\/\/spdx\.dev\/Document(?:\/|$)/, "SPDX"],
  [/^https?:\/\/slsa\.dev\/provenance\//, "SLSA provenance"],
  [/^https?:\/\/slsa\.dev\/verification_summary\//, "SLSA verification summary"],
  [/^https?:\/\/openvex\.dev\/ns(?:\/|$)/, "OpenVEX"],
  [/^https?:\/\/cosign\.sigstore\.dev\/attestation\/vuln\//, "vulnerability scan"],
  [/^https?:\/\/in-toto\.io\/attestation\/vulns(?:\/|$)/, "vulnerability scan"],
  [/^https?:\/\/in-toto\.io\/attestation\/test-result\//, "test result"],
];

/** What a predicate type is called, where it is a common one. */
export function predicateNameOf(predicateType: string): string | undefined {
  return PREDICATE_NAMES.find(([pattern]) => pattern.test(predicateType))?.[1];
}

/** Whether a predicate type says who built an image, from what. */
export function isProvenance(predicateType: string): boolean {
  return predicateNameOf(predicateType) === "SLSA provenance";
}
