import { type KeyObject, createHash, generateKeyPairSync, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from "@sigstore/mock";
import { ASN1Obj } from "@sigstore/core";
import { z } from "zod";
import { type Call, type Reply, reply } from "../fakes/registry/reply.ts";
import { startTokenService } from "../fakes/token-services/service.ts";

/** Whom a certificate is to name. The subject is a URI: the authority makes no others. */
export interface TestIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** A private Sigstore on loopback that real cosign signs and verifies with: authority, log of certificates, log, countersigner. */
export interface SigstoreServices {
  readonly url: string;
  /** A `trusted_root.json` that names all of them. */
  readonly trustedRoot: string;
  /** SHA-256 of the log's key, in hex. */
  readonly logId: string;
  /** What cosign 2 needs in its environment to know them. */
  readonly environment: Readonly<Record<string, string>>;
  /** A token that the authority takes for proof of an identity. */
  tokenFor(identity: TestIdentity): string;
  close(): Promise<void>;
}

/**
 * Starts the services, with keys of their own. What readers need of them is put into the directory: `NAME.trusted-root.json`, and its
 * parts as PEM in `NAME.authorities.pem`, `NAME.timestamp-authorities.pem`, `NAME.log.pub`, `NAME.certificate-log.pub`.
 */
export async function startSigstoreServices(directory: string, name: string): Promise<SigstoreServices> {
  const parts = await newParts();
  const { ca, tsa, log, certificateLog } = parts;
  const service = await startTokenService((call) => answer(call, parts));
  const trustedRoot = JSON.stringify(trustedRootOf(parts, service.url));
  const files = {
    "trusted-root.json": trustedRoot,
    "authorities.pem": pemOf("CERTIFICATE", bytesOf(ca.rootCertificate)),
    "timestamp-authorities.pem": [tsa.intCertificate, tsa.rootCertificate]
      .map((der) => pemOf("CERTIFICATE", bytesOf(der)))
      .join(""),
    "log.pub": pemOf("PUBLIC KEY", log.publicKey),
    "certificate-log.pub": pemOf("PUBLIC KEY", certificateLog.publicKey),
  };
  const pathOf = (suffix: keyof typeof files): string => join(directory, `${name}.${suffix}`);
  for (const [suffix, text] of Object.entries(files))
    await writeFile(join(directory, `${name}.${suffix}`), text);
  const tokenKey = newKeys().privateKey;
  return {
    url: service.url,
    trustedRoot,
    logId: createHash("sha256").update(log.publicKey).digest("hex"),
    environment: {
      SIGSTORE_ROOT_FILE: pathOf("authorities.pem"),
      SIGSTORE_REKOR_PUBLIC_KEY: pathOf("log.pub"),
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: pathOf("certificate-log.pub"),
    },
    tokenFor: (identity) => tokenOf(identity, tokenKey),
    close: () => service.close(),
  };
}

type Parts = Awaited<ReturnType<typeof newParts>>;

/** Checkpoints are signed under the name of the log's host. */
const LOG_URL = "https://rekor.example";

async function newParts() {
  // Set anew for each countersignature: of fractions of a second @sigstore/core 4.0.1 reads only those of three digits.
  const clock = new Date();
  const certificateLog = await initializeCTLog(newKeys());
  return {
    certificateLog,
    ca: await initializeCA(newKeys("P-384"), certificateLog),
    log: await initializeTLog(LOG_URL, newKeys()),
    clock,
    tsa: await initializeTSA(newKeys(), clock),
  };
}

function newKeys(namedCurve = "P-256"): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve });
}

/** The paths that cosign 2.5 asks; Fulcio's in its first version. */
async function answer(call: Call, parts: Parts): Promise<Reply> {
  switch (`${call.method} ${call.path}`) {
    case "POST /api/v1/signingCert":
      return reply(201, { "content-type": "application/pem-certificate-chain" }, await certify(call, parts));
    case "POST /api/v1/log/entries": {
      const [uuid, entry] = await logged(call, parts);
      const headers = { "content-type": "application/json", location: `/api/v1/log/entries/${uuid}` };
      return reply(201, headers, JSON.stringify({ [uuid]: entry }));
    }
    case "POST /api/v1/timestamp":
      return reply(201, { "content-type": "application/timestamp-reply" }, await countersign(call, parts));
    default:
      return reply(404);
  }
}

const OID_ISSUER_V1 = "1.3.6.1.4.1.57264.1.1";
const OID_ISSUER_V2 = "1.3.6.1.4.1.57264.1.8";
const certificateRequestSchema = z.object({ publicKey: z.object({ content: z.base64() }) });
const claimsSchema = z.object({ iss: z.string(), sub: z.string() });

/** A certificate for whom the token names, nobody checks by whom it was made; then the authority's own. */
async function certify({ headers, body }: Call, { ca }: Parts): Promise<string> {
  const authorization = headers["authorization"];
  const payload = typeof authorization === "string" ? authorization.split(".")[1] : undefined;
  const { iss, sub } = claimsSchema.parse(JSON.parse(Buffer.from(payload ?? "", "base64url").toString()));
  const { publicKey } = certificateRequestSchema.parse(JSON.parse(Buffer.from(body).toString()));
  const leaf = await ca.issueCertificate({
    publicKey: derOf(Buffer.from(publicKey.content, "base64").toString()),
    subjectAltName: sub,
    extensions: [
      { oid: OID_ISSUER_V1, value: iss, legacy: true },
      { oid: OID_ISSUER_V2, value: iss },
    ],
  });
  return [leaf, ca.rootCertificate].map((der) => pemOf("CERTIFICATE", bytesOf(der))).join("");
}

const proposalSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("hashedrekord"), apiVersion: z.string(), spec: z.unknown() }),
  z.object({
    kind: z.literal("dsse"),
    apiVersion: z.string(),
    spec: z.object({
      proposedContent: z.object({ envelope: z.string(), verifiers: z.array(z.base64()).length(1) }),
    }),
  }),
  z.object({
    kind: z.literal("intoto"),
    apiVersion: z.literal("0.0.1"),
    spec: z.object({ content: z.object({ envelope: z.string() }), publicKey: z.base64() }),
  }),
]);
const envelopeSchema = z.object({
  payload: z.base64(),
  signatures: z.array(z.object({ sig: z.base64() })).min(1),
});

async function logged({ body }: Call, { log }: Parts): Promise<readonly [uuid: string, entry: unknown]> {
  const proposal = proposalSchema.parse(JSON.parse(Buffer.from(body).toString()));
  const answered: unknown = await log.log(canonicalOf(proposal));
  const [entry] = Object.entries(z.record(z.string(), z.unknown()).parse(answered));
  if (entry === undefined) throw new Error("the log made no entry");
  return entry;
}

/** What Rekor stores of a proposal: the hashes of an envelope instead of the envelope. */
function canonicalOf(proposal: z.infer<typeof proposalSchema>): object {
  switch (proposal.kind) {
    case "hashedrekord":
      return proposal;
    case "dsse": {
      const { envelope, verifiers } = proposal.spec.proposedContent;
      const { payload, signatures } = envelopeSchema.parse(JSON.parse(envelope));
      const spec = {
        envelopeHash: hashOf(Buffer.from(envelope)),
        payloadHash: hashOf(Buffer.from(payload, "base64")),
        signatures: signatures.map(({ sig }) => ({ signature: sig, verifier: verifiers[0] })),
      };
      return { ...proposal, spec };
    }
    case "intoto": {
      const { content, publicKey } = proposal.spec;
      const { payload } = envelopeSchema.parse(JSON.parse(content.envelope));
      const hashes = {
        hash: hashOf(Buffer.from(content.envelope)),
        payloadHash: hashOf(Buffer.from(payload, "base64")),
      };
      return { ...proposal, spec: { content: hashes, publicKey } };
    }
    default:
      return proposal satisfies never;
  }
}

const OID_SHA256 = "2.16.840.1.101.3.4.2.1";
const OID_POLICY = "1.3.6.1.4.1.57264.2";

/** @see RFC 3161, section 2.4.1: version, message imprint, and what the request may leave out */
async function countersign({ body }: Call, { tsa, clock }: Parts): Promise<Buffer> {
  clock.setTime(Math.floor(Date.now() / 1_000) * 1_000);
  const request = ASN1Obj.parseBuffer(Buffer.from(body));
  const [, imprint, ...rest] = request.subs;
  const hash = imprint?.subs[1]?.value;
  if (hash === undefined) throw new Error("not a request for a timestamp");
  const nonce = rest.find(({ tag }) => tag.number === 2)?.toInteger() ?? 1n;
  const token = await tsa.timestamp({
    artifactHash: hash,
    hashAlgorithmOID: OID_SHA256,
    // The mock takes a number; cosign does not look at what comes back.
    nonce: Number(BigInt.asUintN(31, nonce)),
    policyOID: OID_POLICY,
    certReq: rest.some(({ tag }) => tag.number === 1),
  });
  return bytesOf(token);
}

function trustedRootOf({ ca, certificateLog, log, tsa }: Parts, url: string): unknown {
  const validFor = { start: "2020-01-01T00:00:00Z" };
  const logOf = (publicKey: Buffer) => ({
    baseUrl: LOG_URL,
    hashAlgorithm: "SHA2_256",
    publicKey: {
      rawBytes: publicKey.toString("base64"),
      keyDetails: "PKIX_ECDSA_P256_SHA_256",
      validFor,
    },
    logId: { keyId: createHash("sha256").update(publicKey).digest("base64") },
  });
  const authorityOf = (certificates: readonly Parameters<typeof bytesOf>[0][]) => ({
    subject: { organization: "sigstore.mock", commonName: "sigstore" },
    uri: url,
    certChain: {
      certificates: certificates.map((der) => ({ rawBytes: bytesOf(der).toString("base64") })),
    },
    validFor,
  });
  return {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [logOf(log.publicKey)],
    certificateAuthorities: [authorityOf([ca.rootCertificate])],
    ctlogs: [logOf(certificateLog.publicKey)],
    timestampAuthorities: [authorityOf([tsa.intCertificate, tsa.rootCertificate])],
  };
}

/** A JWT by ES256; cosign reads its subject and its address, and takes it for valid when the authority does. */
function tokenOf({ issuer, subject }: TestIdentity, key: KeyObject): string {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: issuer,
    sub: subject,
    aud: "sigstore",
    email: "signer@vendor.example",
    email_verified: true,
    iat: nowSeconds,
    exp: nowSeconds + 600,
  };
  const signed = [{ alg: "ES256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

function hashOf(bytes: Uint8Array): { readonly algorithm: string; readonly value: string } {
  return { algorithm: "sha256", value: createHash("sha256").update(bytes).digest("hex") };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): Buffer<ArrayBuffer> {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function derOf(pem: string): Buffer<ArrayBuffer> {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
}

function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
