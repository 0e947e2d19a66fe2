import { z } from "zod";
import { InvalidInputError, quote } from "../errors.ts";
import { type Digest, hexOf } from "../image/digest.ts";
import { ambiguousMemberOf, parseJson } from "./json.ts";

/** The only payload type of an envelope that says something about an image. */
export const STATEMENT_PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** Things one statement is about at most. */
export const SUBJECTS_MAX = 10_000;

const MEMBERS = ["_type", "subject", "predicateType", "predicate"] as const;
const SUBJECT_MEMBERS = ["name", "digest"] as const;
const PREDICATE_TYPE = /^[\x21-\x7e]{1,512}$/;

const statementSchema = z.object({
  _type: z.enum(["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"]),
  // Go writes an empty list as null.
  subject: z
    .array(z.looseObject({ digest: z.record(z.string(), z.string()).optional() }))
    .max(SUBJECTS_MAX)
    .nullable(),
  predicateType: z.string().regex(PREDICATE_TYPE, { error: "not a URI" }),
  predicate: z.unknown().optional(),
});

/** What somebody says about artifacts. Worth as much as the signature around it. */
export interface Statement {
  readonly type: z.infer<typeof statementSchema>["_type"];
  /** The digests of each thing it is about, by algorithm. Names are left out: nothing may be decided by them. */
  readonly subjects: readonly Readonly<Record<string, string>>[];
  /** A URI: printable ASCII without spaces. */
  readonly predicateType: string;
  /** Unread: its form depends on the predicate type. */
  readonly predicate: unknown;
}

/**
 * Reads the payload of an envelope as an in-toto statement.
 *
 * @throws {InvalidInputError} `statement-invalid`
 * @see in-toto attestation spec v0.1.0 and v1.0, statement.md
 */
export function parseStatement(payload: Uint8Array): Statement {
  const document = parseJson(payload, "statement");
  const ambiguous = ambiguousMemberOf(document, MEMBERS);
  if (ambiguous !== undefined) throw invalid(`member ${quote(ambiguous)} is ambiguous`);
  const result = statementSchema.safeParse(document);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalid(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`);
  }
  const { _type: type, subject, predicateType, predicate } = result.data;
  for (const one of subject ?? []) {
    const other = ambiguousMemberOf(one, SUBJECT_MEMBERS);
    if (other !== undefined) throw invalid(`member ${quote(other)} of a subject is ambiguous`);
  }
  return { type, subjects: (subject ?? []).map(({ digest }) => digest ?? {}), predicateType, predicate };
}

/** Whether one of its subjects is exactly this digest. Names and other algorithms do not count. */
export function isAbout(statement: Statement, image: Digest): boolean {
  const hex = hexOf(image);
  return statement.subjects.some(({ sha256 }) => sha256 === hex);
}

/** What a payload nobody vouches for claims as its predicate type: for people and for reports, never for a decision to accept. */
export function peekPredicateType(payload: Uint8Array): string | undefined {
  let document: unknown;
  try {
    document = parseJson(payload, "statement");
  } catch {
    return undefined;
  }
  const claimed =
    typeof document === "object" && document !== null && "predicateType" in document
      ? document.predicateType
      : undefined;
  return isPredicateType(claimed) ? claimed : undefined;
}

/** Whether a value has the form of a predicate type. */
export function isPredicateType(value: unknown): value is string {
  return typeof value === "string" && PREDICATE_TYPE.test(value);
}

function invalid(reason: string): InvalidInputError {
  return new InvalidInputError("statement-invalid", `not an in-toto statement: ${reason}`);
}
