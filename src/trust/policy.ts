import { type KeyObject, createHash } from "node:crypto";
import type { Signer } from "./signer.ts";

/** A key that may sign for a vendor. */
export interface TrustedKey {
  readonly signer: Signer;
  readonly publicKey: KeyObject;
}

/**
 * What must be proven about an image before it may be proposed.
 */
export interface VerificationPolicy {
  /** Any of these must have signed the image. Empty: nothing can be proven, the verdict is `unverifiable`. */
  readonly keys: readonly TrustedKey[];
  /**
   * What a transparency log entry counts. `ignore`: entries are not looked at (a key signature proves itself; we hold
   * no trust root yet). The other modes come with trust roots.
   */
  readonly tlog: "ignore";
  /**
   * `required`: without a verified SBOM the image is not proposed. `expected`: it is, after a short wait for a
   * late attestation, and the pull request says that components were not compared.
   */
  readonly sbom: "required" | "expected";
}

/** Counts up when the rules of this folder change what they accept, so that verdicts judged by older rules are not kept. */
const RULES_VERSION = 1;

/**
 * Identifies what a verdict depends on beside the evidence: the keys (not what they are called, nor their order), the modes and
 * our own rules. 64 lower-case hex digits.
 */
export function policyHash({ keys, tlog, sbom }: VerificationPolicy): string {
  const fingerprints = [...new Set(keys.map(({ signer }) => signer.fingerprint))].toSorted();
  const text = JSON.stringify({ rules: RULES_VERSION, keys: fingerprints, tlog, sbom });
  return createHash("sha256").update(text).digest("hex");
}
