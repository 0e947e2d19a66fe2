import type { Repository } from "../image/reference.ts";
import type { Instant } from "../time.ts";

/** How we log in to a registry, and whether it takes that. */
export interface RegistryInspection {
  readonly registry: string;
  readonly login: {
    /** Where the credentials come from, for people: `anonymous`, `registries."docker.io"`, `~/.docker/config.json`. */
    readonly source: string;
    /** The name of the credentials in budgets; no secret. */
    readonly credential: string;
    readonly expiresAt?: Instant;
  };
  /** What an operator should know about these credentials. */
  readonly warnings: readonly string[];
  readonly answer:
    | { readonly kind: "answers" }
    /** No answer, or one that refuses us; with what to do about it. */
    | { readonly kind: "fails"; readonly code: string; readonly message: string };
}

/** Looks at registries for the sake of an operator. */
export interface RegistryInspector {
  /**
   * Logs in as every look at this registry would, and asks one question.
   *
   * @param repository asked about with its log-in where one is known; else only whether the registry is there
   */
  inspect(
    registry: string,
    repository: Repository | undefined,
    signal: AbortSignal,
  ): Promise<RegistryInspection>;
}
