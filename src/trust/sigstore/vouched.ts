import type { Instant } from "../../time.ts";
import type { SignerGroup, TrustedSigner, VerificationPolicy } from "../policy.ts";
import { type Refused, listed, refused } from "../refusal.ts";
import { type Signer, renderSigner, signerId } from "../signer.ts";
import type { TrustRoot, TrustRoots } from "../trust-root.ts";
import type { Accepted } from "../verdict.ts";

/** A signature that is good, and who made it. What it is about is another question. */
export type Vouched = Pick<Accepted, "signer" | "groups" | "signedAt" | "timeProof" | "log"> & {
  readonly kind: "vouched";
  readonly unchecked: readonly string[];
};

/** Names of the groups that somebody is in. */
export function groupsOf(
  groups: readonly SignerGroup[],
  isMeant: (signer: TrustedSigner) => boolean,
): readonly string[] {
  return groups.filter(({ anyOf }) => anyOf.some(isMeant)).map(({ name }) => name);
}

/** Why a signer is not believed although a policy trusts them; undefined if they are. */
export function distrustOf(
  signer: Signer,
  { distrust }: Pick<VerificationPolicy, "distrust">,
): Refused | undefined {
  return distrust.signers.includes(signerId(signer))
    ? refused("signer-distrusted", `signed by ${renderSigner(signer)}`)
    : undefined;
}

/** The trust roots of these names, or a refusal that names those that are not here. */
export function rootsNamed(names: readonly string[], roots: TrustRoots): readonly TrustRoot[] | Refused {
  const absent = names.filter((name) => !roots.has(name));
  if (absent.length > 0) return refused("trust-root-outdated", `no trust root ${listed(absent)} is there`);
  return names.flatMap((name) => roots.get(name) ?? []);
}

/** Whether an instant lies in a window that may be open at either end. */
export function isWithin(
  { validFrom, validUntil }: { readonly validFrom?: Instant; readonly validUntil?: Instant },
  at: Instant,
): boolean {
  return (validFrom === undefined || at >= validFrom) && (validUntil === undefined || at < validUntil);
}
