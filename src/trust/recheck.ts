/**
 * How cosign finds what it checks: in a tag of its legacy layout, as a legacy signature in a manifest that refers to the image, or in
 * a bundle that does.
 */
export type CosignLayout = "tag" | "referrer" | "bundle";

/** What a reader needs in order to check an image with cosign. */
export interface Recheck {
  /** The image by digest: `docker.io/bellsoft/hardened-base@sha256:…`. */
  readonly reference: string;
  /** Path of the file that holds the public key. */
  readonly keyFile: string;
  /** `tag` when absent. */
  readonly signatureIn?: CosignLayout;
  /** Also checks the attestation of this type. */
  readonly predicateType?: string;
  /** `tag` when absent. */
  readonly attestationIn?: CosignLayout;
  /** What the attestation is about where that is not the image itself: the manifest of one of its platforms. */
  readonly attestedReference?: string;
}

/**
 * The cosign commands that check what a verdict says, each a line for a POSIX shell. They succeed for an image that was verified
 * with the key alone, and fail for one that was rejected.
 *
 * With bundles, signatures need cosign 3 and attestations cosign 2.5, which fetches a trust root from the network unless
 * `--trusted-root` is added.
 */
export function cosignCommandsOf(recheck: Recheck): readonly string[] {
  const { reference, keyFile, predicateType, attestedReference = reference } = recheck;
  const { signatureIn = "tag", attestationIn = "tag" } = recheck;
  // The log is left out because the verdict does not rest on it; cosign would ask for an entry otherwise.
  const common = ["--key", keyFile, "--insecure-ignore-tlog"];
  const commands = [["cosign", "verify", ...common, ...flagsOf(signatureIn), reference]];
  if (predicateType !== undefined) {
    const type = ["--type", predicateType];
    const flags = [...common, ...flagsOf(attestationIn), ...type];
    commands.push(["cosign", "verify-attestation", ...flags, attestedReference]);
  }
  return commands.map((words) => words.map(shellQuoted).join(" "));
}

function flagsOf(layout: CosignLayout): readonly string[] {
  switch (layout) {
    case "tag":
      return [];
    case "referrer":
      return ["--experimental-oci11"];
    case "bundle":
      return ["--new-bundle-format"];
    default:
      return layout satisfies never;
  }
}

/** A word that a POSIX shell reads back as it is. */
function shellQuoted(word: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
