import type { Context } from "../context.ts";
import type { Digest } from "../image/digest.ts";
import { type ImageLine, renderImage, renderLine } from "../image/reference.ts";
import type { ProposalKey, ProposalRecord, Store, VerdictRecord } from "../ports/store.ts";
import { renderPinsBody } from "../proposal/first-pins/body.ts";
import type { FirstPin, PinsPlan } from "../proposal/first-pins/plan.ts";
import {
  PINS_LABELS,
  pinsCheckOf,
  pinsMessageOf,
  pinsStatusesOf,
  pinsTitleOf,
} from "../proposal/first-pins/words.ts";
import { baseOf, type NotEdited, type Place } from "../proposal/plan.ts";
import type { Verdict } from "../trust/verdict.ts";
import type { Policies } from "../vendor/policies.ts";
import { rulesOf } from "../watch/rules-of.ts";
import type { Profile } from "../vendor/profile.ts";
import { compareTexts } from "../versions/order.ts";
import { isGone } from "../watch/missing.ts";
import { isBackwards } from "../watch/history.ts";
import { reasonInWords, type Scan, type ScannedPlace } from "../watch/scan.ts";
import { proposalKeyOf } from "./current-proposal.ts";
import { declinedBy } from "./declined-pins.ts";
import type { Draft } from "./draft.ts";
import { editedFiles, pathsOf } from "./edited-files.ts";
import type { RulesNow } from "./held.ts";
import { packagesOf } from "./planning/update.ts";

/** What first pins are planned for, and from. */
export interface PinsFacts {
  readonly key: ProposalKey;
  /** The last pull request of first pins that there was. */
  readonly current: ProposalRecord | undefined;
  readonly context: Pick<Context, "store" | "settings">;
  /** Images of mirrors that they do not serve, as {@link renderImage} writes them. */
  readonly unserved?: ReadonlySet<string>;
}

/** A plan of first pins as a pull request. It has no deadline: no image changes. */
export function draftOfPins(
  plan: PinsPlan,
  { pulls, edit }: Pick<RulesNow, "pulls" | "edit">,
  { publicUrl, version, markerKey }: Context["settings"],
): Draft {
  const link = publicUrl === undefined ? {} : { url: publicUrl };
  const [verification, sla] = pinsStatusesOf(plan);
  return {
    key: proposalKeyOf(plan),
    content: {
      title: pinsTitleOf(plan),
      body: renderPinsBody(plan, { version, markerKey }),
      labels: PINS_LABELS,
      message: pinsMessageOf(plan),
    },
    changes: new Set(plan.updates.flatMap(({ places }) => places.map(({ path }) => path))),
    paths: pathsOf(plan, edit),
    edited: (files) => editedFiles(plan, files, edit),
    check: { ...pinsCheckOf(plan), ...link },
    verification: { ...verification, ...link },
    statuses: [{ ...sla, ...link }],
    pulls,
    updates: plan.updates.map(({ line, to, places }) => {
      const paths = [...new Set(places.map(({ path }) => path))].toSorted(compareTexts);
      return { line, to, paths, superseded: [] };
    }),
  };
}

/**
 * Which tags get which digests, where the policy of the code repository wants that: those that stand alone at a place that can take one, of
 * profiles that are enforced, where a person has not declined it, and whose digest is verified. What an open pull request pins a tag to
 * stays where the tag has moved on to something that is not verified.
 */
