import type { Digest } from "../../image/digest.ts";
import { type ImageLine, renderLine, renderReference, type Tag } from "../../image/reference.ts";
import type { ProposalKey } from "../../ports/store.ts";
import { groupOf } from "../../proposal/group.ts";
import type { Place, Plan } from "../../proposal/plan.ts";
import type { Instant } from "../../time.ts";
import type { Profile } from "../../vendor/profile.ts";
import type { PullRules } from "../../vendor/pull-rules.ts";
import { isMoveWithin } from "../../vendor/tag-moves.ts";
import { reasonInWords, type Scan, type ScannedPlace } from "../../watch/scan.ts";

/** A line, with who claims it. */
export interface PinnedLine {
  readonly line: ImageLine;
  readonly profile: Profile;
}

/** One line pinned to one digest, wherever in the group. */
export interface PinnedPlaces extends PinnedLine {
  readonly from: Digest;
  readonly places: readonly Place[];
  /** A newer tag that all of them may move to. */
  readonly newer?: Tag;
  /** A newer tag that none of them can move to, because theirs cannot be changed where it stands. */
  readonly outOfReach?: Tag;
}

/** Which places belong to one pull request. */
export interface Group {
  readonly key: ProposalKey;
  readonly pulls: Pick<PullRules, "group" | "tags">;
  readonly profiles: readonly Profile[];
  readonly now: Instant;
}

/** Who claims a place of the group; undefined for places of other groups, and for what nobody has confirmed or decided, which is never proposed. */
function claimIn({ path, state }: ScannedPlace, group: Group): Profile | undefined {
  const { key, pulls, profiles } = group;
  const { line, profile: id } = state;
  if (line === undefined || id === undefined) return undefined;
  if (groupOf(pulls.group, { line, path, profile: id }) !== key.group) return undefined;
  const profile = profiles.find((each) => each.id === id);
  return profile?.mode === "enforced" ? profile : undefined;
}

/** Everything that places of a group are pinned to. Places that can move to a newer tag and those that cannot are apart. */
export function pinsIn(scan: Scan, group: Group): readonly PinnedPlaces[] {
  const pins = new Map<string, PinnedPlaces & { readonly places: Place[] }>();
  for (const found of scan.places) {
    const { path, via, line: lineNumber, mirror, state } = found;
    const profile = claimIn(found, group);
    if (state.kind !== "handled" || state.isLeftOut === true || profile === undefined) continue;
    const reach = reachOf(found, scan, { line: state.line, profile }, group);
    const name = `${renderLine(state.line)}@${state.digest} ${JSON.stringify(reach)}`;
    const pin = pins.get(name) ?? { line: state.line, profile, from: state.digest, places: [], ...reach };
    pin.places.push({
      path,
      line: lineNumber,
      ...(via === undefined ? {} : { via }),
      ...(mirror === undefined ? {} : { mirror }),
    });
    pins.set(name, pin);
  }
  return [...pins.values()];
}

/** The newer tag of a place, by its last scan and the policy as it is now. */
function reachOf(
  { path, line: lineNumber }: ScannedPlace,
  { candidates = [] }: Scan,
  { line, profile }: PinnedLine,
  { pulls: { tags: scope }, now }: Group,
): Pick<PinnedPlaces, "newer" | "outOfReach"> {
  if (scope === "same") return {};
  const name = renderLine(line);
  const candidate = candidates.find((each) => renderLine(each.line) === name);
  if (candidate === undefined || !isMoveWithin(line, candidate.to, { profile, scope, now })) return {};
  const isStuck = candidate.stuck?.some((place) => place.path === path && place.line === lineNumber) === true;
  return isStuck ? { outOfReach: candidate.to } : { newer: candidate.to };
}

/** Places that name an image of the group and are never edited, with the reason for people. */
export function notEditedIn(scan: Scan, group: Group): Plan["notEdited"] {
  return scan.places.flatMap((found) => {
    const { path, line, raw, state } = found;
    const reason = state.kind === "seen" ? state.reason : state.isLeftOut === true ? "left-out" : undefined;
    return reason !== undefined && claimIn(found, group) !== undefined
      ? [{ path, line, raw, reason: reasonInWords(reason) }]
      : [];
  });
}

/** A place that stays as it is for now. */
export function stayingPlace(
  { path, line, mirror }: Place,
  { line: { repository, tag }, from }: Pick<PinnedPlaces, "line" | "from">,
  reason: string,
): Plan["notEdited"][number] {
  return {
    path,
    line,
    raw: renderReference({ repository: mirror ?? repository, tag, digest: from }),
    reason,
  };
}
