import type { ConfigAspect, ConfigChange, Configuration } from "../../assess/config-change.ts";
import { capped, code, codeExactly, counted, details, prose } from "../markdown.ts";
import type { Plan, Update } from "../plan.ts";
import { labelOf } from "../summary.ts";
import { grouped, renderWhich } from "./common.ts";
import type { Limits } from "./limits.ts";

/** What a reader of Dockerfiles calls it. */
const WORDS: Readonly<Record<ConfigAspect, string>> = {
  platform: "Platform",
  user: "`USER`",
  entrypoint: "`ENTRYPOINT`",
  command: "`CMD`",
  shell: "Shell",
  "package-manager": "Package manager",
  "working-directory": "`WORKDIR`",
  environment: "`ENV`",
  port: "`EXPOSE`",
  volume: "`VOLUME`",
  "stop-signal": "`STOPSIGNAL`",
  healthcheck: "`HEALTHCHECK`",
  "default-shell": "`SHELL`",
  "on-build": "`ONBUILD`",
  label: "`LABEL`",
  size: "Size",
};

/** The same in a sentence. */
const NOUNS: Readonly<Record<ConfigAspect, string>> = {
  platform: "platforms",
  user: "the user",
  entrypoint: "the entrypoint",
  command: "the command",
  shell: "the shell",
  "package-manager": "the package manager",
  "working-directory": "the working directory",
  environment: "the environment",
  port: "ports",
  volume: "volumes",
  "stop-signal": "the stop signal",
  healthcheck: "the healthcheck",
  "default-shell": "the default shell",
  "on-build": "build instructions",
  label: "labels",
  size: "the size",
};

/** What may break of how images are run, for the first screen: one line, or none. Platforms that are gone have lines of their own. */
export function renderBreaking(plan: Plan): readonly string[] {
  const groups = grouped(plan.updates, ({ assessment: { configuration } }) => {
    const kinds = changesIn(configuration).flatMap(({ kind, risk }) =>
      risk === "breaking" && kind !== "platform" ? [NOUNS[kind]] : [],
    );
    return kinds.length === 0 ? undefined : [...new Set(kinds)].join(", ");
  });
  if (groups.length === 0) return [];
  const texts = groups.map(({ text, updates }) => {
    const which = updates.length === plan.updates.length ? "" : ` of ${renderWhich(updates, plan, 3)}`;
    return `${text}${which}`;
  });
  return [
    `⚠ **May break what is built on it**: ${capped(texts, 5, "; ")} changed, see "Image configuration".`,
  ];
}

/** How images are run, where that changed: open when something of it may matter. Absent when nothing was compared. */
export function renderConfiguration(plan: Plan, limits: Limits): string | undefined {
  const groups = grouped(plan.updates, ({ assessment: { configuration } }) =>
    configuration?.kind === "compared" ? JSON.stringify(configuration) : undefined,
  );
  const blocks = groups.flatMap(({ updates }) => {
    const [first] = updates;
    const configuration = first?.assessment.configuration;
    return configuration?.kind === "compared" ? [renderBlock(configuration, updates, plan, limits)] : [];
  });
  return blocks.length === 0 ? undefined : blocks.slice(0, limits.images).join("\n\n");
}

type Compared = Extract<Configuration, { kind: "compared" }>;

function renderBlock(
  { changes, omittedCount = 0 }: Compared,
  updates: readonly Update[],
  plan: Plan,
  limits: Limits,
): string {
  const which = updates.length === plan.updates.length ? "" : ` of ${namesOf(updates, plan)}`;
  const total = changes.length + omittedCount;
  if (total === 0) return `Image configuration${which}: nothing changed.`;
  const risky = changes.filter(({ risk }) => risk !== "note");
  const summary = `Image configuration${which}: ${summaryOf(risky.length, total)}`;
  const lines = changes.slice(0, limits.configuration).map(renderChange);
  const rest = total - lines.length;
  const content = [...lines, ...(rest > 0 ? [`- and ${counted(rest, "more change")}`] : [])].join("\n");
  if (lines.length === 0) return `${summary}.`;
  const closed = details(summary, content);
  return risky.length === 0 ? closed : closed.replace("<details>", "<details open>");
}

function summaryOf(riskyCount: number, total: number): string {
  if (riskyCount === 0) return `${counted(total, "change")}, none known to matter`;
  const rest = total - riskyCount;
  return `${counted(riskyCount, "change")} that may matter${rest === 0 ? "" : `, ${rest} more`}`;
}

/** Names in a summary, where Markdown is not read. */
function namesOf(updates: readonly Update[], plan: Plan): string {
  const labels = new Set(updates.map((update) => labelOf(update, plan)));
  return capped(
    [...labels].map((label) => `<code>${label.replaceAll(/[^A-Za-z0-9._:/-]/g, "?")}</code>`),
    3,
    ", ",
  );
}

function renderChange(change: ConfigChange): string {
  const { kind, risk, sentence, platforms } = change;
  const mark = risk === "note" ? "" : risk === "breaking" ? "⚠ " : "△ ";
  const where = platforms === undefined ? "" : ` (${capped(platforms.map(code), 8, ", ")})`;
  // What only says what everybody sees is left out.
  const meaning = risk === "note" && kind !== "label" ? "" : `: ${prose(sentence)}`;
  return `- ${mark}${WORDS[kind]} ${differenceOf(change)}${where}${meaning}`;
}

function differenceOf({ name, from, to }: ConfigChange): string {
  const isNamed = name !== undefined && (name === from || name === to);
  if (isNamed) return `${code(name)} ${from === undefined ? "added" : "gone"}`;
  const subject = name === undefined ? "" : `${code(name)} `;
  if (from === undefined) return `${subject}added: ${codeExactly(to ?? "")}`;
  if (to === undefined) return `${subject}gone, was ${codeExactly(from)}`;
  if (from === to) return `${subject}changed, and holds something that is not shown`;
  return `${subject}${codeExactly(from)} → ${codeExactly(to)}`;
}

function changesIn(configuration: Configuration | undefined): readonly ConfigChange[] {
  return configuration?.kind === "compared" ? configuration.changes : [];
}

/** What of how images are run was not compared: sentences, each with the updates it is true of. */
export function uncomparedText({ assessment: { configuration } }: Update): string | undefined {
  if (configuration === undefined) return "it was not looked at";
  if (configuration.kind === "not-compared") return configuration.reason;
  const { uncompared = [] } = configuration;
  if (uncompared.length === 0) return undefined;
  return capped(
    uncompared.map(({ platform, reason }) => `${platform}: ${reason}`),
    5,
    "; ",
  );
}