export async function pinsPlanFor({
  key,
  current,
  context,
  unserved,
}: PinsFacts): Promise<PinsPlan | undefined> {
  const { store, settings } = context;
  const scan = await store.scan(baseOf(key));
  if (scan === undefined) return undefined;
  if (!arePinsWanted(settings.policies, scan)) return undefined;

  const isDeclined = declinedBy(current);
  const open = current?.state === "open" ? current : undefined;
  const notPinned: NotEdited[] = [];
  const pins: FirstPin[] = [];
  const lines = new Map<string, AloneLine>();
  for (const place of scan.places) {
    const alone = aloneAt(place, { profiles: settings.profiles, isDeclined });
    if (alone?.kind === "stays") notPinned.push(notPinnedAt(place, alone.why));
    if (alone?.kind !== "alone") continue;
    const { line, profile } = alone;
    const found = lines.get(renderLine(line)) ?? { line, profile, places: [] };
    found.places.push(place);
    lines.set(renderLine(line), found);
  }
  for (const alone of lines.values()) {
    const { pin, staying } = await pinOf(alone, { store, open, unserved: unserved ?? new Set() });
    if (pin !== undefined) pins.push(pin);
    notPinned.push(...staying);
  }
  if (pins.length === 0) return undefined;
  return {
    ...proposalKeyOf(key),
    updates: pins.toSorted((a, b) => compareTexts(renderLine(a.line), renderLine(b.line))),
    notPinned: notPinned.toSorted(
      (a, b) => compareTexts(a.path, b.path) || a.line - b.line || compareTexts(a.raw, b.raw),
    ),
  };
}

/** An image line whose tag stands alone in some places. */
interface AloneLine {
  readonly line: ImageLine;
  readonly profile: Profile;
  readonly places: ScannedPlace[];
}

/** What a place is to first pins; undefined where it has a digest already, or is nobody's. */
type Alone =
  | { readonly kind: "alone"; readonly line: ImageLine; readonly profile: Profile }
  | { readonly kind: "stays"; readonly why: string };

function aloneAt(
  { path, raw, state }: ScannedPlace,
  {
    profiles,
    isDeclined,
  }: { readonly profiles: readonly Profile[]; readonly isDeclined: ReturnType<typeof declinedBy> },
): Alone | undefined {
  const profile = profiles.find(({ id }) => id === state.profile);
  if (state.kind === "handled" || profile === undefined) return undefined;
  if (state.reason === "service-ended" || state.reason === "pin-never") return undefined;
  const { line } = state;
  if (state.isPinnable !== true || line === undefined) {
    if (state.reason === "tag-unknown" || raw.includes("sha256:")) return undefined;
    return { kind: "stays", why: whyNotPinnable(state) };
  }
  if (profile.mode !== "enforced") {
    return { kind: "stays", why: "what is known of its vendor is not confirmed: nothing of it is proposed" };
  }
  if (isDeclined({ line, path }))
    return { kind: "stays", why: "a person closed the pull request that pinned it" };
  return { kind: "alone", line, profile };
}

function whyNotPinnable({ reason, line }: Extract<ScannedPlace["state"], { kind: "seen" }>): string {
  if (reason !== "not-pinned") return reasonInWords(reason);
  return line === undefined
    ? "it has no tag: which digest is meant is not known"
    : "there is no place where a digest could be put";
}

function notPinnedAt({ path, line, raw }: ScannedPlace, reason: string): NotEdited {
  return { path, line, raw, reason };
}

interface PinSources {
  readonly store: Pick<Store, "watch" | "verdict" | "approval">;
  readonly open: ProposalRecord | undefined;
  readonly unserved: ReadonlySet<string>;
}

/** The pin of a line, and its places that stay as they are. */
async function pinOf(
  { line, profile, places }: AloneLine,
  { store, open, unserved }: PinSources,
): Promise<{ readonly pin: FirstPin | undefined; readonly staying: readonly NotEdited[] }> {
  const target = await targetOf(line, { store, open });
  if (target.kind === "none") {
    return { pin: undefined, staying: places.map((place) => notPinnedAt(place, target.why)) };
  }
  const { record, verdict, observedAt, left } = target;
  const to = record.image.digest;
  const whyStays = ({ path, mirror }: ScannedPlace): string | undefined => {
    if (left !== undefined && left.paths?.includes(path) === false) return left.why;
    const isBehind = mirror !== undefined && unserved.has(renderImage({ repository: mirror, digest: to }));
    return isBehind ? "its mirror does not have this digest yet" : undefined;
  };
  const pinned: Place[] = [];
  const staying: NotEdited[] = [];
  for (const place of places) {
    const why = whyStays(place);
    if (why === undefined) pinned.push(whereIs(place));
    else staying.push(notPinnedAt(place, why));
  }
  if (pinned.length === 0) return { pin: undefined, staying };
  const pin: FirstPin = {
    line,
    to,
    places: pinned,
    platforms: record.platforms,
    verdict,
    verifiedAt: record.verifiedAt ?? record.checkedAt,
    observedAt: observedAt ?? record.since,
    ...packagesOf(record),
    profile,
    ...(left === undefined ? {} : { isLeft: true }),
  };
  return { pin, staying };
}

