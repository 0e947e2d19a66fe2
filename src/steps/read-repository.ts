import type { Context } from "../context.ts";
import { fileWishOf, occurrencesOf, togetherOf } from "../edit/formats.ts";
import type { BlobId, Branch, FileListing, FilesWish, FileWish } from "../ports/code-host.ts";
import type { FileIndex } from "../ports/file-index.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import type { Instant } from "../time.ts";
import { ignoredBy, joinEdit, OWN_FILES, type OwnSettings } from "../vendor/own-settings.ts";
import { ruleFor } from "../vendor/policies.ts";
import { rulesOf } from "../watch/rules-of.ts";
import { readByOf } from "../watch/read-by.ts";
import { placeOf, placesUnder, type OwnFile, type Scan, type ScannedPlace } from "../watch/scan.ts";
import { isOwnFile, ownFileOf } from "./own-file.ts";

/** A branch of a code repository as it is now. */
export interface RepositoryReading {
  readonly scan: Scan;
  /** What its files hold; absent where it is as it was. */
  readonly index?: FileIndex;
}

/** What is to be read. */
export interface ReadingQuestion {
  readonly codeRepository: CodeRepository;
  readonly branch: Branch;
  readonly at: Instant;
  /** The scan of the branch that says what owners say of all, read a moment ago; absent where this is that branch. */
  readonly home?: Scan;
}

interface Question extends ReadingQuestion {
  /** What files that are as they were held: a scan of the branch, or of the home where it is new. */
  readonly before: Scan | undefined;
}

/**
 * Reads what the files of a branch name: nothing where its head is the commit that was read by the same rules, else what changed since; of a new branch what
 * differs from its home. Where what its owners say of it has changed, it is read by that.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function readRepository(
  asked: ReadingQuestion,
  context: Context,
  signal: AbortSignal,
): Promise<RepositoryReading> {
  const { codeRepository, branch, at, home } = asked;
  const last = await context.store.scan({ codeRepository, branch: branch.name });
  // Whose owners' file holds decides which files are read.
  const isUsable = last?.isUnsubscribed !== true && last?.home === home?.branch;
  const before = isUsable ? last : undefined;
  return home === undefined
    ? readHome({ codeRepository, branch, at, before }, context, signal)
    : readBeside({ codeRepository, branch, at, before, home }, context, signal);
}

/** The branch that says itself what its owners say. */
async function readHome(
  { codeRepository, branch, at, before }: Question,
  context: Context,
  signal: AbortSignal,
): Promise<RepositoryReading> {
  const { settings } = context;
  const known = settings.ownFiles === undefined ? undefined : before?.own;
  const { pin } = ruleFor(settings.policies, codeRepository).pulls;
  const rules = { ...settings, pin };
  const readBy = readByOf(known?.settings, rules);
  if (before?.commit === branch.commit && before.readBy === readBy) {
    const { unread: _, ...read } = before;
    return { scan: { ...read, scannedAt: at } };
  }

  const question = { codeRepository, branch, at, before };
  const index = before?.readBy === readBy ? await indexOf(before, context) : undefined;
  const first = await listed(question, known?.settings, { index, context, signal });
  if (first.listing.unlisted !== undefined) return { scan: unreadScan(question, first.listing.unlisted) };
  const own =
    settings.ownFiles === undefined ? undefined : ownFileOf(first.listing, settings.ownFiles, known);
  const readByNow = readByOf(own?.settings, rules);
  if (readByNow === readBy) return readingOf(question, first, { own, readBy, context });

  // What was read a moment ago is not read again.
  const again = await listed(question, own?.settings, {
    index: { files: first.listing.files },
    context,
    signal,
  });
  if (again.listing.unlisted !== undefined) return { scan: unreadScan(question, again.listing.unlisted) };
  const texts = new Map(first.listing.files.map((file) => [file.path, file]));
  const files = [...again.listing.files, ...again.listing.unchanged.flatMap((path) => texts.get(path) ?? [])];
  const whole = { ...again.listing, files: files.toSorted(byPath), unchanged: [] };
  return readingOf(question, { ...again, listing: whole }, { own, readBy: readByNow, context });
}

/** What was known before holds on; without anything known it is a scan of nothing, which is read anew at the next look. */
function unreadScan({ codeRepository, branch, at, before, home }: Question, reason: string): Scan {
  const { name, commit } = branch;
  const beside = home === undefined ? {} : { home: home.branch };
  const nothing = { codeRepository, branch: name, commit, scannedAt: at, places: [], skipped: [], ...beside };
  return { ...(before ?? nothing), unread: { commit, reason, at } };
}

