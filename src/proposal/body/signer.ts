import { type Signer, signerId } from "../../trust/signer.ts";
import { wordsOf } from "../../trust/signer-words.ts";
import type { AcceptedResult } from "../../trust/recheck.ts";
import type { CandidateResult, Verdict } from "../../trust/verdict.ts";
import { capped, codeExactly, prose } from "../markdown.ts";

type Verified = Extract<Verdict, { kind: "verified" }>;

/** Signers that are named in one sentence. */
const SIGNERS_MAX = 4;

/** Who it is, exactly: ``key `SHA256:…` ``, ``GitHub Actions workflow `https://…`, named by `https://…` ``. */
export function renderExactly(signer: Signer): string {
  const { what, who, by } = wordsOf(signer);
  const authority = by === undefined ? "" : `, ${by.how} ${codeExactly(by.whom)}`;
  return `${what} ${codeExactly(who)}${authority}`;
}

/** The first of several signers, each as told. */
export function renderSigners(signers: readonly Signer[], textOf: (signer: Signer) => string): string {
  return capped(signers.map(textOf), SIGNERS_MAX, "; ");
}

/** Each of them once. */
export function distinctSigners(signers: readonly Signer[]): readonly Signer[] {
  return [...new Map(signers.map((signer) => [signerId(signer), signer])).values()];
}

/** Somebody of whom the reader has heard already is not named again. */
export function renderWhoSays({ signers }: Verified, signer: Signer): string {
  const [only, ...others] = signers;
  if (only === undefined || signerId(only) !== signerId(signer)) return prose(signer.name);
  return others.length === 0 ? "the same signer" : prose(signer.name);
}

/** What counts, of a verdict's evidence. */
export function acceptedOf({ results }: Pick<Verified, "results">): readonly AcceptedResult[] {
  return results.filter(isAccepted);
}

function isAccepted(result: CandidateResult): result is AcceptedResult {
  return result.outcome.kind === "accepted";
}

/** For each signer the signature of the image that says most: the earliest that a trusted clock dates, else the first. */
export function signaturesOf(verdict: Verified): readonly AcceptedResult[] {
  const images = acceptedOf(verdict).filter(({ outcome }) => outcome.proves === "image");
  return verdict.signers.flatMap((signer) => {
    const own = images.filter(({ outcome }) => signerId(outcome.signer) === signerId(signer));
    const [best] = own.toSorted(
      (a, b) => (a.outcome.signedAt ?? Infinity) - (b.outcome.signedAt ?? Infinity),
    );
    return best === undefined ? [] : [best];
  });
}

/** The statement that the SBOM is. */
export function sbomResultOf(verdict: Verified): AcceptedResult | undefined {
  const { sbom } = verdict;
  if (sbom.kind === "missing") return undefined;
  return acceptedOf(verdict).find(({ source }) => source.layer === sbom.source.layer);
}

/** Statements beside the SBOM, the first of each type. */
export function statementsOf(verdict: Verified): readonly AcceptedResult[] {
  const sbom = sbomResultOf(verdict);
  const others = acceptedOf(verdict).filter(
    (result) =>
      result.outcome.proves === "statement" &&
      result !== sbom &&
      result.predicateType !== sbom?.predicateType,
  );
  return [...Map.groupBy(others, ({ predicateType }) => predicateType).values()].flatMap((same) =>
    same.slice(0, 1),
  );
}
