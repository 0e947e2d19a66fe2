import { createPublicKey } from "node:crypto";
import type { Digest } from "../../../src/image/digest.ts";
import { HOUR_MS, type Instant, MINUTE_MS, SECOND_MS, instantOf, later } from "../../../src/time.ts";
import type { TrustedIdentity } from "../../../src/trust/policy.ts";
import {
  type KeyKind,
  type SigningKey,
  type SigningOptions,
  bytesOf,
  envelopeDocument,
  newSigningKey,
  preAuthEncoding,
  signatureOver,
  simpleSigningPayload,
  statementPayload,
} from "../signer.ts";
import { type Authority, type CertificateOrder, PURPOSES, newAuthority, pemOf } from "./certificate.ts";
import { type CertificateLog, newCertificateLog } from "./certificate-log.ts";
import { type EntryKind, type SignedContent, type Verifier, entryBodyOf } from "./entry.ts";
import type { SignedParts } from "./signed-parts.ts";
import { type TimestampAuthority, newTimestampAuthority } from "./timestamp-authority.ts";
import { type EntryDocument, type TransparencyLog, newLog, newLog2 } from "./transparency-log.ts";
import { trustedRootDocument } from "./trusted-root.ts";

/** Who signs, if nobody else is named: the release workflow of a vendor. */
export const IDENTITY = {
  issuer: "https://token.actions.githubusercontent.com",
  subject: "https://github.com/vendor/images/.github/workflows/release.yaml@refs/heads/main",
} as const;

/** The time in which {@link createSigstoreWorld} lives, if no other is named. */
export const NOW = instantOf(Date.UTC(2026, 10, 23, 12));

/** A private Sigstore: authorities, logs and timestamps in this process, known to nobody else. */
export interface SigstoreWorld extends SigstoreParties {
  /** What policies call its trust root. */
  readonly name: string;
  readonly now: Instant;
  /** `trusted_root.json`. */
  readonly trustedRoot: string;
  /** PEM of its parts, for those who know a private Sigstore by its parts. */
  readonly pem: {
    readonly authority: string;
    readonly logKey: string;
    readonly timestampAuthority: string;
  };
  /** A policy's word for the identity that signs, if nobody else is named. */
  readonly identity: TrustedIdentity;
  sign(order: SigningOrder): Promise<SignedParts>;
}

/** Who is part of a Sigstore. Those of another one are strangers to its trust root. */
export interface SigstoreParties {
  readonly authority: Authority;
  readonly certificateLog: CertificateLog;
  readonly log: TransparencyLog;
  readonly log2: TransparencyLog;
  readonly timestampAuthority: TimestampAuthority;
}

/** What is to be signed, by whom, and what is to be proven about it. */
export interface SigningOrder {
  readonly image: Digest;
  /** `signature`: a simple-signing payload. `statement`: an SBOM. `image-statement`: how cosign 3 signs an image. */
  readonly claim: "signature" | "statement" | "image-statement";
  /** Other bytes to sign instead. */
  readonly payload?: Uint8Array;
  readonly payloadType?: string;
  /** A key of the signer's own; without one a short-lived certificate is asked for. */
  readonly key?: SigningKey;
  readonly certificate?: Partial<CertificateOrder> & {
    readonly keyKind?: KeyKind;
    readonly authority?: Authority;
  };
  /** How the bytes are signed, if not as cosign does. */
  readonly signing?: SigningOptions;
  /** When; an hour ago by default. Certificates are issued a second earlier. */
  readonly at?: Instant;
  readonly log?: LogOrder;
  /** `signature`: over what is signed as DSSE and simple signing do. `envelope`: over all of the envelope, as cosign does for legacy attestations. */
  readonly timestamp?: "none" | "signature" | "envelope";
}

/** What a log is to know. */
export type LogOrder =
  | "none"
  | "promise"
  | "proof"
  | "promise-and-proof"
  | "v2"
  | {
      readonly inclusion: "promise" | "proof" | "promise-and-proof";
      readonly in?: TransparencyLog;
      readonly kind?: EntryKind;
      readonly at?: Instant;
      /** Another one than the signer. */
      readonly verifier?: Verifier;
    };

