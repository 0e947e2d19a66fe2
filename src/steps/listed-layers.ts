import type { Context } from "../context.ts";
import { CodedError } from "../errors.ts";
import type { ImageId } from "../image/reference.ts";
import type { ListPlace, UnreadLayers, VerdictRecord } from "../ports/store.ts";
import { packedOf } from "../sbom/packed.ts";
import type { Profile } from "../vendor/profile.ts";
import type { Judged } from "./judging.ts";

/** Platforms of one digest whose layers are read. */
const PLATFORMS_MAX = 8;

/** What is known of a digest after its layers were looked at as well. */
export type Listed = Judged & Pick<VerdictRecord, "unreadLayers">;

/** What is looked at, and by whose leave. */
export interface Layered {
  readonly image: ImageId;
  readonly profile: Profile;
  /** What was known before: what once gave no list is not fetched again. */
  readonly known: VerdictRecord | undefined;
  readonly context: {
    readonly registry: Pick<Context["registry"], "manifest" | "packagesIn">;
    readonly store: Pick<Context["store"], "components" | "saveComponents">;
  };
  readonly signal: AbortSignal;
}

/**
 * Lets the layers stand in for an SBOM: where the profile says so, of a digest that is verified and has no list, which is after all waiting
 * for a late SBOM. What is read is kept under the manifest whose layers they are, and its place says where it is from.
 *
 * @throws {CodedError} `registry-*` that will pass by itself, and what the store throws
 */
export async function withLayers(judged: Judged, layered: Layered): Promise<Listed> {
  const isSought = layered.profile.sbomFallback === "layers" && judged.verdict.kind === "verified";
  if (!isSought || judged.components !== undefined) return judged;
  const lists: ListPlace[] = [];
  const unread: UnreadLayers[] = [];
  // One more than is read, which says so.
  for (const [index, place] of placesOf(judged, layered)
    .slice(0, PLATFORMS_MAX + 1)
    .entries()) {
    const outcome = index < PLATFORMS_MAX ? await fill(place, layered) : TOO_MANY;
    if (outcome.kind === "kept") lists.push({ ...place, format: "layers", tool: "hullkeeper" });
    else unread.push({ ...place, ...outcome });
  }
  const [first] = lists;
  return {
    ...judged,
    ...(first === undefined ? {} : { components: componentsAt(first), lists }),
    ...(unread.length === 0 ? {} : { unreadLayers: unread }),
  };
}

/** For people, to follow why there is no list; empty where layers were not looked at. */
export function unreadInWords({ unreadLayers = [] }: Pick<VerdictRecord, "unreadLayers">): string {
  if (unreadLayers.length === 0) return "";
  const reasons = unreadLayers.map(({ platform, reason }) =>
    platform === undefined ? reason : `${platform}: ${reason}`,
  );
  return `, and its layers do not tell: ${[...new Set(reasons)].join("; ")}`;
}

type Place = Pick<ListPlace, "digest" | "platform">;
type Outcome = { readonly kind: "kept" } | Pick<UnreadLayers, "kind" | "reason">;

const TOO_MANY: Outcome = {
  kind: "final",
  reason: `layers of ${PLATFORMS_MAX} platforms are read at most`,
};

function placesOf({ shape }: Judged, { image }: Layered): readonly Place[] {
  return shape?.kind === "index" ? shape.children : [{ digest: image.digest }];
}

function componentsAt({ digest, platform }: Place): NonNullable<Judged["components"]> {
  return { digest, ...(platform === undefined ? {} : { platform }) };
}

/** Sees to it that the list of a manifest is kept. */
async function fill({ digest }: Place, layered: Layered): Promise<Outcome> {
  const { store } = layered.context;
  const kept = await store.components(digest);
  if (kept?.format === "layers") return { kind: "kept" };
  if (kept !== undefined) {
    // The same image in another repository, where somebody vouches for its SBOM: that list is better, and not to be overwritten.
    return { kind: "refused", reason: "an SBOM of the same image is kept for which nobody vouches here" };
  }
  const before = layered.known?.unreadLayers?.find((each) => each.digest === digest && each.kind === "final");
  if (before !== undefined) return { kind: "final", reason: before.reason };
  return read({ ...layered.image, digest }, layered);
}

async function read(image: ImageId, { context: { registry, store }, signal }: Layered): Promise<Outcome> {
  try {
    const manifest = await registry.manifest(image, signal);
    if (manifest.kind === "index") return { kind: "final", reason: "it is an index within an index" };
    const reading = await registry.packagesIn(image, manifest, signal);
    if (reading.kind === "not-read") return { kind: "final", reason: reading.reason };
    await store.saveComponents(image.digest, packedOf(reading.list));
    return { kind: "kept" };
  } catch (error) {
    // That layers may not be fetched must not keep a verified image from being proposed.
    const isRefusal = error instanceof CodedError && !error.transient && error.code.startsWith("registry-");
    if (isRefusal) return { kind: "refused", reason: error.message };
    throw error;
  }
}
