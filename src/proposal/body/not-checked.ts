import { isOfType } from "../../trust/attestations.ts";
import { isProvenance } from "../../trust/signer-words.ts";
import { capped, code, counted, prose } from "../markdown.ts";
import type { NotEdited, Plan, ProvenImage, Update } from "../plan.ts";
import { deltaOf } from "../summary.ts";
import { hasSignals } from "./exploitation.ts";
import { grouped, type Proven, renderWhich } from "./common.ts";
import { uncomparedText } from "./configuration.ts";
import { type Limits, PLATFORMS_MAX } from "./limits.ts";
import { unreadText } from "./tag-moves.ts";
import { acceptedOf, signaturesOf, statementsOf } from "./signer.ts";

/**
 * What a reader might take for checked and was not. Always present.
 *
 * @param leftOut names of what the budget of characters dropped
 */
export function renderNotChecked(plan: Plan, limits: Limits, leftOut: readonly string[]): string {
  const items = [
    ...reasonsOf(plan, limits, "Vulnerabilities not assessed", ({ assessment }) =>
      assessment.vulnerabilities.kind === "not-assessed" ? assessment.vulnerabilities.reason : undefined,
    ),
    ...reasonsOf(plan, limits, "Packages not compared", ({ assessment }) =>
      assessment.components.kind === "not-compared" ? assessment.components.reason : undefined,
    ),
    ...sentencesOf(plan, layersText),
    ...reasonsOf(plan, limits, "Image configuration not compared", uncomparedText),
    ...sentencesOf(plan, unreadText),
    ...proofGapsOf(plan, limits),
    ...sentencesOf(plan, platformsText),
    ...(isSignalled(plan)
      ? []
      : ["Exploitation: no source that was asked says whether any of these is exploited."]),
    "Reachability: whether an image gets to vulnerable code was not looked at, beyond what its vendor says (VEX).",
    ...notEditedOf(plan, limits),
    ...(leftOut.length === 0
      ? []
      : [`Left out here, because the text would be too long: ${leftOut.join(", ")}.`]),
  ];
  return `### Not checked\n\n${items.map((item) => `- ${item}`).join("\n")}`;
}

function reasonsOf(
  plan: Plan,
  limits: Limits,
  title: string,
  reasonOf: (update: Update) => string | undefined,
): readonly string[] {
  return grouped(plan.updates, reasonOf)
    .slice(0, limits.reasons)
    .map(({ text, updates }) => {
      const which = updates.length === plan.updates.length ? "" : ` for ${renderWhich(updates, plan, 3)}`;
      return `**${title}**${which}: ${prose(text)}.`;
    });
}

/** What was not checked about who made the images. */
export function proofGapsOf(plan: Proven, limits: Pick<Limits, "reasons">): readonly string[] {
  return [
    ...sentencesOf(plan, provenanceText),
    ...sentencesOf(plan, logText),
    ...sentencesOf(plan, revocationText),
    ...uncheckedOf(plan, limits),
  ];
}

/** What is true of all is said once; what is not, of whom. */
function sentencesOf<Image extends ProvenImage>(
  plan: Proven<Image>,
  textOf: (image: Image) => string | undefined,
): readonly string[] {
  return grouped(plan.updates, textOf).map(({ text, updates }) =>
    updates.length === plan.updates.length ? text : `${text} (${renderWhich(updates, plan, 3)})`,
  );
}

function platformsText({ platforms, assessment: { components } }: Update): string | undefined {
  if (components.kind === "not-compared") return undefined;
  const { compared, unlisted } = components.diff;
  if (unlisted.length > 0) {
    const names = capped(unlisted.map(code), PLATFORMS_MAX, ", ");
    return `Packages on ${names}: one of the two images does not list them.`;
  }
  if (platforms.length < 2 || compared.some((platform) => platform !== "")) return undefined;
  return "Platforms: one signed SBOM stands for all platforms of an image; the lists of the others were not read.";
}

function layersText({ packagesFrom }: Update): string | undefined {
  return packagesFrom === "layers"
    ? "Packages: there is no signed SBOM; they were read from the image's layers, from the databases of its distribution alone. Jars, wheels, node_modules and binaries built in were not looked for."
    : undefined;
}

function provenanceText({ verdict, profile }: ProvenImage): string | undefined {
  const statement = statementsOf(verdict).find(({ predicateType = "" }) => isProvenance(predicateType));
  if (statement === undefined) return "Provenance: who built the image from which source was not looked at.";
  const isHeld = profile.policy.attestations.some(
    (wanted) => wanted.builders !== undefined && isOfType(wanted, statement.predicateType ?? ""),
  );
  return isHeld
    ? "Provenance: the builder is the policy's; from which source it built was not looked at."
    : "Provenance: there is a signed statement; which builder and source it names was not looked at.";
}

function logText({ verdict, profile }: ProvenImage): string | undefined {
  const signatures = signaturesOf(verdict);
  if (signatures.length > 0 && signatures.every(({ outcome }) => outcome.log !== undefined)) return undefined;
  if (profile.policy.log !== "ignore") {
    return "Transparency log: no entry of a log that we know came with the signature, and the policy wants none.";
  }
  return signatures.every(({ outcome }) => outcome.signer.kind === "key")
    ? "Transparency log: entries were not looked at; the signature was checked with the key alone."
    : "Transparency log: entries were not looked at, as the policy says.";
}

/** Short-lived certificates are not withdrawn: they end by themselves. */
function revocationText({ verdict }: ProvenImage): string | undefined {
  return verdict.signers.some(({ kind }) => kind === "key")
    ? "Revocation: there is no source that says whether a key was withdrawn."
    : undefined;
}

/** What the verifier itself says that it could not check. */
function uncheckedOf(plan: Proven, limits: Pick<Limits, "reasons">): readonly string[] {
  const all = plan.updates.flatMap(({ verdict }) =>
    acceptedOf(verdict).flatMap(({ outcome: { signer, unchecked = [] } }) =>
      unchecked.map((what) => `Signature by ${prose(signer.name)}: ${prose(what)}.`),
    ),
  );
  return [...new Set(all)].slice(0, limits.reasons);
}

function notEditedOf({ notEdited }: Plan, limits: Limits): readonly string[] {
  if (notEdited.length === 0) return [];
  const shown = notEdited.slice(0, limits.notEdited).map(renderNotEdited);
  const total = counted(notEdited.length, "more place");
  const names = notEdited.length === 1 ? "names" : "name";
  const list = capped(shown, limits.notEdited, "; ", notEdited.length);
  return [`Not edited, ${total} that ${names} an image of this vendor: ${list}.`];
}

/** A place that stays as it is, with its reason. */
export function renderNotEdited({ path, line, raw, reason }: NotEdited): string {
  return `${code(`${path}:${line}`)} has ${code(raw)} (${prose(reason)})`;
}

function isSignalled({ updates }: Plan): boolean {
  return updates.some((update) => {
    const { fixed = [], introduced = [], remaining = [] } = deltaOf(update) ?? {};
    return hasSignals([...fixed, ...introduced, ...remaining]);
  });
}
