import { type EditOptions, type FormatFile } from "../edit/format.ts";
import { editFiles, type FoundOccurrence, occurrencesOf, type PlannedEdit } from "../edit/formats.ts";
import { isSameRepository } from "../image/reference.ts";
import type { Place, Plan, Update } from "../proposal/plan.ts";

/** Nothing is edited that somebody has to ask for. */
const OPTIONS: EditOptions = { shell: false, matchers: [] };

/**
 * The files of a plan that change, with their new digests; undefined when a planned place is not there any more, or when another one came.
 *
 * @param files those that the plan's places are in, as they are now
 * @throws {InvalidInputError} `edit-invalid`
 */
export function editedFiles(plan: Plan, files: readonly FormatFile[]): readonly FormatFile[] | undefined {
  const found = occurrencesOf(files, OPTIONS);
  const edits: PlannedEdit[] = [];
  for (const update of plan.updates) {
    for (const path of new Set(update.places.map((place) => place.path))) {
      const here = update.places.filter((place) => place.path === path);
      const matching = found.filter((each) => each.path === path && isOf(each, update, here));
      if (matching.length !== here.length) return undefined;
      edits.push(...matching.map((each) => ({ found: each, to: { digest: update.to } })));
    }
  }
  return editFiles(files, edits, OPTIONS);
}

/** Whether a place is one of an update's, by the name that is written there: its own, or that of a mirror. */
function isOf(
  { occurrence: { handling } }: FoundOccurrence,
  { line, from }: Update,
  places: readonly Place[],
): boolean {
  // Other pins of the line are not planned: they have no assessment yet.
  if (handling.kind !== "editable" || handling.reference.digest !== from) return false;
  const { repository, tag } = handling.reference;
  return (
    tag === line.tag && places.some(({ mirror }) => isSameRepository(repository, mirror ?? line.repository))
  );
}
