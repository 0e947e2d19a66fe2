import type { CodeRepository, NotEdited, ProvenImage } from "../plan.ts";

/** An image line whose tag gets a digest beside it, wherever it stands alone and may be pinned. */
export interface FirstPin extends ProvenImage {
  /** The tag has moved on since, to a digest that is not verified, or not verified yet. */
  readonly isLeft?: true;
}

/** Everything that the pull request of first pins says and does. */
export interface PinsPlan {
  readonly codeRepository: CodeRepository;
  readonly baseBranch: string;
  readonly group: string;
  /** Sorted by repository, tag; never empty. */
  readonly updates: readonly FirstPin[];
  /** Places that name an image of a vendor by its tag, or by nothing, and are not pinned; sorted by path and line. */
  readonly notPinned: readonly NotEdited[];
}
