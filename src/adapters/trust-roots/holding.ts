import { CodedError, messageOf, quote } from "../../errors.ts";
import type { Log } from "../../ports/log.ts";
import type { HeldTrustRoot, TrustRootState } from "../../ports/trust-roots.ts";
import type { Instant } from "../../time.ts";
import { parseTrustRoot, type TrustRoot, type TrustRootSource } from "../../trust/trust-root.ts";

const FAULT_LENGTH_MAX = 300;

/** Where a root came from, and when it was found to be right. */
export type Finding =
  { readonly origin: "file" | "update"; readonly at: Instant } | { readonly origin: "embedded" };

/** What is held under one name: the last root that was right, and what is wrong since. */
export class Holding {
  readonly name: string;
  readonly #log: Log;
  #held: (HeldTrustRoot & { readonly root: TrustRoot; readonly finding: Finding }) | undefined;
  #fault: string | undefined;

  constructor(name: string, log: Log) {
    this.name = name;
    this.#log = log;
  }

  /**
   * Holds this root from now on.
   *
   * @throws {InvalidInputError} `trust-root-invalid`; what was held before then stays
   */
  take(source: TrustRootSource, finding: Finding): void {
    const root = parseTrustRoot(source);
    const before = this.#held?.version;
    this.#held = { source, version: root.version, root, finding };
    this.#fault = undefined;
    if (before === root.version) return;
    this.#log.info(
      { root: this.name, origin: finding.origin, version: root.version, ...(before && { before }) },
      "trust root held",
    );
  }

  /** What is held was found to be right once more. */
  confirm(at: Instant): void {
    const held = this.#held;
    if (held === undefined || held.finding.origin === "embedded") return;
    this.#held = { ...held, finding: { origin: held.finding.origin, at } };
    this.#fault = undefined;
  }

  /** Renewing it failed; what is held stays in force. */
  fail(thrown: unknown): void {
    const fault = reasonOf(thrown);
    // Not each time that it fails in the same way: it is tried often.
    if (fault !== this.#fault) {
      this.#log.warn({ root: this.name, error: fault, held: this.#held?.version }, "trust root not renewed");
    }
    this.#fault = fault;
  }

  /** There is nothing to hold yet, and nothing went wrong. */
  lack(reason: string): void {
    this.#fault = reason;
  }

  /** Whether anything is held. */
  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** When it was last found to be right; absent for what came with the release. */
  get confirmedAt(): Instant | undefined {
    const finding = this.#held?.finding;
    return finding === undefined || finding.origin === "embedded" ? undefined : finding.at;
  }

  /** @throws {CodedError} `trust-root-unavailable` */
  held(): HeldTrustRoot {
    if (this.#held !== undefined) return { source: this.#held.source, version: this.#held.version };
    throw new CodedError(
      "trust-root-unavailable",
      `trust root ${quote(this.name)} is not held: ${this.#fault ?? "it was not read yet"}`,
    );
  }

  state(renewal: TrustRootState["renewal"]): TrustRootState {
    const { name } = this;
    const fault = this.#fault === undefined ? {} : { fault: this.#fault };
    const held = this.#held;
    if (held === undefined) return { name, origin: "none", ...fault, renewal, logs: 0, authorities: 0 };
    const { version, root, finding } = held;
    const { sigstore, authorities, signingAuthorities = [] } = root;
    return {
      name,
      origin: finding.origin,
      version,
      ...(finding.origin === "embedded" ? {} : { confirmedAt: finding.at }),
      ...fault,
      renewal,
      logs: sigstore.tlogs.length + sigstore.ctlogs.length,
      authorities:
        sigstore.certificateAuthorities.length +
        authorities.length +
        signingAuthorities.length +
        timestampAuthoritiesIn(root),
    };
  }
}

/** A chain of them counts once for each certificate as long as it stands in a file of its own. */
function timestampAuthoritiesIn({ sigstore, timestampAuthorities }: TrustRoot): number {
  return Math.max(sigstore.timestampAuthorities.length, timestampAuthorities.length);
}

/** What went wrong, with its causes; at most 300 characters. */
function reasonOf(thrown: unknown): string {
  const reasons: string[] = [];
  for (let fault = thrown; fault !== undefined && reasons.length < 3;) {
    const message = messageOf(fault);
    if (!reasons.some((reason) => reason.includes(message))) reasons.push(message);
    fault = fault instanceof Error ? fault.cause : undefined;
  }
  const text = reasons.join(": ");
  return text.length > FAULT_LENGTH_MAX ? `${text.slice(0, FAULT_LENGTH_MAX - 1)}…` : text;
}
