import type { X509Certificate } from "@sigstore/core";
import { type TrustMaterial, VerificationError, Verifier } from "@sigstore/verify";
import type { KeyObject } from "node:crypto";
import { messageOf, quote } from "../../errors.ts";
import { type Refused, refused } from "../refusal.ts";
import type { Refusal } from "../verdict.ts";
import { type Proofs, type Witnesses, namedLogs } from "./proofs.ts";
import type { Signed } from "./signed.ts";

/** What the library is asked about. */
export interface Question {
  readonly signed: Signed;
  readonly proofs: Proofs;
  readonly witnesses: Witnesses;
  /** With what the signature must have been made. */
  readonly by:
    | { readonly kind: "key"; readonly publicKey: KeyObject }
    | {
        readonly kind: "certificate";
        readonly certificate: X509Certificate;
        readonly authorities: TrustMaterial["certificateAuthorities"];
        /** Logs of certificates, one of which must have taken it in; none if there are none. */
        readonly certificateLogs: TrustMaterial["ctlogs"];
      };
}

/**
 * What @sigstore/verify finds wrong with a signature and what comes with it; undefined if it is good. Identities are not its business here:
 * it takes the name of an identity for a pattern that need not match all of it.
 *
 * @throws whatever its parsers throw
 */
export function libraryFaultOf({ signed, proofs, witnesses, by }: Question): Refused | undefined {
  const trust: TrustMaterial = {
    publicKey: () => {
      if (by.kind !== "key") throw new TypeError("a certificate is expected");
      return { publicKey: by.publicKey, validFor: () => true };
    },
    certificateAuthorities: by.kind === "certificate" ? by.authorities : [],
    ctlogs: by.kind === "certificate" ? by.certificateLogs : [],
    timestampAuthorities: witnesses.timestampAuthorities,
    tlogs: namedLogs(witnesses.logs, proofs.entries),
  };
  // How many entries there must be is the policy's business, and was looked at before: some are not the library's.
  const thresholds = {
    tlogThreshold: 0,
    // Without any time it would not look at a certificate's authority at all.
    timestampThreshold: by.kind === "certificate" ? 1 : 0,
    ctlogThreshold: trust.ctlogs.length > 0 ? 1 : 0,
  };
  try {
    new Verifier(trust, thresholds).verify({
      signature: signed.content,
      key:
        by.kind === "key"
          ? { $case: "public-key", hint: "" }
          : { $case: "certificate", certificate: by.certificate },
      tlogEntries: [...proofs.entries],
      timestamps: proofs.timestamps,
    });
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof VerificationError)) throw thrown;
    return refused(refusalOf(thrown), detailOf(thrown));
  }
}

function refusalOf({ code }: VerificationError): Refusal {
  switch (code) {
    case "SIGNATURE_ERROR":
      return "signature-invalid";
    case "CERTIFICATE_ERROR":
      return "certificate-invalid";
    case "PUBLIC_KEY_ERROR":
      return "signature-key-unknown";
    case "TIMESTAMP_ERROR":
      return "timestamp-invalid";
    case "TLOG_BODY_ERROR":
      return "log-entry-mismatch";
    case "TLOG_ERROR":
    case "TLOG_INCLUSION_PROOF_ERROR":
    case "TLOG_INCLUSION_PROMISE_ERROR":
    case "TLOG_MISSING_INCLUSION_ERROR":
      return "log-entry-invalid";
    case "NOT_IMPLEMENTED_ERROR":
      return "algorithm-unsupported";
    default:
      return code satisfies never;
  }
}

function detailOf({ message, cause }: VerificationError): string {
  return cause instanceof Error ? `${message}: ${quote(messageOf(cause))}` : message;
}
