import { z } from "zod";
import { quote } from "../../errors.ts";
import { type Instant, parseInstant } from "../../time.ts";
import { isSignatureAlgorithm } from "./algorithm.ts";
import { ATTRIBUTES, meaningOf, type SignatureEnvelope } from "./envelope.ts";
import { expectPlainMembers, parseUnambiguousJson } from "./json-members.ts";
import { malformed, refuse } from "./refused-error.ts";
import { CHAIN_LENGTH_MAX } from "./signing-chain.ts";

const CRITICAL_MAX = 64;

// "No additional top level fields are supported": the specification.
const envelopeSchema = z.strictObject({
  payload: z.string(),
  protected: z.string(),
  // Unsigned: whatever else is in it says nothing.
  header: z.looseObject({
    x5c: z.array(z.string()).max(CHAIN_LENGTH_MAX),
    [ATTRIBUTES.timestamp]: z.string().optional(),
  }),
  signature: z.string(),
});

const protectedSchema = z.looseObject({
  alg: z.string(),
  cty: z.string(),
  crit: z.array(z.string()).max(CRITICAL_MAX),
  [ATTRIBUTES.scheme]: z.string(),
  [ATTRIBUTES.signingTime]: z.string().optional(),
  [ATTRIBUTES.authenticSigningTime]: z.string().optional(),
  [ATTRIBUTES.expiry]: z.string().optional(),
});

/** Headers that every reader of JWS knows: to call them critical is a fault. @see RFC 7515, section 4.1.11 */
const REGISTERED = ["alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"];

/**
 * Reads a signature in JWS: one signature, flattened JSON.
 *
 * @throws {RefusedError} what is refused before the signature is looked at
 * @see Notary Project signature-envelope-jws.md; RFC 7515, section 7.2.2
 */
export function parseJws(bytes: Uint8Array): SignatureEnvelope {
  const document = parseUnambiguousJson(bytes, "envelope");
  expectPlainMembers(document, Object.keys(envelopeSchema.shape), "envelope");
  const envelope = shaped(envelopeSchema, document, "envelope");
  expectPlainMembers(envelope.header, Object.keys(envelopeSchema.shape.header.shape), "header");

  const signedText = `${envelope.protected}.${envelope.payload}`;
  const timestamp = envelope.header[ATTRIBUTES.timestamp];
  if (envelope.signature === "") refuse("signature-missing", "it carries no signature");
  return {
    ...attributesOf(decoded(envelope.protected, "base64url", "protected header")),
    payload: decoded(envelope.payload, "base64url", "payload"),
    signed: Buffer.from(signedText),
    signature: decoded(envelope.signature, "base64url", "signature"),
    certificates: envelope.header.x5c.map((text) => decoded(text, "base64", "certificate")),
    ...(timestamp === undefined ? {} : { timestamp: decoded(timestamp, "base64", "countersignature") }),
  };
}

function attributesOf(bytes: Uint8Array): Pick<SignatureEnvelope, "algorithm" | "scheme" | "expiresAt"> {
  const document = parseUnambiguousJson(bytes, "protected header");
  expectPlainMembers(document, Object.keys(protectedSchema.shape), "protected header");
  const header = shaped(protectedSchema, document, "protected header");
  const { alg, cty, crit } = header;
  if (!isSignatureAlgorithm(alg)) refuse("algorithm-unsupported", `it is signed with ${quote(alg)}`);
  const registered = crit.find((name) => REGISTERED.includes(name));
  if (registered !== undefined) malformed(`${quote(registered)} is marked critical`);
  const meaning = meaningOf({
    contentType: cty,
    labels: Object.keys(header),
    critical: crit,
    scheme: header[ATTRIBUTES.scheme],
    signingAt: timeOf(header[ATTRIBUTES.signingTime]),
    authenticAt: timeOf(header[ATTRIBUTES.authenticSigningTime]),
    expiresAt: timeOf(header[ATTRIBUTES.expiry]),
  });
  return { algorithm: alg, ...meaning };
}

function timeOf(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  return parseInstant(text) ?? malformed(`${quote(text)} is no time`);
}

/** The bytes of a text that is exactly as this encoding writes them. */
function decoded(text: string, encoding: "base64" | "base64url", what: string): Buffer {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : malformed(`its ${what} is not ${encoding}`);
}

function shaped<Shape>(schema: z.ZodType<Shape>, document: unknown, what: string): Shape {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return malformed(
    `the ${what} has another form: ${quote(issue?.path.join(".") ?? "")}: ${quote(issue?.message ?? "wrong shape")}`,
  );
}
