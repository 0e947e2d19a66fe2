import { type Digest, digestOf } from "../../../src/image/digest.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import type { LogMode, TrustedSigner, VerificationPolicy } from "../../../src/trust/policy.ts";
import { type TrustRoot, parseTrustRoot } from "../../../src/trust/trust-root.ts";
import type { CandidateResult, Verdict } from "../../../src/trust/verdict.ts";
import { type Rules, verdictOn } from "../../../src/trust/verify.ts";
import { keyPolicy, rulesOf } from "../../fakes/policy.ts";
import type { SigstoreWorld } from "../../fakes/sigstore/world.ts";

/** The image that all these tests are about. */
export const IMAGE: Digest = digestOf(Buffer.from("image"));

/** What is trusted, where that is not the world's own identity and root. */
export interface Judged {
  readonly log?: LogMode;
  readonly signers?: readonly TrustedSigner[];
  readonly roots?: readonly TrustRoot[];
  readonly policy?: Partial<VerificationPolicy>;
}

/** The trust root of a private Sigstore. */
export function rootOf({ name, trustedRoot }: Pick<SigstoreWorld, "name" | "trustedRoot">): TrustRoot {
  return parseTrustRoot({ name, kind: "sigstore", json: trustedRoot });
}

/** What evidence is judged by in a private Sigstore. */
export function rulesIn(world: SigstoreWorld, judged: Judged = {}): Rules {
  const { log = "require", signers = [world.identity], roots = [rootOf(world)] } = judged;
  const policy: VerificationPolicy = {
    ...keyPolicy([], { log, logRoots: roots.map(({ name }) => name) }),
    signers: { need: "any", groups: [{ name: "vendor", anyOf: signers }] },
    ...judged.policy,
  };
  return rulesOf(policy, { now: world.now, roots: new Map(roots.map((root) => [root.name, root])) });
}

/** What candidates about {@link IMAGE} amount to. */
export function judge(candidates: readonly Candidate[], rules: Rules): Verdict {
  return verdictOn(IMAGE, { digest: IMAGE, candidates, skipped: [] }, rules, isSbom).verdict;
}

/** What became of the first candidate. */
export function firstOutcome(verdict: Verdict): CandidateResult["outcome"] | undefined {
  return "results" in verdict ? verdict.results[0]?.outcome : undefined;
}

/** The one predicate type that these tests take for an SBOM. */
export function isSbom(predicateType: string): boolean {
  return predicateType === "https://cyclonedx.org/bom";
}
