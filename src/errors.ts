/**
 * Every code an error of ours can carry, and whether the same call may succeed later without anybody
 * changing anything. The queue runner reads `transient`; nobody else decides on a retry.
 * Listed with cause and mend in docs/errors.md (a test keeps the two equal).
 */
export const ERROR_CODES = {
  // Input: text that is not what it should be.
  "digest-invalid": { transient: false },
  "tag-invalid": { transient: false },
  "reference-invalid": { transient: false },
  "manifest-invalid": { transient: false },
  "sbom-invalid": { transient: false },
  "statement-invalid": { transient: false },
  "advisory-invalid": { transient: false },
  "marker-invalid": { transient: false },
  "key-invalid": { transient: false },
  "trust-root-invalid": { transient: false },
  "edit-invalid": { transient: false },
  "job-invalid": { transient: false },
  "record-invalid": { transient: false },
  "config-invalid": { transient: false },
  "usage-invalid": { transient: false },
  // Registries.
  "registry-not-found": { transient: false },
  "registry-unauthorized": { transient: false },
  "registry-forbidden": { transient: false },
  "registry-rate-limited": { transient: true },
  "registry-unavailable": { transient: true },
  "registry-timeout": { transient: true },
  "registry-integrity": { transient: true },
  "registry-protocol": { transient: true },
  "registry-too-large": { transient: false },
  "registry-refused": { transient: false },
  /** Not asked now, on purpose: `retryAfterMs` says when to come back. No try is spent on it. */
  "registry-deferred": { transient: true },
  /** Whoever gives us credentials (a helper program, a cloud's token service) did not. */
  "registry-login-failed": { transient: true },
  // Verification.
  "trust-root-unavailable": { transient: true },
  "verification-exhausted": { transient: true },
  // The code host.
  "code-host-not-found": { transient: false },
  "code-host-unauthorized": { transient: false },
  "code-host-forbidden": { transient: false },
  "code-host-rejected": { transient: false },
  "code-host-conflict": { transient: true },
  "code-host-rate-limited": { transient: true },
  "code-host-unavailable": { transient: true },
  "code-host-too-large": { transient: false },
  /** Not written now, on purpose: `retryAfterMs` says when the turn comes. No try is spent on it. */
  "code-host-deferred": { transient: true },
  // The store and the queues.
  "redis-unusable": { transient: false },
  "redis-unavailable": { transient: true },
  "decisions-full": { transient: false },
  "facts-full": { transient: false },
  // Issuers of the tokens that prove a call to us.
  "issuer-unavailable": { transient: true },
  // Advisories.
  "advisories-unavailable": { transient: true },
  /** Two processes mirrored one feed at once. */
  "feed-conflict": { transient: true },
} as const satisfies Record<string, { readonly transient: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Extra facts of an error that code may act on. */
export interface ErrorFacts {
  /** How long the other side asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** HTTP status that was answered. */
  readonly status?: number;
  readonly cause?: unknown;
}

/**
 * "No answer", or an answer that cannot be used. The message says what was being done, to what, and what
 * came back; it never holds a secret and at most 80 characters of foreign text.
 */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly transient: boolean;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "CodedError";
    this.code = code;
    this.transient = ERROR_CODES[code].transient;
    this.retryAfterMs = facts.retryAfterMs;
    this.status = facts.status;
  }
}

/** Text from outside that does not have the form it must have. Never worth a retry. */
export class InvalidInputError extends CodedError {
  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(code, message, facts);
    this.name = "InvalidInputError";
  }
}

const FOREIGN_TEXT_MAX = 80;

/** Foreign text as it may stand in a message: quoted, control and invisible characters escaped, at most 80 characters. */
export function quote(text: string): string {
  const cut = text.length > FOREIGN_TEXT_MAX ? `${text.slice(0, FOREIGN_TEXT_MAX - 1)}…` : text;
  return JSON.stringify(cut).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** As JSON escapes: one for each code unit. */
function escaped(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}

/** What a thrown value says, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Whether an error says to come back later, with nothing asked. */
export function isDeferral(error: unknown): error is CodedError {
  return (
    error instanceof CodedError && (error.code === "registry-deferred" || error.code === "code-host-deferred")
  );
}
