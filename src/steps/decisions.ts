import { type ImageLine, renderLine } from "../image/reference.ts";
import type { Digest } from "../image/digest.ts";
import type { ApprovalRecord, Decision, DistrustRecord } from "../ports/operators.ts";
import type { EventKind, Store, StoreEvent } from "../ports/store.ts";
import { distrustId, type DistrustSubject } from "../trust/distrust.ts";

/** Whether a decision changed anything: it may have been so already. */
export type Outcome = "done" | "already";

/** Takes trust away. What rests on it is dealt with by whichever process works on the queues, within seconds. */
export async function distrust(record: DistrustRecord, store: Store): Promise<Outcome> {
  const id = distrustId(record.subject);
  const known = (await store.distrusted()).some(({ subject }) => distrustId(subject) === id);
  if (!known) {
    await store.append(eventOf("distrusted", id, record));
    await store.distrust(record);
  }
  await store.schedule({ kind: "revoke" }, record.at, "sooner");
  return known ? "already" : "done";
}

/** Gives trust back: everything that had lost it is judged anew. */
export async function liftDistrust(
  subject: DistrustSubject,
  decision: Decision,
  store: Store,
): Promise<Outcome> {
  const id = distrustId(subject);
  const known = (await store.distrusted()).some((record) => distrustId(record.subject) === id);
  if (known) {
    await store.append(eventOf("distrust-lifted", id, decision));
    await store.liftDistrust(subject);
  }
  await store.schedule({ kind: "revoke" }, decision.at, "sooner");
  return known ? "done" : "already";
}

/** Says that a step backwards is meant. The next look at the tag has it proposed. */
export async function approve(record: ApprovalRecord, store: Store): Promise<Outcome> {
  const { line, digest, at } = record;
  const known = await store.approval(line, digest);
  if (known === undefined) {
    await store.append(eventOf("approved", nameOf(line, digest), record));
    await store.approve(record);
  }
  await store.schedule({ kind: "poll", repository: line.repository }, at, "sooner");
  return known === undefined ? "done" : "already";
}

/** Takes that back: a pull request that proposes it is flagged when it is looked at next. */
export async function withdrawApproval(
  line: ImageLine,
  digest: Digest,
  decision: Decision,
  store: Store,
): Promise<Outcome> {
  const known = await store.approval(line, digest);
  if (known !== undefined) {
    await store.append(eventOf("approval-withdrawn", nameOf(line, digest), decision));
    await store.withdrawApproval(line, digest);
  }
  await store.schedule({ kind: "poll", repository: line.repository }, decision.at, "sooner");
  return known === undefined ? "already" : "done";
}

function nameOf(line: ImageLine, digest: Digest): string {
  return `${renderLine(line)}@${digest}`;
}

function eventOf(kind: EventKind, subject: string, { by, reason, at }: Decision): StoreEvent {
  return { kind, at, subject, message: `by ${by}: ${reason}`, key: `${kind} ${subject} ${at}` };
}
