import { type Repository, renderRepository } from "../image/reference.ts";
import type { TermsLayer } from "../sla/layers.ts";
import type { VendorPromise } from "../sla/policy.ts";
import type { VerificationPolicy } from "../trust/policy.ts";
import type { EvidencePlace } from "./evidence-place.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { TagGrammar } from "./tag-grammar.ts";

/**
 * How much a profile decides.
 *
 * `enforced`: what it verifies is proposed, what it rejects is an alarm. `observed`: what is known of the vendor was not confirmed yet; verdicts
 * are shown, nothing is proposed and nothing alarms. `discontinued`: the vendor has ended its service; its images are reported and not watched.
 */
export type ProfileMode = "enforced" | "observed" | "discontinued";

/** What we know of a vendor of hardened images, joined with what the operator configured for it. */
export interface Profile {
  /** `bellsoft`: lower-case letters, digits, dashes. Default group of pull requests. */
  readonly id: string;
  /** For people: `BellSoft Hardened Images`. */
  readonly name: string;
  /** Which repositories are the vendor's: patterns of the full name `registry/path`, anchored at both ends. */
  readonly images: readonly RegExp[];
  /** Where else evidence about its images may hang. Nothing is believed because of where it hangs. */
  readonly evidence?: readonly EvidencePlace[];
  readonly policy: VerificationPolicy;
  /** What stands in for a verified SBOM that is not there: what the image's own layers say. Absent: nothing. */
  readonly sbomFallback?: "layers";
  /** Why the policy may have no signers and what to do about it; shown with the verdict `unverifiable`. */
  readonly signerHint: string;
  readonly mode: ProfileMode;
  /** What everybody should know who uses its images: that the service has ended, and where to go. */
  readonly notice?: string;
  /** What the operator demands of this vendor's images alone: goes before every policy. */
  readonly ownTerms?: TermsLayer;
  /** What the vendor says, whatever plan the operator has: fills the gaps of policies. */
  readonly vendorTerms?: VendorPromise & {
    /** `BellSoft's terms`. */
    readonly owner: string;
  };
  /** What the vendor owes the operator: there only where it promises everybody, or the operator has the plan. */
  readonly vendorPromise?: VendorPromise;
  /** How its tags are put together. Absent: as tags mostly are. */
  readonly tags?: TagGrammar;
  /** When it stops to build which of its images, as far as it says. */
  readonly lifecycle?: readonly Lifecycle[];
}

/** The profile that claims a repository, if one does. Two never do: the configuration is refused then. */
export function profileOf(profiles: readonly Profile[], repository: Repository): Profile | undefined {
  const name = renderRepository(repository);
  return profiles.find(({ images }) => images.some((pattern) => pattern.test(name)));
}
