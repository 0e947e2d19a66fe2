import {
  CHANGE_KINDS,
  type ComponentChange,
  type ComponentDiff,
  type DiffQuality,
  type PlatformsDiff,
} from "../../sbom/change.ts";
import { foldBySource, SOURCE_CHANGE_KINDS, type SourceChange } from "../../sbom/fold.ts";
import { capped, code, details } from "../markdown.ts";
import type { Plan, Update } from "../plan.ts";
import { grouped } from "./common.ts";
import { labelOf } from "../summary.ts";
import { type Limits, PLATFORMS_MAX } from "./limits.ts";

const FROM_LAYERS = " (read from the image's layers, not vendor-signed)";
const PACKAGES_OF_SOURCE_MAX = 6;
const TITLES: Readonly<Record<SourceChange["kind"], string>> = {
  downgraded: "⚠ Downgraded",
  upgraded: "Upgraded",
  changed: "Changed, order of versions not known",
  relicensed: "⚠ Under another licence",
  renamed: "Renamed within their source",
  added: "Added",
  removed: "Removed",
  "version-added": "There in a further version",
  "version-removed": "No longer there in one of several versions",
};
const COUNT_WORDS: Readonly<Record<ComponentChange["kind"], string>> = {
  downgraded: "downgraded",
  upgraded: "upgraded",
  changed: "changed",
  relicensed: "relicensed",
  added: "added",
  removed: "removed",
  "version-added": "in a further version",
  "version-removed": "in a version less",
};
/** Kinds that are counted where there are none of them: that nothing came or went is worth a word. */
const ALWAYS_COUNTED: ReadonlySet<string> = new Set(["upgraded", "added", "removed"]);
const ALARMING: ReadonlySet<string> = new Set(["downgraded", "relicensed"]);

/** Which packages changed, folded by source package, closed. Absent when nothing was compared. */
export function renderPackages(plan: Plan, limits: Limits): string | undefined {
  const blocks = grouped(plan.updates, ({ assessment, packagesFrom }) =>
    assessment.components.kind === "compared"
      ? renderDiff(assessment.components.diff, limits, packagesFrom)
      : undefined,
  ).map(({ text, updates }) => {
    const [counts = "", ...content] = text.split("\n");
    const which =
      updates.length === plan.updates.length
        ? ""
        : ` of ${namesOf([...new Set(updates.map((update) => labelOf(update, plan)))])}`;
    return limits.packages === 0
      ? `Packages${which}: ${counts}.`
      : details(`Packages${which}: ${counts}`, content.join("\n"));
  });
  if (blocks.length === 0) return undefined;
  return blocks.slice(0, limits.images).join("\n\n");
}

/** Names in a summary, where Markdown is not read. */
function namesOf(names: readonly string[]): string {
  return capped(
    names.map((name) => `<code>${name.replaceAll(/[^A-Za-z0-9._:/-]/g, "?")}</code>`),
    3,
    ", ",
  );
}

/** First line: how many of each kind. Then the changes, of all platforms and of some. */
function renderDiff(
  { common, own, compared, added, removed, unlisted }: PlatformsDiff,
  limits: Limits,
  from: Update["packagesFrom"],
): string {
  const onSome = own.length === 0 ? "" : `, more on ${namesOf(own.map(({ platform }) => platform))}`;
  const base = common.isBaseReplaced ? "base replaced, " : "";
  const platforms = compared.filter((platform) => platform !== "");
  return [
    `${base}${renderCounts(common.changes)}${onSome}${from === "layers" ? FROM_LAYERS : ""}`,
    ...(common.isBaseReplaced
      ? ["", "⚠ So much was removed and added that this is probably built on another base.", ""]
      : []),
    ...renderChanges(common.changes, common.isBaseReplaced, limits),
    ...own.flatMap(({ platform, changes }) => [
      `**Only on ${code(platform)}**: ${renderCounts(changes)}`,
      "",
      ...renderChanges(changes, common.isBaseReplaced, limits),
    ]),
    [
      renderSame(common, platforms.length),
      ...(platforms.length === 0 ? [] : [`Compared on ${renderPlatforms(platforms)}.`]),
      ...(added.length === 0 ? [] : [`New: ${renderPlatforms(added)}.`]),
      ...(removed.length === 0 ? [] : [`⚠ No longer published: ${renderPlatforms(removed)}.`]),
      ...(unlisted.length === 0
        ? []
        : [
            `⚠ Not compared: ${renderPlatforms(unlisted)}, whose packages one of the two images does not list.`,
          ]),
      ...qualityTexts(common.quality),
    ].join(" "),
  ].join("\n");
}

