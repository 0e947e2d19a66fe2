import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SEVERITIES } from "../src/advisory/severity.ts";
import { DEFAULT_CLASS_RULES, RULED_CLASSES } from "../src/assess/class-rules.ts";
import { DEFAULT_TERMS, renderTerms } from "../src/sla/layers.ts";
import { periodText } from "../src/sla/period.ts";
import { POLICY_PRESETS, type PolicyPreset } from "../src/sla/presets.ts";

/** The page that this module writes. */
export const POLICIES_FILE = join(import.meta.dirname, "..", "docs", "policies.md");

/** docs/policies.md. */
export function renderPolicies(): string {
  return [
    INTRODUCTION,
    `| name | ${SEVERITIES.join(" | ")} | table | clock starts | source | as of |`,
    `| --- | ${SEVERITIES.map(() => "---").join(" | ")} | --- | --- | --- | --- |`,
    ...POLICY_PRESETS.map(renderRow),
    CLASSES,
    "| class | proposed |",
    "| --- | --- |",
    ...RULED_CLASSES.map((name) => `| \`${name}\` | \`${DEFAULT_CLASS_RULES[name]}\` |`),
    OUTRO,
  ].join("\n");
}

const INTRODUCTION = `<!-- Written by config/policy-table.ts from src/sla/presets.ts: run \`node config/policy-table.ts\` after a change there. -->
<!-- prettier-ignore-start -->

# Policies

By when an update has to be merged comes from the first of these that names the severity of what it fixes:

1. \`vendors.<vendor>.sla\`, or \`sla\` of the subscription,
2. \`policies.<policy>.sla\` of the first policy that names the code repository, else \`policy.sla\`,
3. the shipped policy that this names, alone (\`sla: pci-4.0.1\`) or as \`preset\`,
4. the vendor's own terms,
5. ${DEFAULT_TERMS.owner}: ${renderTerms(DEFAULT_TERMS.terms)}.

With \`combine: min\` the vendor's own terms stand beside what was found so, and the earlier deadline of both holds. Every field is in
[configuration.md](configuration.md#policy).

## What ships

Periods are as they are written in the configuration. A table is a set of rules beside the periods, by exploitation, exposure and impact: the
earlier deadline of both holds.
`;

const CLASSES = `
## When updates are proposed

What holds unless \`propose\` says otherwise. \`now\`: as soon as it is verified; \`weekly\`: at the hour of \`weekly\`; \`never\`: shown only;
\`block\`: not proposed, and an alert.
`;

const OUTRO = `
<!-- prettier-ignore-end -->
`;

function renderRow({ id, terms, table, start, source, asOf, revoked }: PolicyPreset): string {
  const cells = [
    `\`${id}\``,
    ...SEVERITIES.map((severity) => periodText(terms[severity])),
    table === undefined ? "–" : `\`${table}\``,
    `\`${start}\``,
    revoked === undefined ? source : `${source}; **${revoked}**`,
    asOf,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
}

if (import.meta.main) await writeFile(POLICIES_FILE, renderPolicies());
