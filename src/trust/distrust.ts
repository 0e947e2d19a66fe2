import { InvalidInputError, quote } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import type { Distrust, VerificationPolicy } from "./policy.ts";
import { signersOf } from "./policy.ts";
import { type Signer, signerId } from "./signer.ts";
import type { CandidateResult, Verdict } from "./verdict.ts";

/** One thing that operators no longer trust. */
export type DistrustSubject =
  | { readonly kind: "key"; readonly fingerprint: string }
  | { readonly kind: "identity"; readonly issuer: string; readonly subject: string }
  | { readonly kind: "certificate"; readonly root: string; readonly subject: string }
  | { readonly kind: "digest"; readonly digest: Digest };

/** One text per subject: of signers as {@link signerId} writes it, of digests `digest sha256:…`. */
export function distrustId(subject: DistrustSubject): string {
  const name = "";
  switch (subject.kind) {
    case "key":
      return signerId({ ...subject, name });
    case "identity":
      return signerId({ ...subject, root: "", name });
    case "certificate":
      return signerId({ ...subject, name });
    case "digest":
      return `digest ${subject.digest}`;
    default:
      return subject satisfies never;
  }
}

/** What a policy leaves out for these subjects. */
export function distrustOf(subjects: readonly DistrustSubject[]): Distrust {
  return {
    signers: subjects.flatMap((subject) => (subject.kind === "digest" ? [] : [distrustId(subject)])),
    digests: subjects.flatMap((subject) => (subject.kind === "digest" ? [subject.digest] : [])),
  };
}

/** What either leaves out, each once, sorted. */
export function joinedDistrust(a: Distrust, b: Distrust): Distrust {
  return {
    signers: [...new Set([...a.signers, ...b.signers])].toSorted(),
    digests: [...new Set([...a.digests, ...b.digests])].toSorted(),
  };
}

/**
 * The part of what is distrusted that can change a verdict on these digests by this policy: these digests themselves, the policy's own keys,
 * and, where somebody may sign with certificates, all of those. The rest would make every verdict outdated that it does not touch.
 */
export function relevantDistrust(
  { signers, digests }: Distrust,
  policy: Pick<VerificationPolicy, "signers">,
  judged: readonly Digest[],
): Distrust {
  const trusted = signersOf(policy);
  const keys = new Set(trusted.flatMap((signer) => (signer.kind === "key" ? [signerId(signer.signer)] : [])));
  const hasCertificates = trusted.some(({ kind }) => kind !== "key");
  return {
    signers: signers.filter((id) => (id.startsWith("key ") ? keys.has(id) : hasCertificates)),
    digests: digests.filter((digest) => judged.includes(digest)),
  };
}

type Verified = Extract<Verdict, { kind: "verified" }>;
type Rejected = Extract<Verdict, { kind: "rejected" }>;

/**
 * Whether a verdict was reached with or without what is distrusted, so that it may be another one now: it rests on something that is
 * distrusted, or refused something because it was.
 */
export function isTouched(image: Digest, verdict: Verdict, distrust: Distrust): boolean {
  if (verdict.kind === "unverifiable") return false;
  const wasRefused = verdict.results.some(
    ({ outcome }) => outcome.kind === "refused" && outcome.refusal === "signer-distrusted",
  );
  if (wasRefused || isRevoked(verdict)) return true;
  return distrust.digests.includes(image) || restsOn(verdict, distrust);
}

/** Whether a verdict counts something that is distrusted: a signature, or the index that it is on. */
function restsOn(verdict: Exclude<Verdict, { kind: "unverifiable" }>, distrust: Distrust): boolean {
  const isDistrusted = distrustedIn(distrust);
  const accepted = verdict.results.some(
    ({ outcome }) => outcome.kind === "accepted" && isDistrusted(outcome.signer),
  );
  if (accepted || verdict.kind !== "verified") return accepted;
  return verdict.signers.some(isDistrusted) || isCoveredBy(verdict, distrust);
}

/** Whether a digest must not be used any more by what is distrusted: it rests on that, or was taken back because of it. */
export function isAffected(image: Digest, verdict: Verdict, distrust: Distrust): boolean {
  if (isRevoked(verdict) || distrust.digests.includes(image)) return true;
  return verdict.kind !== "unverifiable" && restsOn(verdict, distrust);
}

