import { setTimeout as sleep } from "node:timers/promises";
import type { CodedError } from "../../errors.ts";
import type {
  Admission,
  GateKey,
  GateOutcome,
  HostGate,
  HostLimits,
  RequestKind,
  WaitReason,
} from "../../ports/host-gate.ts";
import type { Metrics } from "../../ports/metrics.ts";
import { instantOf, renderInstant, SECOND_MS } from "../../time.ts";
import { limitsFor } from "./budgets.ts";
import { DeadlineReached } from "../../deadline.ts";
import { faultOf } from "./fault.ts";
import type { HttpAnswer, HttpRequest } from "./http.ts";
import { failureOf, type LoginSent, outcomesOf } from "./outcome.ts";
import { ANONYMOUS } from "./login/credentials.ts";
import { type RegistryHostSettings, settingsFor } from "./settings.ts";

/** A wait below this is slept through; a longer one is left to the queue. */
const SLEEP_MS_MAX = 2 * SECOND_MS;
/** What one request may sleep in all. */
const SLEPT_MS_MAX = 5 * SECOND_MS;
const LIMITS_KEPT = 1_000;

const REASONS: Readonly<Record<WaitReason, string>> = {
  budget: "our budget for it is spent",
  penalty: "it asked us to wait",
  "pull-limit": "nearly nothing is left of its pull limit",
  breaker: "it failed too often",
  suspended: "it refused the credentials",
};

export interface AdmissionsOptions {
  readonly gate: HostGate;
  readonly hosts: ReadonlyMap<string, RegistryHostSettings>;
  readonly metrics: Pick<Metrics, "budgetWait">;
  /** Waits, unless aborted; the machine's timer when absent. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Lets requests through when their host's budget allows, and tells the gate what became of them. */
export class Admissions {
  readonly #options: AdmissionsOptions;
  readonly #limits = new Map<string, HostLimits>();

  constructor(options: AdmissionsOptions) {
    this.#options = options;
  }

  /**
   * Waits until a request may be sent, when that is soon.
   *
   * @throws {CodedError} `registry-deferred` when it is not: with `retryAfterMs`
   */
  async enter(request: HttpRequest, signal: AbortSignal): Promise<void> {
    if (request.from === "redirect") return;
    const key = gateKeyOf(request);
    const kind = kindOf(request);
    const permit = kind === "check" ? request.permit : undefined;
    const admit = (count: number): Promise<Admission> =>
      this.#options.gate.admit(key, this.#limitsFor(key), { kind, count });
    let sleptMs = 0;
    for (;;) {
      if (permit?.take() === true) return;
      const admission = await (permit === undefined ? admit(1) : permit.pay(admit));
      if (admission.kind === "admitted") {
        if (permit === undefined) return;
        continue;
      }
      const { reason, waitMs } = admission;
      this.#options.metrics.budgetWait({ reason, waitMs });
      if (waitMs >= SLEEP_MS_MAX || sleptMs + waitMs > SLEPT_MS_MAX) throw deferral(request, key, admission);
      sleptMs += waitMs;
      await (this.#options.pause ?? pause)(waitMs, signal);
    }
  }

  /** Tells what an answer says about its host. */
  answered(
    request: HttpRequest,
    { status, headers, url }: Pick<HttpAnswer, "status" | "headers" | "url">,
    body: string,
  ): void {
    if (request.from === "redirect") return;
    const key = gateKeyOf(request);
    const seen = { url, kind: kindOf(request), login: loginOf(request), status, headers, body };
    for (const outcome of outcomesOf(seen, Date.now())) this.#report(request, key, outcome);
  }

  /** Tells that there was no answer, unless nobody waited for one any more. */
  failed(request: HttpRequest, fault: unknown, signal: AbortSignal): void {
    if (request.from === "redirect") return;
    if (signal.aborted && !(signal.reason instanceof DeadlineReached)) return;
    const outcome = failureOf(fault);
    if (outcome !== undefined) this.#report(request, gateKeyOf(request), outcome);
  }

  #report({ permit }: HttpRequest, key: GateKey, outcome: GateOutcome): void {
    if (outcome.kind !== "answered" && outcome.kind !== "pull-limit") permit?.forfeit();
    this.#options.gate.report(key, outcome);
  }

  #limitsFor({ host, credential }: GateKey): HostLimits {
    const name = `${host} ${credential}`;
    const known = this.#limits.get(name);
    if (known !== undefined) return known;
    const limits = limitsFor(host, credential, settingsFor(this.#options.hosts, host));
    if (this.#limits.size >= LIMITS_KEPT) this.#limits.clear();
    this.#limits.set(name, limits);
    return limits;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal });
}

/** Whose budget a request spends: its registry's, at its token service too; at other hosts that of the host. */
function gateKeyOf({ payer: { endpoint, credentialId }, url, subject }: HttpRequest): GateKey {
  const isOwn = url.origin === endpoint.origin || subject.operation === "token";
  return { host: isOwn ? endpoint.registry : url.host, credential: credentialId };
}

function kindOf({ method, url }: HttpRequest): RequestKind {
  return method === "GET" && /\/manifests\/[^/]+$/.test(url.pathname) ? "pull" : "check";
}

function loginOf({ payer, headers, subject }: HttpRequest): LoginSent {
  if (payer.credentialId === ANONYMOUS) return "none";
  if (subject.operation === "token") return "token-request";
  const { authorization = "" } = headers;
  if (authorization.startsWith("Bearer ")) return "bearer";
  return authorization === "" ? "none" : "basic";
}

function deferral(
  { subject }: HttpRequest,
  { host }: GateKey,
  { reason, waitMs }: Extract<Admission, { readonly kind: "wait" }>,
): CodedError {
  const when = renderInstant(instantOf(Date.now() + waitMs));
  return faultOf("registry-deferred", subject, `${host} is not asked before ${when}: ${REASONS[reason]}`, {
    retryAfterMs: waitMs,
  });
}
