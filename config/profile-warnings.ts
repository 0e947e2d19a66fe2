import { signersOf } from "../src/trust/policy.ts";
import { renderFingerprint } from "../src/trust/signer.ts";
import type { Profile } from "../src/vendor/profile.ts";
import { renderPath } from "./fault.ts";
import type { Section } from "./schema.ts";
import type { VendorFile } from "./vendor-file.ts";

/** What works and is likely not meant about the profile of a vendor that the operator configured. */
export function vendorWarnings(
  profile: Profile,
  { id, signature }: VendorFile,
  override: Section<"vendors">[string],
): readonly string[] {
  const path = renderPath(["vendors", id]);
  if (profile.mode === "discontinued") return [`${path}: ${profile.notice ?? "the service has ended"}`];
  if (signersOf(profile.policy).length === 0) {
    return [`${path}: nothing can be verified. ${profile.signerHint}`];
  }
  const isUndecided = profile.mode === "observed" && override.mode === undefined;
  return [
    ...(isUndecided
      ? [`${path}: only observed. What is verified is shown and not proposed before you write mode: enforced`]
      : []),
    ...(signature.kind === "keys" ? otherKeyWarnings(profile, signature.fingerprints, path) : []),
    ...insecureWarnings(profile, path),
  ];
}

/** What an operator chose that weakens verification: shown here too, not on pull requests alone. */
export function insecureWarnings({ policy }: Profile, path: string): readonly string[] {
  return policy.insecure.map((sentence) => `${path}: ${sentence}`);
}

/** A key that is none of the vendor's as far as they are known: a new one, or somebody else's. */
function otherKeyWarnings({ policy }: Profile, known: readonly string[], path: string): readonly string[] {
  if (known.length === 0) return [];
  const expected = known.map((fingerprint) => renderFingerprint({ fingerprint })).join(", ");
  return signersOf(policy).flatMap((signer) =>
    signer.kind !== "key" || known.includes(signer.signer.fingerprint)
      ? []
      : [
          `${path}: the key ${renderFingerprint(signer.signer)} is not the one that is known of this vendor ` +
            `(${expected}): compare it with what the vendor tells you another way`,
        ],
  );
}
