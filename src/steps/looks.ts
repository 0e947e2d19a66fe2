import type { Context } from "../context.ts";
import { CodedError, isDeferral, messageOf } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import type { Repository } from "../image/reference.ts";
import type { Survey, TagAnswer } from "../ports/registry.ts";
import type { WatchState } from "../ports/store.ts";
import type { Instant } from "../time.ts";
import { criticalSpanOf } from "../vendor/policies.ts";
import { profileOf } from "../vendor/profile.ts";
import { factsIn } from "../watch/content.ts";
import { type DigestFacts, isHeldBack, type Movement } from "../watch/history.ts";
import { recordAfterFailure, recordAfterFound, recordAfterMissing } from "../watch/look.ts";
import type { TagRecord } from "../watch/tag-record.ts";

/** Manifests of one repository that are fetched at the same time. */
const FETCHES_AT_ONCE = 4;

/** Digests that tags moved to, as the registry claims; each once. */
export function movedDigests(
  asked: readonly WatchState[],
  answers: Survey["answers"],
  at: Instant,
): readonly Digest[] {
  const digests = asked.flatMap((watch) => {
    const answer = answers.get(watch.line.tag);
    if (answer?.kind !== "found" || answer.digest === watch.history.at(-1)?.digest) return [];
    return isHeldBack(watch, answer.digest, at) ? [] : [answer.digest];
  });
  return [...new Set(digests)];
}

/** What became of the manifest of a digest that a tag moved to. */
export type Moved =
  | { readonly kind: "read"; readonly facts: DigestFacts }
  | { readonly kind: "failed"; readonly error: unknown };

/** The tag's answer is a claim; the bytes behind the digest are the proof that it exists. */
export async function readMoved(
  repository: Repository,
  digests: readonly Digest[],
  { registry }: Context,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, Moved>> {
  const moved = new Map<Digest, Moved>();
  const read = async (digest: Digest): Promise<void> => {
    try {
      const manifest = await registry.manifest({ repository, digest }, signal);
      moved.set(digest, { kind: "read", facts: factsIn(manifest) });
    } catch (error) {
      moved.set(digest, { kind: "failed", error });
    }
  };
  for (let start = 0; start < digests.length; start += FETCHES_AT_ONCE) {
    await Promise.all(digests.slice(start, start + FETCHES_AT_ONCE).map(read));
    if (deferralIn(moved) !== undefined) break;
  }
  return moved;
}

/** Why a manifest was not asked for, if the registry is to be left alone. */
export function deferralIn(moved: ReadonlyMap<Digest, Moved>): CodedError | undefined {
  for (const result of moved.values()) {
    if (result.kind === "failed" && isDeferral(result.error)) return result.error;
  }
  return undefined;
}

/** One tag, before and after it was asked about. */
export interface Look {
  readonly line: WatchState["line"];
  readonly before: WatchState;
  readonly after: TagRecord;
  /** Present when the tag was found. */
  readonly movement?: Movement;
  /** Present when the question had no answer. */
  readonly error?: { readonly thrown: unknown };
}

/** What the registry said. */
interface Found {
  readonly answers: Survey["answers"];
  readonly moved: ReadonlyMap<Digest, Moved>;
  readonly at: Instant;
}

/** What became of each tag; those that were not asked after all are left out and stay as they were. */
export function looksOf(
  asked: readonly WatchState[],
  { answers, moved, at }: Found,
  context: Context,
): readonly Look[] {
  return asked.flatMap((watch) => {
    const answer = answers.get(watch.line.tag);
    const look = answer === undefined ? undefined : lookOf(watch, answer, moved, at, context);
    return look === undefined ? [] : [{ line: watch.line, before: watch, ...look }];
  });
}

function lookOf(
  watch: WatchState,
  answer: TagAnswer,
  moved: Found["moved"],
  at: Instant,
  { settings }: Context,
): Pick<Look, "after" | "movement" | "error"> | undefined {
  switch (answer.kind) {
    case "missing":
      return { after: recordAfterMissing(watch, at) };
    case "failed":
      return failedLook(watch, answer.error, at);
    case "found": {
      const { digest, source, missed } = answer;
      const isRead = digest !== watch.history.at(-1)?.digest && !isHeldBack(watch, digest, at);
      const manifest = isRead ? moved.get(digest) : undefined;
      if (isRead && manifest === undefined) return undefined;
      if (manifest?.kind === "failed") {
        return isDeferral(manifest.error) ? undefined : failedLook(watch, manifest.error, at);
      }
      const sighting = { digest, source, ...manifest?.facts, ...(missed === undefined ? {} : { missed }) };
      const profile = profileOf(settings.profiles, watch.line.repository);
      const critical =
        profile === undefined
          ? undefined
          : criticalSpanOf(
              settings.policies,
              watch.subscribers.map(({ codeRepository }) => codeRepository),
              { profile, at },
            );
      const { record, movement } = recordAfterFound(watch, sighting, critical, at);
      return { after: record, movement };
    }
    default:
      return answer satisfies never;
  }
}

function failedLook(watch: WatchState, thrown: unknown, at: Instant): Pick<Look, "after" | "error"> {
  const code = thrown instanceof CodedError ? thrown.code : "unknown";
  return {
    after: recordAfterFailure(watch, { code, message: messageOf(thrown), at }),
    error: { thrown },
  };
}
