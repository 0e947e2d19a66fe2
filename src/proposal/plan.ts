import type { Assessment } from "../assess/assessment.ts";
import type { Digest } from "../image/digest.ts";
import type { ImageLine, Repository, Tag } from "../image/reference.ts";
import type { SlaPolicy } from "../sla/policy.ts";
import type { Timer } from "../sla/timer.ts";
import type { VendorEvaluation } from "../sla/vendor.ts";
import type { Ending } from "../vendor/lifecycle.ts";
import type { Profile } from "../vendor/profile.ts";
import type { Instant } from "../time.ts";
import type { Verdict } from "../trust/verdict.ts";
import type { ReturnedDigest } from "./declined.ts";

/** A repository of code: where pull requests go. */
export interface CodeRepository {
  readonly owner: string;
  readonly name: string;
}

/** One branch of a code repository: what is read, and where pull requests go. */
export interface CodeBranch {
  readonly codeRepository: CodeRepository;
  readonly branch: string;
}

/** The branch that a pull request goes to, or that a clock runs for. */
export function baseOf({
  codeRepository,
  baseBranch,
}: {
  readonly codeRepository: CodeRepository;
  readonly baseBranch: string;
}): CodeBranch {
  return { codeRepository, branch: baseBranch };
}

/** One name per branch: `owner/name#branch`. `#` stands in no code repository's name. */
export function branchName({ codeRepository: { owner, name }, branch }: CodeBranch): string {
  return `${owner}/${name}#${branch}`;
}

/** Where a digest is written: a file and its 1-based line. */
export interface Place {
  readonly path: string;
  readonly line: number;
  /** The file that names the image, where that is another than the one that holds its digest. */
  readonly via?: string;
  /** The repository that is written there, where it is a mirror of the one that is watched. */
  readonly mirror?: Repository;
}

/** A digest that somebody stands behind, and the places that shall name it. */
export interface ProvenImage {
  readonly line: ImageLine;
  readonly to: Digest;
  readonly places: readonly Place[];
  /** Platforms of the new digest, e.g. `linux/amd64`. */
  readonly platforms: readonly string[];
  readonly verdict: Extract<Verdict, { kind: "verified" }>;
  /** The manifest of one platform, where the SBOM hangs on that instead of on the digest itself. */
  readonly sbomPlatform?: {
    readonly digest: Digest;
    readonly platform: string;
    /** Platforms with a verified SBOM of their own beside it. */
    readonly others?: readonly string[];
  };
  /** Where the packages of the new digest were read, if not in an SBOM. */
  readonly packagesFrom?: "layers";
  readonly verifiedAt: Instant;
  /** When the tag was first seen on the new digest. */
  readonly observedAt: Instant;
  /** That its vendor has stopped to build what the places will name, or says when it will. */
  readonly endOfLife?: Ending;
  /** What is known of the vendor. */
  readonly profile: Profile;
}

/** One image line moving from one digest to another, in all places of its pull request that pin the old one and can. */
export interface Update extends ProvenImage {
  readonly from: Digest;
  /** The tag that the places get, where that is another than the line's: a newer version of the same stream. */
  readonly toTag?: Tag;
  /** Places of the same line and digest that do not move with them; absent where there are none. */
  readonly beside?: readonly Place[];
  /** By when it has to be merged here: the version that is in force. */
  readonly policy: SlaPolicy;
  readonly assessment: Assessment;
  readonly timer: Timer;
  /** The vendor's clocks of what the new digest fixes or still has, sorted by id; empty where the vendor owes nothing. */
  readonly vendorClocks: readonly VendorEvaluation[];
  /** Why it is a step backwards, where it is one, and who approved of it. */
  readonly stepBack?: {
    readonly why: string;
    readonly by: string;
    readonly reason: string;
    readonly at: Instant;
  };
  /** A person declined it, and it is proposed again all the same. */
  readonly returned?: ReturnedDigest;
  /** Digests between `from` and `to` that were proposed before. */
  readonly superseded: readonly { readonly digest: Digest; readonly observedAt: Instant }[];
}

/** The line that the places of an update name once it is merged. */
export function targetLineOf({ line, toTag }: Pick<Update, "line" | "toTag">): ImageLine {
  return toTag === undefined ? line : { repository: line.repository, tag: toTag };
}

/** Everything one pull request says and does. */
export interface Plan {
  readonly codeRepository: CodeRepository;
  readonly baseBranch: string;
  /** The vendor's id by default. @see {@link groupOf} */
  readonly group: string;
  /** Sorted by repository, tag; never empty. */
  readonly updates: readonly Update[];
  /** Places of the same code repository that name an image of the group and are not edited, with the reason for people. */
  readonly notEdited: readonly NotEdited[];
}

/** A place that names an image and stays as it is. */
export interface NotEdited extends Place {
  /** As written. */
  readonly raw: string;
  /** For people. */
  readonly reason: string;
}
