import { shortOf } from "../../image/digest.ts";
import type { WatchState } from "../../ports/store.ts";
import { type Instant, renderMoment } from "../../time.ts";
import { isBackwards, type Movement, movementOf, type TagHistory } from "../../watch/history.ts";
import { isGone } from "../../watch/missing.ts";
import { stalenessInWords } from "../../watch/staleness.ts";
import { agoOf, type Html, html, renderBadge, type Tone } from "./html.ts";

/** What is unusual about a tag, worst first: each a badge with its reason. */
export function renderSigns(watch: WatchState, now: Instant): readonly Html[] {
  return [
    ...goneSign(watch, now),
    ...backwardsSign(watch.history),
    ...heldSign(watch, now),
    ...staleSign(watch),
    ...evidenceSign(watch.history),
  ];
}

function goneSign({ missing }: WatchState, now: Instant): readonly Html[] {
  if (missing === undefined) return [];
  const badge = isGone(missing) ? renderBadge("bad", "tag missing") : renderBadge("warn", "tag not found");
  return [
    html`${badge}
      <small>since ${renderMoment(missing.since)}, last looked ${agoOf(missing.lastAt, now)}</small>`,
  ];
}

function backwardsSign(history: TagHistory): readonly Html[] {
  if (!isBackwards(history)) return [];
  const isDoubt = history.at(-1)?.doubt !== undefined;
  return [renderBadge("bad", isDoubt ? "rollback suspected" : "moved backwards")];
}

function heldSign({ held }: WatchState, now: Instant): readonly Html[] {
  if (held === undefined) return [];
  return [
    html`${renderBadge("warn", "goes to and fro")}
      <small
        >on <code class="digest" title="${held.digest}">${shortOf(held.digest, 12)}</code> since
        ${agoOf(held.since, now)}, believed when it stays</small
      >`,
  ];
}

function staleSign({ stale }: WatchState): readonly Html[] {
  return stale === undefined
    ? []
    : [html`${renderBadge("warn", "stands still")} <small>${stalenessInWords(stale)}</small>`];
}

function evidenceSign(history: TagHistory): readonly Html[] {
  if (movementOf(history)?.kind !== "attestation-only") return [];
  return [html`${renderBadge("idle", "evidence changed")} <small>the images are the same</small>`];
}

/** How the tag came to a digest. */
export function renderMovement({ kind, reason }: Movement): Html {
  const { words, tone } = MOVEMENT_WORDS[kind];
  return html`${renderBadge(tone, words)} <small>${reason}</small>`;
}

const MOVEMENT_WORDS = {
  first: { words: "first", tone: "idle" },
  same: { words: "same", tone: "idle" },
  forward: { words: "forward", tone: "good" },
  "attestation-only": { words: "evidence only", tone: "idle" },
  backwards: { words: "backwards", tone: "bad" },
  "rollback-suspected": { words: "rollback suspected", tone: "bad" },
  flapping: { words: "to and fro", tone: "warn" },
} as const satisfies Record<Movement["kind"], { readonly words: string; readonly tone: Tone }>;
