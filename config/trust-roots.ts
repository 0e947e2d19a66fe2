import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { DAY_MS, HOUR_MS } from "../src/time.ts";
import type { TrustRootPlace } from "../src/trust/root-place.ts";
import { parseTrustRoot, type TrustRootSource } from "../src/trust/trust-root.ts";
import type { Config } from "./config.ts";
import { type Fault, renderPath } from "./fault.ts";
import { type FieldFacts, refuse, section, spanField, textField, urlField, valueOf } from "./fields.ts";
import type { Reader, TextFile } from "./reader.ts";
import { PUBLIC_GOOD } from "./signer-fields.ts";

const ROOTS_MAX = 50;
const FILES_MAX = 20;
const KINDS = ["file", "tuf", "logKey", "certificates"] as const;

/** What may be said under `trustRoots`. */
export function trustRootsSection(reader: Reader) {
  return z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, {
        error: "must be a name of lower-case letters, digits, dots, dashes and underscores",
      }),
      rootField(reader),
    )
    .refine((roots) => Object.keys(roots).length <= ROOTS_MAX, { error: `more than ${ROOTS_MAX}` })
    .meta({
      keyName: "name",
      description: `Whom certificates, entries in logs and timestamps lead to, by a name that signers refer to. \`${PUBLIC_GOOD}\` is there without being named: the public Sigstore instance, as the release brings it along and updates confirm it. One of your own of that name takes its place. Files are read again when they change. See [trust-roots.md](trust-roots.md).`,
    })
    .prefault({});
}

/** What may be said under `trustUpdates`. */
export function trustUpdatesSection(reader: Reader) {
  return section(
    {
      mode: z
        .enum(["on", "off"])
        .meta({
          description: `\`off\`: no TUF repository is ever asked, for networks that end here. \`${PUBLIC_GOOD}\` is then what the release brings along, unless a file takes its place.`,
          example: "off",
        })
        .prefault("on"),
      every: spanField(
        {
          description: "About how long from one update to the next. One that fails is tried again sooner.",
          example: "12h",
        },
        { minMs: HOUR_MS, maxMs: 30 * DAY_MS },
      ).prefault("24h"),
      directory: textField({
        description:
          "Folder in which what was fetched and verified is kept from one start to the next; processes may share it, others must not write to it. Losing it costs nothing but the age of a root. Default: `$XDG_CACHE_HOME/hullkeeper` or `~/.cache/hullkeeper`; where that cannot be written, it is kept while the process runs.",
        example: "/var/cache/hullkeeper",
        values: "path",
      })
        .transform(async (path, context): Promise<string> => {
          const answer = await reader.directory(path);
          return answer.kind === "fault" ? refuse(context, answer.reason) : answer.value;
        })
        .exactOptional(),
    },
    { description: "How trust roots from TUF repositories are kept up to date, in the background." },
  ).prefault({});
}

/** Names of the trust roots that there are, also of those that something is wrong with. */
export function rootNamesIn(raw: Readonly<Record<string, unknown>>): readonly string[] {
  const written = raw["trustRoots"];
  const names = typeof written === "object" && written !== null ? Object.keys(written) : [];
  return [...new Set([PUBLIC_GOOD, ...names])];
}

/** The trust roots in force: those that are configured, and the public one. */
export function trustRootsOf(
  places: Readonly<Record<string, TrustRootPlace>>,
  { mode, every, directory }: z.output<ReturnType<typeof trustUpdatesSection>>,
  defaultDirectory: string | undefined,
): Config["trustRoots"] {
  const kept = directory ?? defaultDirectory;
  return {
    places: new Map(Object.entries({ [PUBLIC_GOOD]: { kind: "public-good" }, ...places } as const)),
    ...(mode === "off" ? {} : { updateEveryMs: every }),
    ...(kept === undefined ? {} : { directory: kept }),
  };
}

/** Roots that could never be had. */
export function trustRootFaults(
  places: Readonly<Record<string, TrustRootPlace>> | undefined,
  updates: { readonly mode: "on" | "off" } | undefined,
): readonly Fault[] {
  if (updates?.mode !== "off") return [];
  return Object.entries(places ?? {})
    .filter(([, { kind }]) => kind === "tuf")
    .map(([name]) => ({
      path: renderPath(["trustRoots", name, "tuf"]),
      reason: "is never fetched while trustUpdates.mode is off: give its trusted_root.json under file",
    }));
}

