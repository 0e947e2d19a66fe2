import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { parseFingerprint } from "../src/trust/distrust.ts";
import { CodedError, messageOf } from "../src/errors.ts";
import { parseInstant } from "../src/time.ts";
import { describeIssue, type Fault, faultsOf } from "./fault.ts";
import { calendarField } from "./calendars.ts";
import { parsedField, refuse, section, textField } from "./fields.ts";
import { evidencePlacesField, imagePatternField } from "./pattern-fields.ts";
import { CONFIG_BYTES_MAX, type Reader, readText } from "./reader.ts";
import {
  type ConfiguredSigner,
  identityField,
  keyField,
  notationField,
  SIGNERS_MAX,
} from "./signer-fields.ts";
import { attestationField } from "./trust-fields.ts";
import { termsShape } from "./sla-fields.ts";
import { lifecycleField, tagsField } from "./tag-fields.ts";
import { parseYaml } from "./yaml.ts";

/** The built-in profiles, one file each. */
export const VENDORS_DIRECTORY = join(import.meta.dirname, "vendors");

/** Plans of vendors without which they promise nothing. */
export const PLANS = ["commercial", "production", "paid"] as const;

function vendorSchema(reader: Reader) {
  return section(
    {
      id: z
        .string()
        .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { error: "must be lower-case letters, digits and dashes" }),
      name: textField(
        { description: "What its images are called.", example: "BellSoft Hardened Images" },
        80,
      ),
      publisher: textField({ description: "Who publishes them.", example: "BellSoft" }, 40),
      /** When somebody last compared this file with what the vendor says. */
      asOf: dayField(),
      /** Whether what it says was confirmed at the vendor's registries. What was not never decides by itself. */
      status: z.enum(["active", "observed"]).prefault("observed"),
      /** The vendor has ended its service, or that of these images. */
      discontinued: section(
        {
          since: dayField("day or month").exactOptional(),
          notice: textField({ description: "What users should know.", example: "Service ended." }, 500),
        },
        {},
      ).exactOptional(),
      images: z
        .array(
          imagePatternField({ description: "Where they are.", example: "docker.io/bellsoft/hardened-*" }),
        )
        .min(1)
        .max(100),
      evidence: evidencePlacesField().prefault([]),
      signature: signatureField(reader),
      /** What only the operator knows, by the names that stand in braces in identities. */
      needs: z
        .record(
          z.string().regex(/^[a-z][A-Za-z0-9]{0,39}$/, { error: "must be a name such as catalogSyncer" }),
          section({ hint: textField({ description: "Where to find it.", example: "Ask." }, 300) }, {}),
        )
        .prefault({}),
      /** `none`: the vendor enters nothing into a log that others can know. */
      log: z.enum(["require", "if-known", "none"]),
      attestations: z.array(attestationField()).max(20).prefault([]),
      subject: z.enum(["index", "platform", "any"]).prefault("any"),
      sbom: z.enum(["required", "expected", "none"]),
      sla: slaField().exactOptional(),
      /** How its tags are put together. Absent: as tags mostly are. */
      tags: tagsField().exactOptional(),
      lifecycle: lifecycleField().prefault([]),
    },
    {},
  ).superRefine(({ signature, needs }, context) => {
    const used = signature.kind === "identities" ? signature.identities.flatMap(inputsIn) : [];
    for (const name of used.filter((input) => !Object.hasOwn(needs, input))) {
      refuse(context, `{${name}} is used and not among needs`, ["signature", "identities"]);
    }
    for (const name of Object.keys(needs).filter((input) => !used.includes(input))) {
      refuse(context, "is needed by no identity", ["needs", name]);
    }
  });
}

