import { shortOf } from "../../image/digest.ts";
import { familiarNameOf, isSameRepository } from "../../image/reference.ts";
import { renderMoment } from "../../time.ts";
import { BODY_LENGTH_MAX, type BodyFacts } from "../body.ts";
import { platformsText } from "../body/changes.ts";
import { renderWhich } from "../body/common.ts";
import { LIMITS, type Limits } from "../body/limits.ts";
import { proofGapsOf, renderNotEdited } from "../body/not-checked.ts";
import { renderProof } from "../body/signatures.ts";
import { renderWeakened, renderWho } from "../body/verdict-line.ts";
import { renderControls } from "../commands.ts";
import { capped, code, counted, table } from "../markdown.ts";
import { renderPinsMarker } from "../marker.ts";
import type { FirstPin, PinsPlan } from "./plan.ts";

const DIGITS = 12;
/** What closing means, so that nobody has to look it up before. */
const CLOSING =
  "Closing this leaves these places as they are: a newer digest does not open it again, and only other places are proposed.";

/**
 * The body of the pull request of first pins, as GitHub's Markdown. The same plan gives the same bytes at any time. What would make it too
 * long is left out, and counted.
 */
export function renderPinsBody(plan: PinsPlan, { version, markerKey }: BodyFacts): string {
  const footer = `<sub>Hullkeeper ${code(version)} · group ${code(plan.group)}</sub>`;
  const tail = `${renderControls()}\n\n${CLOSING}\n\n${footer}\n\n${renderPinsMarker(plan, markerKey)}\n`;
  let body = "";
  for (const limits of LIMITS) {
    body = `${renderSections(plan, limits)}\n\n${tail}`;
    if (body.length <= BODY_LENGTH_MAX) break;
  }
  return body;
}

function renderSections(plan: PinsPlan, limits: Limits): string {
  return [
    renderWeakened(plan),
    renderVerdict(plan),
    "A tag can be moved to other content at any time; a digest names exactly what was verified. Where an image has several platforms, the index of all of them is pinned.",
    renderTable(plan, limits),
    renderPinsProof(plan, limits),
    AFTERWARDS,
    renderNotPinned(plan, limits),
    renderNotChecked(plan, limits),
  ]
    .filter((section) => section !== undefined)
    .join("\n\n");
}

const AFTERWARDS = `### What happens afterwards

Once this is merged, these are ordinary pins: when a tag moves, its new digest is verified and comes as a pull request that says what changes and what it fixes, with the deadline that your policy sets. Until one is merged, what is built stays at these digests.`;

function renderVerdict(plan: PinsPlan): string {
  const placeCount = plan.updates.reduce((sum, { places }) => sum + places.length, 0);
  const left = plan.updates.filter(({ isLeft }) => isLeft === true);
  const what = `${counted(plan.updates.length, "tag")} in ${counted(placeCount, "place")}`;
  return [
    `> **No deadline: nothing changes.** Adds the verified digest to **${what}**, and edits nothing else.`,
    ...(left.length === 0
      ? []
      : [
          `> ⚠ ${counted(left.length, "tag has", "tags have")} moved on to what is not verified: pinned is what was verified before (${renderWhich(left, plan, 3)}).`,
        ]),
    `> ${renderWho(plan)}`,
  ].join("\n");
}

function renderTable({ updates }: PinsPlan, limits: Limits): string {
  const rows = updates
    .slice(0, limits.images)
    .map(({ line, to, platforms, observedAt, places }, position) => {
      const previous = updates[position - 1];
      const isSame = previous !== undefined && isSameRepository(previous.line.repository, line.repository);
      const written = places.slice(0, limits.places).map((place) => code(`${place.path}:${place.line}`));
      return [
        isSame ? "same" : code(familiarNameOf(line.repository)),
        code(line.tag),
        code(shortOf(to, DIGITS)),
        platformsText(platforms),
        renderMoment(observedAt),
        capped(written, limits.places, ", ", places.length),
      ];
    });
  const columns = ["image", "tag", "digest", "platforms", "first seen", "in"];
  const rest = updates.length - rows.length;
  const more = rest > 0 ? `\n\n… and ${counted(rest, "more image")}: see the files changed.` : "";
  return `${table(columns, rows)}${more}`;
}

/** Who signed what is pinned, and how the reader checks it again. */
export function renderPinsProof(plan: PinsPlan, limits: Limits): string {
  return renderProof(plan, limits, tagText);
}

function tagText({ isLeft }: FirstPin): string {
  return isLeft === true
    ? "– has moved on since, to a digest that is not verified: that is not pinned before it is"
    : "✔ stands at exactly this digest: asked just before this was written";
}

/** Absent when there is nothing of the kind. */
function renderNotPinned({ notPinned }: PinsPlan, limits: Limits): string | undefined {
  if (notPinned.length === 0) return undefined;
  const shown = notPinned.slice(0, limits.notEdited).map((place) => `- ${renderNotEdited(place)}`);
  const rest = notPinned.length - shown.length;
  return ["### Not pinned", "", ...shown, ...(rest > 0 ? [`- and ${counted(rest, "more place")}`] : [])].join(
    "\n",
  );
}

function renderNotChecked(plan: PinsPlan, limits: Limits): string {
  const items = [
    "Vulnerabilities, packages and configuration: no image changes, so there is nothing to compare. What these images have already stays.",
    ...proofGapsOf(plan, limits),
    "Builds that are told other images from outside, by arguments or variables: what they take is not seen in files.",
  ];
  return `### Not checked\n\n${items.map((item) => `- ${item}`).join("\n")}`;
}
