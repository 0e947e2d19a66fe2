import { createPublicKey } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HOUR_MS, MINUTE_MS, instantOf, later } from "../../../src/time.ts";
import { NO_DISTRUST, type TrustedKey, type VerificationPolicy } from "../../../src/trust/policy.ts";
import { type Accepted, REFUSALS, type Refusal, type Verdict } from "../../../src/trust/verdict.ts";
import {
  type LegacyLayer,
  type OciArtifact,
  type SigningKey,
  attestationArtifact,
  bundleArtifact,
  bytesOf,
  newSigningKey,
  referrersArtifact,
  signatureArtifact,
  trustedHalfOf,
} from "../../fakes/signer.ts";
import { type Authority, newAuthority, pemOf } from "../../fakes/sigstore/certificate.ts";
import {
  type SignedParts,
  legacyAttestationOf,
  legacySignatureOf,
} from "../../fakes/sigstore/signed-parts.ts";
import {
  IDENTITY,
  type SigningOrder,
  type SigstoreWorld,
  createSigstoreWorld,
} from "../../fakes/sigstore/world.ts";
import { type SupposedResult, supposedResult } from "../../tools/recheck.ts";
import { CYCLONEDX, type Stage, type StagedImage, openStage, subjectOf } from "./stage.ts";

/** Everything that two verifiers are shown: a private Sigstore, a stranger's, keys, an authority, and a registry to hang things in. */
export interface Duel {
  readonly stage: Stage;
  readonly world: SigstoreWorld;
  readonly stranger: SigstoreWorld;
  readonly vendor: SigningKey;
  readonly trustedKey: TrustedKey;
  readonly otherKey: SigningKey;
  /** An own PKI, known as `own`. */
  readonly authority: Authority;
}

const ROOT = "private";

/** Opens a duel that takes place now: cosign knows no other time. */
export async function openDuel(): Promise<Duel> {
  const now = instantOf(Math.floor(Date.now() / 1_000) * 1_000);
  const world = await createSigstoreWorld({ name: ROOT, now });
  const stranger = await createSigstoreWorld({ name: "stranger", now });
  const authority = await newAuthority("own", now);
  const vendor = newSigningKey();
  const stage = await openStage(async (directory) => {
    await writeReadersFiles(directory, world, authority, vendor);
    return [
      { name: ROOT, kind: "sigstore", json: world.trustedRoot },
      { name: "own", kind: "certificates", authorities: pemOf(...authority.chain) },
    ];
  });
  const trustedKey = trustedHalfOf(vendor);
  return { stage, world, stranger, vendor, trustedKey, otherKey: newSigningKey(), authority };
}