function whereIs({ path, line, via, mirror }: ScannedPlace): Place {
  return { path, line, ...(via === undefined ? {} : { via }), ...(mirror === undefined ? {} : { mirror }) };
}

/** The digest that a tag is pinned to, or why it is not. */
type Target =
  | {
      readonly kind: "digest";
      readonly record: VerdictRecord;
      readonly verdict: Extract<Verdict, { kind: "verified" }>;
      readonly observedAt: FirstPin["observedAt"] | undefined;
      /** Where the tag has moved on: to what, and which files stay at the digest before. */
      readonly left?: { readonly why: string; readonly paths: readonly string[] | undefined };
    }
  | { readonly kind: "none"; readonly why: string };

async function targetOf(line: ImageLine, { store, open }: Omit<PinSources, "unserved">): Promise<Target> {
  const { history, missing } = await store.watch(line);
  const seenAt = (digest: Digest) => history.find((each) => each.digest === digest)?.firstSeenAt;
  const current = history.at(-1)?.digest;
  const proposed = open?.updates.find((update) => renderLine(update.line) === renderLine(line));
  const recordOf = (digest: Digest) => store.verdict({ repository: line.repository, digest });
  const proven = (record: VerdictRecord | undefined): Extract<Target, { kind: "digest" }> | undefined =>
    record?.verdict.kind === "verified"
      ? { kind: "digest", record, verdict: record.verdict, observedAt: seenAt(record.image.digest) }
      : undefined;

  let why = missing === undefined ? "its tag was not asked about yet" : "there is no such tag";
  if (current !== undefined && !isGone(missing)) {
    const record = await recordOf(current);
    const isApproved = !isBackwards(history) || (await store.approval(line, current)) !== undefined;
    const target = proven(record);
    if (target !== undefined && (isApproved || proposed?.to === current)) return target;
    why = isApproved
      ? verdictInWords(record?.verdict)
      : "its tag moved backwards: it is pinned once somebody approves of that, or by hand";
  }
  if (proposed === undefined) return { kind: "none", why };
  const before = proven(await recordOf(proposed.to));
  return before === undefined ? { kind: "none", why } : { ...before, left: { why, paths: proposed.paths } };
}

function verdictInWords(verdict: Verdict | undefined): string {
  switch (verdict?.kind) {
    case undefined:
    case "verified":
      return "its digest was not verified yet";
    case "rejected":
      return `its digest is rejected: ${verdict.reason}`;
    case "awaiting-evidence":
      return `its digest is not verified: no ${verdict.missing} that can be checked is there`;
    case "unverifiable":
      return `its digest cannot be verified: ${verdict.reason}`;
    default:
      return verdict satisfies never;
  }
}

/**
 * Why an open pull request of first pins is at its end, in a sentence; undefined while there is something left of what it pins. No scan says nothing.
 */
export function endOfPins(
  { updates }: ProposalRecord,
  scan: Scan | undefined,
  { policies }: Pick<Context["settings"], "policies">,
): string | undefined {
  if (scan === undefined || scan.isUnsubscribed === true) return undefined;
  if (!arePinsWanted(policies, scan)) return "The policy does not ask for first pins any more.";
  const isLeft = scan.places.some(({ path, state }) => {
    const { line } = state;
    if (state.kind === "handled" || state.isPinnable !== true || line === undefined) return false;
    return updates.some(
      (update) =>
        renderLine(update.line) === renderLine(line) &&
        (update.paths === undefined || update.paths.includes(path)),
    );
  });
  return isLeft ? undefined : "Done: all that this pins has a digest by now, or is gone.";
}

/** Whether policy and owners have tags that stand alone pinned there. */
export function arePinsWanted(policies: Policies, scan: Scan): boolean {
  const { pulls, isEnabled } = rulesOf(policies, scan.codeRepository, scan);
  return isEnabled && pulls.pin === "propose";
}
