import { z } from "zod";
import {
  ENTRIES_MAX,
  keyField,
  parsedField,
  refuse,
  secretField,
  section,
  slaField,
  textField,
  urlField,
} from "./fields.ts";
import { evidencePlacesField, imagePatternField } from "./pattern-fields.ts";
import { parseBranch, parseCodeRepository } from "./names.ts";
import type { Reader } from "./reader.ts";

/** What may be said under `github`. */
export function githubSection(reader: Reader) {
  return section(
    {
      token: secretField(reader, {
        description:
          "Token that reads the repositories and writes branches, pull requests and commit statuses. A fine-grained one needs contents, pull requests and commit statuses (read and write).",
        example: "{ env: GITHUB_TOKEN }",
      }),
      url: urlField("loopback", {
        description: "REST API. GitHub Enterprise Server: `https://github.example.com/api/v3`.",
        example: "https://github.example.com/api/v3",
      }).prefault("https://api.github.com"),
      repositories: z
        .array(parsedField(parseCodeRepository, {}))
        .min(1)
        .max(ENTRIES_MAX)
        .check(refuseRepeated(({ owner, name }) => `${owner}/${name}`.toLowerCase()))
        .meta({
          values: "list of owner/name",
          description: "Code repositories that are read and get pull requests, each by its name.",
          example: "[acme/shop, acme/pay]",
        }),
      baseBranch: parsedField(parseBranch, {
        description:
          "Branch that is read and that pull requests go to. Default: each repository's default branch.",
        example: "main",
      }).exactOptional(),
    },
    { description: "The code host." },
  );
}

/** What may be said under `vendors`. */
export function vendorsSection(reader: Reader, vendorIds: readonly string[]) {
  const vendor = section(
    {
      keys: z
        .array(keyField(reader))
        .max(20)
        .meta({
          description:
            "Public keys that may sign for the vendor. They replace those of the built-in profile.",
          example: "[{ file: keys/bellsoft.pub }]",
        })
        .exactOptional(),
      plan: z
        .enum(["commercial"])
        .meta({
          description: "The plan you have with the vendor. Without one its promise is not shown as yours.",
          example: "commercial",
        })
        .exactOptional(),
      images: z
        .array(imagePatternField({}))
        .max(ENTRIES_MAX)
        .meta({
          values: "list of patterns",
          description:
            "Further places of the vendor's images, such as a mirror that carries the signatures: they are watched and verified there, whatever `registries` says of a mirror. `*` stands for any text inside one component of the path.",
          example: '["registry.acme.internal/bellsoft/hardened-*"]',
        })
        .prefault([]),
      evidence: evidencePlacesField().prefault([]),
      sla: slaField(
        "Deadlines for updates of this vendor. What is not given comes from `policy.sla`, then from the vendor.",
      ),
      enabled: z
        .boolean()
        .meta({
          description: "`false`: images of this vendor are reported and not watched.",
          example: "false",
        })
        .prefault(true),
    },
    {},
  );
  const known = z.string().refine((id) => vendorIds.includes(id), {
    error: `unknown vendor; known: ${vendorIds.join(", ")}`,
  });
  return z
    .record(known, vendor)
    .meta({
      keyName: "vendor",
      description: `What you add to the built-in profiles of vendors (\`config/vendors/*.yaml\`): ${vendorIds.map((id) => `\`${id}\``).join(", ")}. All of them are in force unless disabled.`,
    })
    .prefault({});
}

/** What may be said under `subscriptions`. */
export function subscriptionsSection(reader: Reader) {
  const subscription = section(
    {
      image: imagePatternField({
        description:
          "Repository of images, without tag. `*` stands for any text inside one component of the path.",
        example: "registry.acme.internal/platform/base",
      }),
      name: textField(
        { description: "What it is called in pull requests. Default: its path.", example: "Acme base" },
        80,
      ).exactOptional(),
      keys: z.array(keyField(reader)).min(1).max(20).meta({
        description: "Public keys that may sign these images.",
        example: "[{ file: keys/platform.pub }]",
      }),
      evidence: evidencePlacesField().prefault([]),
      sla: slaField("Deadlines for updates of these images. What is not given comes from `policy.sla`."),
    },
    {},
  );
  return z
    .array(subscription)
    .max(ENTRIES_MAX)
    .meta({
      description:
        "Images to watch beside those of vendors. No two entries, and no vendor, may claim one image.",
    })
    .prefault([]);
}

/** Refuses entries of a list that are the same by this name. */
function refuseRepeated<T>(nameOf: (entry: T) => string) {
  return (context: z.core.ParsePayload<T[]>): void => {
    const seen = new Set<string>();
    for (const [index, entry] of context.value.entries()) {
      const name = nameOf(entry);
      if (seen.has(name)) refuse(context, "is here twice", [index]);
      seen.add(name);
    }
  };
}
