import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { trustedKeyOf } from "../src/trust/key.ts";
import { parseTrustedIdentity } from "../src/trust/notation/distinguished-name.ts";
import type { SubjectMatch, TrustedSigner } from "../src/trust/policy.ts";
import { type FieldFacts, instantField, parsedField, refuse, section, textField, valueOf } from "./fields.ts";
import type { Reader } from "./reader.ts";
import { type FixedStart, parseSubjectPattern } from "./subject-pattern.ts";

/** Entries of any list of signers at most. */
export const SIGNERS_MAX = 20;
const SUBJECT_LENGTH_MAX = 500;

/** The trust root that is known without configuration: Sigstore's public one. */
export const PUBLIC_GOOD = "public-good";

/** A signer as it is configured. */
export interface ConfiguredSigner {
  readonly signer: TrustedSigner;
  /** Whether its name is its own: others are called as their owner is. */
  readonly isNamed: boolean;
  /** What weakens it, in sentences. */
  readonly insecure: readonly string[];
}

/** What fields of signers need to know beside themselves. */
export interface SignerContext {
  readonly reader: Reader;
  /** Names of trust roots that there are; absent where any name will do. */
  readonly rootNames?: readonly string[];
}

const nameField = textField(
  { description: "What it is called in pull requests. Default: its owner's name.", example: "BellSoft 2027" },
  80,
);

/** A public key: a PEM file, or the PEM itself; of a certificate its key counts, and nothing else in it. */
export function keyField(reader: Reader) {
  return section(
    {
      file: textField({
        description:
          "PEM file with the public key, as `cosign public-key` prints it, or a certificate that holds it.",
        example: "keys/bellsoft.pub",
        values: "path",
      }).exactOptional(),
      pem: textField(
        {
          description: "The PEM itself, instead of a file. A public key is no secret.",
          example: '"-----BEGIN PUBLIC KEY-----…"',
        },
        20_000,
      ).exactOptional(),
      name: nameField.exactOptional(),
      validFrom: instantField({
        description:
          "Signatures made before count for nothing: by trusted time, where there is none by the time of checking.",
        example: "2026-06-01",
      }).exactOptional(),
      validUntil: instantField({
        description: "Signatures made then or later count for nothing.",
        example: "2027-06-01T12:00:00Z",
      }).exactOptional(),
    },
    {},
  ).transform(async ({ file, pem, name, ...valid }, context): Promise<ConfiguredSigner> => {
    if ((file === undefined) === (pem === undefined)) {
      return refuse(context, "needs exactly one of file and pem");
    }
    if (
      valid.validFrom !== undefined &&
      valid.validUntil !== undefined &&
      valid.validFrom >= valid.validUntil
    ) {
      return refuse(context, "is not after validFrom: the key could never sign", ["validUntil"]);
    }
    const text = file === undefined ? pem : valueOf(await reader.text(file), context, ["file"]);
    if (text === undefined) return z.NEVER;
    const called = name ?? file ?? "pem";
    try {
      const key = trustedKeyOf(text, called);
      return { signer: { ...key, ...valid }, isNamed: name !== undefined, insecure: [] };
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      return refuse(context, error.message, [file === undefined ? "pem" : "file"]);
    }
  });
}

/** Somebody whom an issuer of identities names. */
export function identityField({ rootNames }: SignerContext) {
  return section(
    {
      issuer: parsedField(parseIssuer, {
        description: "Who names the signer: exactly this issuer of identities.",
        example: "https://token.actions.githubusercontent.com",
      }),
      ...subjectShape("https://github.com/acme/app/.github/workflows/release.yaml@refs/heads/main"),
      root: rootField(rootNames, {
        description: `Trust root whose authority makes the certificate: \`${PUBLIC_GOOD}\`, or one of \`trustRoots\`.`,
        example: "acme",
      }).prefault(PUBLIC_GOOD),
      name: nameField.exactOptional(),
    },
    {},
  ).transform(({ issuer, root, name, ...subjects }, context): ConfiguredSigner => {
    const found = subjectOf(subjects, context);
    if (found === undefined) return z.NEVER;
    const { subject, insecure } = found;
    const signer = { kind: "identity", name: name ?? "", issuer, subject, root } as const;
    return { signer, isNamed: name !== undefined, insecure };
  });
}

/** A holder of a long-lived certificate that cosign signs with. */
export function certificateField({ rootNames }: SignerContext) {
  return section(
    {
      ...subjectShape("https://builds.acme.example/release"),
      root: rootField(rootNames, {
        description: "Trust root whose authority made the certificate: one of `trustRoots`.",
        example: "acme-pki",
      }),
      name: nameField.exactOptional(),
    },
    {},
  ).transform(({ root, name, ...subjects }, context): ConfiguredSigner => {
    const found = subjectOf(subjects, context);
    if (found === undefined) return z.NEVER;
    const { subject, insecure } = found;
    return {
      signer: { kind: "certificate", name: name ?? "", subject, root },
      isNamed: name !== undefined,
      insecure,
    };
  });
}