/** What a reader has from sources that they trust, under the names that the commands give. */
async function writeReadersFiles(
  directory: string,
  { pem, trustedRoot, log, certificateLog }: SigstoreWorld,
  authority: Authority,
  vendor: SigningKey,
): Promise<void> {
  const logFile = `log-${log.id.toString("hex").slice(0, 8)}`;
  const files = {
    [`${ROOT}.trusted-root.json`]: trustedRoot,
    [`${ROOT}.authorities.pem`]: pem.authority,
    [`${ROOT}.timestamp-authorities.pem`]: pem.timestampAuthority,
    [`${ROOT}.log.pub`]: pem.logKey,
    [`${ROOT}.certificate-log.pub`]: createPublicKey({
      key: certificateLog.publicKey,
      format: "der",
      type: "spki",
    })
      .export({ format: "pem", type: "spki" })
      .toString(),
    [`${logFile}.pub`]: pem.logKey,
    [`${logFile}.trusted-root.json`]: trustedRoot,
    "own.authorities.pem": pemOf(...authority.chain),
    "vendor.pub": vendor.publicPem,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
}

/** Who is trusted, and what is printed for them. */
export type Trusted = "identity" | "key" | "certificate";

/** One thing that both are asked about. */
export interface Row {
  readonly title: string;
  readonly hang: (image: StagedImage, duel: Duel) => Promise<readonly OciArtifact[]>;
  readonly trusted?: Trusted;
  readonly log?: VerificationPolicy["log"];
  /** What the printed command looks at. */
  readonly command?: Partial<Omit<SupposedResult, "signer">>;
  readonly ours: "accepted" | "missing" | Refusal;
  /** What cosign says. It may accept what we refuse, never the other way round. */
  readonly cosign: "passes" | "fails";
}

/** What both say. */
export type Answers = Pick<Row, "ours" | "cosign">;

/** Asks both about a signature of an image. */
export async function answersOnSignature(row: Row, duel: Duel): Promise<Answers> {
  const { stage } = duel;
  const { hang, log = "require", trusted = "identity", command = {} } = row;
  const image = await stage.newImage();
  await stage.push(image, await hang(image, duel));
  const verdict = await stage.judge(image, policyOf(duel, trusted, log));
  return {
    ours: oursIn(verdict),
    cosign: await stage.recheck(image, supposed(duel, trusted, log, command)),
  };
}

/** Asks both about an SBOM of an image that is signed well. */
export async function answersOnStatement(row: Row, duel: Duel): Promise<Answers> {
  const { stage, world, vendor } = duel;
  const { hang, log = "require", trusted = "identity", command = {} } = row;
  const image = await stage.newImage();
  const signature = await world.sign({
    image: image.digest,
    claim: "signature",
    log: log === "ignore" ? "none" : "promise",
    ...(log === "ignore" ? { timestamp: "signature" } : {}),
    ...(trusted === "key" ? { key: vendor } : {}),
  });
  await stage.push(image, [signatures(image, signature), ...(await hang(image, duel))]);
  const verdict = await stage.judge(image, policyOf(duel, trusted, log));
  const attested = { predicateType: CYCLONEDX, ...command };
  return {
    ours: verdict.kind === "verified" && verdict.sbom.kind === "missing" ? "missing" : oursIn(verdict),
    cosign: await stage.recheck(image, supposed(duel, trusted, log, attested)),
  };
}

/** Why we refuse, of a signature or of the SBOM; or that we do not. */
function oursIn(verdict: Verdict): Row["ours"] {
  switch (verdict.kind) {
    case "verified":
      return "accepted";
    case "awaiting-evidence":
      return "missing";
    case "rejected": {
      const [first] = verdict.detail.split(":");
      const reason = verdict.reason === "sbom-refused" ? first : verdict.reason;
      const refusal = REFUSALS.find((known) => known === reason);
      if (refusal === undefined) throw new Error(`rejected for ${verdict.reason}: ${verdict.detail}`);
      return refusal;
    }
    case "unverifiable":
      throw new Error(verdict.reason);
    default:
      return verdict satisfies never;
  }
}

function policyOf(
  { world, trustedKey }: Duel,
  trusted: Trusted,
  log: VerificationPolicy["log"],
): VerificationPolicy {
  const signers = {
    identity: world.identity,
    key: trustedKey,
    certificate: {
      kind: "certificate",
      name: "Own",
      subject: { kind: "exact", text: "signer@own.example" },
      root: "own",
    },
  } as const;
  return {
    signers: { need: "any", groups: [{ name: "vendor", anyOf: [signers[trusted]] }] },
    log,
    logRoots: [ROOT],
    sbom: "expected",
    attestations: [],
    subject: "any",
    distrust: NO_DISTRUST,
    insecure: [],
  };
}

/** What would be printed, had it been accepted. */
function supposed(
  { world, trustedKey }: Duel,
  trusted: Trusted,
  mode: VerificationPolicy["log"],
  command: Partial<Omit<SupposedResult, "signer">>,
) {
  const log = { logId: world.log.id.toString("hex"), index: "1" };
  const proofs: Partial<Accepted> =
    mode === "ignore" ? (trusted === "identity" ? { timeProof: "countersignature" } : {}) : { log };
  const signers = {
    identity: { kind: "identity", ...IDENTITY, root: ROOT, name: "Vendor" },
    key: trustedKey.signer,
    certificate: { kind: "certificate", subject: "signer@own.example", root: "own", name: "Own" },
  } as const;
  return supposedResult({ signer: signers[trusted], ...command, outcome: { ...proofs, ...command.outcome } });
}

/** The `.sig` tag of an image with these signatures. */
export function signatures(image: StagedImage, ...parts: readonly SignedParts[]): OciArtifact {
  return signatureArtifact(image.digest, parts.map(signatureLayerOf));
}

/** A layer of a `.sig` tag. */
export function signatureLayerOf(parts: SignedParts): LegacyLayer {
  const { payload, annotations } = legacySignatureOf(parts);
  return { bytes: payload, annotations };
}

/** The `.att` tag of an image with these attestations. */
export function attestations(image: StagedImage, ...parts: readonly SignedParts[]): OciArtifact {
  return attestationArtifact(image.digest, parts.map(attestationLayerOf));
}

/** A layer of an `.att` tag. */
export function attestationLayerOf(parts: SignedParts): LegacyLayer {
  const { envelope, annotations } = legacyAttestationOf(parts);
  return { bytes: envelope, annotations };
}

/** A bundle that refers to an image, and the tag that lists it. */
export function referring(
  image: StagedImage,
  bundle: unknown,
  subject = subjectOf(image),
): readonly OciArtifact[] {
  const artifact = bundleArtifact(subject, bytesOf(bundle));
  return [artifact, referrersArtifact(image.digest, [artifact])];
}

/** Signs as the vendor's pipeline does, an hour ago: its certificate has run out since. */
export function signed(
  image: Pick<StagedImage, "digest">,
  { world }: Duel,
  claim: SigningOrder["claim"],
  more: Partial<SigningOrder> = {},
): Promise<SignedParts> {
  const log = "promise" as const;
  return world.sign({ image: image.digest, claim, log, at: later(world.now, -HOUR_MS), ...more });
}

/** A minute ago: a certificate of then is still valid. */
export function minuteAgo({ world }: Duel) {
  return later(world.now, -MINUTE_MS);
}
