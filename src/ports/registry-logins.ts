import type { ImageLine, Repository } from "../image/reference.ts";
import type { Instant } from "../time.ts";

/** How a registry is logged in to, as far as it may be shown. */
export interface LoginReport {
  readonly registry: string;
  /** Where the credentials come from, for people: `anonymous`, a file, a program, a service. */
  readonly source: string;
  /** As budgets name it: `anonymous`, or a name that gives nothing away. */
  readonly credentialId: string;
  /** When they end; absent when nobody says. */
  readonly expiresAt?: Instant;
  /** What an operator should do something about, each a sentence. */
  readonly warnings: readonly string[];
}

/** What a registry says to a log-in. */
export type LoginOutcome =
  | { readonly kind: "readable" }
  /** It answered, but has no such tag. */
  | { readonly kind: "missing" }
  /** It does not let us read. */
  | { readonly kind: "refused"; readonly message: string };

/** Shows log-ins to operators. Nothing of it holds a secret. */
export interface RegistryLogins {
  /**
   * Tells how a repository's registry is logged in to, without asking the registry.
   *
   * @throws {CodedError} `registry-login-failed` when the credentials cannot be had
   */
  reportOn(repository: Repository, now: Instant, signal: AbortSignal): Promise<LoginReport>;

  /**
   * Tries the log-in on one tag. A refusal that is known to come from the kind of token is told with what to use instead.
   *
   * @throws {CodedError} `registry-*` when there is no answer
   */
  probe(
    line: ImageLine,
    now: Instant,
    signal: AbortSignal,
  ): Promise<{ readonly report: LoginReport; readonly outcome: LoginOutcome }>;
}
