import { readFile, stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { embeddedPublicGood } from "../../src/adapters/trust-roots/embedded.ts";
import { messageOf } from "../../src/errors.ts";
import { isDigest } from "../../src/image/digest.ts";
import { instantOf } from "../../src/time.ts";
import { type Artifact, artifactSignerOf } from "../../src/trust/artifact.ts";
import { CANDIDATE_BYTES_MAX } from "../../src/trust/evidence.ts";
import { trustedKeyOf } from "../../src/trust/key.ts";
import { NO_DISTRUST, type TrustedSigner, type VerificationPolicy } from "../../src/trust/policy.ts";
import { renderSigner } from "../../src/trust/signer.ts";
import { TRUST_ROOT_LENGTH_MAX, parseTrustRoot } from "../../src/trust/trust-root.ts";

const ROOT = "given";
const ARTIFACT_BYTES_MAX = 512 * 1024 * 1024;

/** What cannot be asked so. */
class UsageError extends Error {}

/** What the client ends with, and says in one line. */
export interface Answer {
  readonly code: 0 | 1 | 2;
  readonly line: string;
}

/** Answers a command line; its paths are relative to the folder that this process is in. Never throws. */
export async function answerOf(args: readonly string[]): Promise<Answer> {
  try {
    return await answerTo(args);
  } catch (thrown) {
    const line = messageOf(thrown).replaceAll(/\s+/g, " ");
    return { code: thrown instanceof UsageError ? 2 : 1, line };
  }
}

async function answerTo([command, ...rest]: readonly string[]): Promise<Answer> {
  if (command !== "verify-bundle") throw new UsageError("only verify-bundle is here: nothing is signed");
  const { values, positionals } = parsed(rest);
  const [what, ...more] = positionals;
  if (what === undefined || more.length > 0) throw new UsageError("name one file or digest");
  if (values.bundle === undefined) throw new UsageError("--bundle is missing");
  if (values.staging === true) throw new UsageError("the root of staging is not here; give --trusted-root");

  const signer = await signerOf(values);
  const json =
    values["trusted-root"] === undefined
      ? embeddedPublicGood().trustedRoot
      : (await bytesIn(values["trusted-root"], TRUST_ROOT_LENGTH_MAX)).toString();
  const root = parseTrustRoot({ name: ROOT, kind: "sigstore", json });
  const artifact = await artifactOf(what);
  const bundle = await bytesIn(values.bundle, CANDIDATE_BYTES_MAX);
  const outcome = artifactSignerOf(artifact, bundle, {
    policy: policyOf(signer),
    roots: new Map([[ROOT, root]]),
    now: instantOf(Date.now()),
  });
  return outcome.kind === "vouched"
    ? { code: 0, line: `verified: ${renderSigner(outcome.signer)}` }
    : { code: 1, line: `refused: ${outcome.refusal}: ${outcome.detail}` };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        staging: { type: "boolean" },
        bundle: { type: "string" },
        "certificate-identity": { type: "string" },
        "certificate-oidc-issuer": { type: "string" },
        key: { type: "string" },
        "trusted-root": { type: "string" },
      },
    });
  } catch (thrown) {
    throw new UsageError(messageOf(thrown));
  }
}

async function signerOf(values: ReturnType<typeof parsed>["values"]): Promise<TrustedSigner> {
  const { key, "certificate-identity": subject, "certificate-oidc-issuer": issuer } = values;
  if (key !== undefined) {
    if (subject !== undefined || issuer !== undefined) throw new UsageError("give a key or an identity");
    return trustedKeyOf((await bytesIn(key, TRUST_ROOT_LENGTH_MAX)).toString(), "given");
  }
  if (subject === undefined || issuer === undefined) {
    throw new UsageError("give --certificate-identity with --certificate-oidc-issuer, or --key");
  }
  return { kind: "identity", name: "given", issuer, subject: { kind: "exact", text: subject }, root: ROOT };
}

function policyOf(signer: TrustedSigner): VerificationPolicy {
  return {
    signers: { need: "any", groups: [{ name: "given", anyOf: [signer] }] },
    log: "require",
    logRoots: [ROOT],
    sbom: "none",
    attestations: [],
    subject: "any",
    distrust: NO_DISTRUST,
    insecure: [],
  };
}

/** `sha256:` and digits is a digest, unless it is the name of a file. */
async function artifactOf(what: string): Promise<Artifact> {
  return isDigest(what)
    ? { kind: "digest", digest: what }
    : { kind: "bytes", bytes: await bytesIn(what, ARTIFACT_BYTES_MAX) };
}

async function bytesIn(path: string, bytesMax: number): Promise<Buffer> {
  const { size } = await stat(path);
  if (size > bytesMax) throw new Error(`${path} is larger than ${bytesMax} bytes`);
  return readFile(path);
}
