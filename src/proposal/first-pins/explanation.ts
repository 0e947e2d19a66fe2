import { shortOf } from "../../image/digest.ts";
import { renderLine } from "../../image/reference.ts";
import { renderMoment } from "../../time.ts";
import { distinctSigners, renderExactly, renderSigners } from "../body/signer.ts";
import { renderNotEdited } from "../body/not-checked.ts";
import { capped, code, counted, prose } from "../markdown.ts";
import type { FirstPin, PinsPlan } from "./plan.ts";

const PINS_MAX = 20;
const PLACES_MAX = 5;
const NOT_PINNED_MAX = 20;
const DIGITS = 12;

const WHY =
  "Your policy (`pin: propose`) wants verified digests beside tags that stand alone. That is so in these places:";
const NO_DEADLINE =
  "It has no deadline and no clock runs for it: what is built does not change. Where a tag moves on before this is merged, what is pinned follows it once the new digest is verified.";

/** What is said where stored facts pin nothing now. */
export const NO_PINS_TO_EXPLAIN =
  "Nothing that I know now would open this pull request: its places have a digest by now, are gone, were declined, or name what is no longer verified; or your policy does not ask for first pins any more. It has no deadline and no clock runs for it.";

/** Why first pins are there: which tag stood at which digest, who stands behind that, and what stays as it is. Markdown; the same for the same plan. */
export function renderPinsExplanation({ updates, notPinned }: PinsPlan): string {
  const pins = updates.slice(0, PINS_MAX).map(whyPinned);
  const morePins = updates.length - pins.length;
  const staying = notPinned.slice(0, NOT_PINNED_MAX).map((place) => `- ${renderNotEdited(place)}`);
  const moreStaying = notPinned.length - staying.length;
  return [
    `### Why this is here\n\n${WHY}`,
    pins.join("\n"),
    ...(morePins > 0 ? [`and ${counted(morePins, "more tag")}, see the files changed.`] : []),
    ...(staying.length === 0 ? [] : [`### What stays as it is\n\n${staying.join("\n")}`]),
    ...(moreStaying > 0 ? [`and ${counted(moreStaying, "more place")}.`] : []),
    `### What decides the deadline\n\n${NO_DEADLINE}`,
  ].join("\n\n");
}

function whyPinned({ line, to, places, verdict, verifiedAt, observedAt, isLeft }: FirstPin): string {
  const written = places.slice(0, PLACES_MAX).map((place) => code(`${place.path}:${place.line}`));
  const signers = renderSigners(
    distinctSigners(verdict.signers),
    (signer) => `${prose(signer.name)}, ${renderExactly(signer)}`,
  );
  const now =
    isLeft === true ? " It has moved on since to what is not verified: that is not pinned before it is." : "";
  return [
    `- ${code(renderLine(line))} stands alone in ${capped(written, PLACES_MAX, ", ", places.length)}; the tag was first seen at ${code(shortOf(to, DIGITS))} ${renderMoment(observedAt)}.${now}`,
    `  That was verified ${renderMoment(verifiedAt)}, signed by ${signers}.`,
  ].join("\n");
}
