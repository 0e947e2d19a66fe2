import { renderImage, renderRepository } from "../../image/reference.ts";
import { renderMoment } from "../../time.ts";
import { type CosignLayout, cosignCommandsOf } from "../../trust/recheck.ts";
import { type KeySigner, renderFingerprint, renderSigner } from "../../trust/signer.ts";
import type { CandidateResult } from "../../trust/verdict.ts";
import { capped, code, codeBlock, counted, details, prose, table } from "../markdown.ts";
import type { Plan, Update } from "../plan.ts";
import { grouped, renderWhich } from "./common.ts";
import type { Limits } from "./limits.ts";

/** What was checked about who made the images, and how the reader checks it again. */
export function renderSignatures(plan: Plan, limits: Limits): string {
  const checks: readonly (readonly [string, (update: Update) => string | undefined])[] = [
    ["signature", signatureText],
    ["SBOM", sbomText],
    ["tag", tagText],
    [
      "read from",
      ({ line }) => `${code(line.repository.registry)}, by digest: what was verified is what is pinned here`,
    ],
    ["mirror", mirrorText],
    ["evidence", elsewhereText],
    ["not counted", notCountedText],
  ];
  const rows = checks.flatMap(([name, textOf]) => {
    const groups = grouped(plan.updates, textOf);
    return groups.slice(0, limits.reasons).map(({ text, updates }) => {
      const isForAll = updates.length === plan.updates.length;
      return [name, isForAll ? text : `${renderWhich(updates, plan, 3)}: ${text}`];
    });
  });
  return `### Who signed it\n\n${table(["check", "result"], rows)}\n\n${renderRecheck(plan, limits)}`;
}

function signatureText({ verdict }: Update): string {
  const keys = verdict.signers.map(
    (signer) => `${signer.kind} ${code(renderSigner(signer))} (${prose(signer.name)})`,
  );
  const logged = verdict.trustedAt === undefined ? "" : `, logged ${renderMoment(verdict.trustedAt)}`;
  return `✔ ${keys.join("; ")}, over exactly this digest${logged}`;
}

function sbomText({ verdict, sbomPlatform }: Update): string {
  const { sbom } = verdict;
  if (sbom.kind === "missing") return "– no signed SBOM: packages were not compared";
  const subject = sbomPlatform === undefined ? "this digest" : `its ${code(sbomPlatform.platform)} manifest`;
  return `✔ ${formatName(sbom.predicateType)} attestation by a trusted key, about exactly ${subject}`;
}

function formatName(predicateType: string): string {
  if (/^https?:\/\/cyclonedx\.org\/bom(?:\/|$)/.test(predicateType)) return "CycloneDX";
  if (/^https?:\/\/spdx\.dev\/Document(?:\/|$)/.test(predicateType)) return "SPDX";
  return code(predicateType);
}

function tagText({ stepBack }: Update): string {
  return stepBack !== undefined
    ? `⚠ moved backwards: ${prose(stepBack.why)}; approved by ${prose(stepBack.by)}`
    : "✔ moved forward, to a digest it had not been seen at before";
}

/** What is written names a mirror: whoever builds gets it from there. */
function mirrorText({ places }: Update): string | undefined {
  const names = new Set(
    places.flatMap(({ mirror }) => (mirror === undefined ? [] : [renderRepository(mirror)])),
  );
  if (names.size === 0) return undefined;
  const [verb, noun] = names.size === 1 ? ["serves", "a mirror"] : ["serve", "mirrors"];
  return `✔ ${capped([...names].map(code), 5, ", ")}, ${noun} of it, ${verb} exactly this digest; everything else was read at the origin`;
}

/** Evidence that hangs in another repository than the image. */
function elsewhereText({ verdict }: Update): string | undefined {
  const names = new Set(
    verdict.results.flatMap(({ source: { repository }, outcome }) =>
      repository === undefined || outcome.kind === "refused" ? [] : [renderRepository(repository)],
    ),
  );
  return names.size === 0
    ? undefined
    : `some hangs in ${capped([...names].map(code), 5, ", ")}: what counts is who signed it, not where it hangs`;
}

/** Evidence that was there and proves nothing: shown, so that nobody takes silence for its absence. */
function notCountedText({ verdict }: Update): string | undefined {
  const refused = verdict.results.flatMap(({ outcome }) =>
    outcome.kind === "refused" ? [outcome.refusal] : [],
  );
  const reasons: readonly string[] = [...refused, ...verdict.skipped.map(({ reason }) => reason)];
  if (reasons.length === 0) return undefined;
  const counts = [...Map.groupBy(reasons, (reason) => reason)].map(
    ([reason, same]) => `${same.length} × ${code(reason)}`,
  );
  return `${counted(reasons.length, "more signature or attestation", "more signatures or attestations")} found: ${counts.join(", ")}`;
}

function renderRecheck({ updates }: Plan, limits: Limits): string {
  const signers = new Map(
    updates.flatMap(({ verdict }) =>
      verdict.signers.filter((signer) => signer.kind === "key").map((signer) => [signer.fingerprint, signer]),
    ),
  );
  const fingerprints = [...signers.values()].map(
    (signer) =>
      `${code(keyFileOf(signer))} (fingerprint ${code(renderFingerprint(signer))}, the first command prints it)`,
  );
  const all = updates.flatMap(commandsOf);
  const commands = all.slice(0, limits.commands);
  const rest = all.length - commands.length;
  return details(
    "Check it yourself",
    [
      `With the vendor's public key, from a source you trust, saved as ${capped(fingerprints, 5, ", ")}:`,
      "",
      codeBlock([
        ...[...signers.values()].slice(0, 5).map(fingerprintCommandOf),
        ...commands,
        ...(rest > 0 ? [`# and ${counted(rest, "more command")} for the other images`] : []),
      ]),
    ].join("\n"),
  );
}

function commandsOf({ line, to, verdict, sbomPlatform }: Update): readonly string[] {
  const { results, sbom, signers } = verdict;
  const [signer] = signers.filter(({ kind }) => kind === "key");
  if (signer?.kind !== "key") return [];
  const signature = results.find(({ outcome }) => outcome.kind === "accepted" && outcome.proves === "image");
  const attestation = results.find(
    ({ source, outcome }) =>
      sbom.kind === "verified" && outcome.kind === "accepted" && source.layer === sbom.source.layer,
  );
  return cosignCommandsOf({
    reference: renderImage({ repository: signature?.source.repository ?? line.repository, digest: to }),
    keyFile: keyFileOf(signer),
    signatureIn: layoutOf(signature),
    attestationIn: layoutOf(attestation),
    ...(sbom.kind === "verified" ? { predicateType: sbom.predicateType } : {}),
    attestedReference: renderImage({
      repository: attestation?.source.repository ?? line.repository,
      digest: sbomPlatform?.digest ?? to,
    }),
  });
}

function layoutOf(result: CandidateResult | undefined): CosignLayout {
  if (result?.kind === "sigstore-bundle") return "bundle";
  return result?.source.place === "referrer" ? "referrer" : "tag";
}

/** Prints what must be equal to the fingerprint: both are over the key's SubjectPublicKeyInfo. */
function fingerprintCommandOf(signer: KeySigner): string {
  return `openssl pkey -pubin -in ${keyFileOf(signer)} -outform DER | openssl dgst -sha256 -binary | base64`;
}

function keyFileOf({ name }: KeySigner): string {
  const slug = name
    .toLowerCase()
    .slice(0, 40)
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return `${slug === "" ? "vendor" : slug}.pub`;
}