/** A Sigstore with keys of its own. */
export async function createSigstoreWorld({
  name = "private",
  now = NOW,
  authorityKind = "p-384",
}: {
  readonly name?: string;
  readonly now?: Instant;
  readonly authorityKind?: KeyKind;
} = {}): Promise<SigstoreWorld> {
  const parties: SigstoreParties = {
    authority: await newAuthority(`${name} fulcio`, now, authorityKind),
    certificateLog: newCertificateLog(),
    log: newLog(`rekor.${name}.example`),
    log2: newLog2(`log2.${name}.example`),
    timestampAuthority: await newTimestampAuthority(name, now, authorityKind),
  };
  const root = trustedRootDocument(
    {
      authorities: [parties.authority],
      certificateLogs: [parties.certificateLog],
      logs: [parties.log, parties.log2],
      timestampAuthorities: [parties.timestampAuthority],
    },
    now,
  );
  const { issuer, subject } = IDENTITY;
  return {
    ...parties,
    name,
    now,
    trustedRoot: JSON.stringify(root),
    pem: {
      authority: pemOf(...parties.authority.chain),
      logKey: createPublicKey(parties.log.key.privateKey).export({ type: "spki", format: "pem" }).toString(),
      timestampAuthority: pemOf(...parties.timestampAuthority.chain),
    },
    identity: {
      kind: "identity",
      name: "Vendor",
      issuer,
      subject: { kind: "exact", text: subject },
      root: name,
    },
    sign: (order) => signedBy(parties, { at: later(now, -HOUR_MS), ...order }),
  };
}

type Dated = SigningOrder & { readonly at: Instant };

async function signedBy(parties: SigstoreParties, order: Dated): Promise<SignedParts> {
  const {
    image,
    claim,
    signing = {},
    payloadType = "application/vnd.in-toto+json",
    payload = payloadOf(order),
  } = order;
  const verifier = await verifierOf(parties, order);
  const { key } = verifier;
  const chain = verifier.kind === "key" ? [] : (order.certificate?.authority ?? parties.authority).chain;

  const signed = claim === "signature" ? payload : preAuthEncoding(payloadType, payload);
  const signature = signatureOver(signed, key, signing);
  const document = envelopeDocument(payload, [], { payloadType });
  const envelope = { ...document, signatures: [{ keyid: "", sig: signature.toString("base64") }] };
  const content: SignedContent = {
    signature,
    verifier,
    signed,
    ...(claim === "signature" ? {} : { envelope: { payload, document: envelope } }),
  };
  return {
    image,
    payload,
    signature,
    verifier,
    chain,
    ...(claim === "signature" ? {} : { envelope }),
    entries: entriesOf(parties, order, content),
    timestamps: timestampsOf(parties, order, { signature, envelope }),
  };
}

function payloadOf({ image, claim }: SigningOrder): Buffer {
  switch (claim) {
    case "signature":
      return simpleSigningPayload(image);
    case "statement":
      return statementPayload(image);
    case "image-statement":
      return statementPayload(image, {
        type: "https://in-toto.io/Statement/v1",
        predicateType: "https://sigstore.dev/cosign/sign/v1",
        predicate: {},
      });
    default:
      return claim satisfies never;
  }
}

/** The key that signs, with the certificate that Fulcio would issue for it if it is no key of the signer's own. */
async function verifierOf(parties: SigstoreParties, { key, certificate = {}, at }: Dated): Promise<Verifier> {
  if (key !== undefined) return { kind: "key", key };
  const { keyKind = "p-256", authority = parties.authority, ...wishes } = certificate;
  const ephemeral = newSigningKey(keyKind);
  const issued = await authority.issue(ephemeral, {
    names: [{ type: "url", value: IDENTITY.subject }],
    issuer: IDENTITY.issuer,
    purposes: [PURPOSES.codeSigning],
    logs: [parties.certificateLog],
    validFrom: later(at, -SECOND_MS),
    validMs: 10 * MINUTE_MS,
    ...wishes,
  });
  return { kind: "certificate", certificate: issued, key: ephemeral };
}

function entriesOf(
  parties: SigstoreParties,
  { claim, log = "none", at }: Dated,
  content: SignedContent,
): readonly EntryDocument[] {
  if (log === "none") return [];
  if (log === "v2") {
    const kind = claim === "signature" ? "hashedrekord/0.0.2" : "dsse/0.0.2";
    return [parties.log2.append(entryBodyOf(kind, content), at, "proof")];
  }
  const order = typeof log === "string" ? { inclusion: log } : log;
  const {
    in: chosen = parties.log,
    kind = claim === "signature" ? "hashedrekord/0.0.1" : "dsse/0.0.1",
    at: loggedAt = at,
    verifier = content.verifier,
  } = order;
  return [chosen.append(entryBodyOf(kind, { ...content, verifier }), loggedAt, order.inclusion)];
}

function timestampsOf(
  { timestampAuthority }: SigstoreParties,
  { log, timestamp = log === "v2" ? "signature" : "none", at }: Dated,
  { signature, envelope }: { readonly signature: Uint8Array; readonly envelope: unknown },
): readonly Uint8Array[] {
  switch (timestamp) {
    case "none":
      return [];
    case "signature":
      return [timestampAuthority.token(signature, at)];
    case "envelope":
      return [timestampAuthority.token(bytesOf(envelope), at)];
    default:
      return timestamp satisfies never;
  }
}
