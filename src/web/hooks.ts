import { type Context, Hono } from "hono";
import { CodedError } from "../errors.ts";
import type { Repository } from "../image/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { PushMetrics } from "../ports/metrics.ts";
import type { Store } from "../ports/store.ts";
import type { TokenVerifier } from "../ports/token-verifier.ts";
import { type Bucket, type Rate, takeToken } from "../push/bucket.ts";
import type { Hook } from "../push/hook.ts";
import { readPush } from "../push/parse.ts";
import { bearerOf, carriesSecret, hashOf, isSigned, type PushHeaders } from "../push/proof.ts";
import type { PushNotice } from "../push/reading.ts";
import { timingSafeEqual } from "node:crypto";
import { type Body, readBody } from "./body.ts";
import { type Outcome, answerTo } from "./hook-outcome.ts";
import { within } from "./within.ts";

/** What the receiver of pushes is made from. */
export interface PushOptions {
  /** No two with one secret. */
  readonly hooks: readonly Hook[];
  readonly verifier: TokenVerifier;
  readonly metrics: PushMetrics;
  readonly log: Log;
  /** The repository that is watched where this one is only its mirror; without it each stands for itself. */
  readonly originOf?: (repository: Repository) => Repository;
  readonly limits?: Partial<PushLimits>;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonicMs?: () => number;
}

export interface PushLimits {
  readonly bodyBytesMax: number;
  /** How long a caller may take to send its body. */
  readonly bodyTimeoutMs: number;
  /** How long the store may take; then the caller is told to come again. */
  readonly storeTimeoutMs: number;
  /** Calls of one hook, and of them at one time. */
  readonly rate: Rate;
  readonly concurrent: number;
}

const LIMITS: PushLimits = {
  bodyBytesMax: 1024 * 1024,
  bodyTimeoutMs: 5_000,
  storeTimeoutMs: 2_000,
  rate: { perSecond: 20, burst: 100 },
  concurrent: 16,
};

interface Facts extends PushOptions {
  readonly store: Pick<Store, "noticePush">;
  readonly clock: Clock;
  readonly limit: PushLimits;
}

/** A hook with what this process knows of its calls. */
interface OpenHook {
  readonly hook: Hook;
  readonly secretHash: Buffer;
  bucket: Bucket | undefined;
  running: number;
}

/**
 * `/:provider/:secret`, where registries tell of pushes. All a call can do is to have a watched repository looked at now instead of
 * later: it never says where a tag points. The secret is in no answer, log line or metric.
 *
 * @param onFault told of what is no fault of the caller
 */
export function createHooks(
  options: PushOptions & Pick<Facts, "store" | "clock">,
  onFault: (thrown: unknown) => void,
): Hono {
  const facts: Facts = { ...options, limit: { ...LIMITS, ...options.limits } };
  const hooks = options.hooks.map((hook): OpenHook => ({
    hook,
    secretHash: hashOf(hook.secret.reveal()),
    bucket: undefined,
    running: 0,
  }));
  const app = new Hono();

  app.all("/:provider/:secret", async (context) => {
    if (context.req.method !== "POST") return answerTo({ kind: "method-not-allowed" });
    const open = hookOf(hooks, context.req.param("provider"), context.req.param("secret"));
    if (open === undefined) {
      options.metrics.push({ provider: "unknown", outcome: "not-found" });
      return answerTo({ kind: "not-found" });
    }
    const outcome = await outcomeOf(open, context, facts, onFault);
    tell(open.hook, outcome, options);
    return answerTo(outcome);
  });
  return app;
}

/** Every secret of every hook is compared, in constant time each: how long it takes tells nothing about any of them. */
function hookOf(hooks: readonly OpenHook[], provider: string, secret: string): OpenHook | undefined {
  const shown = hashOf(secret);
  const found = hooks.filter(({ secretHash }) => timingSafeEqual(secretHash, shown));
  return found.find(({ hook }) => hook.provider === provider);
}

async function outcomeOf(
  open: OpenHook,
  { req }: Context,
  facts: Facts,
  onFault: (thrown: unknown) => void,
): Promise<Outcome> {
  const { limit, monotonicMs = () => performance.now() } = facts;
  const { bucket, isTaken } = takeToken(open.bucket, limit.rate, monotonicMs());
  open.bucket = bucket;
  if (!isTaken || open.running >= limit.concurrent) return { kind: "rate-limited" };

  open.running += 1;
  try {
    const body = await readBody(req.raw, { bytesMax: limit.bodyBytesMax, timeoutMs: limit.bodyTimeoutMs });
    return await receive(open.hook, { headers: req.raw.headers, body }, facts);
  } catch (thrown) {
    // Here and not in the app: whoever handles it there sees the path, and the path holds the secret.
    onFault(thrown);
    return { kind: thrown instanceof CodedError && thrown.transient ? "unavailable" : "failed" };
  } finally {
    open.running -= 1;
  }
}

async function receive(
  hook: Hook,
  { headers, body }: { readonly headers: PushHeaders; readonly body: Body },
  facts: Facts,
): Promise<Outcome> {
  if (body.kind !== "read") return body;
  const doubt = await doubtAbout(hook, headers, body.bytes, facts.verifier);
  if (doubt !== undefined) return { kind: "unproven", reason: doubt };

  const reading = readPush(hook.provider, body.bytes, { headers, registry: hook.registry });
  if (reading.kind !== "notices") return reading;
  const count = await notice(reading.notices, facts);
  return count === 0 ? { kind: "ignored", reason: "not-watched" } : { kind: "accepted", count };
}

/** Why a call is not believed; undefined when it is. */
async function doubtAbout(
  { proof }: Hook,
  headers: PushHeaders,
  body: Uint8Array,
  verifier: TokenVerifier,
): Promise<string | undefined> {
  switch (proof.kind) {
    case "path":
      return undefined;
    case "hmac":
      return isSigned(proof, headers, body) ? undefined : "signature-invalid";
    case "header":
      return carriesSecret(proof, headers) ? undefined : "header-invalid";
    case "token": {
      const token = bearerOf(headers);
      if (token === undefined) return "token-missing";
      const verdict = await verifier.verify(token, proof);
      return verdict.kind === "valid" ? undefined : verdict.reason;
    }
    default:
      return proof satisfies never;
  }
}

/** Has what is watched looked at now. Answers how many of the notices were about something watched. */
async function notice(notices: readonly PushNotice[], facts: Facts): Promise<number> {
  const { store, clock, originOf = (repository) => repository, limit } = facts;
  const work = async (): Promise<number> => {
    const now = await clock.now();
    const states = await Promise.all(
      notices.map(({ repository, tag }) => store.noticePush(originOf(repository), tag, now)),
    );
    return states.filter((state) => state === "noticed").length;
  };
  return within(limit.storeTimeoutMs, "noting a push", work());
}

function tell({ provider }: Hook, outcome: Outcome, { metrics, log }: PushOptions): void {
  metrics.push({ provider, outcome: outcome.kind });
  const fields = {
    provider,
    outcome: outcome.kind,
    ...("reason" in outcome ? { reason: outcome.reason } : {}),
  };
  switch (outcome.kind) {
    case "accepted":
    case "ignored":
      log.debug(fields, "push");
      return;
    default:
      log.warn(fields, "push not taken");
  }
}
