import { X509Certificate as SigstoreCertificate, crypto } from "@sigstore/core";
import type { SignedEntity, TrustMaterial } from "@sigstore/verify";
import { quote } from "../../errors.ts";
import { type Instant, renderInstant } from "../../time.ts";
import type { TrustedCertificate, TrustedIdentity } from "../policy.ts";
import { type Refused, listed, mostTelling, refused } from "../refusal.ts";
import type { Signer } from "../signer.ts";
import { isMatch } from "../subject.ts";
import type { TrustRoot } from "../trust-root.ts";
import type { Rules } from "../verify.ts";
import { type Leaf, readLeaf, withoutCertificateLogs } from "./certificate.ts";
import { identityOf, leafFaultOf } from "./hardening.ts";
import { libraryFaultOf } from "./library.ts";
import { type Proofs, type Witnesses, outOfUseFaultOf, proofsOf } from "./proofs.ts";
import { type FoundSignature, type Signed, readSigned } from "./signed.ts";
import { type Vouched, distrustOf, groupsOf, rootsNamed } from "./vouched.ts";

type Certified = TrustedIdentity | TrustedCertificate;

/**
 * Who of the trusted made a signature that comes with a certificate, or why nobody did. Each trust root is asked once; one that knows the
 * certificate's authority says more about it than one that does not.
 *
 * @throws whatever parsers throw
 */
export function certificateSignatureOf(
  found: FoundSignature,
  trusted: readonly Certified[],
  rules: Rules,
): Vouched | Refused {
  const signed = readSigned(found, { log: rules.policy.log !== "ignore", countersignatures: true });
  if (signed.certificate === undefined)
    return refused("signature-missing", "it comes without its certificate");
  const leaf = readLeaf(signed.certificate);
  const asked = new Map(trusted.map(({ kind, root }) => [`${kind} ${root}`, { kind, root }]));
  const refusals: Refused[] = [];
  for (const { kind, root: name } of asked.values()) {
    const ofRoot = trusted.filter((signer) => signer.kind === kind && signer.root === name);
    const outcome = judgedBy(name, { signed, leaf, kind, trusted: ofRoot, rules });
    if (outcome.kind === "vouched") return outcome;
    refusals.push(outcome);
  }
  const knowing = refusals.filter(({ refusal }) => refusal !== "trust-root-outdated");
  return (
    mostTelling(knowing.length > 0 ? knowing : refusals) ??
    refused("certificate-unsupported", "no identity and no certificate is trusted")
  );
}

interface Case {
  readonly signed: Signed;
  readonly leaf: Leaf;
  readonly kind: Certified["kind"];
  readonly trusted: readonly Certified[];
  readonly rules: Rules;
}

function judgedBy(name: string, question: Case): Vouched | Refused {
  const { signed, leaf, kind, rules } = question;
  const roots = rootsNamed([name], rules.roots);
  if ("kind" in roots) return roots;
  const [root] = roots;
  if (root === undefined) return refused("trust-root-outdated", "no trust root is there");
  if (!signed.content.verifySignature(leaf.x509.publicKey)) {
    return refused("signature-invalid", "it was not made with the certificate that comes with it");
  }
  const fault = leafFaultOf(leaf, kind === "identity" ? "short-lived" : "long-lived");
  if (fault !== undefined) return fault;
  return kind === "identity" ? identityCase(root, question) : certificateCase(root, question);
}

/** A short-lived certificate says who somebody was at one moment: that moment must be proven. */
function identityCase(root: TrustRoot, { signed, leaf, trusted, rules }: Case): Vouched | Refused {
  const { policy, now } = rules;
  const { tlogs, timestampAuthorities, certificateAuthorities, ctlogs } = root.sigstore;
  const witnesses = { logs: tlogs, timestampAuthorities };
  const ascribed = { kind: "certificate", der: leaf.der } as const;
  const proofs = proofsOf(signed, { witnesses, mode: policy.log, ascribed, now });
  if (proofs.kind === "refused") return proofs;
  const [time] = proofs.times;
  if (time === undefined) return timeless(proofs);
  const named = identityOf(leaf);
  if (named.kind === "refused") return named;

  const fault =
    expiryOf(
      leaf,
      proofs.times.map(({ at }) => at),
    ) ??
    strangerOf(leaf, certificateAuthorities) ??
    certificateLogFaultOf(leaf, ctlogs) ??
    outOfUseFaultOf(proofs.entries, tlogs, time.at) ??
    libraryFaultOf({
      signed,
      proofs,
      witnesses,
      by: {
        kind: "certificate",
        certificate: ctlogs.length === 0 ? withoutCertificateLogs(leaf) : leaf.parsed,
        authorities: certificateAuthorities,
        certificateLogs: ctlogs,
      },
    });
  if (fault !== undefined) return fault;

  const { subject, issuer } = named;
  const isMeant = (signer: Certified): boolean =>
    signer.kind === "identity" && signer.issuer === issuer && isMatch(signer.subject, subject);
  const first = trusted.find(isMeant);
  if (first === undefined) {
    return refused("identity-mismatch", `it is signed by ${quote(subject)}, named by ${quote(issuer)}`);
  }
  const signer: Signer = { kind: "identity", issuer, subject, root: root.name, name: first.name };
  return vouchedFor(signer, proofs, { rules, isMeant, root });
}