function rootField(reader: Reader) {
  return section(
    {
      file: trustFileField(reader, {
        description: "A `trusted_root.json`, as `cosign trusted-root create` or your Sigstore writes it.",
        example: "sigstore/trusted_root.json",
      }).exactOptional(),
      tuf: tufField(reader).exactOptional(),
      logKey: trustFileField(reader, {
        description: "PEM file with the public key of a transparency log that nothing else is known of.",
        example: "keys/rekor.pub",
      }).exactOptional(),
      certificates: filesField(reader, {
        description:
          "PEM files with the authorities of long-lived certificates: of an own PKI, or of a trust store of Notation.",
        example: "[notation/acme-root.pem]",
      }).exactOptional(),
      timestampAuthorities: filesField(reader, {
        description: "Beside `certificates`: PEM files with the authorities of countersignatures.",
        example: "[notation/timestamp-root.pem]",
      }).exactOptional(),
      signingAuthorities: filesField(reader, {
        description:
          "Beside `certificates`: PEM files with the signing authorities of Notation, services that sign for others and are believed when they did. Whoever holds a certificate of theirs can sign in the past: never name an ordinary authority here.",
        example: "[notation/signing-service-root.pem]",
      }).exactOptional(),
    },
    {},
  ).transform((entry, context): TrustRootPlace => {
    const { file, tuf, logKey, certificates, timestampAuthorities = [], signingAuthorities = [] } = entry;
    if (KINDS.filter((kind) => entry[kind] !== undefined).length !== 1) {
      return refuse(context, `needs exactly one of ${KINDS.join(", ")}`);
    }
    if (certificates === undefined && timestampAuthorities.length > 0) {
      refuse(context, "means nothing without certificates", ["timestampAuthorities"]);
    }
    if (certificates === undefined && signingAuthorities.length > 0) {
      refuse(context, "means nothing without certificates", ["signingAuthorities"]);
    }
    if (tuf !== undefined) return tuf;
    if (file !== undefined) {
      check({ name: file.path, kind: "sigstore", json: file.text }, context, ["file"]);
      return { kind: "file", path: file.path };
    }
    if (logKey !== undefined) {
      check({ name: logKey.path, kind: "log-key", pem: logKey.text }, context, ["logKey"]);
      return { kind: "log-key", path: logKey.path };
    }
    checkCertificates(certificates ?? [], context, "certificates");
    checkCertificates(timestampAuthorities, context, "timestampAuthorities");
    checkCertificates(signingAuthorities, context, "signingAuthorities");
    return {
      kind: "certificates",
      authorities: (certificates ?? []).map(({ path }) => path),
      timestampAuthorities: timestampAuthorities.map(({ path }) => path),
      ...(signingAuthorities.length === 0
        ? {}
        : { signingAuthorities: signingAuthorities.map(({ path }) => path) }),
    };
  });
}

function tufField(reader: Reader) {
  return section(
    {
      url: urlField("loopback", {
        description: "Address of the repository's metadata; its targets are below `targets/`.",
        example: "https://tuf.acme.example",
      }),
      root: trustFileField(reader, {
        description:
          "Root metadata of the repository (`1.root.json` or a later one), got from its owner by a way that you trust.",
        example: "sigstore/root.json",
      }),
      ca: trustFileField(reader, {
        description: "PEM file with certificates to trust for this address instead of the usual ones.",
        example: "/etc/ssl/acme-ca.pem",
      }).exactOptional(),
    },
    {
      description: "A TUF repository that has a `trusted_root.json` among its targets.",
      example: "{ url: https://tuf.acme.example, root: sigstore/root.json }",
    },
  ).transform(({ url, root, ca }, context): TrustRootPlace => {
    if (!isRootMetadata(root.text)) {
      refuse(context, `${JSON.stringify(root.path)}: is not root metadata of TUF`, ["root"]);
    }
    if (ca !== undefined) checkCertificates([ca], context, "ca");
    return { kind: "tuf", url, root: root.text, ...(ca === undefined ? {} : { ca: ca.text }) };
  });
}

function trustFileField(reader: Reader, facts: FieldFacts) {
  return textField({ ...facts, values: "path" }).transform(async (path, context): Promise<TextFile> => {
    const file = valueOf(await reader.trustFile(path), context, []);
    return file ?? z.NEVER;
  });
}

function filesField(reader: Reader, facts: FieldFacts) {
  return z
    .array(trustFileField(reader, { description: "", example: "" }))
    .min(1)
    .max(FILES_MAX)
    .meta({ values: "list of paths", ...facts });
}

function checkCertificates(files: readonly TextFile[], context: z.core.ParsePayload, field: string): void {
  for (const [index, { path, text }] of files.entries()) {
    const place = field === "ca" ? [field] : [field, index];
    check({ name: path, kind: "certificates", authorities: text }, context, place);
  }
}

/** Adds what is wrong with a root, with its words. */
function check(source: TrustRootSource, context: z.core.ParsePayload, path: readonly PropertyKey[]): void {
  try {
    parseTrustRoot(source);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    refuse(
      context,
      error.message.replace(`trust root ${quote(source.name)}`, JSON.stringify(source.name)),
      path,
    );
  }
}

const rootMetadata = z.object({
  signed: z.object({ _type: z.literal("root"), version: z.int().min(1) }),
  signatures: z.array(z.unknown()).min(1),
});

function isRootMetadata(text: string): boolean {
  try {
    return rootMetadata.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
