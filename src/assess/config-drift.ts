import type { ImageConfig } from "../image/config.ts";
import type { ComponentList } from "../sbom/component.ts";
import type { PlatformList } from "../sbom/platforms.ts";
import { compareTexts } from "../versions/order.ts";
import {
  CONFIG_ASPECTS,
  CONFIG_CHANGES_MAX,
  CONFIG_RISKS,
  type ConfigChange,
  type Configuration,
} from "./config-change.ts";
import { configChangesOf } from "./config-compare.ts";
import { programChangesOf } from "./config-programs.ts";

/** How the images of one digest are run, or why that is not known: a fragment for people. */
export type ConfigsAnswer =
  | {
      readonly kind: "configs";
      /** One for each platform that was read; a platform of `""` where the image does not say. */
      readonly configs: readonly { readonly platform: string; readonly config: ImageConfig }[];
      /** Platforms that were not read, and why. */
      readonly faults: readonly { readonly platform: string; readonly reason: string }[];
    }
  | { readonly kind: "missing"; readonly reason: string };

type Configs = Extract<ConfigsAnswer, { kind: "configs" }>;

/** Texts of a change that are kept: what is shown is shorter. */
const TEXT_LENGTH_MAX = 600;

/**
 * How two digests differ in how they are run, on each platform that both have.
 *
 * @param lists of components, for programs that are there or not
 */
export function configurationOf(
  { old, new: current }: { readonly old: ConfigsAnswer; readonly new: ConfigsAnswer },
  lists: { readonly old: readonly PlatformList[]; readonly new: readonly PlatformList[] },
): Configuration {
  if (current.kind === "missing") return notCompared("new", current.reason);
  if (old.kind === "missing") return notCompared("old", old.reason);
  const pairs = pairsOf(old, current);
  if (pairs.length === 0) return notCompared("new", reasonOf(old, current));
  const changes = [
    ...platformChangesOf(old, current),
    ...joined(pairs.map((pair) => changesOn(pair, lists))),
  ].toSorted(inOrder);
  const omittedCount = changes.length - CONFIG_CHANGES_MAX;
  const uncompared = uncomparedOf(old, current, pairs);
  return {
    kind: "compared",
    changes: changes.slice(0, CONFIG_CHANGES_MAX).map(bounded),
    ...(omittedCount > 0 ? { omittedCount } : {}),
    ...(uncompared.length === 0 ? {} : { uncompared }),
  };
}

function notCompared(side: "old" | "new", reason: string): Configuration {
  return { kind: "not-compared", reason: `the ${side} image: ${reason}` };
}

/** Why there is nothing to compare, though both sides were looked at. */
function reasonOf(old: Configs, current: Configs): string {
  const [fault] = [...current.faults, ...old.faults];
  return fault === undefined ? "no platform is the same" : fault.reason;
}

/** One platform that both sides have. */
interface Pair {
  readonly platform: string;
  readonly old: ImageConfig;
  readonly current: ImageConfig;
}

function pairsOf(old: Configs, current: Configs): readonly Pair[] {
  const [onlyOld, onlyCurrent] = [only(old), only(current)];
  // A single image is compared with a single image, whether or not both say what they run on.
  if (onlyOld !== undefined && onlyCurrent !== undefined) {
    const { platform } = onlyCurrent;
    return [
      {
        platform: platform === "" ? onlyOld.platform : platform,
        old: onlyOld.config,
        current: onlyCurrent.config,
      },
    ];
  }
  return current.configs.flatMap(({ platform, config }) => {
    const before = old.configs.find((other) => nameOf(other.platform) === nameOf(platform));
    return before === undefined ? [] : [{ platform, old: before.config, current: config }];
  });
}

function only({ configs, faults }: Configs): Configs["configs"][number] | undefined {
  return configs.length === 1 && faults.length === 0 ? configs[0] : undefined;
}

function listOf(lists: readonly PlatformList[], platform: string): ComponentList | undefined {
  const own = lists.find((each) => nameOf(each.platform) === nameOf(platform));
  return (own ?? lists.find((each) => each.platform === ""))?.list;
}

