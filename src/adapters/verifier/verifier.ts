import type { Verifier, VerifyQuestion } from "../../ports/verifier.ts";
import { createJudge } from "./judge.ts";
import { Threads, type ThreadsOptions } from "./threads.ts";

/**
 * What is judged where it is asked: about 10 ms at most. A signature with a certificate takes up to 10 ms of computing, one with a key a
 * tenth of a millisecond, a megabyte of SBOM 10 ms.
 */
const INLINE_BYTES_MAX = 128 * 1024;
const INLINE_CERTIFICATES_MAX = 1;
const INLINE_CANDIDATES_MAX = 20;

/** Judges small evidence at once, and everything else in threads. */
export function createVerifier(options: Partial<ThreadsOptions> = {}): Verifier & { close(): Promise<void> } {
  const judge = createJudge();
  const threads = new Threads(options);
  return {
    async judge(question, signal) {
      return isSmall(question) ? judge(question) : threads.judge(question, signal);
    },
    close: () => threads.close(),
  };
}

/** @see INLINE_BYTES_MAX */
function isSmall({ evidence: { candidates }, about, policy }: VerifyQuestion): boolean {
  if (candidates.length > INLINE_CANDIDATES_MAX) return false;
  const isKeyed = policy.signers.groups.every(({ anyOf }) => anyOf.every(({ kind }) => kind === "key"));
  if (!isKeyed && candidates.length > INLINE_CERTIFICATES_MAX) return false;
  const listed = about !== "image" && about.kind === "listed" ? about.listed.statements : [];
  const listedBytes = listed.reduce((bytes, { statement }) => bytes + statement.byteLength, 0);
  return candidates.reduce((bytes, candidate) => bytes + bytesOf(candidate), listedBytes) <= INLINE_BYTES_MAX;
}

function bytesOf(candidate: VerifyQuestion["evidence"]["candidates"][number]): number {
  switch (candidate.kind) {
    case "cosign-signature":
      return candidate.payload.byteLength;
    case "cosign-attestation":
    case "notation-signature":
      return candidate.envelope.byteLength;
    case "sigstore-bundle":
      return candidate.bundle.byteLength;
    case "signed-manifest":
      return candidate.signatures.reduce(
        (bytes, nested) => bytes + bytesOf(nested),
        candidate.statement.byteLength,
      );
    default:
      return candidate satisfies never;
  }
}
