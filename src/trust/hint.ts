import { X509Certificate } from "node:crypto";
import type { SerializedBundle } from "@sigstore/bundle";
import { z } from "zod";
import { messageOf } from "../errors.ts";
import type { Candidate } from "./evidence.ts";
import { parseJson } from "./json.ts";
import { parseCertificate } from "./notation/certificate.ts";
import { parseCose } from "./notation/cose.ts";
import { renderName } from "./notation/distinguished-name.ts";
import { parseJws } from "./notation/jws.ts";
import { parseBundle } from "./sigstore/bundle.ts";
import { readLeaf } from "./sigstore/certificate.ts";
import { attestationBundlesOf, signatureBundleOf } from "./sigstore/cosign.ts";
import { parseEnvelope, payloadOf } from "./sigstore/envelope.ts";
import { parseStatement, type Statement } from "./statement.ts";

/**
 * What a signature says of who made it, and of when. Nothing in it is proven, and anybody can write it: it is for people who decide whom to
 * trust, and no verdict depends on it.
 */
export interface SignatureHint {
  readonly by:
    /** A short-lived certificate: who named whom. */
    | { readonly kind: "identity"; readonly issuer: string; readonly subject: string }
    /** A certificate without an issuer of identities: the holder's name, and that of the authority. */
    | { readonly kind: "certificate"; readonly subject: string; readonly authority: string }
    /** A key; SHA-256 of its SubjectPublicKeyInfo in hex, where it says which. */
    | { readonly kind: "key"; readonly fingerprint?: string }
    | { readonly kind: "nobody" }
    | { readonly kind: "unreadable"; readonly reason: string };
  /** Entries in transparency logs that come with it. */
  readonly logEntries: number;
  readonly countersignatures: number;
}

/** What the signatures of a candidate say of themselves; none for a statement whose manifest nobody signed. Never throws. */
export function hintsOf(candidate: Candidate): readonly SignatureHint[] {
  switch (candidate.kind) {
    case "cosign-signature":
    case "cosign-attestation":
    case "sigstore-bundle":
    case "notation-signature":
      return [orUnreadable(() => hintOf(candidate))];
    case "signed-manifest":
      return candidate.signatures.map((signature) => orUnreadable(() => hintOf(signature)));
    default:
      return candidate satisfies never;
  }
}

/**
 * The statement a candidate carries, whoever signed it; undefined for one that carries none.
 *
 * @throws {InvalidInputError} `statement-invalid`
 */
export function claimedStatementOf(candidate: Candidate): Statement | undefined {
  switch (candidate.kind) {
    case "cosign-attestation":
      return parseStatement(payloadOf(parseEnvelope(candidate.envelope)));
    case "sigstore-bundle": {
      const { envelope } = parseBundle(candidate.bundle);
      return envelope === undefined ? undefined : parseStatement(payloadOf(envelope));
    }
    case "signed-manifest":
      return parseStatement(candidate.statement);
    case "cosign-signature":
    case "notation-signature":
      return undefined;
    default:
      return candidate satisfies never;
  }
}

type Single = Exclude<Candidate, { kind: "signed-manifest" }>;
type Material = SerializedBundle["verificationMaterial"];

const NOBODY: SignatureHint = { by: { kind: "nobody" }, logEntries: 0, countersignatures: 0 };
const EVERYTHING = { log: true, countersignatures: true };

function hintOf(candidate: Single): SignatureHint {
  switch (candidate.kind) {
    case "cosign-signature":
      return ofMaterial(signatureBundleOf(candidate.payload, candidate.annotations)?.verificationMaterial);
    case "cosign-attestation":
      return ofMaterial(
        attestationBundlesOf(parseEnvelope(candidate.envelope), candidate.annotations)[0]?.verificationMaterial,
      );
    case "sigstore-bundle": {
      const { material, serialized } = parseBundle(candidate.bundle);
      const hint = ofMaterial(serialized(EVERYTHING).verificationMaterial);
      return material === "key" ? { ...hint, by: { kind: "key", ...claimedKeyIn(candidate.bundle) } } : hint;
    }
    case "notation-signature":
      return ofNotation(candidate);
    default:
      return candidate satisfies never;
  }
}

function ofMaterial(material: Material | undefined): SignatureHint {
  if (material === undefined) return NOBODY;
  const { certificate, x509CertificateChain, tlogEntries, timestampVerificationData } = material;
  const der = certificate?.rawBytes ?? x509CertificateChain?.certificates[0]?.rawBytes;
  return {
    by: der === undefined ? { kind: "key" } : holderOf(Buffer.from(der, "base64")),
    logEntries: tlogEntries.length,
    countersignatures: timestampVerificationData?.rfc3161Timestamps.length ?? 0,
  };
}

function holderOf(der: Buffer): SignatureHint["by"] {
  const { names, issuers, x509 } = readLeaf(der);
  const subject = names.map(({ text }) => text ?? "(a name that is no text)").join(", ");
  const [issuer] = issuers;
  if (issuer !== undefined) return { kind: "identity", issuer, subject };
  return {
    kind: "certificate",
    subject: subject === "" ? oneLine(x509.subject) : subject,
    authority: oneLine(x509.issuer),
  };
}

function oneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ");
}

const keySchema = z.object({
  verificationMaterial: z.object({ publicKey: z.object({ hint: z.string() }) }),
});

/** cosign writes the key's own digest as hint. */
function claimedKeyIn(bundle: Uint8Array): { readonly fingerprint?: string } {
  const document = keySchema.safeParse(parseJson(bundle, "bundle")).data;
  const digest = Buffer.from(document?.verificationMaterial.publicKey.hint ?? "", "base64");
  return digest.byteLength === 32 ? { fingerprint: digest.toString("hex") } : {};
}

function ofNotation({ form, envelope }: Extract<Candidate, { kind: "notation-signature" }>): SignatureHint {
  const { certificates, timestamp } = form === "jws" ? parseJws(envelope) : parseCose(envelope);
  const [leaf] = certificates;
  if (leaf === undefined) return NOBODY;
  const { subjectParts } = parseCertificate(leaf);
  return {
    by: {
      kind: "certificate",
      subject: renderName(subjectParts),
      authority: oneLine(new X509Certificate(leaf).issuer),
    },
    logEntries: 0,
    countersignatures: timestamp === undefined ? 0 : 1,
  };
}

function orUnreadable(read: () => SignatureHint): SignatureHint {
  try {
    return read();
  } catch (thrown) {
    return { ...NOBODY, by: { kind: "unreadable", reason: messageOf(thrown) } };
  }
}
