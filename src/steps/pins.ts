import type { Digest } from "../image/digest.ts";
import type { ImageLine } from "../image/reference.ts";
import type { Store } from "../ports/store.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import { pinsOf } from "../watch/scan.ts";

/** A code repository that pins an image line to a digest. */
export interface Pin {
  readonly codeRepository: CodeRepository;
  readonly branch: string;
  readonly digest: Digest;
  /** Id of the profile that claims the line. */
  readonly profile: string;
}

/** Who pins a line to what, by the last scans of its subscribers. */
export async function pinsFor(store: Store, line: ImageLine): Promise<readonly Pin[]> {
  const { subscribers } = await store.watch(line);
  const scans = await Promise.all(subscribers.map((codeRepository) => store.scan(codeRepository)));
  return scans.flatMap((scan) => {
    if (scan === undefined) return [];
    const { codeRepository, branch } = scan;
    return pinsOf(scan, line).map(({ digest, profile }) => ({ codeRepository, branch, digest, profile }));
  });
}
