import { z } from "zod";
import { type Instant, instantOf, isInstant, SECOND_MS } from "../../../time.ts";

const JWT_LENGTH_MAX = 16 * 1024;
const JWT = /^[\w-]+\.([\w-]+)\.[\w-]*$/;
const claimsSchema = z.object({ exp: z.number() });

/**
 * When a token says it ends, if it is a JWT that says so. Nothing is verified: good for a warning and for when to ask for a new one, not
 * for trust.
 *
 * @see RFC 7519, 4.1.4
 */
export function expiryOfJwt(text: string): Instant | undefined {
  if (text.length > JWT_LENGTH_MAX) return undefined;
  const [, payload] = JWT.exec(text) ?? [];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    const expiresAtMs = Math.floor((claimsSchema.safeParse(claims).data?.exp ?? Number.NaN) * SECOND_MS);
    return isInstant(expiresAtMs) ? instantOf(expiresAtMs) : undefined;
  } catch {
    // Many tokens have three parts and are no JWT.
    return undefined;
  }
}
