import { CodedError, InvalidInputError, quote } from "../../../errors.ts";
import { DeadlineReached, withDeadline } from "../../../deadline.ts";
import type { Descriptor, ImageManifest } from "../../../image/manifest.ts";
import type { ImageId } from "../../../image/reference.ts";
import { type LayersReading, listOfLayers } from "../../../sbom/layers/list.ts";
import { type LayerFiles, stackedOn } from "../../../sbom/layers/stack.ts";
import type { Content } from "../content.ts";
import type { Turns } from "../parallel.ts";
import { Budget, type LayerLimits, LimitReached } from "./budget.ts";
import { LayerReader } from "./layer.ts";

/** Types of layers that runtimes unpack. @see OCI image-spec v1.1.1, layer.md */
const LAYER_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.layer.v1.tar",
  "application/vnd.oci.image.layer.v1.tar+gzip",
  "application/vnd.oci.image.layer.v1.tar+zstd",
  "application/vnd.docker.image.rootfs.diff.tar",
  "application/vnd.docker.image.rootfs.diff.tar.gzip",
  "application/vnd.docker.image.rootfs.diff.tar.zstd",
]);

export interface LayersOptions {
  readonly content: Pick<Content, "readBlob">;
  readonly limits: LayerLimits;
  /** Images that are read at a time: each may hold much in memory. */
  readonly turn: Turns;
}

/**
 * What the layers of an image say is in it. Each is read once, from the lowest up, and counts when its digest was compared.
 *
 * @throws {CodedError} `registry-*` when a layer cannot be fetched
 */
export function packagesIn(
  { content, limits, turn }: LayersOptions,
  image: ImageId,
  manifest: ImageManifest,
  signal: AbortSignal,
): Promise<LayersReading> {
  const strange = manifest.layers.find(({ mediaType }) => !LAYER_TYPES.has(mediaType));
  if (manifest.artifactType !== undefined || manifest.layers.length === 0) {
    return Promise.resolve(notRead("it has no layers of files"));
  }
  if (strange !== undefined) {
    return Promise.resolve(notRead(`it has a layer of another type, ${quote(strange.mediaType)}`));
  }
  return turn(() =>
    withDeadline(signal, limits.readMs, (limited) =>
      stacked({ content, limits }, image, manifest.layers, limited),
    ),
  );
}

async function stacked(
  { content, limits }: Omit<LayersOptions, "turn">,
  image: ImageId,
  layers: readonly Descriptor[],
  signal: AbortSignal,
): Promise<LayersReading> {
  const budget = new Budget(limits);
  let files: LayerFiles = new Map();
  for (const layer of layers) {
    const outcome = await outcomeOf(content, { image, layer, budget }, signal);
    if (outcome.kind === "unreadable") return notRead(outcome.reason);
    files = stackedOn(files, outcome.changes);
  }
  return listOfLayers(files);
}

async function outcomeOf(
  content: LayersOptions["content"],
  { image, layer, budget }: { readonly image: ImageId; readonly layer: Descriptor; readonly budget: Budget },
  signal: AbortSignal,
): ReturnType<LayerReader["finish"]> {
  const reader = new LayerReader(budget);
  const { repository } = image;
  const { digest, size } = layer;
  try {
    budget.compressed(size);
    const take = (piece: Uint8Array): Promise<void> => reader.take(piece);
    await content.readBlob({ repository, digest }, { bytesMax: size, size }, take, signal);
    return await reader.finish();
  } catch (error) {
    const limit = error instanceof LimitReached ? error : reader.limit;
    if (limit !== undefined) return { kind: "unreadable", reason: limit.message };
    const answer = answerIn(error);
    if (answer !== undefined) return { kind: "unreadable", reason: answer };
    throw error;
  } finally {
    reader.close();
  }
}

/** Answers, not faults: they will be the same the next time, and what is slow must not be begun again for ever. */
function answerIn(error: unknown): string | undefined {
  if (error instanceof InvalidInputError) return error.message;
  const cause = error instanceof CodedError ? error.cause : error;
  if (cause instanceof DeadlineReached) return "its layers did not arrive in time";
  const isGone = error instanceof CodedError && error.code === "registry-not-found";
  return isGone ? "the registry no longer has one of its layers" : undefined;
}

function notRead(reason: string): LayersReading {
  return { kind: "not-read", reason };
}