/** Whether a verdict says that an operator took the trust away. */
export function isRevoked(verdict: Verdict): boolean {
  return (
    verdict.kind === "rejected" &&
    (verdict.reason === "signer-distrusted" || verdict.reason === "digest-distrusted")
  );
}

/**
 * What is left of a verdict without those who are distrusted, from what it says alone: rejected, where that is certain. It needs no registry, so
 * it holds even while none answers. Undefined where others signed as well: that is judged anew.
 */
export function withdrawn(
  image: Digest,
  verdict: Verdict,
  policy: Pick<VerificationPolicy, "signers" | "distrust">,
): Rejected | undefined {
  if (verdict.kind !== "verified") return undefined;
  const { distrust } = policy;
  const { skipped } = verdict;
  const results = verdict.results.map((result) => refusedIn(result, distrust));
  const rejected = { kind: "rejected", results, skipped } as const;
  if (distrust.digests.includes(image)) {
    return { ...rejected, reason: "digest-distrusted", detail: "an operator distrusts it" };
  }
  if (isCoveredBy(verdict, distrust)) {
    const detail = "an operator distrusts the index that its signature is on";
    return { ...rejected, reason: "digest-distrusted", detail };
  }
  const gone = verdict.signers.filter(distrustedIn(distrust));
  if (gone.length === 0 || isEnough(verdict, policy)) return undefined;
  const names = gone.map(({ name }) => quote(name)).join(", ");
  return { ...rejected, reason: "signer-distrusted", detail: `an operator distrusts ${names}` };
}

/** Whether those who signed and are still trusted are all that the policy needs. */
function isEnough(
  { signers, results }: Verified,
  { signers: needed, distrust }: Pick<VerificationPolicy, "signers" | "distrust">,
): boolean {
  const isDistrusted = distrustedIn(distrust);
  if (!signers.some((signer) => !isDistrusted(signer))) return false;
  if (needed.need === "any") return true;
  const groups = new Set(
    results.flatMap(({ outcome }) =>
      outcome.kind === "accepted" && outcome.proves === "image" && !isDistrusted(outcome.signer)
        ? outcome.groups
        : [],
    ),
  );
  return needed.groups.every(({ name }) => groups.has(name));
}

function isCoveredBy({ coveredBy }: Verified, { digests }: Distrust): boolean {
  return coveredBy !== undefined && digests.includes(coveredBy);
}

function refusedIn(result: CandidateResult, distrust: Distrust): CandidateResult {
  const { outcome } = result;
  if (outcome.kind === "refused" || !distrustedIn(distrust)(outcome.signer)) return result;
  const detail = `signed by ${quote(outcome.signer.name)}, whom an operator distrusts`;
  return { ...result, outcome: { kind: "refused", refusal: "signer-distrusted", detail } };
}

function distrustedIn({ signers }: Distrust): (signer: Signer) => boolean {
  return (signer) => signers.includes(signerId(signer));
}

const HEX_FINGERPRINT = /^(?:[0-9a-f]{64}|(?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i;
const SSH_FINGERPRINT = /^SHA256:([A-Za-z0-9+/]{43})=?$/;

/**
 * Reads the fingerprint of a key as pages and pull requests write it, `SHA256:` and base64, or as 64 hex digits, in pairs or not.
 *
 * @throws {InvalidInputError} `key-invalid`
 */
export function parseFingerprint(text: string): string {
  if (HEX_FINGERPRINT.test(text)) return text.replaceAll(":", "").toLowerCase();
  const [, base64] = SSH_FINGERPRINT.exec(text) ?? [];
  const bytes = Buffer.from(base64 ?? "", "base64");
  // The last character holds two bits that must be nothing: otherwise two texts would name one key.
  if (bytes.length === 32 && bytes.toString("base64").startsWith(base64 ?? " ")) return bytes.toString("hex");
  throw new InvalidInputError(
    "key-invalid",
    `not the fingerprint of a key (SHA256:… or 64 hexadecimal digits): ${quote(text)}`,
  );
}
