import type { TransparencyLogEntry } from "@sigstore/bundle";
import { quote } from "../../errors.ts";
import { type Instant, MINUTE_MS } from "../../time.ts";
import { keyFaultOf } from "../key.ts";
import { type Refused, listed, refused } from "../refusal.ts";
import type { Leaf } from "./certificate.ts";
import { type EntryVerifier, entryVerifierOf, spkiOf } from "./log-entry.ts";

/**
 * What @sigstore/verify 4.1.3 does not check. Each is a way in which it accepted what must not be accepted. Others stand where they belong:
 * trust roots are checked when they are parsed (trusted-root.ts), keys when they are (key.ts), what a policy ignores is taken away
 * before the library sees it (proofs.ts), and whatever is thrown becomes a refusal (examine.ts).
 */

/** How far other clocks may be ahead of ours. */
export const CLOCK_SKEW_MS = 5 * MINUTE_MS;

/** Whom a signature is ascribed to: entries in logs must name exactly them. */
export type Ascribed =
  | { readonly kind: "certificate"; readonly der: Buffer }
  /** DER of the SubjectPublicKeyInfo. */
  | { readonly kind: "key"; readonly spki: Buffer };

/** Why a log's entry may not stand for a signature; undefined if it may. */
export function entryFaultOf(
  entry: TransparencyLogEntry,
  ascribed: Ascribed,
  now: Instant,
): Refused | undefined {
  const verifier = entryVerifierOf(entry);
  if (verifier.kind === "refused") return verifier;
  if (!isSame(verifier, ascribed)) {
    return refused("log-entry-mismatch", `the log entry names another ${ascribed.kind}`);
  }
  const at = Number(entry.integratedTime) * 1000;
  return isFuture(at, now)
    ? refused("log-entry-invalid", `it was logged in the future: ${dated(at)}`)
    : undefined;
}

/** The same entry twice counts as one proof, and nobody writes it by accident. */
export function repeatedEntryFaultOf(entries: readonly TransparencyLogEntry[]): Refused | undefined {
  const identities = entries.map(
    ({ logId, canonicalizedBody }) =>
      `${logId.keyId.toString("base64")} ${canonicalizedBody.toString("base64")}`,
  );
  return new Set(identities).size === identities.length
    ? undefined
    : refused("log-entry-invalid", "the same log entry is there twice");
}

/** Why a countersignature's time cannot be; undefined if it can. */
export function countersignedFaultOf(at: Date, now: Instant): Refused | undefined {
  return isFuture(at.getTime(), now)
    ? refused("timestamp-invalid", `it was countersigned in the future: ${dated(at.getTime())}`)
    : undefined;
}

/** Extensions that are looked at, here or by the library. A critical one that is not makes the certificate void (RFC 5280, 4.2). */
const UNDERSTOOD = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"];
const KEY_USAGE = "2.5.29.15";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const ANY_PURPOSE = "2.5.29.37.0";

/**
 * Why a certificate may not sign; undefined if it may.
 *
 * @param kind short-lived ones must say that they are for code; long-lived ones may say nothing, as cosign has it for an own PKI
 */
export function leafFaultOf(leaf: Leaf, kind: "short-lived" | "long-lived"): Refused | undefined {
  const { x509, extensions, parsed } = leaf;
  const keyFault = keyFaultOf(x509.publicKey);
  if (keyFault !== undefined) return refused("algorithm-unsupported", `its key is of ${keyFault}`);

  const oids = extensions.map(({ oid }) => oid);
  if (new Set(oids).size < oids.length) return invalid("it has an extension twice");
  const unknown = extensions.filter(({ oid, isCritical }) => isCritical && !UNDERSTOOD.includes(oid));
  if (unknown.length > 0) {
    return invalid(`critical extensions that are not understood: ${listed(unknown.map(({ oid }) => oid))}`);
  }
  if (x509.ca || parsed.extBasicConstraints?.isCA === true) return invalid("it is an authority's own");
  if (oids.includes(KEY_USAGE) && parsed.extKeyUsage?.digitalSignature !== true) {
    return invalid("its key is not for signatures");
  }
  // Node names extended usages `keyUsage`; undefined if there are none.
  const purposes: readonly string[] | undefined = x509.keyUsage;
  if (purposes === undefined) {
    return kind === "short-lived" ? invalid("it does not say that it is for code signing") : undefined;
  }
  const isForCode =
    purposes.includes(CODE_SIGNING) || (kind === "long-lived" && purposes.includes(ANY_PURPOSE));
  return isForCode ? undefined : invalid(`it is not for code signing but for ${listed(purposes)}`);
}

/** Whom a short-lived certificate names, or why that is not clear. */
export function identityOf({
  names,
  issuers,
}: Pick<Leaf, "names" | "issuers">):
  { readonly kind: "named"; readonly subject: string; readonly issuer: string } | Refused {
  const [name] = names;
  if (name === undefined || names.length > 1) {
    return refused(
      "certificate-invalid",
      `it has ${names.length} subject alternative names, one is expected`,
    );
  }
  if ((name.kind !== "uri" && name.kind !== "email") || name.text === undefined) {
    return refused("certificate-invalid", "its subject is neither a URI nor an e-mail address in ASCII");
  }
  const [issuer] = issuers;
  if (issuer === undefined || issuers.some((other) => other !== issuer)) {
    return refused("certificate-invalid", "it does not say clearly who named its subject");
  }
  return { kind: "named", subject: name.text, issuer };
}

function invalid(detail: string): Refused {
  return refused("certificate-invalid", detail);
}

function isSame(verifier: EntryVerifier, ascribed: Ascribed): boolean {
  if (ascribed.kind === "certificate") {
    return verifier.kind === "certificate" && verifier.der.equals(ascribed.der);
  }
  try {
    return spkiOf(verifier).equals(ascribed.spki);
  } catch {
    return false;
  }
}

function isFuture(at: number, now: Instant): boolean {
  return !(at <= now + CLOCK_SKEW_MS);
}

function dated(at: number): string {
  return quote(Number.isInteger(at) && at < 8.64e15 ? new Date(at).toISOString() : String(at));
}
