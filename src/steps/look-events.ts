import { shortOf } from "../image/digest.ts";
import { type ImageLine, renderLine } from "../image/reference.ts";
import type { EventKind, StoreEvent } from "../ports/store.ts";
import { type Instant, renderSpan } from "../time.ts";
import type { Movement } from "../watch/history.ts";
import { isGone } from "../watch/missing.ts";
import { stalenessInWords } from "../watch/staleness.ts";
import type { TagRecord } from "../watch/tag-record.ts";

/** What a look at a tag changed: before, after, and where it moved, if it was found. */
export interface LookChange {
  readonly line: ImageLine;
  readonly before: TagRecord;
  readonly after: TagRecord;
  readonly movement?: Movement;
}

/** What there is to tell about a look. The same look again tells the same events, under the same keys. */
export function eventsOf(change: LookChange, at: Instant): readonly StoreEvent[] {
  return [moveOf(change, at), goneOf(change, at), backOf(change, at), staleOf(change, at)].filter(
    (event) => event !== undefined,
  );
}

function moveOf({ line, before, movement }: LookChange, at: Instant): StoreEvent | undefined {
  const from = before.history.at(-1);
  const kind = movement === undefined ? undefined : kindOf(movement);
  if (from === undefined || movement === undefined || kind === undefined) return undefined;
  const subject = renderLine(line);
  const end = movement.kind === "forward" ? "" : "; this is not proposed";
  return {
    kind,
    at,
    subject,
    message: `left ${shortOf(from.digest)} for ${movement.reason}${end}`,
    key: `moved ${subject} ${from.digest} ${from.firstSeenAt}`,
  };
}

function kindOf({ kind }: Movement): EventKind | undefined {
  switch (kind) {
    case "first":
    case "same":
    case "flapping":
      return undefined;
    case "forward":
    case "attestation-only":
      return "tag-moved";
    case "backwards":
    case "rollback-suspected":
      return "tag-moved-backwards";
    default:
      return kind satisfies never;
  }
}

function goneOf({ line, before, after }: LookChange, at: Instant): StoreEvent | undefined {
  const { missing } = after;
  if (missing === undefined || !isGone(missing) || isGone(before.missing)) return undefined;
  const subject = renderLine(line);
  const last = before.history.at(-1);
  // A look without the tag leaves the history as it was: the key is one for each time the tag goes.
  const key = `tag-missing ${subject} ${last === undefined ? "never seen" : `${last.digest} ${last.lastSeenAt}`}`;
  const message = `the registry has no such tag, after ${missing.count} looks in ${renderSpan(missing.lastAt - missing.since)}`;
  return { kind: "tag-missing", at, subject, message, key };
}

function backOf({ line, before, movement }: LookChange, at: Instant): StoreEvent | undefined {
  const { missing } = before;
  if (movement === undefined || missing === undefined || !isGone(missing)) return undefined;
  const subject = renderLine(line);
  return {
    kind: "tag-back",
    at,
    subject,
    message: `there again, after ${renderSpan(at - missing.since)}`,
    key: `tag-back ${subject} ${missing.since}`,
  };
}

function staleOf({ line, before, after }: LookChange, at: Instant): StoreEvent | undefined {
  const { stale } = after;
  if (stale === undefined || before.stale?.since === stale.since) return undefined;
  const subject = renderLine(line);
  const digest = after.history.at(-1)?.digest ?? "";
  return {
    kind: "tag-stale",
    at,
    subject,
    message: stalenessInWords(stale),
    key: `tag-stale ${subject} ${digest} ${stale.since}`,
  };
}