/** A branch that another one speaks for. */
async function readBeside(
  asked: Question & { readonly home: Scan },
  context: Context,
  signal: AbortSignal,
): Promise<RepositoryReading> {
  const { codeRepository, branch, at, before, home } = asked;
  const own = spokenFor(home);
  const { pin } = ruleFor(context.settings.policies, codeRepository).pulls;
  const readBy = readByOf(own?.settings, { ...context.settings, pin });
  if (before?.commit === branch.commit && before.readBy === readBy) {
    const { unread: _unread, own: { ignoredCount = 0 } = {}, ...read } = before;
    const said = own === undefined ? {} : { own: { ...own, ignoredCount } };
    return { scan: { ...read, scannedAt: at, ...said } };
  }
  const start = [before, home].find((scan) => scan?.readBy === readBy);
  const index = start === undefined ? undefined : await indexOf(start, context);
  const question = { ...asked, before: index === undefined ? undefined : start };
  const read = await listed(question, own?.settings, { index, context, signal });
  if (read.listing.unlisted !== undefined) return { scan: unreadScan(asked, read.listing.unlisted) };
  return readingOf(question, read, { own, readBy, context });
}

/** What owners say, for a branch beside the one where they say it: faults are told of there. */
function spokenFor({ own }: Scan): OwnFile | undefined {
  if (own?.settings === undefined) return undefined;
  const { path, settings } = own;
  return { ...(path === undefined ? {} : { path }), settings, faults: [] };
}

/** What the files held when they were scanned; undefined where that is lost, or was kept of another scan. */
async function indexOf(scan: Scan, { store }: Context): Promise<FileIndex | undefined> {
  const index = await store.fileIndex(scan);
  return index?.commit === scan.commit && index.readBy === scan.readBy ? index : undefined;
}

interface Listed {
  readonly listing: FileListing;
  /** Content that was known before. */
  readonly known: ReadonlyMap<string, BlobId>;
  /** Files that owners leave out. */
  readonly ignoredCount: number;
}

async function listed(
  { codeRepository, branch: { commit }, home }: Question,
  own: OwnSettings | undefined,
  {
    index,
    context: { codeHost, settings },
    signal,
  }: {
    readonly index: Pick<FileIndex, "files"> | undefined;
    readonly context: Context;
    readonly signal: AbortSignal;
  },
): Promise<Listed> {
  const edit = joinEdit(settings.edit, own);
  const isIgnored = ignoredBy(own);
  const ignored = new Set<string>();
  const isWanted: FileWish = (path) => {
    if (isOwnFile(path)) return settings.ownFiles !== undefined && home === undefined && "first";
    const wish = fileWishOf(path, edit);
    if (wish === false || !isIgnored(path)) return wish;
    ignored.add(path);
    return false;
  };
  const known = new Map(index?.files.map(({ path, blob }) => [path, blob]));
  const wish: FilesWish = {
    isWanted,
    known,
    togetherOf: (path) => (isOwnFile(path) ? OWN_FILES[0] : togetherOf(path, edit)),
  };
  const listing = await codeHost.files(codeRepository, commit, wish, signal);
  return { listing, known, ignoredCount: ignored.size };
}

/** The scan: places of what was read, and those that were known of the rest. */
function readingOf(
  { codeRepository, branch, at, before, home }: Question,
  { listing, known, ignoredCount }: Listed,
  {
    own,
    readBy,
    context: { settings },
  }: { readonly own: OwnFile | undefined; readonly readBy: string; readonly context: Context },
): RepositoryReading {
  const { files, skipped, unchanged } = listing;
  const isUnchanged = new Set(unchanged);
  const edit = joinEdit(settings.edit, own?.settings);
  const scanned = own === undefined ? {} : { own: { ...own, ignoredCount } };
  const { pin } = rulesOf(settings.policies, codeRepository, scanned).pulls;
  const found = occurrencesOf(
    files.filter(({ path }) => !isOwnFile(path)),
    edit,
  ).map((each) => placeOf(each, { ...settings, pin }));
  const kept = (before?.places ?? []).filter((place) => isUnchanged.has(readIn(place)));
  const places = [...kept, ...placesUnder(own?.settings, found)].toSorted((a, b) =>
    byPath({ path: readIn(a) }, { path: readIn(b) }),
  );
  const unread = (before?.skipped ?? []).filter(({ path }) => isUnchanged.has(path));
  const scan: Scan = {
    codeRepository,
    branch: branch.name,
    commit: branch.commit,
    scannedAt: at,
    places,
    skipped: [...unread, ...skipped.map(({ path, reason }) => ({ path, reason }))].toSorted(byPath),
    readBy,
    ...scanned,
    ...(home === undefined ? {} : { home: home.branch }),
  };
  return { scan, index: { commit: branch.commit, readBy, files: contentsOf(listing, known) } };
}

/** All that need not be read again as long as it is so. */
function contentsOf(
  { files, skipped, unchanged }: FileListing,
  known: ReadonlyMap<string, BlobId>,
): FileIndex["files"] {
  const read = [...files, ...skipped].map(({ path, blob }) => ({ path, blob }));
  const all = [...read, ...unchanged.map((path) => ({ path, blob: known.get(path) }))];
  return all.flatMap(({ path, blob }) => (blob === undefined ? [] : [{ path, blob }])).toSorted(byPath);
}

/** The file that was read to find a place. */
function readIn({ path, via }: ScannedPlace): string {
  return via ?? path;
}

function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}
