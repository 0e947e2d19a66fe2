import { createPublicKey, verify as verifyRaw } from "node:crypto";
import { createJudge } from "../../src/adapters/verifier/judge.ts";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import type { HeldTrustRoot } from "../../src/ports/trust-roots.ts";
import type { VerifyQuestion } from "../../src/ports/verifier.ts";
import { parseTrustRoot } from "../../src/trust/trust-root.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import type { TrustedSigner, VerificationPolicy } from "../../src/trust/policy.ts";
import { keyPolicy } from "../../test/fakes/policy.ts";
import {
  attestationCandidate,
  attestationLayer,
  envelopeDocument,
  newSigningKey,
  signatureCandidate,
  signatureLayer,
  signatureOver,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../../test/fakes/signer.ts";
import { NOW } from "../../test/fakes/sigstore/world.ts";
import { cyclonedxOf } from "./sbom.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";

export const IMAGE: Digest = digestOf(Buffer.from("image"));

/** Something that is judged, or done, again and again. */
export interface Case {
  readonly title: string;
  readonly run: () => void;
}

const key = newSigningKey();
const trustedKey = trustedHalfOf(key, "Vendor");

/** The floor: node:crypto over the bytes of a simple-signing payload. */
export function rawCase(): Case {
  const payload = simpleSigningPayload(IMAGE);
  const signature = signatureOver(payload, key);
  const publicKey = createPublicKey(trustedKey.publicKey.export({ type: "spki", format: "pem" }));
  return {
    title: "node:crypto alone, P-256",
    run: () => {
      if (!verifyRaw("sha256", payload, publicKey, signature)) throw new Error("it does not verify");
    },
  };
}

export function keyedCase(): Case {
  const candidate = signatureCandidate(signatureLayer(simpleSigningPayload(IMAGE), key));
  return judgeCase("keyed signature", questionOf([candidate], [trustedKey]));
}

/** A signed SBOM of about so many bytes, and the signature of the image. */
export function sbomQuestion(bytes: number): VerifyQuestion {
  const payload = statementPayload(IMAGE, { predicateType: CYCLONEDX, predicate: cyclonedxOf(bytes) });
  return questionOf(
    [
      signatureCandidate(signatureLayer(simpleSigningPayload(IMAGE), key)),
      attestationCandidate(attestationLayer(envelopeDocument(payload, [key]), CYCLONEDX)),
    ],
    [trustedKey],
  );
}

export function judgeCase(title: string, question: VerifyQuestion): Case {
  const judge = createJudge();
  return {
    title,
    run: () => {
      const { verdict } = judge(question);
      if (verdict?.kind !== "verified") throw new Error(`${title}: ${JSON.stringify(verdict)}`);
    },
  };
}

export function questionOf(
  candidates: readonly Candidate[],
  anyOf: readonly TrustedSigner[],
  change: {
    readonly image?: Digest;
    readonly roots?: readonly HeldTrustRoot[];
    readonly policy?: Partial<VerificationPolicy>;
  } = {},
): VerifyQuestion {
  const { image = IMAGE, roots = [], policy = {} } = change;
  return {
    digest: image,
    evidence: { digest: image, candidates, skipped: [] },
    about: "image",
    policy: keyPolicy([], { signers: { need: "any", groups: [{ name: "vendor", anyOf }] }, ...policy }),
    roots,
    now: NOW,
  };
}

/** A trust root as a keeper holds it. */
export function heldOf(name: string, json: string): HeldTrustRoot {
  const source = { name, kind: "sigstore", json } as const;
  return { source, version: parseTrustRoot(source).version };
}
