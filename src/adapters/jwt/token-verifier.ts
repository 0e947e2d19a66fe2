import { errors, jwtVerify, type JWTPayload } from "jose";
import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import type { TokenVerdict, TokenVerifier } from "../../ports/token-verifier.ts";
import type { TokenExpectation } from "../../push/proof.ts";
import { SECOND_MS } from "../../time.ts";
import { IssuerKeys } from "./issuer-keys.ts";

/** Signatures that only the issuer can make. None with a shared key: a public key would then sign, too. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];
/** By how much the clocks of issuer and receiver may differ. */
const CLOCK_TOLERANCE_S = 60;
const KEYS_TIMEOUT_MS = 3 * SECOND_MS;

export interface TokenVerifierOptions {
  /** Proxies on the way to issuers; not used with a dispatcher. */
  readonly proxy?: { readonly http?: string; readonly https?: string; readonly none?: string };
  /** How issuers are reached otherwise, with other certificates. It is closed by whoever made it. */
  readonly dispatcher?: Dispatcher;
  /** How long an issuer may take to give its keys. */
  readonly timeoutMs?: number;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
}

/** Verifies tokens with the keys that their issuers publish. Keys are kept for ten minutes. */
export interface OidcTokenVerifier extends TokenVerifier {
  close(): Promise<void>;
}

export function createTokenVerifier(options: TokenVerifierOptions = {}): OidcTokenVerifier {
  const own = ownDispatcher(options.proxy);
  const dispatcher = options.dispatcher ?? own;
  const nowMs = options.nowMs ?? Date.now;
  const issuers = new Map<string, IssuerKeys>();
  const keysOf = (issuer: string): IssuerKeys => {
    const known = issuers.get(issuer);
    if (known !== undefined) return known;
    const keys = new IssuerKeys(issuer, {
      dispatcher,
      timeoutMs: options.timeoutMs ?? KEYS_TIMEOUT_MS,
      nowMs,
    });
    issuers.set(issuer, keys);
    return keys;
  };

  return {
    async verify(token, expected) {
      const { issuer, audience, subject } = expected;
      try {
        const { payload } = await jwtVerify(token, keysOf(issuer).keyOf, {
          issuer,
          audience,
          ...(subject === undefined ? {} : { subject }),
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_TOLERANCE_S,
          requiredClaims: ["iat", "exp"],
          currentDate: new Date(nowMs()),
        });
        return isAbout(payload, expected) ? { kind: "valid" } : { kind: "refused", reason: "claim-mismatch" };
      } catch (thrown) {
        return refusalOf(thrown);
      }
    },
    async close() {
      await own?.destroy();
    },
  };
}

function isAbout(payload: JWTPayload, { email }: TokenExpectation): boolean {
  return email === undefined || (payload["email"] === email && payload["email_verified"] === true);
}

/** What the library's error says about the token; what is no word about the token is thrown on. */
function refusalOf(thrown: unknown): TokenVerdict {
  if (thrown instanceof errors.JWTExpired) return { kind: "refused", reason: "token-expired" };
  if (thrown instanceof errors.JWTClaimValidationFailed) return { kind: "refused", reason: "claim-mismatch" };
  if (thrown instanceof errors.JOSEAlgNotAllowed || thrown instanceof errors.JOSENotSupported) {
    return { kind: "refused", reason: "algorithm-not-allowed" };
  }
  if (thrown instanceof errors.JWKSNoMatchingKey || thrown instanceof errors.JWKSMultipleMatchingKeys) {
    return { kind: "refused", reason: "key-unknown" };
  }
  if (thrown instanceof errors.JWSSignatureVerificationFailed) {
    return { kind: "refused", reason: "signature-invalid" };
  }
  if (thrown instanceof errors.JOSEError) return { kind: "refused", reason: "token-malformed" };
  throw thrown;
}

function ownDispatcher(proxy: TokenVerifierOptions["proxy"]): Dispatcher {
  const connect = { timeout: KEYS_TIMEOUT_MS };
  if (proxy === undefined) return new Agent({ connect });
  return new EnvHttpProxyAgent({
    connect,
    httpProxy: proxy.http ?? "",
    httpsProxy: proxy.https ?? "",
    noProxy: proxy.none ?? "",
  });
}
