import type { SignatureHint } from "../../trust/hint.ts";
import { renderFingerprint } from "../../trust/signer.ts";
import type { EvidenceSeen } from "./report.ts";

/** Somebody whom signatures name, once. Claimed, not proven. */
export type ClaimedSigner = Extract<
  SignatureHint["by"],
  { kind: "identity" } | { kind: "certificate" } | { kind: "key" }
> & {
  readonly notation: boolean;
};

/** Whoever the signatures of these name, each once, in the order they were found. */
export function claimedSignersOf(evidence: readonly EvidenceSeen[]): readonly ClaimedSigner[] {
  const signers = new Map<string, ClaimedSigner>();
  for (const { claims, kind } of evidence) {
    for (const { by } of claims) {
      if (by.kind === "nobody" || by.kind === "unreadable") continue;
      const signer = { ...by, notation: kind === "notation-signature" };
      const id = JSON.stringify(signer);
      if (!signers.has(id)) signers.set(id, signer);
    }
  }
  return [...signers.values()];
}

/** A signature's claim, for people. */
export function renderClaim(by: SignatureHint["by"]): string {
  switch (by.kind) {
    case "identity":
      return `${by.subject} (named by ${by.issuer})`;
    case "certificate":
      return `${by.subject} (certified by ${by.authority})`;
    case "key":
      return by.fingerprint === undefined
        ? "a key, it does not say which"
        : `the key ${renderFingerprint({ fingerprint: by.fingerprint })}`;
    case "nobody":
      return "nobody";
    case "unreadable":
      return `nobody that can be read: ${by.reason}`;
    default:
      return by satisfies never;
  }
}
