import type { Context } from "../context.ts";
import { CodedError } from "../errors.ts";
import type { ConfigAnswer } from "../image/config.ts";
import type { Digest } from "../image/digest.ts";
import { type Manifest, runnableChildrenOf } from "../image/manifest.ts";
import type { ImageId } from "../image/reference.ts";
import type { VerdictRecord } from "../ports/store.ts";

/** Platforms whose configs are fetched: two questions each. */
const PLATFORMS_MAX = 8;
/** Those that most run come first, so that both sides of a comparison have the same ones. */
const FIRST_PLATFORMS = ["linux/amd64", "linux/arm64", "linux/arm64/v8"];

/** What fetching configs needs to reach. */
export interface ConfigContext {
  readonly registry: Pick<Context["registry"], "manifest" | "configOf">;
  readonly store: Pick<Context["store"], "configs" | "saveConfig">;
}

/** What is known of a digest's configs. */
export type KeptConfigs = Required<Pick<VerdictRecord, "configs" | "configFaults">>;

/**
 * Keeps how the images of a digest are run: of the digest itself, or of the platforms that an index lists. What is kept already is not asked
 * for again: it cannot have changed.
 *
 * @throws {CodedError} `registry-*` that may pass: could not ask
 */
export async function keepConfigs(
  image: ImageId,
  manifest: Manifest,
  context: ConfigContext,
  signal: AbortSignal,
): Promise<KeptConfigs> {
  const { repository } = image;
  const carriers =
    manifest.kind === "image" ? [{ digest: image.digest, platform: "" }] : childrenOf(manifest);
  const asked = carriers.slice(0, PLATFORMS_MAX);
  const kept = await context.store.configs(asked.map(({ digest }) => digest));
  const configs: KeptConfigs["configs"][number][] = [];
  const configFaults = carriers.slice(PLATFORMS_MAX).map(({ platform }) => ({
    platform,
    reason: `only ${PLATFORMS_MAX} platforms are looked at`,
  }));
  for (const { digest, platform } of asked) {
    const own = kept.get(digest);
    const answer =
      own === undefined
        ? await answerOn({ repository, digest }, manifest, context, signal)
        : ({ kind: "config", config: own } as const);
    if (answer.kind === "none") {
      configFaults.push({ platform, reason: answer.reason });
      continue;
    }
    if (own === undefined) await context.store.saveConfig(digest, answer.config);
    const runsOn = platform === "" ? answer.config.platform : platform;
    configs.push({ digest, ...(runsOn === undefined ? {} : { platform: runsOn }) });
  }
  return { configs, configFaults };
}

interface Carrier {
  readonly digest: Digest;
  readonly platform: string;
}

/** Each platform once, in an order that does not depend on the index. */
function childrenOf(index: Extract<Manifest, { kind: "index" }>): readonly Carrier[] {
  const byPlatform = new Map<string, Carrier>();
  for (const child of runnableChildrenOf(index)) {
    if (!byPlatform.has(child.platform)) byPlatform.set(child.platform, child);
  }
  const rankOf = ({ platform }: Carrier): number => {
    const at = FIRST_PLATFORMS.indexOf(platform);
    return at === -1 ? FIRST_PLATFORMS.length : at;
  };
  return [...byPlatform.values()].toSorted(
    (a, b) => rankOf(a) - rankOf(b) || (a.platform < b.platform ? -1 : 1),
  );
}

/** What will not be another answer later is one: no update may hang for ever on how an image is run. */
async function answerOn(
  image: ImageId,
  of: Manifest,
  { registry }: ConfigContext,
  signal: AbortSignal,
): Promise<ConfigAnswer> {
  try {
    const manifest = of.kind === "image" ? of : await registry.manifest(image, signal);
    if (manifest.kind === "index") return { kind: "none", reason: "it is an index itself" };
    return await registry.configOf(image, manifest, signal);
  } catch (error) {
    if (!(error instanceof CodedError) || error.transient) throw error;
    return {
      kind: "none",
      reason:
        error.code === "registry-not-found"
          ? "the registry does not have it"
          : `it cannot be read (${error.code})`,
    };
  }
}
