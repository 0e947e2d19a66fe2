import { z } from "zod";
import { InvalidInputError, quote } from "../errors.ts";
import { isOpenVex } from "../sbom/vex-documents.ts";
import { type Instant, parseInstant } from "../time.ts";
import { VEX_STATUSES, type VexProduct, type VexStatement } from "./vex.ts";

/** What could be read of an OpenVEX document. */
export interface OpenVex {
  readonly statements: readonly VexStatement[];
  /** Statements that are none, or say nothing that counts: without a date, a vulnerability, a product or the reason they owe. */
  readonly skippedCount: number;
}

/** Statements of one document at most, and products and packages that one statement names. */
const STATEMENTS_MAX = 100_000;
const NAMES_MAX = 20_000;

const text = z.string().max(2_000);
const instant = z.string().transform((value, context): Instant => {
  const at = parseInstant(value);
  if (at !== undefined) return at;
  context.addIssue({ code: "custom", message: "not a date and time" });
  return z.NEVER;
});
const hashes = z.record(z.string(), z.unknown()).optional().catch(undefined);
const identifiers = z.object({ purl: text.optional() }).optional().catch(undefined);
const subcomponent = z.union([text, z.object({ "@id": text.optional(), identifiers })]);
const product = z.union([
  text,
  z.object({
    "@id": text.optional(),
    identifiers,
    hashes,
    subcomponents: z.array(subcomponent).max(NAMES_MAX).optional(),
  }),
]);

const documentSchema = z.object({
  "@context": z.string().refine(isOpenVex, { error: "not OpenVEX" }),
  author: text.optional(),
  timestamp: instant.optional(),
  last_updated: instant.optional(),
  statements: z.array(z.unknown()).max(STATEMENTS_MAX),
});

const statementSchema = z.object({
  vulnerability: z.union([
    text,
    z.object({ name: text.optional(), "@id": text.optional(), aliases: z.array(text).max(100).optional() }),
  ]),
  timestamp: instant.optional(),
  last_updated: instant.optional(),
  products: z.array(product).min(1).max(NAMES_MAX),
  subcomponents: z.array(subcomponent).max(NAMES_MAX).optional(),
  status: z.enum(VEX_STATUSES),
  justification: text.optional(),
  impact_statement: z.string().optional(),
});

type Document = z.infer<typeof documentSchema>;
type RawStatement = z.infer<typeof statementSchema>;

/**
 * Reads an OpenVEX document. A statement that cannot be read is left out and counted: the advisory it would have answered then
 * holds.
 *
 * @param value as JSON.parse gave it
 * @param from what stands behind it
 * @throws {InvalidInputError} `advisory-invalid` for what is no OpenVEX document
 * @see OpenVEX specification 0.2.0
 */
export function parseOpenVex(value: unknown, from: VexStatement["from"]): OpenVex {
  const result = documentSchema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const place = quote(issue?.path.join(".") ?? "");
    throw new InvalidInputError(
      "advisory-invalid",
      `not an OpenVEX document: ${place}: ${quote(issue?.message ?? "")}`,
    );
  }
  const statements = result.data.statements.flatMap((raw) => {
    const parsed = statementSchema.safeParse(raw);
    return parsed.success ? (statementOf(parsed.data, result.data, from) ?? []) : [];
  });
  return { statements, skippedCount: result.data.statements.length - statements.length };
}

const TEXT_LENGTH_MAX = 500;

function statementOf(
  raw: RawStatement,
  document: Document,
  from: VexStatement["from"],
): VexStatement | undefined {
  const { status, justification, impact_statement: impact } = raw;
  const at = raw.last_updated ?? raw.timestamp ?? document.last_updated ?? document.timestamp;
  const vulnerabilities = vulnerabilitiesOf(raw.vulnerability);
  const inherited = (raw.subcomponents ?? []).map(nameOf);
  const isReasonless = status === "not_affected" && !justification && !impact;
  if (at === undefined || vulnerabilities.length === 0 || isReasonless) return undefined;
  return {
    vulnerabilities,
    status,
    ...(justification === undefined ? {} : { justification: justification.slice(0, TEXT_LENGTH_MAX) }),
    ...(impact === undefined ? {} : { impact: impact.slice(0, TEXT_LENGTH_MAX) }),
    at,
    author: (document.author ?? "").slice(0, TEXT_LENGTH_MAX),
    products: raw.products.map((each) => productOf(each, inherited)),
    from,
  };
}

/** The `@id` is a place where one can read about it; of older documents it is the name. */
function vulnerabilitiesOf(vulnerability: RawStatement["vulnerability"]): readonly string[] {
  if (typeof vulnerability === "string") return vulnerability === "" ? [] : [vulnerability];
  const { name = "", "@id": id = "", aliases = [] } = vulnerability;
  return [name === "" ? id : name, ...aliases].filter((each) => each !== "");
}

function productOf(raw: RawStatement["products"][number], inherited: readonly string[]): VexProduct {
  const purl = nameOf(raw);
  const { hashes: sums = {}, subcomponents } = typeof raw === "string" ? { subcomponents: undefined } : raw;
  const sha256 = sums["sha-256"];
  const isDigest = typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
  return {
    ...(purl === "" ? {} : { purl }),
    digests: isDigest ? [`sha256:${sha256}`] : [],
    subcomponents: subcomponents?.map(nameOf) ?? inherited,
  };
}

/** Empty where it has none: of a part, that names a package nobody finds, and must not turn into "all of them". */
function nameOf(named: z.infer<typeof subcomponent>): string {
  return typeof named === "string" ? named : (named.identifiers?.purl ?? named["@id"] ?? "");
}
