/** What a reader needs in order to check an image with cosign. */
export interface Recheck {
  /** The image by digest: `docker.io/bellsoft/hardened-base@sha256:…`. */
  readonly reference: string;
  /** Path of the file that holds the public key. */
  readonly keyFile: string;
  /** Also checks the attestation of this type. */
  readonly predicateType?: string;
  /** What the signature is in, and the attestation: a tag of cosign's legacy layout (the default), or a bundle that refers to the image. */
  readonly signatureIn?: "tag" | "bundle";
  readonly attestationIn?: "tag" | "bundle";
}

/**
 * The cosign commands that check what a verdict says, each a line for a POSIX shell. They succeed for an image that was verified
 * with the key alone, and fail for one that was rejected.
 *
 * Bundles: attestations need cosign 2.5, signatures need cosign 3, and both fetch a trust root from the network unless
 * `--trusted-root` is added.
 */
export function cosignCommandsOf(recheck: Recheck): readonly string[] {
  const { reference, keyFile, predicateType, signatureIn = "tag", attestationIn = "tag" } = recheck;
  // The log is left out because the verdict does not rest on it; cosign would ask for an entry otherwise.
  const common = ["--key", keyFile, "--insecure-ignore-tlog"];
  const commands = [["cosign", "verify", ...common, ...formatOf(signatureIn), reference]];
  if (predicateType !== undefined) {
    const type = ["--type", predicateType];
    commands.push([
      "cosign",
      "verify-attestation",
      ...common,
      ...formatOf(attestationIn),
      ...type,
      reference,
    ]);
  }
  return commands.map((words) => words.map(shellQuoted).join(" "));
}

function formatOf(place: "tag" | "bundle"): readonly string[] {
  return place === "bundle" ? ["--new-bundle-format"] : [];
}

/** A word that a POSIX shell reads back as it is. */
function shellQuoted(word: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