function renderCounts(changes: readonly ComponentChange[]): string {
  return CHANGE_KINDS.map((kind) => ({
    kind,
    count: changes.filter((change) => change.kind === kind).length,
  }))
    .filter(({ kind, count }) => count > 0 || ALWAYS_COUNTED.has(kind))
    .map(({ kind, count }) => `${ALARMING.has(kind) ? "⚠ " : ""}${count} ${COUNT_WORDS[kind]}`)
    .join(", ");
}

/** A paragraph for each kind. What a new base brings and drops says little, so that is closed once more. */
function renderChanges(
  changes: readonly ComponentChange[],
  isBaseReplaced: boolean,
  limits: Limits,
): readonly string[] {
  const folded = Map.groupBy(foldBySource(changes), ({ kind }) => kind);
  return SOURCE_CHANGE_KINDS.flatMap((kind) => {
    const lines = (folded.get(kind) ?? []).map(renderChange);
    if (lines.length === 0) return [];
    const list = capped(lines, limits.packages, " · ");
    const isClosed = isBaseReplaced && (kind === "added" || kind === "removed");
    return [isClosed ? details(`${TITLES[kind]}: ${lines.length}`, list) : `${TITLES[kind]}: ${list}`, ""];
  });
}

function renderChange(change: SourceChange): string {
  const { kind, name, fromVersion, toVersion, fromLicence, toLicence, packages, formerPackages } = change;
  const isSameVersion = kind === "relicensed" && fromVersion === toVersion;
  const versions = arrowed(isSameVersion ? [toVersion] : [fromVersion, toVersion]);
  const licences = arrowed([fromLicence, toLicence]);
  const isOwn = packages.length === 1 && packages[0] === name;
  const names =
    isOwn && formerPackages === undefined
      ? ""
      : ` (${[formerPackages, packages].flatMap(listed).join(" → ")})`;
  return `${code(name)} ${versions}${licences === "" ? "" : `: ${licences}`}${names}`;
}

function arrowed(texts: readonly (string | undefined)[]): string {
  return texts.flatMap((text) => (text === undefined ? [] : [code(text)])).join(" → ");
}

function listed(names: readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : [capped(names.map(code), PACKAGES_OF_SOURCE_MAX, ", ")];
}

function renderSame({ equalCount, equivalentCount }: ComponentDiff, platformCount: number): string {
  const count = equalCount + equivalentCount;
  return `${count} stayed the same${platformCount > 1 ? " on each platform at least" : ""}.`;
}

function renderPlatforms(platforms: readonly string[]): string {
  return capped(platforms.map(code), PLATFORMS_MAX, ", ");
}

function qualityTexts(quality: DiffQuality): readonly string[] {
  switch (quality) {
    case "exact":
    case "tool-version":
    // Nothing is compared with these.
    case "index-only":
    case "old-missing":
    case "new-missing":
    case "too-large":
      return [];
    case "cross-tool":
      return [
        "⚠ The two lists were written by different tools: some differences may be theirs, and licences were not compared.",
      ];
    case "cross-format":
      return [
        "⚠ The two lists have different formats: some differences may be theirs, and licences were not compared.",
      ];
    default:
      return quality satisfies never;
  }
}
