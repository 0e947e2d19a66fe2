import type { FormatId } from "../edit/format.ts";
import type { FoundOccurrence } from "../edit/formats.ts";
import type { UnhandledReason } from "../edit/occurrence.ts";
import type { Digest } from "../image/digest.ts";
import { type Mirror, type Origin, originOf } from "../image/mirror.ts";
import { type ImageLine, renderLine, type Repository } from "../image/reference.ts";
import type { CodeBranch, Place } from "../proposal/plan.ts";
import type { Instant } from "../time.ts";
import type { Pinning } from "../vendor/pull-rules.ts";
import { leftOutBy, type OwnFault, type OwnSettings } from "../vendor/own-settings.ts";
import { type Profile, profileOf } from "../vendor/profile.ts";
import { type Candidate, lineTo } from "./candidates.ts";

/** One place of a code repository that names an image, as the last scan found it. */
export interface ScannedPlace extends Place {
  /** As written, at most 512 characters. */
  readonly raw: string;
  /** The kind of file that names the image. */
  readonly format?: FormatId;
  readonly state:
    | {
        /** Pinned by digest, claimed by a profile, kept up to date. */
        readonly kind: "handled";
        readonly line: ImageLine;
        readonly digest: Digest;
        readonly profile: string;
        /** The owners of the code repository want no pull requests for this image. Its clocks run all the same. */
        readonly isLeftOut?: true;
      }
    | {
        /** Seen and not handled: no profile claims it, its vendor has ended it, or the place cannot be edited. */
        readonly kind: "seen";
        readonly reason: SeenReason;
        /** Where its tag has no digest yet, and one can be put there. */
        readonly isPinnable?: true;
        /** Where it names a tag that a profile claims: worth watching all the same. */
        readonly line?: ImageLine;
        readonly profile?: string;
        /** What everybody should know who uses it. */
        readonly notice?: string;
      };
}

/** Why a place is not kept up to date. */
export type SeenReason = UnhandledReason | "no-profile" | "service-ended" | "pin-never" | "left-out";

/** What the last scan of a branch found. Replaced whole by the next one. */
export interface Scan extends CodeBranch {
  readonly commit: string;
  readonly scannedAt: Instant;
  readonly places: readonly ScannedPlace[];
  /** Files that should have been read and were not. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  /** Names the rules that the files were read by: equal ones find the same places in the same files. */
  readonly readBy?: string;
  /** What its owners say of it. */
  readonly own?: OwnFile;
  /** Newer tags that its policy lets places move to, each line once; absent where there are none. */
  readonly candidates?: readonly Candidate[];
  /** The branch that says what its owners say of it, where that is another one. */
  readonly home?: string;
  /** It is read by its name or a pattern, not as the default branch: branches of its pull requests have its name in theirs. */
  readonly isNamed?: true;
  /** Its newest commit could not be read: all else is of an earlier one, or there is nothing else. */
  readonly unread?: {
    readonly commit: string;
    /** For people. */
    readonly reason: string;
    readonly at: Instant;
  };
  /** It is configured no longer: nobody looks at it, and it has no places. */
  readonly isUnsubscribed?: true;
  /** So it is because this branch is gone or not wanted any more; others of its code repository are read on. */
  readonly isLeft?: true;
}

/** A scan of what is read no more, from then on: nothing in it is watched. */
export function unsubscribed(
  { candidates: _candidates, readBy: _readBy, unread: _unread, isLeft: _isLeft, ...scan }: Scan,
  at: Instant,
): Scan {
  return { ...scan, scannedAt: at, places: [], skipped: [], isUnsubscribed: true };
}

/** The same of a branch whose code repository is read on. */
export function left(scan: Scan, at: Instant): Scan {
  return { ...unsubscribed(scan, at), isLeft: true };
}

/** Of which branch of which code repository a scan is, for people: the default branch goes without saying. */
export function readableName({
  codeRepository: { owner, name },
  branch,
  isNamed,
}: Pick<Scan, "codeRepository" | "branch" | "isNamed">): string {
  return isNamed === true ? `${owner}/${name} (${branch})` : `${owner}/${name}`;
}

