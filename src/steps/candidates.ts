import type { Context } from "../context.ts";
import type { EditOptions, FormatFile } from "../edit/format.ts";
import { editFiles, type FoundOccurrence, neighboursOf, occurrencesOf } from "../edit/formats.ts";
import { InvalidInputError } from "../errors.ts";
import { type ImageLine, renderLine, renderRepository } from "../image/reference.ts";
import { profileOf } from "../vendor/profile.ts";
import { type Candidate, candidatesOf, isSameCandidates, linesIn } from "../watch/candidates.ts";
import { editOf, rulesOf } from "../watch/rules-of.ts";
import { movableLines, placeOf, type Scan, type ScannedPlace } from "../watch/scan.ts";

/**
 * A scan with the newer tags that its places may move to by its policy, as the lists of tags say that polls have read. Where a tag cannot be
 * changed in its file is found out by trying to, once for each commit and tag.
 *
 * @param scan with those of the last scan, if it is of the same commit, read by the same rules
 * @throws {CodedError} `code-host-*` when the files cannot be read
 */
export async function withCandidates(scan: Scan, context: Context, signal: AbortSignal): Promise<Scan> {
  const { candidates: known = [], ...rest } = scan;
  const wanted = await wantedIn(rest, context);
  const isKnown = (candidate: Candidate): Candidate | undefined =>
    known.find((other) => isSameCandidates([candidate], [other]));
  const untried = wanted.filter((candidate) => isKnown(candidate) === undefined);
  const tried = untried.length === 0 ? [] : await triedIn(rest, untried, context, signal);
  const candidates = wanted.map(
    (candidate) => isKnown(candidate) ?? tried[untried.indexOf(candidate)] ?? candidate,
  );
  return candidates.length === 0 ? rest : { ...rest, candidates };
}

/** Where places may move, whether their tags can be changed or not. */
async function wantedIn(
  scan: Scan,
  { store, settings }: Pick<Context, "store" | "settings">,
): Promise<readonly Candidate[]> {
  const { pulls, isEnabled } = rulesOf(settings.policies, scan.codeRepository, scan);
  const { tags: scope } = pulls;
  if (scope === "same" || !isEnabled || scan.isUnsubscribed === true) return [];
  const lines = movableLines(scan);
  const repositories = new Map(lines.map(({ repository }) => [renderRepository(repository), repository]));
  const wanted: Candidate[] = [];
  for (const repository of repositories.values()) {
    if (profileOf(settings.profiles, repository)?.mode !== "enforced") continue;
    const { listing } = (await store.watched(repository)).poll;
    if (listing !== undefined) wanted.push(...candidatesOf(linesIn(repository, lines), scope, listing));
  }
  return wanted;
}

/** The same with the places whose tag cannot be changed: the files that hold them are read, and nothing else. */
async function triedIn(
  scan: Scan,
  candidates: readonly Candidate[],
  { codeHost, settings }: Context,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const options = editOf(settings.edit, scan);
  const { pin } = rulesOf(settings.policies, scan.codeRepository, scan).pulls;
  const wanted = new Set(
    scan.places.flatMap((place) => {
      const isMeant = candidates.some(({ line }) => isPinOf(place, line));
      return isMeant ? pathsWith([place.path, place.via ?? place.path], options) : [];
    }),
  );
  const { files } = await codeHost.files(
    scan.codeRepository,
    scan.commit,
    (path) => wanted.has(path),
    signal,
  );
  const found = occurrencesOf(files, options).map((each) => ({
    found: each,
    place: placeOf(each, { ...settings, pin }),
  }));
  return candidates.map((candidate) => {
    const pins = found.filter(({ place }) => isPinOf(place, candidate.line));
    const stuck = stuckAmong(
      pins.map((named) => named.found),
      candidate,
      { files, options },
    );
    const stuckAt = pins.flatMap(({ found: each, place: { path, line } }) =>
      stuck.includes(each) ? [{ path, line }] : [],
    );
    return stuckAt.length === 0 ? candidate : { ...candidate, stuck: stuckAt };
  });
}

function isPinOf({ state }: ScannedPlace, line: ImageLine): boolean {
  return state.kind === "handled" && renderLine(state.line) === renderLine(line);
}

function pathsWith(paths: readonly string[], options: EditOptions): readonly string[] {
  return paths.flatMap((path) => [path, ...neighboursOf(path, options)]);
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
  const others = found.filter((each) => !stuck.includes(each));
  // Each by itself and not together: nobody knows which of them would keep the others.
  return stuck.length > 0 && isMovable(others, candidate, trial) ? stuck : found;
}

function isMovable(found: readonly FoundOccurrence[], { to }: Candidate, { files, options }: Trial): boolean {
  const paths = new Set(
    found.flatMap(({ path, occurrence }) => [occurrence.path ?? path, ...pathsWith([path], options)]),
  );
  const edits = found.flatMap((each) => {
    const { handling } = each.occurrence;
    return handling.kind === "editable"
      ? [{ found: each, to: { digest: handling.reference.digest, tag: to } }]
      : [];
  });
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
