import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { ENTRIES_MAX, parsedField, section, textField } from "./fields.ts";
import { slaField } from "./sla-fields.ts";
import { evidencePlacesField, imagePatternField } from "./pattern-fields.ts";
import type { SignerContext } from "./signer-fields.ts";
import { checkTrust, trustShape } from "./trust-fields.ts";
import { PLANS } from "./vendor-file.ts";

/** What may be said under `vendors`. */
export function vendorsSection(context: SignerContext, vendorIds: readonly string[]) {
  const vendor = section(
    {
      ...trustShape(context),
      inputs: z
        .record(z.string(), parsedField(parseInput, {}))
        .meta({
          values: "mapping of texts",
          description:
            "What only you know and the profile needs, such as the ids of your organisation: docs/vendors.md says which.",
          example: "{ catalogSyncer: …, apkoBuilder: … }",
        })
        .exactOptional(),
      mode: z
        .enum(["observed", "enforced"])
        .meta({
          description:
            "`observed`: verdicts are shown, nothing is proposed and nothing alarms. `enforced`: what is verified is proposed. Default: `enforced` if you say who signs, else what the profile says, which is `observed` while nobody has confirmed it.",
          example: "enforced",
        })
        .exactOptional(),
      plan: z
        .enum(PLANS)
        .meta({
          description:
            "The plan you have with the vendor: `commercial` (BellSoft), `production` (Chainguard), `paid` for any other that holds its promise. Without one its promise is not shown as yours.",
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
  ).superRefine((fields, refined) => checkTrust(fields, refined, { needsSigner: false }));
  const known = z.string().refine((id) => vendorIds.includes(id), {
    error: `unknown vendor; known: ${vendorIds.join(", ")}`,
  });
  return z
    .record(known, vendor)
    .meta({
      keyName: "vendor",
      description: `What you add to the built-in profiles of vendors (docs/vendors.md): ${vendorIds.map((id) => `\`${id}\``).join(", ")}. All of them are in force unless disabled. Signers that you give replace those of the profile.`,
    })
    .prefault({});
}

/** What may be said under `subscriptions`. */
export function subscriptionsSection(context: SignerContext) {
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
      ...trustShape(context),
      mode: z
        .enum(["observed", "enforced"])
        .meta({
          description:
            "`observed` to try out: verdicts are shown, nothing is proposed and nothing alarms. Default: `enforced`.",
          example: "observed",
        })
        .exactOptional(),
      evidence: evidencePlacesField().prefault([]),
      sla: slaField("Deadlines for updates of these images. What is not given comes from `policy.sla`."),
    },
    {},
  ).superRefine((fields, refined) => checkTrust(fields, refined, { needsSigner: true }));
  return z
    .array(subscription)
    .max(ENTRIES_MAX)
    .meta({
      description:
        "Images to watch beside those of vendors. No two entries, and no vendor, may claim one image.",
    })
    .prefault([]);
}

/** Put into the names of signers, and compared byte for byte there. */
function parseInput(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/.test(text)) return text;
  throw new InvalidInputError(
    "config-invalid",
    `must be letters, digits and . _ / - only, is ${quote(text)}`,
  );
}
