import type { Context } from "../context.ts";
import type { HeldTrustRoot } from "../ports/trust-roots.ts";
import { policyHash, rootNamesOf, type VerificationPolicy } from "../trust/policy.ts";
import type { Profile } from "../vendor/profile.ts";

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
