import { CodedError } from "../../errors.ts";
import { type ImageId, renderImage } from "../../image/reference.ts";
import type { Candidate } from "../../trust/evidence.ts";
import type { Content } from "./content.ts";
import { type Finding, orSkip, skip } from "./finding.ts";
import type { Turns } from "./parallel.ts";
import type { Piece } from "./pieces.ts";

export interface BlobsOptions {
  readonly content: Content;
  /** The image whose repository pieces are in that name none. */
  readonly image: ImageId;
  readonly turn: Turns;
  readonly signal: AbortSignal;
}

/** Fetches pieces of evidence, equal ones once: signatures by several keys sign the same payload. */
export class Blobs {
  readonly #options: BlobsOptions;
  readonly #blobs = new Map<string, Promise<Uint8Array>>();
  #isTorn = false;

  constructor(options: BlobsOptions) {
    this.#options = options;
  }

  /** Whether a blob was gone that a manifest names: the manifest may have been replaced meanwhile. */
  get isTorn(): boolean {
    return this.#isTorn;
  }

  /** A piece with its bytes; one that was skipped already stays so. */
  async candidateOf(finding: Finding<Piece>): Promise<Finding<Candidate>> {
    if (finding.kind === "skipped") return finding;
    const piece = finding.found;
    const { source, layer } = piece;
    const [candidate] = await orSkip<Candidate>(source.place, layer.digest, async () => [
      { kind: "found", found: candidateOf(piece, await this.#bytesOf(piece)) },
    ]);
    return candidate ?? skip(source.place, "vanished", layer.digest);
  }

  async #bytesOf({ layer, source }: Piece): Promise<Uint8Array> {
    const { content, image, turn, signal } = this.#options;
    const { repository = image.repository } = source;
    const blob = { repository, digest: layer.digest };
    // A size of its own is a claim of its own: what is wrong for one descriptor is right for another.
    const id = `${renderImage(blob)} ${layer.size}`;
    const bytes = this.#blobs.get(id) ?? turn(() => content.blob(blob, layer.size, signal));
    this.#blobs.set(id, bytes);
    try {
      return await bytes;
    } catch (thrown) {
      this.#isTorn ||= thrown instanceof CodedError && thrown.code === "registry-not-found";
      throw thrown;
    }
  }
}

function candidateOf({ kind, layer, source, annotations }: Piece, bytes: Uint8Array): Candidate {
  switch (kind) {
    case "cosign-signature":
      return { kind, source, payload: bytes, annotations };
    case "cosign-attestation":
      return { kind, source, envelope: bytes, annotations };
    case "sigstore-bundle":
      return { kind, source, bundle: bytes };
    case "signed-manifest":
      return { kind, source, statement: bytes, annotations, signatures: [] };
    case "notation-signature":
      return { kind, source, envelope: bytes, form: layer.mediaType === "application/cose" ? "cose" : "jws" };
    default:
      return kind satisfies never;
  }
}
