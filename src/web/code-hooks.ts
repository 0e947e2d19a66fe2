import { type Context, Hono } from "hono";
import { eventNameOf } from "../code-events/event.ts";
import { followingOf, type FollowRules, subjectOf } from "../code-events/follow.ts";
import { readCodeEvent } from "../code-events/read.ts";
import { CodedError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { CodeEventStore } from "../ports/code-events.ts";
import type { Log } from "../ports/log.ts";
import type { WebhookMetrics } from "../ports/metrics.ts";
import { type Bucket, type Rate, takeToken } from "../push/bucket.ts";
import { isSigned } from "../push/proof.ts";
import type { Secret } from "../secret.ts";
import { type Body, readBody } from "./body.ts";
import { answerTo, type Outcome } from "./hook-outcome.ts";
import { within } from "./within.ts";

/** What the receiver of the code host's webhooks is made from. */
export interface CodeHookOptions extends FollowRules {
  /** What each webhook is signed with. */
  readonly secret: Secret;
  readonly metrics: WebhookMetrics;
  readonly log: Log;
  readonly limits?: Partial<CodeHookLimits>;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonicMs?: () => number;
}

export interface CodeHookLimits {
  readonly bodyBytesMax: number;
  /** How long a caller may take to send its body. GitHub itself gives up after 10 seconds. */
  readonly bodyTimeoutMs: number;
  /** How long the store may take; then the caller is told to come again. */
  readonly storeTimeoutMs: number;
  /** Calls, and of them at one time. */
  readonly rate: Rate;
  readonly concurrent: number;
}

/**
 * GitHub sends up to 25 MB. The largest that anything follows from is a push, which tells of 2,048 commits at most: 2 MiB and the names of
 * their files. Whoever is not known yet can make us hold so many bodies as are read at one time: 32 MiB. What is larger is found by the next
 * scan.
 */
const LIMITS: CodeHookLimits = {
  bodyBytesMax: 4 * 1024 * 1024,
  bodyTimeoutMs: 8_000,
  storeTimeoutMs: 2_000,
  rate: { perSecond: 20, burst: 200 },
  concurrent: 8,
};

const SIGNATURE_HEADERS = ["x-hub-signature-256"];
/** A GUID, by GitHub's word; whatever it is, it is kept. */
const DELIVERY_PATTERN = /^[A-Za-z0-9-]{1,64}$/;
const JSON_PATTERN = /^application\/json\s*(?:;|$)/i;

interface Facts extends CodeHookOptions {
  readonly store: Pick<CodeEventStore, "knownUnder" | "noteDelivery">;
  readonly clock: Clock;
  readonly limit: CodeHookLimits;
}

/**
 * `/`, where the code host tells of pushes, pull requests and installations. All a call can do is to have something looked at now instead of
 * later: it never says what is so. What follows from it is in the store before it is answered by 202.
 *
 * @param onFault told of what is no fault of the caller
 */
export function createCodeHooks(
  options: CodeHookOptions & Pick<Facts, "store" | "clock">,
  onFault: (thrown: unknown) => void,
): Hono {
  const facts: Facts = { ...options, limit: { ...LIMITS, ...options.limits } };
  const { limit, metrics, log, monotonicMs = () => performance.now() } = facts;
  let bucket: Bucket | undefined;
  let running = 0;

  const outcomeOf = async ({ req }: Context): Promise<Outcome> => {
    const taken = takeToken(bucket, limit.rate, monotonicMs());
    bucket = taken.bucket;
    if (!taken.isTaken || running >= limit.concurrent) return { kind: "rate-limited" };
    running += 1;
    try {
      const body = await readBody(req.raw, { bytesMax: limit.bodyBytesMax, timeoutMs: limit.bodyTimeoutMs });
      return await receive(req.raw.headers, body, facts);
    } catch (thrown) {
      onFault(thrown);
      return { kind: thrown instanceof CodedError && thrown.transient ? "unavailable" : "failed" };
    } finally {
      running -= 1;
    }
  };
  return new Hono().all("/", async (context) => {
    if (context.req.method !== "POST") return answerTo({ kind: "method-not-allowed" });
    const outcome = await outcomeOf(context);
    const event = eventNameOf(context.req.header("x-github-event") ?? null);
    metrics.webhook({ event, outcome: outcome.kind });
    const fields = {
      event,
      outcome: outcome.kind,
      ...("reason" in outcome ? { reason: outcome.reason } : {}),
    };
    const isTaken = outcome.kind === "accepted" || outcome.kind === "ignored";
    log[isTaken ? "debug" : "warn"](fields, isTaken ? "webhook" : "webhook not taken");
    // GitHub shows anything from 200 to 299 as delivered; taken and passed over are the same to it.
    return answerTo(outcome, 202);
  });
}

async function receive(headers: Headers, body: Body, facts: Facts): Promise<Outcome> {
  if (body.kind !== "read") return body;
  const proof = { kind: "hmac", headers: SIGNATURE_HEADERS, key: facts.secret } as const;
  if (!isSigned(proof, headers, body.bytes)) return { kind: "unproven", reason: "signature-invalid" };

  if (!JSON_PATTERN.test(headers.get("content-type") ?? "")) {
    return { kind: "refused", reason: "content-type" };
  }
  const id = headers.get("x-github-delivery") ?? "";
  const name = headers.get("x-github-event");
  if (name === null || !DELIVERY_PATTERN.test(id)) return { kind: "refused", reason: "headers" };
  const reading = readCodeEvent(name, body.bytes);
  if (reading.kind !== "event") return reading;
  return within(facts.limit.storeTimeoutMs, "noting a webhook", note(id, reading.event, facts));
}

async function note(
  id: string,
  event: Parameters<typeof followingOf>[0],
  { store, clock, isWanted }: Facts,
): Promise<Outcome> {
  const now = await clock.now();
  const subject = subjectOf(event);
  const known = subject === undefined ? { scans: [], proposals: [] } : await store.knownUnder(subject);
  const following = followingOf(event, known, { isWanted }, now);
  if (following.kind === "nothing") return { kind: "ignored", reason: following.reason };
  const { looks, wishes } = following;
  const state = await store.noteDelivery({ id, at: now, looks, wishes });
  return state === "known"
    ? { kind: "ignored", reason: "delivered-before" }
    : { kind: "accepted", count: looks.length };
}