/** Variants that everybody means when they say none. */
function nameOf(platform: string): string {
  return platform.replace(/^(linux\/arm64)\/v8$/, "$1").replace(/^(linux\/amd64)\/v1$/, "$1");
}

interface OnPlatform {
  readonly platform: string;
  readonly changes: readonly ConfigChange[];
}

function changesOn(
  { platform, old, current }: Pair,
  lists: Parameters<typeof configurationOf>[1],
): OnPlatform {
  const [before, after] = [listOf(lists.old, platform), listOf(lists.new, platform)];
  const programs = before === undefined || after === undefined ? [] : programChangesOf(before, after);
  return { platform, changes: [...configChangesOf(old, current), ...programs] };
}

/** Each change once; with its platforms, where it is not on all of them. */
function joined(all: readonly OnPlatform[]): readonly ConfigChange[] {
  const found = all.flatMap(({ platform, changes }) => changes.map((change) => ({ platform, change })));
  const groups = Map.groupBy(found, ({ change }) => JSON.stringify(change));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    if (group.length === all.length) return [first.change];
    return [{ ...first.change, platforms: group.map(({ platform }) => platform).toSorted(compareTexts) }];
  });
}

/** Platforms that came or went, whether or not they were read. */
function platformChangesOf(old: Configs, current: Configs): readonly ConfigChange[] {
  const [before, after] = [platformsOf(old), platformsOf(current)];
  const gone = before.filter((platform) => !after.some((other) => nameOf(other) === nameOf(platform)));
  const came = after.filter((platform) => !before.some((other) => nameOf(other) === nameOf(platform)));
  // Where one side does not say, nothing is known to have changed.
  if (before.includes("") || after.includes("")) return [];
  return [
    ...gone.map((name) => ({
      kind: "platform" as const,
      risk: "breaking" as const,
      name,
      from: name,
      sentence: "it is no longer published for this platform: there it cannot be pulled, or runs emulated",
    })),
    ...came.map((name) => ({
      kind: "platform" as const,
      risk: "note" as const,
      name,
      to: name,
      sentence: "it is published for this platform too",
    })),
  ];
}

function platformsOf({ configs, faults }: Configs): readonly string[] {
  return [...configs, ...faults].map(({ platform }) => platform);
}

/** Platforms of both sides of which one was not read. */
function uncomparedOf(
  old: Configs,
  current: Configs,
  pairs: readonly Pair[],
): readonly { readonly platform: string; readonly reason: string }[] {
  const compared = new Set(pairs.map(({ platform }) => nameOf(platform)));
  const before = new Set(platformsOf(old).map(nameOf));
  const reasons = new Map<string, string>();
  for (const { platform, reason } of [...old.faults, ...current.faults])
    reasons.set(nameOf(platform), reason);
  return platformsOf(current)
    .filter((platform) => before.has(nameOf(platform)) && !compared.has(nameOf(platform)))
    .map((platform) => ({ platform, reason: reasons.get(nameOf(platform)) ?? "it was not read" }))
    .toSorted((a, b) => compareTexts(a.platform, b.platform));
}

function inOrder(a: ConfigChange, b: ConfigChange): number {
  return (
    CONFIG_RISKS.indexOf(a.risk) - CONFIG_RISKS.indexOf(b.risk) ||
    CONFIG_ASPECTS.indexOf(a.kind) - CONFIG_ASPECTS.indexOf(b.kind) ||
    compareTexts(a.name ?? "", b.name ?? "") ||
    compareTexts(JSON.stringify(a), JSON.stringify(b))
  );
}

/** Hashes stand for secrets so that a change of one is seen; nobody needs to read them. */
function bounded({ name, from, to, ...rest }: ConfigChange): ConfigChange {
  return {
    ...rest,
    ...(name === undefined ? {} : { name: shown(name) }),
    ...(from === undefined ? {} : { from: shown(from) }),
    ...(to === undefined ? {} : { to: shown(to) }),
  };
}

function shown(text: string): string {
  const plain = text.replaceAll(/\[secret sha256:[0-9a-f]{16}\]/g, "[secret]");
  return plain.length <= TEXT_LENGTH_MAX ? plain : `${plain.slice(0, TEXT_LENGTH_MAX)}…`;
}
