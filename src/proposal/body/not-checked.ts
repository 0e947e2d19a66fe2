import { capped, code, counted, prose } from "../markdown.ts";
import type { Plan } from "../plan.ts";
import { grouped, renderWhich } from "./common.ts";
import type { Limits } from "./limits.ts";

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
    "Image configuration: user, entrypoint, command, environment and ports were not compared.",
    "Provenance: who built the image from which source was not looked at.",
    "Transparency log: entries were not looked at; the signature was checked with the key alone.",
    "Revocation: there is no source that says whether a key was withdrawn.",
    ...(plan.updates.some(({ platforms }) => platforms.length > 1)
      ? [
          "Platforms: one signed SBOM stands for all platforms of an image; the lists of the others were not read.",
        ]
      : []),
    "Exploitation and reachability: neither lists of exploited vulnerabilities nor VEX statements were asked.",
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
  reasonOf: Parameters<typeof grouped>[1],
): readonly string[] {
  return grouped(plan.updates, reasonOf)
    .slice(0, limits.reasons)
    .map(({ text, updates }) => {
      const which = updates.length === plan.updates.length ? "" : ` for ${renderWhich(updates, plan, 3)}`;
      return `**${title}**${which}: ${prose(text)}.`;
    });
}

function notEditedOf({ notEdited }: Plan, limits: Limits): readonly string[] {
  if (notEdited.length === 0) return [];
  const shown = notEdited
    .slice(0, limits.notEdited)
    .map(({ path, line, raw, reason }) => `${code(`${path}:${line}`)} has ${code(raw)} (${prose(reason)})`);
  const total = counted(notEdited.length, "more place");
  const names = notEdited.length === 1 ? "names" : "name";
  const list = capped(shown, limits.notEdited, "; ", notEdited.length);
  return [`Not edited, ${total} that ${names} an image of this vendor: ${list}.`];
}
