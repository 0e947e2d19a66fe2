import { shortOf } from "../../image/digest.ts";
import { renderRepository } from "../../image/reference.ts";
import { renderMoment } from "../../time.ts";
import { isOfType } from "../../trust/attestations.ts";
import type { Signer } from "../../trust/signer.ts";
import { predicateNameOf } from "../../trust/signer-words.ts";
import type { AcceptedResult } from "../../trust/recheck.ts";
import { capped, code, counted, prose, table } from "../markdown.ts";
import type { Plan, ProvenImage, Update } from "../plan.ts";
import { grouped, type Proven, renderWhich } from "./common.ts";
import { type Limits, PLATFORMS_MAX } from "./limits.ts";
import { renderRecheck } from "./recheck.ts";
import {
  renderExactly,
  renderSigners,
  renderWhoSays,
  sbomResultOf,
  signaturesOf,
  statementsOf,
} from "./signer.ts";

/** What was checked about who made the images, and how the reader checks it again. */
export function renderSignatures(plan: Plan, limits: Limits): string {
  return renderProof(plan, limits, tagText);
}

/**
 * The same of any images.
 *
 * @param tagTextOf what is known of the tag that stands at an image
 */
export function renderProof<Image extends ProvenImage>(
  plan: Proven<Image>,
  limits: Pick<Limits, "commands" | "reasons">,
  tagTextOf: (image: Image) => string | undefined,
): string {
  const checks: readonly (readonly [string, (image: Image) => string | undefined])[] = [
    ["signature", signatureText],
    ["signed at", timeText],
    ["groups", groupsText],
    ["SBOM", sbomText],
    ["statements", statementsText],
    ["tag", tagTextOf],
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

function signatureText({ verdict }: ProvenImage): string {
  const { coveredBy } = verdict;
  const subject =
    coveredBy === undefined
      ? "exactly this digest"
      : `the index ${code(shortOf(coveredBy, 12))}, which lists exactly this digest`;
  return `✔ ${renderSigners(verdict.signers, (signer) => `${renderExactly(signer)} (${byNameText(signer)})`)}, over ${subject}`;
}

function byNameText(signer: Signer): string {
  return signer.kind === "identity"
    ? `${prose(signer.name)}, trust root ${code(signer.root)}`
    : prose(signer.name);
}

/** When each signer signed, and what proves it. Without a clock we trust nobody can say. */
function timeText({ verdict }: ProvenImage): string {
  const signatures = signaturesOf(verdict);
  const dated = signatures.filter(({ outcome }) => outcome.signedAt !== undefined);
  if (dated.length === 0) return "– nothing that we trust says when";
  const isOne = signatures.length === 1;
  const texts = dated.map(
    (result) => `${isOne ? "" : `${prose(result.outcome.signer.name)}: `}${proofText(result)}`,
  );
  const undated = signatures.length - dated.length;
  return `✔ ${capped(texts, 4, "; ")}${undated === 0 ? "" : `; nothing that we trust dates ${counted(undated, "more signature")}`}`;
}

function proofText({ outcome: { signedAt, timeProof, log } }: AcceptedResult): string {
  const at = signedAt === undefined ? "" : renderMoment(signedAt);
  const entry = log === undefined ? "" : `log ${code(log.logId.slice(0, 12))}, entry ${code(log.index)}`;
  switch (timeProof) {
    case "log-promise":
      return `${at}, by a signed promise of ${entry === "" ? "its log" : entry}`;
    case "log-proof":
      return `${at}, by a proof that it is in ${entry === "" ? "its log" : entry}`;
    case "countersignature":
      return `${at}, countersigned by a timestamp authority${entry === "" ? "" : `, and in ${entry}`}`;
    case undefined:
      return at;
    default:
      return timeProof satisfies never;
  }
}

/** Which of the policy's groups signed, where it has more than one. */
function groupsText({ verdict, profile }: ProvenImage): string | undefined {
  const { need, groups } = profile.policy.signers;
  if (groups.length < 2) return undefined;
  const signatures = signaturesOf(verdict);
  const signed = groups.flatMap(({ name }) => {
    const by = signatures.find(({ outcome }) => outcome.groups.includes(name));
    return by === undefined ? [] : [`${code(name)} by ${prose(by.outcome.signer.name)}`];
  });
  if (signed.length === 0) return undefined;
  const wanted =
    need === "all"
      ? `all ${groups.length} groups must have signed`
      : `one group of ${groups.length} is enough`;
  const until =
    need === "all" && verdict.trustedAt !== undefined ? `, by ${renderMoment(verdict.trustedAt)}` : "";
  return `✔ ${wanted}: ${capped(signed, 5, "; ")}${until}`;
}

function sbomText({ verdict, sbomPlatform, packagesFrom }: ProvenImage): string {
  const { sbom } = verdict;
  if (sbom.kind === "missing") {
    return packagesFrom === "layers"
      ? "– no signed SBOM: packages were read from the image's layers"
      : "– no signed SBOM: packages were not compared";
  }
  const subject = subjectText(sbomPlatform);
  if (sbom.source.place === "index") {
    return `✔ ${predicateText(sbom.predicateType)} that the signed index lists, not signed itself, about exactly ${subject}`;
  }
  const result = sbomResultOf(verdict);
  const who = result === undefined ? "a trusted signer" : renderWhoSays(verdict, result.outcome.signer);
  return `✔ ${predicateText(sbom.predicateType)} ${formOf(result)} by ${who}, about exactly ${subject}`;
}

function subjectText(sbomPlatform: ProvenImage["sbomPlatform"]): string {
  if (sbomPlatform === undefined) return "this digest";
  const { platform, others = [] } = sbomPlatform;
  const own = `its ${code(platform)} manifest`;
  if (others.length === 0) return own;
  const names = capped(others.map(code), PLATFORMS_MAX, ", ");
  return `${own}; ${names} ${others.length === 1 ? "has one" : "have one each"}, verified the same way`;
}

/** A statement that is signed itself, or one in a manifest that is. */
function formOf(result: AcceptedResult | undefined): string {
  return result?.kind === "signed-manifest" ? "in a manifest of its own, signed" : "attestation";
}

/** Other statements that were verified: who built it, what was scanned. */
function statementsText({ verdict, profile }: ProvenImage): string | undefined {
  const texts = statementsOf(verdict).map((result) => {
    const { predicateType = "", outcome } = result;
    const required = profile.policy.attestations.find((wanted) => isOfType(wanted, predicateType));
    const builders = required?.builders === undefined ? "" : ", of a builder that it names";
    const must =
      required === undefined ? "" : ` (required by the policy as ${prose(required.name)}${builders})`;
    const form = result.kind === "signed-manifest" ? `${formOf(result)} ` : "";
    return `${predicateText(predicateType)} ${form}by ${renderWhoSays(verdict, outcome.signer)}${must}`;
  });
  return texts.length === 0 ? undefined : `✔ ${capped(texts, 6, "; ")}`;
}

function predicateText(predicateType: string): string {
  return predicateNameOf(predicateType) ?? code(predicateType);
}

function tagText({ stepBack }: Update): string {
  return stepBack !== undefined
    ? `⚠ moved backwards: ${prose(stepBack.why)}; approved by ${prose(stepBack.by)}`
    : "✔ moved forward, to a digest it had not been seen at before";
}

/** What is written names a mirror: whoever builds gets it from there. */
function mirrorText({ places }: ProvenImage): string | undefined {
  const names = new Set(
    places.flatMap(({ mirror }) => (mirror === undefined ? [] : [renderRepository(mirror)])),
  );
  if (names.size === 0) return undefined;
  const [verb, noun] = names.size === 1 ? ["serves", "a mirror"] : ["serve", "mirrors"];
  return `✔ ${capped(
    [...names].map(code),
    5,
    ", ",
  )}, ${noun} of it, ${verb} exactly this digest; everything else was read at the origin`;
}

/** Evidence that hangs in another repository than the image. */
function elsewhereText({ verdict }: ProvenImage): string | undefined {
  const names = new Set(
    verdict.results.flatMap(({ source: { repository }, outcome }) =>
      repository === undefined || outcome.kind === "refused" ? [] : [renderRepository(repository)],
    ),
  );
  return names.size === 0
    ? undefined
    : `some hangs in ${capped(
        [...names].map(code),
        5,
        ", ",
      )}: what counts is who signed it, not where it hangs`;
}

/** Evidence that was there and proves nothing: shown, so that nobody takes silence for its absence. */
function notCountedText({ verdict }: ProvenImage): string | undefined {
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
