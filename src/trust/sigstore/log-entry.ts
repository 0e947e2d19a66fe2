import type { TransparencyLogEntry } from "@sigstore/bundle";
import { json as canonical } from "@sigstore/core";
import type { TrustMaterial } from "@sigstore/verify";
import { X509Certificate, createHash, createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import { messageOf, quote } from "../../errors.ts";
import { parseJson } from "../json.ts";
import { type Refused, refused } from "../refusal.ts";
import type { Signed } from "./signed.ts";

export type Log = TrustMaterial["tlogs"][number];

/** What an entry says the signature can be verified with. */
export type EntryVerifier =
  | { readonly kind: "certificate"; readonly der: Buffer }
  /** DER of the SubjectPublicKeyInfo. */
  | { readonly kind: "key"; readonly spki: Buffer };

const base64 = z.string().max(64 * 1024);
const keyOrCertificate = z
  .object({
    publicKey: z.object({ rawBytes: base64 }).nullish(),
    x509Certificate: z.object({ rawBytes: base64 }).nullish(),
  })
  .refine(
    ({ publicKey, x509Certificate }) => Boolean(publicKey) !== Boolean(x509Certificate),
    "a key or a certificate is expected",
  );
type RawVerifier = z.infer<typeof keyOrCertificate>;
/** base64 of PEM, or what Rekor's second generation writes. */
type Written = string | RawVerifier;

/** Where each kind of entry names what verifies the signature. @see sigstore/rekor pkg/types, sigstore/rekor-tiles api/proto */
const READERS: ReadonlyMap<string, (body: unknown) => Written> = new Map([
  [
    "hashedrekord/0.0.1",
    reader(
      z.object({ signature: z.object({ publicKey: z.object({ content: base64 }) }) }),
      ({ signature }) => signature.publicKey.content,
    ),
  ],
  [
    "dsse/0.0.1",
    reader(
      z.object({ signatures: z.tuple([z.object({ verifier: base64 })]) }),
      ({ signatures: [{ verifier }] }) => verifier,
    ),
  ],
  ["intoto/0.0.1", reader(z.object({ publicKey: base64 }), ({ publicKey }) => publicKey)],
  [
    "intoto/0.0.2",
    reader(
      z.object({
        content: z.object({
          envelope: z.object({ signatures: z.tuple([z.object({ publicKey: base64 })]) }),
        }),
      }),
      ({ content }) => content.envelope.signatures[0].publicKey,
    ),
  ],
  [
    "hashedrekord/0.0.2",
    reader(
      z.object({ hashedRekordV002: z.object({ signature: z.object({ verifier: keyOrCertificate }) }) }),
      ({ hashedRekordV002 }) => hashedRekordV002.signature.verifier,
    ),
  ],
  [
    "dsse/0.0.2",
    reader(
      z.object({ dsseV002: z.object({ signatures: z.tuple([z.object({ verifier: keyOrCertificate })]) }) }),
      ({ dsseV002 }) => dsseV002.signatures[0].verifier,
    ),
  ],
]);

function reader<Spec>(spec: z.ZodType<Spec>, written: (spec: Spec) => Written): (body: unknown) => Written {
  const schema = z.object({ spec });
  return (body) => written(schema.parse(body).spec);
}

/** `hashedrekord/0.0.1`. */
export function kindOf({ kindVersion }: TransparencyLogEntry): string {
  return `${kindVersion.kind}/${kindVersion.version}`;
}

/** What the entry says the signature can be verified with, or why that cannot be read. */
export function entryVerifierOf(entry: TransparencyLogEntry): EntryVerifier | Refused {
  const kind = kindOf(entry);
  const read = READERS.get(kind);
  if (read === undefined) {
    return refused("algorithm-unsupported", `a log entry of kind ${quote(kind)}`);
  }
  try {
    const written = read(parseJson(entry.canonicalizedBody, "body of the log entry"));
    return typeof written === "string" ? ofPem(written) : ofRaw(written);
  } catch (thrown) {
    return refused("log-entry-invalid", `its ${kind} entry cannot be read: ${quote(messageOf(thrown))}`);
  }
}

const PEM = /^-----BEGIN ([A-Z ]{1,32})-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*$/;

function ofPem(encoded: string): EntryVerifier {
  const once = Buffer.from(encoded, "base64").toString("latin1");
  const text = once.startsWith("-----") ? once : Buffer.from(once, "base64").toString("latin1");
  const [, label, body = ""] = PEM.exec(text.trim()) ?? [];
  switch (label) {
    case "CERTIFICATE":
      return { kind: "certificate", der: Buffer.from(body, "base64") };
    case "PUBLIC KEY":
    case "RSA PUBLIC KEY":
      return { kind: "key", spki: createPublicKey(text).export({ type: "spki", format: "der" }) };
    default:
      throw new TypeError("neither one key nor one certificate");
  }
}

function ofRaw({ publicKey, x509Certificate }: RawVerifier): EntryVerifier {
  const key = publicKey?.rawBytes;
  if (key !== undefined) return { kind: "key", spki: Buffer.from(key, "base64") };
  return { kind: "certificate", der: Buffer.from(x509Certificate?.rawBytes ?? "", "base64") };
}

/** The key of whom an entry names, whichever way it names them. @throws for a certificate that is none */
export function spkiOf(verifier: EntryVerifier): Buffer {
  return verifier.kind === "key"
    ? verifier.spki
    : new X509Certificate(verifier.der).publicKey.export({ type: "spki", format: "der" });
}

/** The kind of entry that cosign wrote for attestations until 2.1; the library does not read it. */
export const INTOTO_V1 = "intoto/0.0.1";

const intotoSchema = z.object({
  kind: z.literal("intoto"),
  apiVersion: z.literal("0.0.1"),
  spec: z.object({
    content: z.object({
      hash: z.object({ algorithm: z.literal("sha256"), value: z.string() }),
      payloadHash: z.object({ algorithm: z.literal("sha256"), value: z.string() }).nullish(),
    }),
  }),
});

/**
 * Why an `intoto/0.0.1` entry proves nothing about a signature; undefined if it does. It must be promised by a log, and name the
 * envelope byte for byte: the entry does not hold the signature.
 *
 * @see sigstore/rekor pkg/types/intoto/v0.0.1/intoto_v0_0_1_schema.json
 */
export function intotoFaultOf(
  entry: TransparencyLogEntry,
  { envelope, payload }: Signed,
  logs: readonly Log[],
): Refused | undefined {
  if (entry.inclusionProof !== undefined) {
    return refused("algorithm-unsupported", `a proof of inclusion for an ${INTOTO_V1} entry`);
  }
  if (!isPromised(entry, logs)) return refused("log-entry-invalid", "the log's promise does not hold");
  const body = intotoSchema.safeParse(parseJson(entry.canonicalizedBody, "body of the log entry"));
  if (!body.success) return refused("log-entry-invalid", `its ${INTOTO_V1} entry cannot be read`);
  const { hash, payloadHash } = body.data.spec.content;
  if (envelope === undefined || hash.value !== sha256Of(envelope)) {
    return refused("log-entry-mismatch", "the log entry is about another envelope");
  }
  if (payloadHash !== undefined && payloadHash !== null && payloadHash.value !== sha256Of(payload)) {
    return refused("log-entry-mismatch", "the log entry is about another payload");
  }
  return undefined;
}

/** Whether one of the logs promised the entry at its time. @see sigstore/rekor openapi.yaml, verification.signedEntryTimestamp */
function isPromised(entry: TransparencyLogEntry, logs: readonly Log[]): boolean {
  const { canonicalizedBody, integratedTime, logIndex, logId, inclusionPromise } = entry;
  if (inclusionPromise === undefined) return false;
  const promised = canonical.canonicalize({
    body: canonicalizedBody.toString("base64"),
    integratedTime: Number(integratedTime),
    logIndex: Number(logIndex),
    logID: logId.keyId.toString("hex"),
  });
  const at = new Date(Number(integratedTime) * 1000);
  return logs
    .filter(({ logID, validFor }) => logID.equals(logId.keyId) && validFor.start <= at && at <= validFor.end)
    .some(({ publicKey }) => {
      try {
        const hash = publicKey.asymmetricKeyType === "ed25519" ? undefined : "sha256";
        return verify(hash, Buffer.from(promised), publicKey, inclusionPromise.signedEntryTimestamp);
      } catch {
        return false;
      }
    });
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
