import { instantOf } from "../../src/time.ts";
import { NO_DISTRUST, type TrustedKey, type VerificationPolicy } from "../../src/trust/policy.ts";
import type { Rules } from "../../src/trust/verify.ts";

/** A policy that trusts these keys, any of them, and looks at no log. */
export function keyPolicy(
  keys: readonly TrustedKey[],
  more: Partial<VerificationPolicy> = {},
): VerificationPolicy {
  return {
    signers: { need: "any", groups: keys.length === 0 ? [] : [{ name: "vendor", anyOf: keys }] },
    log: "ignore",
    logRoots: [],
    sbom: "expected",
    attestations: [],
    subject: "any",
    distrust: NO_DISTRUST,
    insecure: [],
    ...more,
  };
}

/** What judges by a policy that needs no trust root, at a time that decides nothing. */
export function rulesOf(policy: VerificationPolicy, more: Partial<Rules> = {}): Rules {
  return { policy, roots: new Map(), now: instantOf(Date.UTC(2026, 10, 23, 12)), ...more };
}
