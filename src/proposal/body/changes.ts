import { changeCountOf } from "../../sbom/platforms.ts";
import { shortOf } from "../../image/digest.ts";
import { familiarNameOf, isSameRepository } from "../../image/reference.ts";
import { renderMoment } from "../../time.ts";
import { capped, code, counted, table } from "../markdown.ts";
import type { Plan, Update } from "../plan.ts";
import { deltaOf, idCountOf } from "../summary.ts";
import type { Limits } from "./limits.ts";

const DIGITS = 12;

/** The table of what changes: image, tag, digests, and where it is written. */
export function renderChanges({ updates }: Plan, limits: Limits): string {
  const rows = updates.slice(0, limits.images).map((update, position) => {
    const { line, from, to, platforms, observedAt, places } = update;
    const previous = updates[position - 1];
    const isSame = previous !== undefined && isSameRepository(previous.line.repository, line.repository);
    return [
      isSame ? "same" : code(familiarNameOf(line.repository)),
      update.toTag === undefined ? code(line.tag) : `${code(line.tag)} → ${code(update.toTag)}`,
      `${code(shortOf(from, DIGITS))} → ${code(shortOf(to, DIGITS))}`,
      effectOf(update),
      platformsText(platforms),
      renderMoment(observedAt),
      capped(
        places.map((place) => code(`${place.path}:${place.line}`)),
        limits.places,
        ", ",
      ),
    ];
  });
  const columns = ["image", "tag", "digest", "brings", "platforms", "first seen", "in"];
  const rest = updates.length - rows.length;
  const more = rest > 0 ? `\n\n… and ${counted(rest, "more image")}: see the files changed.` : "";
  return `${table(columns, rows)}${more}`;
}

/** What one update brings, in two or three words. */
function effectOf(update: Update): string {
  const fixedCount = idCountOf(deltaOf(update)?.fixed ?? []);
  if (fixedCount > 0) return counted(fixedCount, "fix", "fixes");
  const { class: kind, components } = update.assessment;
  if (kind === "rebuild") return "a rebuild";
  if (kind === "moved-backwards") return "⚠ backwards";
  if (components.kind === "compared") return counted(changeCountOf(components.diff), "package change");
  return "not known";
}

/** Platforms of an image in a cell. */
export function platformsText(platforms: readonly string[]): string {
  return platforms.length === 0 ? "single" : capped(platforms.map(platformText), 8, ", ");
}

/** `linux/` is what everybody expects. */
function platformText(platform: string): string {
  return code(platform.startsWith("linux/") ? platform.slice("linux/".length) : platform);
}