/** A long-lived certificate is judged at a proven time, else now, as cosign does with an own PKI. */
function certificateCase(root: TrustRoot, { signed, leaf, trusted, rules }: Case): Vouched | Refused {
  const { policy, now } = rules;
  const logRoots = policy.log === "ignore" ? [] : rootsNamed(policy.logRoots, rules.roots);
  if ("kind" in logRoots) return logRoots;
  const known = [root, ...logRoots].map(({ sigstore }) => sigstore);
  const witnesses: Witnesses = {
    logs: known.flatMap(({ tlogs }) => tlogs),
    timestampAuthorities: known.flatMap(({ timestampAuthorities }) => timestampAuthorities),
  };
  const ascribed = { kind: "certificate", der: leaf.der } as const;
  const proofs = proofsOf(signed, { witnesses, mode: policy.log, ascribed, now });
  if (proofs.kind === "refused") return proofs;
  const authorities = authoritiesOf(root);
  const times = proofs.times.length === 0 ? [now] : proofs.times.map(({ at }) => at);

  const fault =
    expiryOf(leaf, times) ??
    strangerOf(leaf, authorities) ??
    libraryFaultOf({
      signed,
      proofs: proofs.times.length === 0 ? { ...proofs, timestamps: [judgedAt(now)] } : proofs,
      witnesses,
      by: {
        kind: "certificate",
        certificate: withoutCertificateLogs(leaf),
        authorities,
        certificateLogs: [],
      },
    });
  if (fault !== undefined) return fault;

  const names = leaf.names.flatMap(({ text }) => text ?? []);
  const subjectOf = (signer: Certified): string | undefined =>
    signer.kind === "certificate" ? names.find((name) => isMatch(signer.subject, name)) : undefined;
  for (const { name, ...first } of trusted) {
    const subject = subjectOf({ name, ...first });
    if (subject === undefined) continue;
    const signer: Signer = { kind: "certificate", subject, root: root.name, name };
    const isMeant = (other: Certified): boolean => subjectOf(other) !== undefined;
    const vouched = vouchedFor(signer, proofs, { rules, isMeant, root });
    return vouched.kind === "refused"
      ? vouched
      : { ...vouched, unchecked: [...vouched.unchecked, "whether the certificate was revoked"] };
  }
  return refused("identity-mismatch", `it is certified for ${names.length === 0 ? "nobody" : listed(names)}`);
}

function vouchedFor(
  signer: Signer,
  { times: [time], log, unchecked }: Proofs,
  {
    rules: { policy },
    isMeant,
    root,
  }: {
    readonly rules: Rules;
    readonly isMeant: (signer: Certified) => boolean;
    readonly root: TrustRoot;
  },
): Vouched | Refused {
  const distrusted = distrustOf(signer, policy);
  if (distrusted !== undefined) return distrusted;
  const groups = groupsOf(
    policy.signers.groups,
    (other) =>
      (other.kind === "identity" || other.kind === "certificate") &&
      other.kind === signer.kind &&
      other.root === root.name &&
      isMeant(other),
  );
  return {
    kind: "vouched",
    signer,
    groups,
    ...(time === undefined ? {} : { signedAt: time.at, timeProof: time.proof }),
    ...(log === undefined ? {} : { log }),
    unchecked,
  };
}

function timeless({ unchecked }: Proofs): Refused {
  return unchecked.length > 0
    ? refused(
        "trust-root-outdated",
        `nothing that is known says when it was signed, only ${unchecked.join(" and ")}`,
      )
    : refused("trusted-time-missing", "neither a log nor a countersignature says when it was signed");
}

function expiryOf({ x509 }: Leaf, times: readonly Instant[]): Refused | undefined {
  const from = x509.validFromDate.getTime();
  const until = x509.validToDate.getTime();
  const outside = times.find((at) => !(from <= at && at <= until));
  return outside === undefined
    ? undefined
    : refused(
        "certificate-expired",
        `it was valid until ${x509.validToDate.toISOString()} and is judged at ${renderInstant(outside)}`,
      );
}

/** Whether nobody of the authority's name is known. A known name with another key is no stranger: somebody pretends to be it. */
function strangerOf(
  { parsed }: Leaf,
  authorities: TrustMaterial["certificateAuthorities"],
): Refused | undefined {
  const isKnown = authorities.some(({ certChain }) =>
    certChain.some(({ subject }) => subject.equals(parsed.issuer)),
  );
  return isKnown
    ? undefined
    : refused("trust-root-outdated", "its certificate is by an authority that no trust root of ours knows");
}

function certificateLogFaultOf(
  { certificateLogs }: Leaf,
  ctlogs: TrustMaterial["ctlogs"],
): Refused | undefined {
  if (ctlogs.length === 0) return undefined;
  if (certificateLogs.length === 0) {
    return refused("certificate-invalid", "no log of certificates has taken it in");
  }
  const isKnown = (id: Buffer): boolean => ctlogs.some(({ logID }) => logID.equals(id));
  return certificateLogs.every(isKnown)
    ? undefined
    : refused(
        "trust-root-outdated",
        "its certificate is in a log of certificates that no trust root of ours knows",
      );
}

const ALWAYS = { start: new Date(0), end: new Date(8_640_000_000_000_000) };

function authoritiesOf({ authorities }: TrustRoot): TrustMaterial["certificateAuthorities"] {
  if (authorities.length === 0) return [];
  const certChain = authorities.map(({ raw }) => SigstoreCertificate.parse(Buffer.from(raw)));
  return [{ certChain, validFor: ALWAYS }];
}

/** The library takes the time at which it looks at a certificate from entries in logs, and does not look at one that it is not given as an entry. */
function judgedAt(now: Instant): SignedEntity["timestamps"][number] {
  return {
    $case: "transparency-log",
    tlogEntry: {
      logIndex: "0",
      logId: { keyId: crypto.digest("sha256", "") },
      kindVersion: { kind: "", version: "" },
      integratedTime: String(Math.floor(now / 1000)),
      inclusionPromise: { signedEntryTimestamp: Buffer.alloc(0) },
      inclusionProof: undefined,
      canonicalizedBody: Buffer.alloc(0),
    },
  };
}