/** Holders of certificates that Notation signs with. */
export function notationField({ rootNames }: SignerContext) {
  return section(
    {
      identities: z.array(parsedField(parseIdentity, {})).min(1).max(SIGNERS_MAX).meta({
        values: "list of names",
        description:
          "Who may sign, as Notation writes it: each attribute that is named must be in the certificate's subject. At least C, ST and O.",
        example: '["C=US, ST=WA, O=Acme, CN=Acme Release"]',
      }),
      root: rootField(rootNames, {
        description: "Trust root that the certificates lead to: one of `trustRoots`.",
        example: "acme-notation",
      }),
      name: nameField.exactOptional(),
    },
    {
      description: "Who may sign with Notation (Notary Project).",
      example: '{ identities: ["C=US, ST=WA, O=Acme"], root: acme-notation }',
    },
  ).transform(({ identities, root, name }): ConfiguredSigner => {
    return {
      signer: { kind: "notation", name: name ?? "", identities, root },
      isNamed: name !== undefined,
      insecure: [],
    };
  });
}

/** The name of a trust root that there is. */
export function rootField(known: readonly string[] | undefined, facts: FieldFacts) {
  return z
    .string()
    .min(1)
    .max(80)
    .refine((name) => known?.includes(name) !== false, {
      error: `unknown trust root; known: ${known?.join(", ")}`,
    })
    .meta({ values: "trust root", ...facts });
}

/** A pattern of names, checked; its place in messages is the field's. */
export function subjectPatternField(start: FixedStart, facts: Partial<FieldFacts>) {
  return parsedField((text) => parseSubjectPattern(text, start), { values: "regular expression", ...facts });
}

function subjectShape(example: string) {
  return {
    subject: parsedField(parseSubject, {
      description: "Exactly this subject of the certificate: a URI or an e-mail address.",
      example,
    }).exactOptional(),
    subjectPattern: subjectPatternField("owner", {
      description:
        "Instead of `subject`: a regular expression that the whole subject must match. It fixes the beginning up to the owner.",
      example: String.raw`https://github\.com/acme/[^/]+/\.github/workflows/release\.yaml@refs/tags/.*`,
    }).exactOptional(),
    insecureSubjectPattern: subjectPatternField("none", {
      description:
        "The same without a fixed beginning: whoever gets a name that matches may sign. Every pull request says so.",
      example: String.raw`.*@acme\.example`,
    }).exactOptional(),
  };
}

interface Subjects {
  readonly subject?: string;
  readonly subjectPattern?: string;
  readonly insecureSubjectPattern?: string;
}

function subjectOf(
  { subject, subjectPattern, insecureSubjectPattern }: Subjects,
  context: z.core.ParsePayload,
): { readonly subject: SubjectMatch; readonly insecure: readonly string[] } | undefined {
  const given = [subject, subjectPattern, insecureSubjectPattern].filter((text) => text !== undefined);
  if (given.length !== 1) {
    refuse(context, "needs exactly one of subject, subjectPattern and insecureSubjectPattern");
    return undefined;
  }
  if (subject !== undefined) return { subject: { kind: "exact", text: subject }, insecure: [] };
  const source = subjectPattern ?? insecureSubjectPattern ?? "";
  const sentence = `Whoever has a name that matches ${quote(source)} may sign (insecureSubjectPattern).`;
  return {
    subject: { kind: "pattern", source },
    insecure: insecureSubjectPattern === undefined ? [] : [sentence],
  };
}

function parseIssuer(text: string): string {
  const url = URL.parse(text);
  // Compared byte for byte with what the certificate says: nothing is mended here.
  const isWeb = url !== null && (url.protocol === "https:" || url.protocol === "http:");
  if (isWeb && text.length <= SUBJECT_LENGTH_MAX && !/[\s*]/.test(text)) return text;
  throw new InvalidInputError("config-invalid", `must be the address of an issuer, is ${quote(text)}`);
}

function parseSubject(text: string): string {
  const isName = text.length > 0 && text.length <= SUBJECT_LENGTH_MAX && !/[\s\p{Cc}]/u.test(text);
  if (isName && !text.includes("*")) return text;
  const reason = text.includes("*")
    ? "is exact: for a regular expression use subjectPattern"
    : "is no URI or e-mail address";
  throw new InvalidInputError("config-invalid", `${quote(text)} ${reason}`);
}

/** The name as it is written, once the rules that verify by it can read it. */
function parseIdentity(text: string): string {
  parseTrustedIdentity(text);
  return text;
}
