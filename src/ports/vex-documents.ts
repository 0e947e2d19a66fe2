import type { Digest } from "../image/digest.ts";
import type { PackedVex } from "../sbom/vex-documents.ts";

/** OpenVEX documents in verified attestations, by what they are about. Part of the store. */
export interface VexStore {
  /** Documents as JSON, in the order they count where nothing else decides; none when nothing is kept of the digest. */
  vexDocuments(digest: Digest): Promise<readonly unknown[]>;
  /** Replaces what is there. */
  saveVexDocuments(digest: Digest, documents: PackedVex): Promise<void>;
}