/** What the owners of a code repository wrote for us, and what holds of it. */
export interface OwnFile {
  /** Where it stands; absent where it is gone, and only that is left to be told. */
  readonly path?: string;
  /** What holds: what was last written without a fault. Absent: nothing but what the operator says. */
  readonly settings?: OwnSettings;
  /** What is wrong with what is written now. */
  readonly faults: readonly OwnFault[];
  /** How many files it leaves out that would have been read. */
  readonly ignoredCount?: number;
  /** Where a failed check tells of faults, and of which: a hash. */
  readonly told?: { readonly commit: string; readonly faults: string };
}

/** Who watches what. */
export interface Subscriptions {
  readonly profiles: readonly Profile[];
  readonly mirrors: readonly Mirror[];
  /** What becomes of tags without a digest. */
  readonly pin: Pinning;
}

/** What becomes of an occurrence in a file. One that names a mirror is watched where the mirror has it from. */
export function placeOf(found: FoundOccurrence, subscriptions: Subscriptions): ScannedPlace {
  const { line, raw, handling } = found.occurrence;
  const where = { ...whereIs(found), format: found.format };
  const reference = handling.reference;
  const claim = reference === undefined ? undefined : claimOf(reference.repository, subscriptions);
  if (claim === undefined) {
    const reason = handling.kind === "reported" && reference === undefined ? handling.reason : "no-profile";
    return { ...where, line, raw, state: { kind: "seen", reason } };
  }
  const { repository, mirror } = claim;
  const { id: profile, mode, notice } = claim.profile;
  const written = { ...where, line, raw, ...(mirror === undefined ? {} : { mirror }) };
  if (mode === "discontinued") {
    const told = notice === undefined ? {} : { notice };
    return { ...written, state: { kind: "seen", reason: "service-ended", profile, ...told } };
  }
  if (handling.kind === "editable") {
    const { tag, digest } = handling.reference;
    return { ...written, state: { kind: "handled", line: { repository, tag }, digest, profile } };
  }
  if (handling.kind === "pinnable") {
    if (subscriptions.pin === "never")
      return { ...written, state: { kind: "seen", reason: "pin-never", profile } };
    const of = { line: { repository, tag: handling.reference.tag }, profile };
    return { ...written, state: { kind: "seen", reason: "not-pinned", isPinnable: true, ...of } };
  }
  const watched = reference?.tag === undefined ? {} : { line: { repository, tag: reference.tag } };
  return { ...written, state: { kind: "seen", reason: handling.reason, ...watched, profile } };
}

/** The same places as the owners of the code repository want it, by the names of images that are watched and that are written. */
export function placesUnder(
  own: OwnSettings | undefined,
  places: readonly ScannedPlace[],
): readonly ScannedPlace[] {
  if (own?.images === undefined) return places;
  const isLeftOut = leftOutBy(own);
  return places.map((place) => {
    const { state, mirror } = place;
    if (state.line === undefined) return place;
    if (![state.line.repository, ...(mirror === undefined ? [] : [mirror])].some(isLeftOut)) return place;
    if (state.kind === "handled") return { ...place, state: { ...state, isLeftOut: true } };
    if (state.reason !== "not-pinned") return place;
    const { isPinnable: _isPinnable, ...seen } = state;
    return { ...place, state: { ...seen, reason: "left-out" } };
  });
}

/** The file where the digest stands or would stand, and the one that leads there. */
function whereIs({ path, occurrence }: FoundOccurrence): Pick<Place, "path" | "via"> {
  return occurrence.path === undefined || occurrence.path === path
    ? { path }
    : { path: occurrence.path, via: path };
}

/** Who claims a repository: a profile that names it, else the one that claims what it is a mirror of. */
function claimOf(
  written: Repository,
  { profiles, mirrors }: Subscriptions,
): (Origin & { readonly profile: Profile }) | undefined {
  const own = profileOf(profiles, written);
  if (own !== undefined) return { profile: own, repository: written };
  const origin = originOf(mirrors, written);
  const profile = profileOf(profiles, origin.repository);
  return profile === undefined ? undefined : { profile, ...origin };
}

