import type { ImageLine } from "../../src/image/reference.ts";
import type { Store } from "../../src/ports/store.ts";
import type { Instant } from "../../src/time.ts";
import type { TagHistory } from "../../src/watch/history.ts";
import type { TagRecord } from "../../src/watch/tag-record.ts";

/** What came of one look at a tag. */
export type Look =
  | { readonly kind: "answered"; readonly history: TagHistory; readonly at: Instant }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly at: Instant };

/** Keeps what came of a look at one tag, and of nothing else. */
export async function saveLook(store: Store, line: ImageLine, look: Look): Promise<void> {
  const { line: _line, subscribers: _subscribers, ...known } = await store.watch(line);
  const { code, message, at } = { code: "", message: "", ...look };
  const record: TagRecord =
    look.kind === "answered"
      ? { history: look.history, checkedAt: at }
      : { ...known, failure: { code, message, at } };
  await saveRecord(store, line, record, at);
}

/** Keeps all that is known of one tag. */
export async function saveRecord(
  store: Store,
  { repository, tag }: ImageLine,
  record: TagRecord,
  at: Instant,
): Promise<void> {
  const { poll } = await store.watched(repository);
  const { next: _next, ...kept } = poll;
  await store.savePoll(repository, { looks: [{ tag, record }], poll: kept, lostAt: at });
}
