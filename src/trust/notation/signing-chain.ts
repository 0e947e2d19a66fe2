import { messageOf, quote } from "../../errors.ts";
import type { Instant } from "../../time.ts";
import { isStrongKey } from "./algorithm.ts";
import { type Certificate, isIssuedBy, KEY_USAGES, parseCertificate, PURPOSES } from "./certificate.ts";
import { renderName } from "./distinguished-name.ts";
import { refuse } from "./refused-error.ts";

/** Certificates of one chain at most, root included. */
export const CHAIN_LENGTH_MAX = 10;

/** The certificate that signed first, then who issued it, to the root. Never empty. */
export type Chain = readonly [Certificate, ...(readonly Certificate[])];

/** Purposes that a certificate for signing must not have. */
const FOREIGN_PURPOSES: readonly string[] = [
  PURPOSES.any,
  PURPOSES.serverAuth,
  PURPOSES.clientAuth,
  PURPOSES.emailProtection,
  PURPOSES.timeStamping,
  PURPOSES.ocspSigning,
];
/** What else a certificate that signs may be used for: nothing but to commit to content. */
const LEAF_USAGES: readonly number[] = [KEY_USAGES.digitalSignature, KEY_USAGES.contentCommitment];

/**
 * The chain of a signature, if its form is right: each certificate issued by the next, all able to do what they do, the last a root. Whether
 * anybody trusts it, and when it was valid, is asked later.
 *
 * A single certificate that issued itself is a chain of its own, if it may sign and is no authority.
 *
 * @throws {RefusedError} `certificate-invalid`
 * @see Notary Project signature-specification.md, "Certificate Requirements"
 */
export function signingChainOf(ders: readonly Uint8Array[]): Chain {
  if (ders.length > CHAIN_LENGTH_MAX) invalid(`a chain of more than ${CHAIN_LENGTH_MAX} certificates`);
  const [leaf, ...issuers] = ders.map(parsed);
  if (leaf === undefined) return invalid("there is no certificate");
  const chain: Chain = [leaf, ...issuers];
  for (const [position, certificate] of chain.entries()) {
    expectIssued(certificate, chain[position + 1]);
    expectSound(certificate);
    const fault = position === 0 ? leafFault(certificate) : authorityFault(certificate, position - 1);
    if (fault !== undefined) invalid(`${nameOf(certificate)} ${fault}`);
  }
  return chain;
}

/** The first certificate that was not valid from the one moment to the other. */
export function outlivedIn(
  chain: readonly Certificate[],
  from: Instant,
  to: Instant,
): Certificate | undefined {
  return chain.find(({ notBeforeAt, notAfterAt }) => from < notBeforeAt || to > notAfterAt);
}

/** What is wrong with a certificate as one that only signs; undefined for nothing. */
export function leafUsageFault({ basicConstraints, keyUsage }: Certificate): string | undefined {
  if (basicConstraints?.isAuthority === true) return "is an authority";
  if (keyUsage === undefined) return "has no key usage";
  if (!keyUsage.bits.has(KEY_USAGES.digitalSignature)) return "may not sign (digitalSignature)";
  if ([...keyUsage.bits].some((bit) => !LEAF_USAGES.includes(bit))) return "may do more than sign";
  return undefined;
}

/** What is wrong with a certificate as an authority's with so many others between it and the leaf; undefined for nothing. */
export function authorityUsageFault(
  { basicConstraints, keyUsage }: Certificate,
  between: number,
): string | undefined {
  if (basicConstraints?.isAuthority !== true) return "is no authority";
  if ((basicConstraints.pathLength ?? between) < between)
    return "may not have that many authorities below it";
  if (keyUsage?.bits.has(KEY_USAGES.keyCertSign) !== true) return "may not issue certificates (keyCertSign)";
  return undefined;
}

/** The name of a certificate's holder, for a message. */
export function nameOf({ subjectParts }: Certificate): string {
  try {
    return quote(renderName(subjectParts));
  } catch {
    return "a certificate without a readable name";
  }
}

function leafFault(certificate: Certificate): string | undefined {
  const usage = leafUsageFault(certificate);
  if (usage !== undefined) return usage;
  if (certificate.keyUsage?.critical !== true) return "has a key usage that is not critical";
  const foreign = certificate.purposes?.oids.find((oid) => FOREIGN_PURPOSES.includes(oid));
  return foreign === undefined ? undefined : `is for something else (${foreign})`;
}

function authorityFault(certificate: Certificate, between: number): string | undefined {
  const usage = authorityUsageFault(certificate, between);
  if (usage !== undefined) return usage;
  if (certificate.basicConstraints?.critical !== true) return "has basic constraints that are not critical";
  if (certificate.keyUsage?.critical !== true) return "has a key usage that is not critical";
  return undefined;
}

function expectIssued(certificate: Certificate, issuer: Certificate | undefined): void {
  if (issuer === undefined) {
    if (!isIssuedBy(certificate, certificate)) {
      invalid(`the chain ends in ${nameOf(certificate)}, which is no root`);
    }
    return;
  }
  if (!isIssuedBy(certificate, issuer)) {
    invalid(`${nameOf(certificate)} was not issued by ${nameOf(issuer)}, which follows it`);
  }
  if (isIssuedBy(certificate, certificate)) {
    invalid(`${nameOf(certificate)} issued itself and is not the last of the chain`);
  }
}

function expectSound(certificate: Certificate): void {
  if (!isStrongKey(certificate.publicKey))
    invalid(`${nameOf(certificate)} has a key that is too weak or unknown`);
  const [unknown] = certificate.unknownCritical;
  if (unknown !== undefined) invalid(`${nameOf(certificate)} has a critical extension ${quote(unknown)}`);
}

function parsed(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der);
  } catch (thrown) {
    return invalid(`a certificate of the chain cannot be read: ${messageOf(thrown)}`);
  }
}

function invalid(detail: string): never {
  return refuse("certificate-invalid", detail);
}
