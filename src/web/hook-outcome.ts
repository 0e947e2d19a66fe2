/** What became of a call to a hook. Reasons are words of ours. */
export type Outcome =
  /** So many things are looked at now. */
  | { readonly kind: "accepted"; readonly count: number }
  | { readonly kind: "ignored"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unproven"; readonly reason: string }
  | {
      readonly kind:
        | "not-found"
        | "method-not-allowed"
        | "too-large"
        | "too-slow"
        | "broken"
        | "rate-limited"
        | "unavailable"
        | "failed";
    };

const STATUS = {
  accepted: 202,
  ignored: 200,
  refused: 400,
  broken: 400,
  unproven: 401,
  "not-found": 404,
  "method-not-allowed": 405,
  "too-slow": 408,
  "too-large": 413,
  "rate-limited": 429,
  failed: 500,
  unavailable: 503,
} as const satisfies Record<Outcome["kind"], number>;

const RETRY_AFTER_S = 5;

/**
 * The answer to a call: what became of it, and nothing that the caller sent.
 *
 * @param ignoredStatus of a call that is as it should be and changes nothing
 */
export function answerTo(outcome: Outcome, ignoredStatus: 200 | 202 = STATUS.ignored): Response {
  return Response.json(bodyOf(outcome), {
    status: outcome.kind === "ignored" ? ignoredStatus : STATUS[outcome.kind],
    headers: { "Cache-Control": "no-store", ...headersOf(outcome) },
  });
}

function bodyOf(outcome: Outcome): Readonly<Record<string, string | number>> {
  switch (outcome.kind) {
    case "accepted":
      return { accepted: outcome.count };
    case "ignored":
      return { ignored: outcome.reason };
    case "refused":
      return { refused: outcome.reason };
    default:
      // Why a call is not believed is for the log: it helps whoever tries.
      return { refused: outcome.kind };
  }
}

function headersOf({ kind }: Outcome): Readonly<Record<string, string>> {
  switch (kind) {
    case "method-not-allowed":
      return { Allow: "POST" };
    case "rate-limited":
    case "unavailable":
      return { "Retry-After": String(RETRY_AFTER_S) };
    // Whatever still comes of the body is nobody's to read.
    case "too-large":
    case "too-slow":
    case "broken":
      return { Connection: "close" };
    default:
      return {};
  }
}
