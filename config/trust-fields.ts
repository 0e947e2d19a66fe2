import { z } from "zod";
import type { RequiredAttestation, SubjectMatch } from "../src/trust/policy.ts";
import { InvalidInputError, quote } from "../src/errors.ts";
import { parsedField, refuse, section, textField } from "./fields.ts";
import {
  certificateField,
  type ConfiguredSigner,
  identityField,
  keyField,
  notationField,
  PUBLIC_GOOD,
  rootField,
  type SignerContext,
  SIGNERS_MAX,
  subjectPatternField,
} from "./signer-fields.ts";

const GROUPS_MAX = 10;
const ATTESTATIONS_MAX = 20;

/** Who may sign, in one group of which anyone is enough. */
interface SignerFields {
  readonly keys?: readonly ConfiguredSigner[];
  readonly identity?: ConfiguredSigner;
  readonly identities?: readonly ConfiguredSigner[];
  readonly certificates?: readonly ConfiguredSigner[];
  readonly notation?: ConfiguredSigner;
}

/** Who signs and what else has to hold, as far as it is said: for a vendor, or a subscription. */
export interface TrustFields extends SignerFields {
  readonly signers?: {
    readonly need: "any" | "all";
    readonly groups: readonly (SignerFields & { readonly name: string })[];
  };
  readonly log?: "require" | "if-known" | "insecure-ignore";
  readonly logRoots?: readonly string[];
  readonly sbom?: "required" | "expected" | "none";
  readonly sbomFallback?: "none" | "layers";
  readonly attestations?: readonly RequiredAttestation[];
  readonly subject?: "index" | "platform" | "any";
}

/** The fields of {@link TrustFields}, for a section. */
export function trustShape(context: SignerContext) {
  const group = section(
    {
      name: textField({ description: "What the group is called.", example: "build" }, 80),
      ...signerShape(context),
    },
    {},
  ).superRefine((fields, refined) => {
    if (!isSaid(fields)) refuse(refined, NO_SIGNER, ["keys"]);
  });
  return {
    ...signerShape(context),
    signers: section(
      {
        need: z
          .enum(["any", "all"])
          .meta({ description: "Whether one group must have signed, or all of them.", example: "all" })
          .prefault("any"),
        groups: z
          .array(group)
          .min(1)
          .max(GROUPS_MAX)
          .superRefine((groups, refined) => {
            for (const [index, { name }] of groups.entries()) {
              const isTaken = groups.slice(0, index).some((other) => other.name === name);
              if (isTaken) refuse(refined, "is here twice", [index, "name"]);
            }
          })
          .meta({
            values: "list of groups",
            description:
              "Each with a `name` and any of `keys`, `identity`, `identities`, `certificates`, `notation`, of which one is enough.",
            example:
              "[{ name: build, identity: {…} }, { name: release, keys: [{ file: keys/release.pub }] }]",
          }),
      },
      {
        description: "Signers in groups, where several of them have to sign. Instead of the fields above.",
        example:
          "{ need: all, groups: [{ name: build, identity: {…} }, { name: release, keys: [{ file: keys/release.pub }] }] }",
      },
    ).exactOptional(),
    log: z
      .enum(["require", "if-known", "insecure-ignore"])
      .meta({
        description:
          "`require`: a signature without an entry in a known transparency log counts for nothing. `if-known`: entries of known logs must be right, those of others are not looked at. `insecure-ignore`: none is looked at, and every pull request says so. Default: the vendor's; for a subscription `require` where identities sign, and no log is looked at where keys or certificates alone do.",
        example: "require",
      })
      .exactOptional(),
    logRoots: z
      .array(rootField(context.rootNames, { description: "", example: "" }))
      .min(1)
      .max(GROUPS_MAX)
      .meta({
        values: "list of trust roots",
        description: `Trust roots whose logs and timestamp authorities are known for signatures made with keys. Default: \`${PUBLIC_GOOD}\` where logs are looked at.`,
        example: "[acme]",
      })
      .exactOptional(),
    sbom: z
      .enum(["required", "expected", "none"])
      .meta({
        description:
          "As `policy.sbom`, for these images. `none`: none is published and none is waited for. Default: `policy.sbom`, then the vendor's, then `expected`.",
        example: "required",
      })
      .exactOptional(),
    sbomFallback: z
      .enum(["none", "layers"])
      .meta({
        description:
          "What stands in for a verified SBOM that is not there. `layers`: the layers of a verified image are fetched, once for each digest and platform (up to 2 GiB), and the databases of its distribution's packages are read: apk, dpkg, rpm. Pull requests say so. It does not do where an SBOM is `required`.",
        example: "layers",
      })
      .exactOptional(),
    attestations: z
      .array(attestationField())
      .max(ATTESTATIONS_MAX)
      .meta({
        description: "Statements that must be there, signed by whoever signed the image.",
        example: "[{ kind: provenance, builders: [https://github.com/acme/builder/…] }]",
      })
      .exactOptional(),
    subject: z
      .enum(["index", "platform", "any"])
      .meta({
        description:
          "What must be signed: `index`, what the tag points at; `platform`, each image of a platform; `any`, either. Default: the vendor's, for a subscription `any`.",
        example: "index",
      })
      .exactOptional(),
  };
}

const SIGNER_FIELDS = ["keys", "identity", "identities", "certificates", "notation"] as const;
const NO_SIGNER = `is missing: who may sign is said by ${SIGNER_FIELDS.join(", ")}`;

