import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { CodedError, messageOf } from "../src/errors.ts";
import { describeIssue, type Fault, faultsOf } from "./fault.ts";
import { keyField, section, spanField, textField } from "./fields.ts";
import { evidencePlacesField, imagePatternField } from "./pattern-fields.ts";
import { CONFIG_BYTES_MAX, type Reader, readText } from "./reader.ts";
import { parseYaml } from "./yaml.ts";

/** The built-in profiles, one file each. */
export const VENDORS_DIRECTORY = join(import.meta.dirname, "vendors");

function vendorSchema(reader: Reader) {
  const deadline = spanField({ description: "Deadline.", example: "7d" });
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
      images: z
        .array(
          imagePatternField({ description: "Where they are.", example: "docker.io/bellsoft/hardened-*" }),
        )
        .min(1)
        .max(100),
      evidence: evidencePlacesField().prefault([]),
      signature: section(
        {
          /** How images are signed. Identities of certificates and Notation will be further kinds. */
          kind: z.literal("cosign-key"),
          keys: z.array(keyField(reader)).max(20),
          signerHint: textField({ description: "Where an operator finds the key.", example: "Pin it." }),
        },
        {},
      ),
      sbom: z.enum(["required", "expected"]),
      sla: section(
        {
          terms: section(
            {
              critical: deadline,
              high: deadline,
              medium: deadline,
              low: deadline,
              none: deadline,
              unknown: deadline,
            },
            {},
          ),
          /** The plan without which the vendor promises nothing. */
          plan: z.enum(["commercial"]).exactOptional(),
        },
        {},
      ).exactOptional(),
    },
    {},
  );
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
