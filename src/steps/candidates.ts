import type { Context } from "../context.ts";
import type { EditOptions, FormatFile } from "../edit/format.ts";
import {
  editFiles,
  type FoundOccurrence,
  isWantedFile,
  neighboursOf,
  occurrencesOf,
} from "../edit/formats.ts";
import { InvalidInputError } from "../errors.ts";
import { renderLine, renderRepository } from "../image/reference.ts";
import { profileOf } from "../vendor/profile.ts";
import { type Candidate, candidatesOf, isSameCandidates, linesIn } from "../watch/candidates.ts";
import { editOf, rulesOf } from "../watch/rules-of.ts";
import { pinnedLines, placeOf, type Scan } from "../watch/scan.ts";

/**
 * A scan with the newer tags that its places may move to by its policy, as lists of tags that polls have read say. Where a tag cannot be changed in
 * its file is found out by trying to: the files are read for that where other tags than before are there to move to.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function withCandidates(scan: Scan, context: Context, signal: AbortSignal): Promise<Scan> {
  const { candidates: known = [], ...rest } = scan;
  const wanted = await wantedFor(scan, context);
  if (wanted.length === 0) return rest;
  if (isSameCandidates(known, wanted)) return scan;
  return { ...rest, candidates: await tried(scan, wanted, context, signal) };
}

async function wantedFor(
  scan: Scan,
  { store, settings }: Pick<Context, "store" | "settings">,
): Promise<readonly Candidate[]> {
  const { tags: scope } = rulesOf(settings.policies, scan.codeRepository, scan).pulls;
  if (scope === "same") return [];
  const lines = pinnedLines(scan);
  const repositories = new Map(lines.map(({ repository }) => [renderRepository(repository), repository]));
  const candidates: Candidate[] = [];
  for (const repository of repositories.values()) {
    if (profileOf(settings.profiles, repository)?.mode !== "enforced") continue;
    const { listing } = (await store.watched(repository)).poll;
    if (listing !== undefined) candidates.push(...candidatesOf(linesIn(repository, lines), scope, listing));
  }
  return candidates;
}

/** The same with the places that cannot move, each tried in its file. */
async function tried(
  scan: Scan,
  candidates: readonly Candidate[],
  { codeHost, settings }: Context,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const { codeRepository, commit } = scan;
  const options = editOf(settings.edit, scan);
  const names = new Set(candidates.map(({ line }) => renderLine(line)));
  const paths = new Set(
    scan.places
      .filter(({ state }) => state.kind === "handled" && names.has(renderLine(state.line)))
      .flatMap(({ path, via }) => (via === undefined ? [path] : [path, via]))
      .flatMap((path) => [path, ...neighboursOf(path, options)]),
  );
  const { files } = await codeHost.files(codeRepository, commit, (path) => paths.has(path), signal);
  const { pin } = rulesOf(settings.policies, codeRepository, scan).pulls;
  const named = files.filter(({ path }) => isWantedFile(path, options));
  const found = occurrencesOf(named, options).map((each) => ({
    found: each,
    place: placeOf(each, { ...settings, pin }),
  }));
  return candidates.map((candidate) => {
    const name = renderLine(candidate.line);
    const pins = found.filter(
      ({ place: { state } }) => state.kind === "handled" && renderLine(state.line) === name,
    );
    const stuck = stuckAmong(
      pins.map((each) => each.found),
      candidate,
      { files, options },
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
