import { type ImageId, renderImage } from "../image/reference.ts";
import type { KeySigner, Signer } from "./signer.ts";
import type { Accepted, CandidateResult } from "./verdict.ts";

/** A candidate that counts. */
export interface AcceptedResult extends CandidateResult {
  readonly outcome: Accepted;
}

/** Name of the trust root that cosign knows by itself: the public Sigstore. */
export const PUBLIC_ROOT = "public-good";

/** The logs of the public Sigstore, which cosign knows by itself. @see sigstore/root-signing, targets/trusted_root.json */
const PUBLIC_LOG_IDS: readonly string[] = [
  "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d",
  "cf1199155bddd051268d1f16ac5c0c75c009f6fb5a63f4177f8e18d7051e3fa0",
];

/** A file, or else something, that the reader must have from a source they trust. */
export type RecheckNeed =
  | { readonly kind: "key"; readonly file: string; readonly signer: KeySigner }
  /** The root's `trusted_root.json`. */
  | { readonly kind: "trusted-root"; readonly file: string; readonly root: string }
  /** Parts of the root, as PEM. */
  | {
      readonly kind: "authorities" | "timestamp-authorities" | "log-key" | "certificate-log-key";
      readonly file: string;
      readonly root: string;
    }
  /** The key of a log that is known by its id alone: as PEM, or in a `trusted_root.json`. */
  | {
      readonly kind: "log-of-id";
      readonly form: "pem" | "trusted-root";
      readonly file: string;
      readonly logId: string;
    }
  /** A bundle that cosign 2 reads for attestations only. */
  | { readonly kind: "cosign-3" }
  /** A trust policy of Notation that names root and subject. */
  | { readonly kind: "notation"; readonly root: string; readonly subject: string };

/** How a reader checks again what was accepted. */
export type Recheck =
  | {
      readonly kind: "command";
      /** One line for a POSIX shell. */
      readonly line: string;
      readonly needs: readonly RecheckNeed[];
    }
  /** No command of those tools checks it, or none that could be written down safely. */
  | { readonly kind: "none"; readonly reason: string };

/**
 * The command that checks one accepted candidate with the tool of its kind: cosign from 2.5, or notation. It succeeds for what was accepted
 * and fails where nothing would be accepted; it asks for a log exactly where the verdict rests on one.
 *
 * @param about the digest it was found on, in the image's repository
 * @param keyFile name of the file that holds a key
 */
export function recheckOf(
  result: AcceptedResult,
  about: ImageId,
  keyFile: (signer: KeySigner) => string,
): Recheck {
  const { kind, source, outcome } = result;
  const repository = source.repository ?? about.repository;
  if (kind === "notation-signature") return notationOf(result, { ...about, repository });
  if (kind === "sigstore-bundle" && outcome.signer.kind === "certificate") {
    return { kind: "none", reason: "cosign checks no bundle of an own authority without a log" };
  }
  const by = kind === "sigstore-bundle" ? bundleParts(result, keyFile) : legacyParts(result, keyFile);
  const isStatement = outcome.proves === "statement" && kind !== "signed-manifest";
  const words = [
    "cosign",
    isStatement ? "verify-attestation" : "verify",
    ...by.flags,
    ...(isStatement ? ["--type", result.predicateType ?? ""] : []),
    renderImage(checkedBy(result, { ...about, repository })),
  ];
  return commandOf(by.variables, words, by.needs);
}

/** A statement in a manifest of its own is proven by whoever signed that manifest. */
function checkedBy({ kind, source }: AcceptedResult, about: ImageId): ImageId {
  return kind === "signed-manifest" ? { ...about, digest: source.manifest } : about;
}

interface Parts {
  /** For the environment, as name and value. */
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly flags: readonly string[];
  readonly needs: readonly RecheckNeed[];
}

/** Signatures and attestations as cosign 2 writes them: trust roots come from the environment. */
function legacyParts(
  { kind, source, outcome }: AcceptedResult,
  keyFile: (signer: KeySigner) => string,
): Parts {
  const { signer, log } = outcome;
  // A manifest that refers to the image; cosign looks into tags first.
  const place = source.place === "referrer" && kind !== "cosign-attestation" ? ["--experimental-oci11"] : [];
  // Without an entry beside it cosign would search the log on the network, which proves what hangs there no better.
  const logged = log === undefined ? ["--insecure-ignore-tlog"] : ["--offline"];
  const flags = [...signerFlags(signer, keyFile), ...logged, ...place];
  switch (signer.kind) {
    case "key": {
      const roots = log === undefined || isPublicLog(log.logId) ? [] : [logOfId(log.logId, "pem")];
      return {
        variables: roots.map(({ file }) => ["SIGSTORE_REKOR_PUBLIC_KEY", file] as const),
        flags,
        needs: [{ kind: "key", file: keyFile(signer), signer }, ...roots],
      };
    }
    case "identity":
      return withRoot(signer.root, outcome, flags);
    case "certificate": {
      const file = rootFile(signer.root, "authorities.pem");
      return {
        variables: [],
        flags: ["--ca-roots", file, "--insecure-ignore-sct", ...flags],
        needs: [{ kind: "authorities", file, root: signer.root }],
      };
    }
    default:
      return signer satisfies never;
  }
}

