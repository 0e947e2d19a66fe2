import type { TokenExpectation } from "../push/proof.ts";

/** What a token turned out to be. The reason is for the log: a closed list, no word of the token. */
export type TokenVerdict =
  | { readonly kind: "valid" }
  | {
      readonly kind: "refused";
      readonly reason:
        | "token-malformed"
        | "algorithm-not-allowed"
        | "key-unknown"
        | "signature-invalid"
        | "token-expired"
        | "claim-mismatch";
    };

/** Checks tokens of OpenID Connect issuers. */
export interface TokenVerifier {
  /**
   * Whether the issuer signed this token, for this audience, about this subject or account, and now.
   *
   * @throws {CodedError} `issuer-unavailable` when the issuer's keys cannot be asked for: that is no answer, and never a yes
   */
  verify(token: string, expected: TokenExpectation): Promise<TokenVerdict>;
}
