import { isOfType } from "../../trust/attestations.ts";
import {
  type AcceptedResult,
  type Recheck,
  type RecheckNeed,
  fileNameOf,
  recheckOf,
} from "../../trust/recheck.ts";
import { type KeySigner, renderFingerprint } from "../../trust/signer.ts";
import { isProvenance } from "../../trust/signer-words.ts";
import { code, codeBlock, codeExactly, counted, details, prose } from "../markdown.ts";
import type { ProvenImage } from "../plan.ts";
import type { Proven } from "./common.ts";
import type { Limits } from "./limits.ts";
import { sbomResultOf, signaturesOf, statementsOf } from "./signer.ts";

/** Things the reader must have that are listed. */
const NEEDS_MAX = 8;

/** How the reader checks again what was verified: what they need, and the commands. */
export function renderRecheck(plan: Proven, limits: Pick<Limits, "commands">): string {
  const keyFile = keyFilesOf(plan);
  const all = plan.updates.flatMap((update) => rechecksOf(update, keyFile));
  const shown = all.slice(0, limits.commands);
  const rest = all.length - shown.length;
  const needs = [
    ...new Map(
      shown
        .flatMap((recheck) => (recheck.kind === "command" ? recheck.needs : []))
        .map((need) => [JSON.stringify(need), need]),
    ).values(),
  ];
  const lines = [
    ...needs.flatMap((need) => (need.kind === "key" ? [fingerprintCommandOf(need.file)] : [])),
    ...new Set(
      shown.map((recheck) =>
        recheck.kind === "command" ? recheck.line : `# not written here: ${recheck.reason}`,
      ),
    ),
    ...(rest > 0 ? [`# and ${counted(rest, "more command")}`] : []),
  ];
  return details("Check it yourself", [renderNeeds(needs), "", codeBlock(lines)].join("\n"));
}

function rechecksOf(
  { line, to, verdict, sbomPlatform, profile }: ProvenImage,
  keyFile: (signer: KeySigner) => string,
): readonly Recheck[] {
  const sbom = sbomResultOf(verdict);
  const statements = statementsOf(verdict).filter(
    ({ predicateType = "" }) =>
      isProvenance(predicateType) ||
      profile.policy.attestations.some((wanted) => isOfType(wanted, predicateType)),
  );
  const on = (result: AcceptedResult, digest: ProvenImage["to"]) =>
    recheckOf(result, { repository: line.repository, digest: result.source.subject ?? digest }, keyFile);
  return [
    ...signaturesOf(verdict).map((result) => on(result, verdict.coveredBy ?? to)),
    ...(sbom === undefined ? [] : [on(sbom, sbomPlatform?.digest ?? to)]),
    ...statements.map((result) => on(result, to)),
  ];
}

function renderNeeds(needs: readonly RecheckNeed[]): string {
  const [first, ...others] = needs;
  if (first === undefined) return "Nothing is needed but cosign: who may have signed stands in the commands.";
  if (others.length === 0) return `You need, from a source that you trust, ${needText(first)}.`;
  const shown = needs.slice(0, NEEDS_MAX).map((need) => `- ${needText(need)}`);
  const rest = needs.length - shown.length;
  return [
    "You need, from sources that you trust:",
    "",
    ...shown,
    ...(rest > 0 ? [`- and ${counted(rest, "more file")} that the commands name`] : []),
  ].join("\n");
}

function needText(need: RecheckNeed): string {
  switch (need.kind) {
    case "key":
      return `the public key of ${prose(need.signer.name)}, saved as ${code(need.file)} (fingerprint ${code(renderFingerprint(need.signer))}: the openssl command prints it)`;
    case "trusted-root":
      return `the ${code("trusted_root.json")} of ${code(need.root)}, saved as ${code(need.file)}`;
    case "authorities":
      return `the certificates of the authorities of ${code(need.root)} in PEM, saved as ${code(need.file)}`;
    case "timestamp-authorities":
      return `the certificates of the timestamp authorities of ${code(need.root)} in PEM, saved as ${code(need.file)}`;
    case "log-key":
      return `the public key of the log of ${code(need.root)} in PEM, saved as ${code(need.file)}`;
    case "certificate-log-key":
      return `the public key of the certificate log of ${code(need.root)} in PEM, saved as ${code(need.file)}`;
    case "log-of-id":
      return need.form === "pem"
        ? `the public key of the log ${code(need.logId)} in PEM, saved as ${code(need.file)}`
        : `a ${code("trusted_root.json")} that has the log ${code(need.logId)}, saved as ${code(need.file)}`;
    case "cosign-3":
      return "cosign 3: older ones read bundles of attestations, not of signatures";
    case "notation":
      return `notation with a trust policy whose store holds the certificates of ${code(need.root)}, and whose trusted identity is ${codeExactly(`x509.subject: ${need.subject}`)}`;
    default:
      return need satisfies never;
  }
}

/** Prints what must be equal to the fingerprint: both are over the key's SubjectPublicKeyInfo. */
function fingerprintCommandOf(file: string): string {
  return `openssl pkey -pubin -in ${file} -outform DER | openssl dgst -sha256 -binary | base64`;
}

/** A file for each key, named after its signer; keys of one name get different ones. */
function keyFilesOf({ updates }: Proven): (signer: KeySigner) => string {
  const files = new Map<string, string>();
  const taken = new Set<string>();
  for (const { verdict } of updates) {
    for (const { outcome } of verdict.results) {
      if (outcome.kind === "refused" || outcome.signer.kind !== "key") continue;
      const { fingerprint, name } = outcome.signer;
      if (files.has(fingerprint)) continue;
      const stem = fileNameOf(name, "vendor");
      const file = taken.has(stem) ? `${stem}-${fingerprint.slice(0, 8)}.pub` : `${stem}.pub`;
      taken.add(stem);
      files.set(fingerprint, file);
    }
  }
  return ({ fingerprint }) => files.get(fingerprint) ?? "vendor.pub";
}
