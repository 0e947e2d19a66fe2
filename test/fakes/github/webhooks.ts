import { createHmac, randomUUID } from "node:crypto";
import { createLane } from "./world.ts";

/** Where webhooks go. */
export interface WebhookTarget {
  readonly url: string;
  /** Default: none, and then nothing is signed. */
  readonly secret?: string;
  /** Default: `json`. */
  readonly contentType?: "json" | "form";
}

/** Something that happened, as a webhook tells it. */
export interface HookEvent {
  /** `push`, `pull_request`, … */
  readonly name: string;
  readonly action: string | undefined;
  readonly payload: object;
  readonly installationId: number | undefined;
  readonly repositoryId: number | undefined;
}

/** One attempt to send a webhook. */
export interface DeliveryState {
  readonly id: number;
  readonly guid: string;
  readonly event: HookEvent;
  readonly at: Date;
  readonly isRedelivery: boolean;
  /** That came back; 502 where there was no connection, 504 where no answer came in time. */
  readonly status: number;
  readonly words: string;
  readonly durationS: number;
}

/** Sends webhooks, one after the other, and remembers what came of it. */
export interface Webhooks {
  readonly target: WebhookTarget | undefined;
  /** Oldest first. */
  readonly deliveries: readonly DeliveryState[];
  /** From now on they go there; undefined: nowhere. */
  point(target: WebhookTarget | undefined): void;
  send(event: HookEvent): void;
  /** Sends one again; false where there is none of that id. */
  again(id: number): boolean;
  /** Ends when everything that was to be sent is. */
  settled(): Promise<void>;
}

/** As GitHub waits for an answer. */
const TIMEOUT_MS = 10_000;

/** Webhooks of a double that is ended by the signal. */
export function createWebhooks(options: {
  readonly nextId: () => number;
  readonly now: () => Date;
  readonly ended: AbortSignal;
  /** Shown each that is sent for the first time. */
  readonly inspect: (event: HookEvent) => void;
}): Webhooks {
  const { nextId, now, ended, inspect } = options;
  const deliveries: DeliveryState[] = [];
  const lane = createLane();
  let target: WebhookTarget | undefined;
  let last: Promise<void> = Promise.resolve();

  const enqueue = (event: HookEvent, guid: string, isRedelivery: boolean): void => {
    last = lane(async () => {
      if (target === undefined || ended.aborted) return;
      const startedMs = performance.now();
      const outcome = await post(target, { event, guid }, ended);
      const durationS = (performance.now() - startedMs) / 1_000;
      deliveries.push({ id: nextId(), guid, event, at: now(), isRedelivery, durationS, ...outcome });
    });
  };
  return {
    deliveries,
    get target() {
      return target;
    },
    point(wish) {
      target = wish;
    },
    send(event) {
      inspect(event);
      enqueue(event, randomUUID(), false);
    },
    again(id) {
      const found = deliveries.find((delivery) => delivery.id === id);
      if (found !== undefined) enqueue(found.event, found.guid, true);
      return found !== undefined;
    },
    settled: () => last,
  };
}

async function post(
  { url, secret, contentType = "json" }: WebhookTarget,
  { event, guid }: { readonly event: HookEvent; readonly guid: string },
  ended: AbortSignal,
): Promise<Pick<DeliveryState, "status" | "words">> {
  const json = JSON.stringify(event.payload);
  const body = contentType === "json" ? json : new URLSearchParams({ payload: json }).toString();
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const answer = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.any([ended, timeout]),
      body,
      headers: {
        "content-type": contentType === "json" ? "application/json" : "application/x-www-form-urlencoded",
        "user-agent": "GitHub-Hookshot/double",
        "x-github-event": event.name,
        "x-github-delivery": guid,
        "x-github-hook-id": "1",
        ...(secret === undefined ? {} : signatures(secret, body)),
      },
    });
    await answer.arrayBuffer();
    const isWell = answer.status >= 200 && answer.status < 300;
    return { status: answer.status, words: isWell ? "OK" : `Invalid HTTP Response: ${answer.status}` };
  } catch {
    return timeout.aborted
      ? { status: 504, words: "timed out" }
      : { status: 502, words: "failed to connect to host" };
  }
}

function signatures(secret: string, body: string): Readonly<Record<string, string>> {
  const of = (algorithm: string): string => createHmac(algorithm, secret).update(body).digest("hex");
  return { "x-hub-signature": `sha1=${of("sha1")}`, "x-hub-signature-256": `sha256=${of("sha256")}` };
}
