import type { Context } from "../context.ts";
import type { HeldTrustRoot } from "../ports/trust-roots.ts";
import { policyHash, rootNamesOf, type VerificationPolicy } from "../trust/policy.ts";
import { CodedError } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import type { Profile } from "../vendor/profile.ts";
import { profileUnder, storedDistrust } from "./distrust.ts";

/** What a vendor's digests are judged by now. */
export interface RulesInForce {
  readonly policy: VerificationPolicy;
  readonly roots: readonly HeldTrustRoot[];
  /** Of the policy and the versions of its trust roots: a verdict that has another one was judged by other rules. */
  readonly hash: string;
}

/**
 * What a vendor's digests are judged by now.
 *
 * @throws {CodedError} `trust-root-unavailable` when a trust root that the policy names is not held
 */
export async function rulesInForce(
  { policy }: Pick<Profile, "policy">,
  { trustRoots }: Pick<Context, "trustRoots">,
): Promise<RulesInForce> {
  const roots = trustRoots.held(rootNamesOf(policy));
  const versions = new Map(roots.map(({ source, version }) => [source.name, version]));
  return { policy, roots, hash: policyHash(policy, versions) };
}

/**
 * Tells by which rules each digest of a vendor would be judged now, {@link RulesInForce.hash}; undefined where that cannot be told because a
 * trust root is not held. What operators distrust is asked for once.
 */
export async function rulesHasher(
  profile: Profile,
  context: Pick<Context, "trustRoots" | "store">,
): Promise<(digest: Digest) => Promise<string | undefined>> {
  const stored = await storedDistrust(context.store);
  // Next to no digest is distrusted itself: all others share what they are judged by.
  const hashes = new Map<string, Promise<string | undefined>>();
  return (digest) => {
    const judging = profileUnder(profile, { digest }, stored);
    const key = JSON.stringify(judging.policy.distrust);
    const hash = hashes.get(key) ?? hashOf(judging, context);
    hashes.set(key, hash);
    return hash;
  };
}

async function hashOf(profile: Profile, context: Pick<Context, "trustRoots">): Promise<string | undefined> {
  try {
    return (await rulesInForce(profile, context)).hash;
  } catch (error) {
    if (error instanceof CodedError && error.code === "trust-root-unavailable") return undefined;
    throw error;
  }
}