/** The image lines a scan subscribes to, each once: those that places name, and those that they may move to. */
export function linesOf({
  places,
  candidates = [],
}: Pick<Scan, "places" | "candidates">): readonly ImageLine[] {
  const named = places.flatMap(({ state }) => (state.line === undefined ? [] : [state.line]));
  const lines = [...named, ...candidates.map(lineTo)];
  return [...new Map(lines.map((line) => [renderLine(line), line])).values()];
}

/** The image lines that places of a scan are pinned to, each once. */
export function pinnedLines({ places }: Pick<Scan, "places">): readonly ImageLine[] {
  const lines = places.flatMap(({ state }) => (state.kind === "handled" ? [state.line] : []));
  return [...new Map(lines.map((line) => [renderLine(line), line])).values()];
}

/** Those of them that are kept up to date: their places may move, where somebody lets them. */
export function movableLines({ places }: Pick<Scan, "places">): readonly ImageLine[] {
  return pinnedLines({
    places: places.filter(({ state }) => state.kind === "handled" && state.isLeftOut !== true),
  });
}

/** The image lines whose places may move to this one: what is pinned, not what is watched for it. */
export function movingTo(
  { candidates = [] }: Pick<Scan, "candidates">,
  line: ImageLine,
): readonly ImageLine[] {
  const name = renderLine(line);
  return candidates.flatMap((candidate) => (renderLine(lineTo(candidate)) === name ? [candidate.line] : []));
}

/** The digests a scan pins a line to, each once, with the profile that claims the line and the files it is in. */
export function pinsOf(
  scan: Scan,
  line: ImageLine,
): readonly { digest: Digest; profile: string; paths: readonly string[] }[] {
  const name = renderLine(line);
  const pins = scan.places.flatMap(({ path, state }) =>
    state.kind === "handled" && renderLine(state.line) === name
      ? [{ digest: state.digest, profile: state.profile, path }]
      : [],
  );
  return [...Map.groupBy(pins, ({ digest }) => digest)].flatMap(([digest, group]) => {
    const profile = group.at(-1)?.profile;
    return profile === undefined
      ? []
      : [{ digest, profile, paths: [...new Set(group.map(({ path }) => path))] }];
  });
}

/** Why a place is not kept up to date, in words for its owner. */
export function reasonInWords(reason: SeenReason): string {
  switch (reason) {
    case "no-profile":
      return "not a hardened image: no profile claims it, not watched";
    case "service-ended":
      return "its vendor has ended this image: no fix will come, not watched";
    case "left-out":
      return "the owners of the code repository want no pull requests for this image";
    case "variable-unresolved":
      return "a variable without a default decides which image this is";
    case "reference-invalid":
      return "not an image reference";
    case "not-pinned":
      return "not pinned by digest: there is nothing to bump";
    case "pin-never":
      return "not pinned by digest, and the policy wants it so: not watched";
    case "tag-unknown":
      return "a digest without a tag: which tag it followed is not known";
    case "reference-assembled":
      return "put together from several places: its digest stands in no single one";
    case "name-unknown":
      return "a tag or a digest alone: which image it belongs to is not said there";
    case "generated":
      return "in a file that a program makes: change what it is made from";
    case "test-data":
      return "data of a test";
    case "other-bot":
      return "another bot keeps this line";
    case "status-field":
      return "records what ran, and decides nothing";
    case "artifact-name":
      return "the name of what a build makes: nothing is fetched by it";
    case "embedded":
      return "inside other text, such as a script or a template";
    case "not-opted-in":
      return "a variable of a script: edited only where that is asked for";
    case "unread":
      return "in a file, or a part of one, that is broken or too large to be read";
    case "format-read-only":
      return "in a kind of file that is read and not edited";
    default:
      return reason satisfies never;
  }
}
