import { join } from "node:path";
import { z } from "zod";
import { type DocumentedField, fieldsUnder, fieldTable, isIn, placeAt } from "./documented-fields.ts";
import { ownSettingsSchema } from "./own-fields.ts";

const DOCS = join(import.meta.dirname, "..", "docs");
/** The schema that editors check `.github/hullkeeper.yml` by. */
export const OWN_SCHEMA_FILE = join(DOCS, "hullkeeper.schema.json");
/** The page about that file. */
export const OWN_PAGE_FILE = join(DOCS, "repository-file.md");

/** What only our pages know; editors are given `examples` in its place. */
const PAGE_KEYS = ["values", "example", "keyName"];

/** docs/hullkeeper.schema.json: JSON Schema, draft 7. */
export function renderOwnSchema(): string {
  const schema = z.toJSONSchema(ownSettingsSchema(), {
    io: "input",
    target: "draft-7",
    override: ({ jsonSchema }) => {
      for (const key of PAGE_KEYS) delete jsonSchema[key];
    },
  });
  return `${JSON.stringify({ title: "Hullkeeper: what the owners of a code repository say", ...schema }, undefined, 2)}\n`;
}

/** Every field of the file. */
export function ownFields(): readonly DocumentedField[] {
  const root = z.toJSONSchema(ownSettingsSchema(), { io: "input", unrepresentable: "any" });
  return Object.entries(root.properties ?? {}).flatMap(([name, node]) =>
    placeAt(name, node, { kind: "property", isRequired: isIn(root, name) }).flatMap(fieldsUnder),
  );
}

/** docs/repository-file.md. */
export function renderOwnPage(): string {
  return `${[INTRODUCTION, ...fieldTable(ownFields()), OUTRO].join("\n")}\n`;
}

/** An example that the page shows; a test reads it. */
export const OWN_EXAMPLE = `group: directory
reviewers: [acme/shop-team]
labels: [dependencies]
ignorePaths: ["examples/**", "**/Dockerfile.old"]
images:
  deny: ["docker.io/bellsoft/*-debug"]
files:
  matchers:
    - files: ["deploy/*.conf"]
      line: 'RUNTIME_IMAGE = "{reference}"'
`;

const INTRODUCTION = `<!-- Written by config/own-document.ts from config/own-fields.ts: run \`node config/document.ts\` after a change there. -->
<!-- prettier-ignore-start -->

# The file of a code repository

What the owners of a code repository say themselves, in \`.github/hullkeeper.yml\` (or \`.yaml\`, one of them) on the branch that pull requests go to. It makes
things stricter, or changes what is theirs. Deadlines, verdicts and who may sign are the operator's: nothing here touches them, and a deadline runs on for
images and code repositories that get no pull requests. A file under \`ignorePaths\` is not read at all, and so has no deadline; how many there are is shown.
The operator can leave the file unread, or forbid fields of it: [\`github.repositoryFile\`](configuration.md#github).

\`\`\`yaml
${OWN_EXAMPLE.trimEnd()}
\`\`\`

[hullkeeper.schema.json](hullkeeper.schema.json) is its JSON Schema: what one accepts the other accepts. An unknown key is a fault, as are a file of more than
64 KiB and both names at once.
`;

const OUTRO = `
## When it has a fault

It is refused as a whole, and what it said before holds; the operator's policy alone, if it never was right. Pull requests go on. On the head of the branch the check
\`hullkeeper/config\` fails, with line and column, what is wrong and what would be right; where Hullkeeper has a token in place of an App, a commit status of
that name does. The overview shows it beside the code repository, and there is one event, \`repository-file-invalid\`. Once it is right the check is good.

<!-- prettier-ignore-end -->`;