function withRoot(root: string, { log, timeProof }: Accepted, flags: readonly string[]): Parts {
  const isCountersigned = log === undefined && timeProof === "countersignature";
  const stamps = isCountersigned ? ["--use-signed-timestamps"] : [];
  if (root === PUBLIC_ROOT) return { variables: [], flags: [...flags, ...stamps], needs: [] };
  const authorities = { kind: "authorities", file: rootFile(root, "authorities.pem"), root } as const;
  const certificateLog = {
    kind: "certificate-log-key",
    file: rootFile(root, "certificate-log.pub"),
    root,
  } as const;
  const logKey = { kind: "log-key", file: rootFile(root, "log.pub"), root } as const;
  const stampers = {
    kind: "timestamp-authorities",
    file: rootFile(root, "timestamp-authorities.pem"),
    root,
  } as const;
  return {
    variables: [
      ["SIGSTORE_ROOT_FILE", authorities.file],
      ["SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", certificateLog.file],
      ...(log === undefined ? [] : [["SIGSTORE_REKOR_PUBLIC_KEY", logKey.file] as const]),
    ],
    flags: [
      ...flags,
      ...stamps,
      ...(isCountersigned ? ["--timestamp-certificate-chain", stampers.file] : []),
    ],
    needs: [
      authorities,
      certificateLog,
      ...(log === undefined ? [] : [logKey]),
      ...(isCountersigned ? [stampers] : []),
    ],
  };
}

/** Bundles: a whole trust root comes as a file. */
function bundleParts({ outcome }: AcceptedResult, keyFile: (signer: KeySigner) => string): Parts {
  const { signer, log, timeProof, proves } = outcome;
  // A key needs no clock: what it signed is checked without.
  const isCountersigned = signer.kind !== "key" && timeProof === "countersignature";
  const root = bundleRootOf(outcome);
  return {
    variables: [],
    flags: [
      ...signerFlags(signer, keyFile),
      ...(log === undefined ? ["--insecure-ignore-tlog"] : []),
      "--new-bundle-format",
      ...(isCountersigned ? ["--use-signed-timestamps"] : []),
      ...(root === undefined ? [] : ["--trusted-root", root.file]),
    ],
    needs: [
      ...(signer.kind === "key" ? [{ kind: "key", file: keyFile(signer), signer } as const] : []),
      ...(root === undefined ? [] : [root]),
      ...(proves === "image" ? [{ kind: "cosign-3" } as const] : []),
    ],
  };
}

/** The root that must be named, unless cosign knows it by itself. */
function bundleRootOf({
  signer,
  log,
}: Accepted): Extract<RecheckNeed, { kind: "trusted-root" | "log-of-id" }> | undefined {
  if (signer.kind !== "key") {
    const { root } = signer;
    return root === PUBLIC_ROOT
      ? undefined
      : { kind: "trusted-root", file: rootFile(root, "trusted-root.json"), root };
  }
  return log === undefined || isPublicLog(log.logId) ? undefined : logOfId(log.logId, "trusted-root");
}

function signerFlags(signer: Signer, keyFile: (signer: KeySigner) => string): readonly string[] {
  switch (signer.kind) {
    case "key":
      return ["--key", keyFile(signer)];
    case "identity":
      return ["--certificate-identity", signer.subject, "--certificate-oidc-issuer", signer.issuer];
    case "certificate":
      // Cosign demands an issuer of identities; such a certificate has none.
      return ["--certificate-identity", signer.subject, "--certificate-oidc-issuer-regexp", "^$"];
    default:
      return signer satisfies never;
  }
}

function notationOf({ outcome: { signer } }: AcceptedResult, about: ImageId): Recheck {
  if (signer.kind !== "certificate") return { kind: "none", reason: "notation checks certificates only" };
  const { root, subject } = signer;
  return commandOf([], ["notation", "verify", renderImage(about)], [{ kind: "notation", root, subject }]);
}

const WORD_LENGTH_MAX = 512;

/**
 * A line that reads the same to a person and to a shell. What could look otherwise than it is, or be cut on its way into a text, is not
 * written at all.
 */
function commandOf(
  variables: Parts["variables"],
  words: readonly string[],
  needs: readonly RecheckNeed[],
): Recheck {
  const all = [...variables.map(([, value]) => value), ...words];
  if (all.some((word) => word.length > WORD_LENGTH_MAX || !/^[\x20-\x7e]*$/.test(word))) {
    return { kind: "none", reason: "it names something that cannot be copied safely" };
  }
  const line = [
    ...variables.map(([name, value]) => `${name}=${shellQuoted(value)}`),
    ...words.map(shellQuoted),
  ].join(" ");
  return { kind: "command", line, needs };
}

/** A word that a POSIX shell reads back as it is. */
function shellQuoted(word: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function isPublicLog(logId: string): boolean {
  return PUBLIC_LOG_IDS.includes(logId);
}

function logOfId(logId: string, form: "pem" | "trusted-root"): Extract<RecheckNeed, { kind: "log-of-id" }> {
  const suffix = form === "pem" ? "pub" : "trusted-root.json";
  return { kind: "log-of-id", form, file: `log-${fileNameOf(logId.slice(0, 8), "id")}.${suffix}`, logId };
}

/** `acme.trusted-root.json`. */
function rootFile(root: string, suffix: string): string {
  return `${fileNameOf(root, "root")}.${suffix}`;
}

/** A name of letters, digits and dashes that somebody's words become. */
export function fileNameOf(words: string, otherwise: string): string {
  const slug = words
    .toLowerCase()
    .slice(0, 40)
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return slug === "" ? otherwise : slug;
}
