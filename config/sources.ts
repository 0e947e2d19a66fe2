import { z } from "zod";
import {
  ENTRIES_MAX,
  imagePatternField,
  keyField,
  parsedField,
  refuse,
  secretField,
  section,
  slaField,
  textField,
  urlField,
} from "./fields.ts";
import { hostFault, parseBranch, parseCodeRepository } from "./names.ts";
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
            "Further places of the vendor's images, such as a mirror that carries the signatures. `*` stands for any text inside one component of the path.",
          example: '["registry.acme.internal/bellsoft/hardened-*"]',
        })
        .prefault([]),
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

/** What may be said under `registries`. */
export function registriesSection(reader: Reader) {
  const registry = section(
    {
      username: textField({ description: "User to log in as.", example: "acme-bot" }, 300).exactOptional(),
      password: secretField(reader, {
        description: "Its password or token. One that may only read is enough.",
        example: "{ env: DOCKERHUB_TOKEN }",
      }).exactOptional(),
      plainHttp: z
        .boolean()
        .meta({
          description: "Speak http to this host, which anybody on the way can read and change.",
          example: "true",
        })
        .prefault(false),
      allowPrivate: z
        .boolean()
        .meta({
          description: "The host may be an address of this machine or of a private network.",
          example: "true",
        })
        .prefault(false),
      ca: textField({
        description: "PEM file with certificates to trust for this host beside the usual ones.",
        example: "/etc/ssl/acme-ca.pem",
        values: "path",
      })
        .transform(async (path, context): Promise<string> => {
          const answer = await reader.text(path);
          if (answer.kind === "fault") return refuse(context, answer.reason);
          return answer.value.includes("-----BEGIN CERTIFICATE-----")
            ? answer.value
            : refuse(context, `${JSON.stringify(path)}: holds no certificate in PEM form`);
        })
        .exactOptional(),
    },
    {},
  ).superRefine(({ username, password, plainHttp, ca }, context) => {
    if (username !== undefined && password === undefined) refuse(context, "is missing", ["password"]);
    if (username === undefined && password !== undefined) refuse(context, "is missing", ["username"]);
    if (plainHttp && ca !== undefined) refuse(context, "means nothing with plainHttp", ["ca"]);
  });
  const host = z.string().superRefine((text, context) => {
    const reason = hostFault(text);
    if (reason !== undefined) context.addIssue(reason);
  });
  return z
    .record(host, registry)
    .meta({
      keyName: "host",
      description: "How registries are spoken to, by host and port. One that is not named: https, anonymous.",
    })
    .prefault({});
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