/** How images are signed, and by whom as far as that is known. */
function signatureField(reader: Reader) {
  const hint = {
    signerHint: textField({ description: "What an operator has to do or to know.", example: "Pin it." }),
  };
  return z.discriminatedUnion(
    "kind",
    [
      section(
        {
          kind: z.literal("keys"),
          keys: z.array(keyField(reader)).max(SIGNERS_MAX),
          /** Of the vendor's keys as far as they are known: one that an operator pins should be among them. */
          fingerprints: z.array(parsedField(parseFingerprint, {})).max(SIGNERS_MAX).prefault([]),
          ...hint,
        },
        {},
      ),
      section(
        {
          kind: z.literal("identities"),
          identities: z.array(identityField({ reader })).min(1).max(SIGNERS_MAX),
          ...hint,
        },
        {},
      ),
      section({ kind: z.literal("notation"), notation: notationField({ reader }), ...hint }, {}),
      /** Nothing is published that could be checked, or it is not known what; the hint says which. */
      section({ kind: z.literal("none"), ...hint }, {}),
    ],
    { error: "must be one of keys, identities, notation, none" },
  );
}

function slaField() {
  return section(
    {
      terms: section(termsShape(), {}).refine((terms) => Object.keys(terms).length > 0, {
        error: "names no severity",
      }),
      /** The plan without which the vendor promises nothing. */
      plan: z.enum(PLANS).exactOptional(),
      /** What starts the vendor's clock, as far as it says so. */
      start: z
        .enum(["disclosure", "vendor-published", "upstream-fix", "kev", "not-stated"])
        .prefault("not-stated"),
      /** Which days are working days to the vendor. Absent: Monday to Friday in UTC. */
      calendar: calendarField().exactOptional(),
      source: textField(
        { description: "Where it says so.", example: "docs.docker.com/dhi" },
        200,
      ).exactOptional(),
      asOf: dayField().exactOptional(),
      /** Platforms that it promises nothing for. */
      bestEffortPlatforms: z
        .array(
          z
            .string()
            .regex(/^[a-z0-9]+(?:\/[a-z0-9]+){1,2}$/, { error: "must be a platform, such as linux/arm64" }),
        )
        .max(20)
        .prefault([]),
    },
    {},
  );
}

/** A day, or a month where no day is known. */
function dayField(precision: "day" | "day or month" = "day") {
  const isMonthEnough = precision === "day or month";
  return z.string().refine((text) => isDay(text) || (isMonthEnough && isDay(`${text}-01`)), {
    error: `must be a ${precision}, such as 2026-11-23`,
  });
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && parseInstant(`${text}T00:00:00Z`) !== undefined;
}

/** Names in braces in an identity's subject. */
export function inputsIn({ signer }: ConfiguredSigner): readonly string[] {
  if (signer.kind !== "identity" || signer.subject.kind !== "exact") return [];
  return Array.from(signer.subject.text.matchAll(/\{([^{}]*)\}/g), ([, name = ""]) => name);
}

/** What a vendor's file says: data only. */
export type VendorFile = z.output<ReturnType<typeof vendorSchema>>;

/** Reads the built-in profiles, in order of their ids. What is wrong with one is added to the faults, under its file's name. */
export async function loadVendorFiles(
  directory: string,
  reader: Reader,
): Promise<{ readonly vendors: readonly VendorFile[]; readonly faults: readonly Fault[] }> {
  const vendors: VendorFile[] = [];
  const faults: Fault[] = [];
  const schema = vendorSchema(reader);
  for (const name of await namesIn(directory)) {
    const add = (found: readonly Fault[]) =>
      faults.push(
        ...found.map(({ path, reason }) => ({ path: path === "" ? name : `${name}: ${path}`, reason })),
      );

    const file = await readText(join(directory, name), CONFIG_BYTES_MAX);
    const parsed = file.kind === "fault" ? undefined : parseYaml(file.text);
    if (file.kind === "fault") add([{ path: "", reason: file.reason }]);
    if (parsed?.kind === "fault") add(parsed.faults);
    if (parsed?.kind !== "read") continue;

    const result = await schema.safeParseAsync(parsed.value, { error: describeIssue });
    if (!result.success) add(faultsOf(result.error.issues, []));
    else if (result.data.id !== basename(name, ".yaml"))
      add([{ path: "id", reason: "must be the name of its file" }]);
    else vendors.push(result.data);
  }
  return { vendors, faults };
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith(".yaml")).toSorted();
  } catch (error) {
    throw new CodedError("config-invalid", `reading the built-in profiles: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
