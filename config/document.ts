import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type DocumentedField, fieldsUnder, fieldTable, isIn, placeAt, textOf } from "./documented-fields.ts";
import { OWN_PAGE_FILE, OWN_SCHEMA_FILE, renderOwnPage, renderOwnSchema } from "./own-document.ts";
import { readerOf } from "./reader.ts";
import { sectionsOf } from "./schema.ts";
import { PUBLIC_GOOD } from "./signer-fields.ts";
import { loadVendorFiles, VENDORS_DIRECTORY } from "./vendor-file.ts";

/** The page that this module writes. */
export const DOCUMENT_FILE = join(import.meta.dirname, "..", "docs", "configuration.md");

/** A section with its fields, in the order of the schema. */
export interface DocumentedSection {
  readonly name: string;
  readonly description: string;
  readonly fields: readonly DocumentedField[];
}

/** Everything that may be configured, read off the schema. */
export async function documentedSections(): Promise<readonly DocumentedSection[]> {
  const reader = readerOf(VENDORS_DIRECTORY, {}, () => undefined);
  const { vendors } = await loadVendorFiles(VENDORS_DIRECTORY, reader);
  const schemas = sectionsOf({
    reader,
    vendorIds: vendors.map(({ id }) => id),
    rootNames: [PUBLIC_GOOD],
    calendarNames: [],
  });
  const root = z.toJSONSchema(z.strictObject(schemas), { io: "input", unrepresentable: "any" });
  return Object.entries(root.properties ?? {})
    .flatMap(([name, node]) => placeAt(name, node, { kind: "entry", isRequired: isIn(root, name) }))
    .map((place) => ({
      name: place.path,
      description: textOf(place.node, "description"),
      fields: fieldsUnder(place),
    }));
}

/** docs/configuration.md. */
export async function renderDocument(): Promise<string> {
  const sections = await documentedSections();
  return `${INTRODUCTION}\n${sections.map(renderSection).join("\n")}\n<!-- prettier-ignore-end -->\n`;
}

const INTRODUCTION = `<!-- Written by config/document.ts from config/schema.ts: run \`node config/document.ts\` after a change there. -->
<!-- prettier-ignore-start -->

# Configuration

One YAML file, given with \`--config\`. A short one to start from: [hullkeeper.example.yaml](../config/hullkeeper.example.yaml).

- Everything is checked before anything starts, and all faults are reported at once, each with its path. An unknown key is a fault.
- A **secret** is a reference: \`{ env: NAME }\` or \`{ file: path }\`. The line breaks at its end do not count. An empty one is a fault; one
  that everybody on the machine may read is a warning.
- A **path** is relative to the folder of the file.
- A **span** is a number with its unit: \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`, \`w\`. The shortest is \`1s\`; an interval is \`1m\` or more unless
  \`intervals.tryingOut\` says that this is a try on a registry of one's own.
- A **period**, for deadlines, is one number with its unit: \`7d\`, \`2w\`, \`48h\`, \`1mo\`, \`1y\`, \`7bd\` (working days), or as ISO 8601 has it (\`P7D\`,
  \`PT48H\`, \`P1M\`); or \`never\`. Ten years at most. Days are 24 hours; a month ends on the same day of the month (UTC), or its last one; working
  days end with the nth one after the start, by a calendar.
- A **pattern** names repositories of images: \`ghcr.io/acme/hardened-*\`, each \`*\` for any text inside one component of the
  path, at most three in each. Two profiles (vendors or subscriptions) whose patterns can meet in one name are a fault; of built-in ones the
  more exact has it.
- The environment variable \`REDIS_URL\` goes before \`redis.url\`. Proxies (\`network.proxy\`) and the places of docker's files
  (\`credentials.dockerConfig: auto\`) are read from the variables that every tool reads them from. No other variable is read unless the
  file names it.
`;

function renderSection({ name, description, fields }: DocumentedSection): string {
  return [`## ${name}`, "", description, "", ...fieldTable(fields), ""].join("\n");
}

if (import.meta.main) {
  await writeFile(DOCUMENT_FILE, await renderDocument());
  await writeFile(OWN_SCHEMA_FILE, renderOwnSchema());
  await writeFile(OWN_PAGE_FILE, renderOwnPage());
}
