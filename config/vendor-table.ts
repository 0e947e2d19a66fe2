import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderFingerprint } from "../src/trust/signer.ts";
import { renderImagePattern } from "../src/vendor/pattern.ts";
import { readerOf } from "./reader.ts";
import { loadVendorFiles, type VendorFile, VENDORS_DIRECTORY } from "./vendor-file.ts";

/** The page that this module writes. */
export const VENDORS_FILE = join(import.meta.dirname, "..", "docs", "vendors.md");

/** Patterns of images that a row shows. */
const IMAGES_SHOWN = 3;

/** docs/vendors.md. */
export async function renderVendors(): Promise<string> {
  const { vendors } = await loadVendorFiles(
    VENDORS_DIRECTORY,
    readerOf(VENDORS_DIRECTORY, {}, () => undefined),
  );
  return [
    INTRODUCTION,
    "| vendor | images | signed with | log | signed is | SBOM | as of | by itself |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...vendors.map(renderRow),
    "",
    "## What you supply",
    "",
    ...vendors.map(renderHint),
    OUTRO,
  ].join("\n");
}

const INTRODUCTION = `<!-- Written by config/vendor-table.ts from config/vendors: run \`node config/vendor-table.ts\` after a change there. -->
<!-- prettier-ignore-start -->

# Vendors

What is known of vendors of hardened images is data, one file each in \`config/vendors\`, every fact with its source. Nothing in them was tried
against the vendors' registries yet.

- A profile is **observed** until you decide: its images are watched and verified, the verdict is shown, nothing is proposed and nothing alarms (the
  event \`profile-differs\` tells of an image that it does not fit). \`vendors.<vendor>.mode: enforced\` makes it decide; so does saying yourself who
  signs (\`keys\`, \`identity\`, \`inputs\` …). Subscriptions are enforced unless you say otherwise.
- A profile that **ended** is of a service that its vendor has ended: code that names its images is shown with a notice and told once (event
  \`service-ended\`). They are neither watched nor asked about, and never "up to date".
- Of two built-in profiles the one whose pattern is more exact has an image: \`cgr.dev/chainguard/*\` before \`cgr.dev/*/*\`.
- \`enabled: false\` turns a profile off.
`;

const OUTRO = `
## What is not built in

Keys whose bytes are known from third parties alone, or not at all: a key that you pin is compared with the fingerprint that is known of the
vendor, and another one is a warning. Signatures that nobody documents: the profile then says so, and you may give a key or an identity that
the vendor tells you. What a vendor names as an objective or a target: it is no promise, and no deadline comes from it.

<!-- prettier-ignore-end -->
`;

function renderRow(vendor: VendorFile): string {
  const { id, name, log, subject, sbom, asOf, signature } = vendor;
  const isSigned = signature.kind !== "none";
  const cells = [
    `**${name}** \`${id}\``,
    imagesOf(vendor),
    signersOf(vendor),
    isSigned ? LOG_WORDS[log] : "–",
    isSigned ? SUBJECT_WORDS[subject] : "–",
    sbom === "none" ? "none known" : sbom,
    asOf,
    stateOf(vendor),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
}

const LOG_WORDS = {
  require: "required",
  "if-known": "checked where it is known",
  none: "none",
} as const satisfies Record<VendorFile["log"], string>;

const SUBJECT_WORDS = {
  index: "the index",
  platform: "each platform",
  any: "index or platform",
} as const satisfies Record<VendorFile["subject"], string>;

function imagesOf({ images }: VendorFile): string {
  const shown = images.slice(0, IMAGES_SHOWN).map((pattern) => `\`${renderImagePattern(pattern)}\``);
  const rest = images.length - shown.length;
  return `${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function signersOf({ signature }: VendorFile): string {
  switch (signature.kind) {
    case "keys": {
      if (signature.keys.length === 0) return "a key that you pin";
      const keys = signature.keys.flatMap(({ signer }) => (signer.kind === "key" ? [signer.signer] : []));
      return keys.map((key) => `${key.name} \`${renderFingerprint(key)}\``).join(", ");
    }
    case "identities":
      return signature.identities
        .flatMap(({ signer }) =>
          signer.kind === "identity" ? [`\`${subjectText(signer.subject)}\` of \`${signer.issuer}\``] : [],
        )
        .join(", ");
    case "notation":
      return signature.notation.signer.kind === "notation"
        ? `Notation: \`${signature.notation.signer.identities.join("`, `")}\``
        : "Notation";
    case "none":
      return "nothing known";
    default:
      return signature satisfies never;
  }
}

function subjectText(
  subject:
    { readonly kind: "exact"; readonly text: string } | { readonly kind: "pattern"; readonly source: string },
): string {
  return subject.kind === "exact" ? subject.text : subject.source;
}

function stateOf({ status, discontinued }: VendorFile): string {
  if (discontinued === undefined) return status === "active" ? "enforced" : "observed";
  return discontinued.since === undefined ? "ended" : `ended ${discontinued.since}`;
}

function renderHint({ id, signature, needs, discontinued, evidence }: VendorFile): string {
  const inputs = Object.entries(needs).map(([name, { hint }]) => `\`vendors.${id}.inputs.${name}\`: ${hint}`);
  const places = evidence.map(({ at }) => `Evidence also hangs at \`${renderImagePattern(at)}\`.`);
  return `- \`${id}\`: ${[discontinued?.notice ?? signature.signerHint, ...inputs, ...places].join(" ")}`;
}

if (import.meta.main) await writeFile(VENDORS_FILE, await renderVendors());
