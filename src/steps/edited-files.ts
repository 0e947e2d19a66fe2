import {
  editFiles,
  type FoundOccurrence,
  isWantedFile,
  neighboursOf,
  occurrencesOf,
  type PlannedEdit,
} from "../edit/formats.ts";
import type { EditOptions, FormatFile } from "../edit/format.ts";
import type { Digest } from "../image/digest.ts";
import { type ImageLine, isSameRepository, type Tag } from "../image/reference.ts";
import type { Place } from "../proposal/plan.ts";

/** What becomes of the digest in some places. */
export interface PlacedDigest {
  readonly line: ImageLine;
  /** What they are pinned to; absent where the tag stands alone. */
  readonly from?: Digest;
  readonly to: Digest;
  /** The tag that goes with it, where that is another than the line's. */
  readonly toTag?: Tag;
  readonly places: readonly Place[];
  /** Places of the same line and digest that stay as they are. */
  readonly beside?: readonly Place[];
}

/** What is to be edited together. */
export interface PlacedDigests {
  readonly updates: readonly PlacedDigest[];
}

/** Files that are needed to edit the places of a plan: those that hold a digest, those that lead there, and those that help to name the image. */
export function pathsOf({ updates }: PlacedDigests, options: EditOptions): ReadonlySet<string> {
  const places = updates.flatMap((update) => update.places);
  const paths = new Set(places.flatMap(({ path, via }) => (via === undefined ? [path] : [path, via])));
  return new Set([...paths].flatMap((path) => [path, ...neighboursOf(path, options)]));
}

/**
 * The files of a plan with their new digests, and tags where those move; undefined when not every planned place is there as it was found. All
 * of them or none: half an update is none.
 *
 * @param files of {@link pathsOf}, as the base branch has them now
 * @throws {InvalidInputError} `edit-invalid` when the edited files do not name what they should
 */
export function editedFiles(
  { updates }: PlacedDigests,
  files: readonly FormatFile[],
  options: EditOptions,
): readonly FormatFile[] | undefined {
  const all = occurrencesOf(
    files.filter(({ path }) => isWantedFile(path, options)),
    options,
  );
  const edits: PlannedEdit[] = [];
  for (const update of updates) {
    const here = all.filter((candidate) => isOf(candidate, update));
    // Other pins of the line are not planned: they have no assessment yet.
    const planned = plannedAmong(here, update);
    if (planned === undefined) return undefined;
    const { to: digest, toTag: tag } = update;
    const to = tag === undefined ? { digest } : { digest, tag };
    edits.push(...planned.map((found) => ({ found, to })));
  }
  return editFiles(files, edits, options);
}

/**
 * The places that are meant, in whatever lines they stand now. Where their files have others that are known to stay, because a tag cannot be
 * changed or a mirror is behind, those at the planned lines are meant.
 */
function plannedAmong(
  here: readonly FoundOccurrence[],
  { places, beside = [] }: PlacedDigest,
): readonly FoundOccurrence[] | undefined {
  const planned = here.filter((candidate) => places.some((place) => isIn(candidate, place)));
  if (planned.length === places.length) return planned;
  const paths = new Set(places.map(({ path }) => path));
  const staying = beside.filter(({ path }) => paths.has(path));
  if (planned.length !== places.length + staying.length) return undefined;
  const exact = planned.filter((candidate) =>
    places.some((place) => isIn(candidate, place) && candidate.occurrence.line === place.line),
  );
  return exact.length === places.length ? exact : undefined;
}

function isIn({ path, occurrence }: FoundOccurrence, place: Place): boolean {
  const { reference } = occurrence.handling;
  return (
    reference !== undefined &&
    place.path === (occurrence.path ?? path) &&
    (place.via ?? place.path) === path &&
    (place.mirror === undefined || isSameRepository(reference.repository, place.mirror))
  );
}

/** Whether it names what an update is about, under its own name or a mirror's, and a digest stands there or can be put there, as planned. */
function isOf({ occurrence: { handling } }: FoundOccurrence, update: PlacedDigest): boolean {
  if (handling.kind !== (update.from === undefined ? "pinnable" : "editable")) return false;
  const { repository, tag, digest } = handling.reference;
  if (tag !== update.line.tag || digest !== update.from) return false;
  const names = update.places.map(({ mirror }) => mirror ?? update.line.repository);
  return names.some((name) => isSameRepository(name, repository));
}