/** Refuses fields that contradict each other. Said of somebody is `signers`, or the fields of one group. */
export function checkTrust(
  fields: TrustFields,
  context: z.core.ParsePayload,
  { needsSigner }: { readonly needsSigner: boolean },
): void {
  const single = isSaid(fields);
  if (needsSigner && !single && fields.signers === undefined) {
    refuse(context, `${NO_SIGNER} or signers`, ["keys"]);
  }
  if (single && fields.signers !== undefined) {
    refuse(context, "is given beside signers that stand in no group: put those into one", ["signers"]);
  }
  if (fields.log === "insecure-ignore" && fields.logRoots !== undefined) {
    refuse(context, "means nothing while no log is looked at (log: insecure-ignore)", ["logRoots"]);
  }
}

/** Whether somebody is named, even if with faults of its own. */
function isSaid(fields: SignerFields): boolean {
  return SIGNER_FIELDS.some((name) => fields[name] !== undefined);
}

/** Signers of one group, in the order of the fields. */
export function signersIn(fields: SignerFields): readonly ConfiguredSigner[] {
  const { keys = [], identity, identities = [], certificates = [], notation } = fields;
  return [
    ...keys,
    ...(identity === undefined ? [] : [identity]),
    ...identities,
    ...certificates,
    ...(notation === undefined ? [] : [notation]),
  ];
}

function signerShape(context: SignerContext) {
  return {
    keys: z
      .array(keyField(context.reader))
      .min(1)
      .max(SIGNERS_MAX)
      .meta({
        description: "Public keys that may sign.",
        example: "[{ file: keys/platform.pub }]",
      })
      .exactOptional(),
    identity: identityField(context)
      .meta({
        description: "Who may sign without a key, by a short-lived certificate (keyless).",
        example:
          "{ issuer: https://token.actions.githubusercontent.com, subject: https://github.com/acme/… }",
      })
      .exactOptional(),
    identities: z
      .array(identityField(context))
      .min(1)
      .max(SIGNERS_MAX)
      .meta({
        values: "list of identities",
        description: "Several of them, each as `identity` is. Any of them is enough.",
        example: "[{ issuer: …, subject: … }, { issuer: …, subjectPattern: … }]",
      })
      .exactOptional(),
    certificates: z
      .array(certificateField(context))
      .min(1)
      .max(SIGNERS_MAX)
      .meta({
        description: "Holders of long-lived certificates of an own authority, with which cosign signs.",
        example: "[{ subject: https://builds.acme.example/release, root: acme-pki }]",
      })
      .exactOptional(),
    notation: notationField(context).exactOptional(),
  };
}

/** Statements that are called by one word. */
const KNOWN = {
  provenance: { name: "SLSA provenance", predicateTypes: ["https://slsa.dev/provenance/*"] },
  vex: { name: "VEX", predicateTypes: ["https://openvex.dev/ns*"] },
} as const;

/** A statement that must be there. */
export function attestationField() {
  return section(
    {
      kind: z
        .enum(["provenance", "vex"])
        .meta({ description: "A kind of statement that is known here.", example: "provenance" })
        .exactOptional(),
      name: textField({ description: "What it is called.", example: "Scan" }, 80).exactOptional(),
      predicateTypes: z
        .array(parsedField(parsePredicateType, {}))
        .min(1)
        .max(ATTESTATIONS_MAX)
        .meta({
          values: "list of predicate types",
          description:
            "Instead of `kind`: which are meant. One that ends in `/` or `*` means all that begin so.",
          example: '["https://in-toto.io/attestation/vulns/*"]',
        })
        .exactOptional(),
      builders: z
        .array(parsedField(parseBuilder, {}))
        .min(1)
        .max(ATTESTATIONS_MAX)
        .meta({
          values: "list of builders",
          description: "For provenance: who must have built it, by the builder's id. Any of them.",
          example: '["https://github.com/acme/builder/.github/workflows/build.yaml@refs/heads/main"]',
        })
        .exactOptional(),
      builderPatterns: z
        .array(subjectPatternField("owner", {}))
        .min(1)
        .max(ATTESTATIONS_MAX)
        .meta({
          values: "list of regular expressions",
          description: "For provenance: the same by patterns, as `subjectPattern` takes them.",
          example: String.raw`['https://github\.com/acme/.*']`,
        })
        .exactOptional(),
    },
    {},
  ).transform(
    ({ kind, name, predicateTypes, builders = [], builderPatterns = [] }, context): RequiredAttestation => {
      if ((kind === undefined) === (predicateTypes === undefined)) {
        return refuse(context, "needs exactly one of kind and predicateTypes");
      }
      const matches: readonly SubjectMatch[] = [
        ...builders.map((text) => ({ kind: "exact", text }) as const),
        ...builderPatterns.map((source) => ({ kind: "pattern", source }) as const),
      ];
      if (matches.length > 0 && kind !== "provenance") {
        return refuse(context, "builders are known of provenance alone: write kind: provenance");
      }
      const known = kind === undefined ? undefined : KNOWN[kind];
      const types = known?.predicateTypes ?? predicateTypes ?? [];
      return {
        name: name ?? known?.name ?? types[0] ?? "",
        predicateTypes: types,
        ...(matches.length === 0 ? {} : { builders: matches }),
      };
    },
  );
}

function parsePredicateType(text: string): string {
  // Some type at least, so that * alone does not make any statement do.
  if (text.length <= 500 && /^[A-Za-z][A-Za-z0-9+.-]*:[^\s*]{4,}\*?$/.test(text)) return text;
  throw new InvalidInputError("config-invalid", `must be a predicate type, a URI, is ${quote(text)}`);
}

function parseBuilder(text: string): string {
  if (text.length > 0 && text.length <= 500 && !/[\s*]/.test(text)) return text;
  throw new InvalidInputError("config-invalid", `must be the id of a builder, is ${quote(text)}`);
}
