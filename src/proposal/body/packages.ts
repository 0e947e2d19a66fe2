import type { ComponentChange, ComponentDiff } from "../../sbom/diff.ts";
import { CHANGE_KINDS } from "../../sbom/diff.ts";
import { type SourceChange, foldBySource } from "../../sbom/fold.ts";
import { capped, code, details } from "../markdown.ts";
import type { Plan } from "../plan.ts";
import { grouped } from "./common.ts";
import { labelOf } from "../summary.ts";
import type { Limits } from "./limits.ts";

const PACKAGES_OF_SOURCE_MAX = 6;
const TITLES: Readonly<Record<ComponentChange["kind"], string>> = {
  downgraded: "⚠ Downgraded",
  upgraded: "Upgraded",
  changed: "Changed, order of versions not known",
  added: "Added",
  removed: "Removed",
};

/** Which packages changed, folded by source package, closed. Absent when nothing was compared. */
export function renderPackages(plan: Plan, limits: Limits): string | undefined {
  const blocks = grouped(plan.updates, ({ assessment }) =>
    assessment.components.kind === "compared" ? renderDiff(assessment.components.diff, limits) : undefined,
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
function namesOf(labels: readonly string[]): string {
  return capped(
    labels.map((label) => `<code>${label.replaceAll(/[^A-Za-z0-9._:/-]/g, "?")}</code>`),
    3,
    ", ",
  );
}

/** First line: how many of each kind. Then the changes. */
function renderDiff({ changes, quality, equalCount }: ComponentDiff, limits: Limits): string {
  const counts = CHANGE_KINDS.map((kind) => ({
    kind,
    count: changes.filter((change) => change.kind === kind).length,
  }));
  const shown = counts.filter(
    ({ kind, count }) => count > 0 || kind === "upgraded" || kind === "added" || kind === "removed",
  );
  const folded = foldBySource(changes);
  const lines = CHANGE_KINDS.flatMap((kind) => {
    const ofKind = folded.filter((change) => change.kind === kind).map(renderChange);
    return ofKind.length === 0 ? [] : ["", `${TITLES[kind]}: ${capped(ofKind, limits.packages, " · ")}`];
  });
  return [
    shown.map(({ kind, count }) => `${kind === "downgraded" ? "⚠ " : ""}${count} ${kind}`).join(", "),
    ...lines.slice(1),
    ...(lines.length === 0 ? [] : [""]),
    `${equalCount} stayed the same.${qualityText(quality)}`,
  ].join("\n");
}

function renderChange({ name, fromVersion, toVersion, packages }: SourceChange): string {
  const versions = [fromVersion, toVersion].flatMap((version) =>
    version === undefined ? [] : [code(version)],
  );
  const isOwn = packages.length === 1 && packages[0] === name;
  const names = isOwn ? "" : ` (${capped(packages.map(code), PACKAGES_OF_SOURCE_MAX, ", ")})`;
  return `${code(name)} ${versions.join(" → ")}${names}`;
}

function qualityText(quality: ComponentDiff["quality"]): string {
  switch (quality) {
    case "exact":
      return "";
    case "cross-tool":
      return " ⚠ The two lists were written by different tools: some differences may be theirs.";
    case "cross-format":
      return " ⚠ The two lists have different formats: some differences may be theirs.";
    default:
      return quality satisfies never;
  }
}
