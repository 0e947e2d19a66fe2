import type { TransparencyLogEntry } from "@sigstore/bundle";
import type { RFC3161Timestamp } from "@sigstore/core";
import type { SignedEntity, TrustMaterial } from "@sigstore/verify";
import { type Instant, instantOf } from "../../time.ts";
import type { LogMode } from "../policy.ts";
import { type Refused, refused } from "../refusal.ts";
import type { LogEntry, TIME_PROOFS } from "../verdict.ts";
import { type Ascribed, countersignedFaultOf, entryFaultOf, repeatedEntryFaultOf } from "./hardening.ts";
import { INTOTO_V1, type Log, intotoFaultOf, kindOf } from "./log-entry.ts";
import type { Signed } from "./signed.ts";

/** Whose entries and countersignatures are believed. */
export interface Witnesses {
  readonly logs: readonly Log[];
  readonly timestampAuthorities: TrustMaterial["timestampAuthorities"];
}

/** When a signature was made, and what proves it. */
export interface ProvenTime {
  readonly at: Instant;
  readonly proof: (typeof TIME_PROOFS)[number];
}

/** What comes with a signature and is to be checked by the library. What it does not read was checked before. */
export interface Proofs {
  readonly kind: "proofs";
  readonly entries: readonly TransparencyLogEntry[];
  readonly timestamps: SignedEntity["timestamps"];
  /** As good as the library finds the rest. */
  readonly times: readonly ProvenTime[];
  readonly log?: LogEntry;
  /** For people: what nobody of ours knows and was left aside. */
  readonly unchecked: readonly string[];
}

/** By what proofs are judged. */
export interface ProofRules {
  readonly witnesses: Witnesses;
  readonly mode: LogMode;
  readonly ascribed: Ascribed;
  readonly now: Instant;
}

/**
 * What of a signature's entries and countersignatures counts under a policy, or why it may not stand for the signature.
 *
 * Countersignatures of unknown authorities prove nothing and cost nothing: whoever could add one could as well take it away. The same is true
 * of entries of unknown logs, except where entries are demanded: then what cannot be checked is refused, as cosign does.
 */
export function proofsOf(signed: Signed, rules: ProofRules): Proofs | Refused {
  const { witnesses, mode, ascribed, now } = rules;
  const { logs } = witnesses;
  const isKnown = ({ logId }: TransparencyLogEntry): boolean =>
    logs.some(({ logID }) => logID.equals(logId.keyId));
  const entries = signed.entries.filter(isKnown);
  const strangers = signed.entries.length - entries.length;
  if (mode === "require" && strangers > 0) {
    return refused("trust-root-outdated", "it is in a log that no trust root of ours knows");
  }
  if (mode === "require" && entries.length === 0) {
    return refused("log-entry-missing", "it is in no transparency log");
  }
  const byHand = entries.filter((entry) => kindOf(entry) === INTOTO_V1);
  const countersignatures = signed.countersignatures.filter((countersignature) =>
    isOf(countersignature, witnesses),
  );
  const fault =
    repeatedEntryFaultOf(entries) ??
    firstOf(entries, (entry) => entryFaultOf(entry, ascribed, now)) ??
    firstOf(byHand, (entry) => intotoFaultOf(entry, signed, logs)) ??
    firstOf(countersignatures, ({ signingTime }) => countersignedFaultOf(signingTime, now));
  if (fault !== undefined) return fault;

  const [first] = entries;
  const promised = entries.filter(isPromised);
  return {
    kind: "proofs",
    entries: entries.filter((entry) => !byHand.includes(entry)),
    timestamps: [
      ...promised.map((tlogEntry) => ({ $case: "transparency-log" as const, tlogEntry })),
      ...countersignatures.map((timestamp) => ({ $case: "timestamp-authority" as const, timestamp })),
    ],
    times: [...promised.map(loggedAt), ...countersignatures.map(countersignedAt)].toSorted(
      (one, other) => one.at - other.at,
    ),
    ...(first === undefined
      ? {}
      : { log: { logId: first.logId.keyId.toString("hex"), index: first.logIndex } }),
    unchecked: [
      ...(strangers > 0 ? ["an entry in a log that no trust root knows"] : []),
      ...(countersignatures.length < signed.countersignatures.length
        ? ["a countersignature by an authority that no trust root knows"]
        : []),
    ],
  };
}

/** Only a log that promises says when: a proof of inclusion names no time. */
function isPromised({ inclusionPromise, integratedTime }: TransparencyLogEntry): boolean {
  return inclusionPromise !== undefined && integratedTime !== "0";
}

function loggedAt({ integratedTime, inclusionProof }: TransparencyLogEntry): ProvenTime {
  return {
    at: instantOf(Number(integratedTime) * 1000),
    proof: inclusionProof === undefined ? "log-promise" : "log-proof",
  };
}

function countersignedAt({ signingTime }: RFC3161Timestamp): ProvenTime {
  return { at: instantOf(signingTime.getTime()), proof: "countersignature" };
}

function isOf(
  { signerIssuer, signerSerialNumber }: RFC3161Timestamp,
  { timestampAuthorities }: Witnesses,
): boolean {
  return timestampAuthorities.some(({ certChain: [own] }) =>
    own === undefined
      ? false
      : own.issuer.equals(signerIssuer) && own.serialNumber.equals(signerSerialNumber),
  );
}

/**
 * The logs, as the library finds them. One that is known by its key alone has no name that a checkpoint could be signed under; its
 * key decides then, so that any name is taken.
 */
export function namedLogs(logs: readonly Log[], entries: readonly TransparencyLogEntry[]): Log[] {
  const names = entries.map(({ inclusionProof }) => inclusionProof?.checkpoint?.envelope ?? "").join("\n");
  return logs.map((log) => (log.baseURL === "" ? { ...log, baseURL: names } : log));
}

/** An entry without time, of a log that was not in use when the signature was made; undefined if there is none. */
export function outOfUseFaultOf(
  entries: readonly TransparencyLogEntry[],
  logs: readonly Log[],
  at: Instant,
): Refused | undefined {
  const isInUse = (entry: TransparencyLogEntry): boolean =>
    logs.some(
      ({ logID, validFor: { start, end } }) =>
        logID.equals(entry.logId.keyId) && start.getTime() <= at && at <= end.getTime(),
    );
  return entries.every(isInUse)
    ? undefined
    : refused("log-entry-invalid", "its log was not in use when it was signed");
}

function firstOf<Item>(
  items: readonly Item[],
  faultOf: (item: Item) => Refused | undefined,
): Refused | undefined {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
