import type { Context } from "../context.ts";
import type { EditOptions, FormatFile } from "../edit/format.ts";
import { editFiles, type FoundOccurrence, neighboursOf, occurrencesOf } from "../edit/formats.ts";
import { InvalidInputError } from "../errors.ts";
import { renderLine, renderRepository } from "../image/reference.ts";
import { ruleFor } from "../vendor/policies.ts";
import { profileOf } from "../vendor/profile.ts";
import { type Candidate, candidatesOf, linesIn } from "../watch/candidates.ts";
import { pinnedLines, placeOf, type Scan } from "../watch/scan.ts";

/**
 * Newer tags that places of a scan may move to by its policy, as lists of tags that polls have read say. Where a tag cannot be changed in
 * its file is found out by trying to.
 *
 * @param files all that the scan was made of
 */
export async function candidatesFor(
  { codeRepository, places }: Pick<Scan, "codeRepository" | "places">,
  files: readonly FormatFile[],
  { store, settings }: Pick<Context, "store" | "settings">,
): Promise<readonly Candidate[]> {
  const { tags: scope, pin } = ruleFor(settings.policies, codeRepository).pulls;
  if (scope === "same") return [];
  const lines = pinnedLines({ places });
  const repositories = new Map(lines.map(({ repository }) => [renderRepository(repository), repository]));
  const candidates: Candidate[] = [];
  for (const repository of repositories.values()) {
    if (profileOf(settings.profiles, repository)?.mode !== "enforced") continue;
    const { listing } = (await store.watched(repository)).poll;
    if (listing !== undefined) candidates.push(...candidatesOf(linesIn(repository, lines), scope, listing));
  }
  if (candidates.length === 0) return [];
  const found = occurrencesOf(files, settings.edit).map((each) => ({
    found: each,
    place: placeOf(each, { ...settings, pin }),
  }));
  return candidates.map((candidate) => {
    const name = renderLine(candidate.line);
    const pins = found.filter(
      ({ place: { state } }) => state.kind === "handled" && renderLine(state.line) === name,
    );
    const stuck = stuckAmong(
      pins.map((named) => named.found),
      candidate,
      { files, options: settings.edit },
    );
    const stuckAt = pins.flatMap(({ found: each, place: { path, line } }) =>
      stuck.includes(each) ? [{ path, line }] : [],
    );
    return stuckAt.length === 0 ? candidate : { ...candidate, stuck: stuckAt };
  });
}

/** Files that were read, and what is edited in them. */
interface Trial {
  readonly files: readonly FormatFile[];
  readonly options: EditOptions;
}

/** Places whose tag cannot be changed: all may be changed together, or each of them is tried by itself. */
function stuckAmong(
  found: readonly FoundOccurrence[],
  candidate: Candidate,
  trial: Trial,
): readonly FoundOccurrence[] {
  if (isMovable(found, candidate, trial)) return [];
  const stuck = found.filter((each) => !isMovable([each], candidate, trial));
  // Each by itself and not together: nobody knows which of them would keep the others.
  return stuck.length > 0 &&
    isMovable(
      found.filter((each) => !stuck.includes(each)),
      candidate,
      trial,
    )
    ? stuck
    : found;
}

function isMovable(found: readonly FoundOccurrence[], { to }: Candidate, { files, options }: Trial): boolean {
  const paths = new Set(
    found.flatMap(({ path, occurrence }) => [path, occurrence.path ?? path, ...neighboursOf(path, options)]),
  );
  const edits = found.flatMap((each) => {
    const { handling } = each.occurrence;
    return handling.kind === "editable"
      ? [{ found: each, to: { digest: handling.reference.digest, tag: to } }]
      : [];
  });
  if (edits.length < found.length) return false;
  try {
    editFiles(
      files.filter(({ path }) => paths.has(path)),
      edits,
      options,
    );
    return true;
  } catch (error) {
    if (error instanceof InvalidInputError) return false;
    throw error;
  }
}
