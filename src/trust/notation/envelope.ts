import { quote } from "../../errors.ts";
import type { Instant } from "../../time.ts";
import type { SignatureAlgorithm } from "./algorithm.ts";
import { malformed, refuse } from "./refused-error.ts";

/** Bytes of an envelope at most. One with a chain and a countersignature has about ten thousand. */
export const ENVELOPE_BYTES_MAX = 1024 * 1024;

/** The one type of payload that means "I signed this artifact". */
export const PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json";

/** Names of signed attributes, the same in both forms. */
export const ATTRIBUTES = {
  scheme: "io.cncf.notary.signingScheme",
  signingTime: "io.cncf.notary.signingTime",
  authenticSigningTime: "io.cncf.notary.authenticSigningTime",
  expiry: "io.cncf.notary.expiry",
  timestamp: "io.cncf.notary.timestampSignature",
} as const;

/** Attributes that hand the judgement to a program of the signer's: we run none, so they demand what is not done. */
const PLUGIN_ATTRIBUTES: readonly string[] = [
  "io.cncf.notary.verificationPlugin",
  "io.cncf.notary.verificationPluginMinVersion",
];
const UNDERSTOOD: readonly (string | number)[] = [
  ATTRIBUTES.scheme,
  ATTRIBUTES.signingTime,
  ATTRIBUTES.authenticSigningTime,
  ATTRIBUTES.expiry,
];

/**
 * Who stands behind the time. `notary.x509`: nobody but a countersignature. `notary.x509.signingAuthority`: the signer, if it is a signing
 * authority.
 */
export type SigningScheme =
  | { readonly kind: "notary.x509" }
  | { readonly kind: "notary.x509.signingAuthority"; readonly signedAt: Instant };

/** What an envelope says, whatever its form. Nothing in it is believed yet. */
export interface SignatureEnvelope {
  readonly algorithm: SignatureAlgorithm;
  readonly scheme: SigningScheme;
  /** From when on the signer no longer stands behind it. */
  readonly expiresAt?: Instant;
  readonly payload: Uint8Array;
  /** The bytes that are signed: attributes and payload. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[];
  /** A countersignature: an RFC 3161 token. */
  readonly timestamp?: Uint8Array;
}

/** Signed attributes as a form wrote them. */
export interface SignedAttributes {
  readonly contentType: string;
  /** Labels of all attributes that are there. */
  readonly labels: readonly (string | number)[];
  /** Labels of those that must be understood. */
  readonly critical: readonly (string | number)[];
  readonly scheme: string;
  readonly signingAt: Instant | undefined;
  readonly authenticAt: Instant | undefined;
  readonly expiresAt: Instant | undefined;
}

/**
 * What signed attributes mean, once all that they demand is understood.
 *
 * @throws {RefusedError} `critical-unknown`, `claim-type-unknown`, `candidate-malformed`
 * @see Notary Project signature-specification.md, "Signed Attributes"
 */
export function meaningOf(attributes: SignedAttributes): Pick<SignatureEnvelope, "scheme" | "expiresAt"> {
  expectUnderstood(attributes);
  const { contentType, expiresAt } = attributes;
  if (contentType !== PAYLOAD_TYPE) refuse("claim-type-unknown", `its payload is ${quote(contentType)}`);
  const { scheme, signingAt } = schemeOf(attributes);
  expectCritical(attributes, ATTRIBUTES.scheme);
  if (scheme.kind === "notary.x509.signingAuthority") {
    expectCritical(attributes, ATTRIBUTES.authenticSigningTime);
  }
  if (expiresAt === undefined) return { scheme };
  expectCritical(attributes, ATTRIBUTES.expiry);
  if (expiresAt <= signingAt) malformed("it expires before it was signed");
  return { scheme, expiresAt };
}

function expectUnderstood({ critical, labels }: SignedAttributes): void {
  if (critical.length === 0) malformed("it names no critical attribute");
  if (new Set(critical).size < critical.length) malformed("it names a critical attribute twice");
  const plugin = labels.find((label) => PLUGIN_ATTRIBUTES.includes(String(label)));
  const unknown = critical.find((label) => !UNDERSTOOD.includes(label)) ?? plugin;
  if (unknown !== undefined) {
    refuse("critical-unknown", `it demands that ${quote(String(unknown))} be understood`);
  }
  const absent = critical.find((label) => !labels.includes(label));
  if (absent !== undefined) malformed(`${quote(String(absent))} is critical and not there`);
}

function expectCritical({ critical }: SignedAttributes, label: string): void {
  if (!critical.includes(label)) malformed(`${quote(label)} is not marked critical`);
}

/** The scheme, and when the signer says it signed. */
function schemeOf({ scheme, signingAt, authenticAt }: SignedAttributes): {
  readonly scheme: SigningScheme;
  readonly signingAt: Instant;
} {
  switch (scheme) {
    case "notary.x509":
      if (authenticAt !== undefined) malformed(`it has a time that scheme ${quote(scheme)} does not know`);
      if (signingAt === undefined) return malformed("it does not say when it was signed");
      return { scheme: { kind: scheme }, signingAt };
    case "notary.x509.signingAuthority":
      if (signingAt !== undefined) malformed(`it has a time that scheme ${quote(scheme)} does not know`);
      if (authenticAt === undefined) return malformed("it does not say when it was signed");
      return { scheme: { kind: scheme, signedAt: authenticAt }, signingAt: authenticAt };
    default:
      return refuse("critical-unknown", `its signing scheme is ${quote(scheme)}`);
  }
}
