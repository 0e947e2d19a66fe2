/** What goes wrong with a request. */
export type Mischief =
  /** Answered like this; the double does not handle the request. */
  | {
      readonly kind: "answer";
      readonly status: number;
      /** Sent as JSON, or as HTML if it is text. */
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Handled after so long. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** Never answered, not handled; ends when the client or the double gives up. */
  | { readonly kind: "hang" }
  /** The connection is cut before the request is handled. */
  | { readonly kind: "cut" }
  /** The request is handled, and the connection cut instead of an answer. */
  | { readonly kind: "lose-answer" }
  /** The request is handled and never answered; ends when the client or the double gives up. */
  | { readonly kind: "keep-answer" }
  /** The request is handled, and the connection cut in the middle of the answer's body. */
  | { readonly kind: "cut-answer" }
  /** Of a GraphQL document so many mutations are executed, the next ones not; answered with 502. */
  | { readonly kind: "stop-after"; readonly fields: number }
  /** One mutation of a GraphQL document is not executed and answered with an error; the others are executed. */
  | { readonly kind: "fail-field"; readonly field: string; readonly type: string; readonly message: string };

/** Which requests it happens to. */
export interface Fault {
  readonly method?: string;
  /** Within the path below the base of the API and its query, percent-encoded as they came. */
  readonly path?: string | RegExp;
  /** GraphQL only: a field at the root of the document, as `createPullRequest`. */
  readonly operation?: string;
  /** GraphQL only: the name of the document, as `Look`. */
  readonly name?: string;
  /** How many requests it happens to. Default: 1. */
  readonly times?: number;
  /** How many that match are let through before. Default: 0. */
  readonly after?: number;
  readonly mischief: Mischief;
}

/** A request as faults look at it. */
export interface FaultyRequest {
  readonly method: string;
  readonly path: string;
  /** The fields at the root of a GraphQL document; none for REST. */
  readonly operations: readonly string[];
  /** Of a GraphQL document that has one. */
  readonly name?: string;
}

/** Faults that wait for their requests. */
export interface Faults {
  inject(fault: Fault): void;
  /** What happens to this request, if anything. */
  take(request: FaultyRequest): Mischief | undefined;
}

export function createFaults(): Faults {
  const waiting: { readonly fault: Fault; passes: number; left: number }[] = [];
  return {
    inject(fault) {
      waiting.push({ fault, passes: fault.after ?? 0, left: fault.times ?? 1 });
    },
    take(request) {
      const next = waiting.find(({ fault, left }) => left > 0 && matches(fault, request));
      if (next === undefined) return undefined;
      if (next.passes > 0) {
        next.passes -= 1;
        return undefined;
      }
      next.left -= 1;
      return next.fault.mischief;
    },
  };
}

function matches(fault: Fault, { method, path, operations, name }: FaultyRequest): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  if (fault.operation !== undefined && !operations.includes(fault.operation)) return false;
  if (fault.name !== undefined && fault.name !== name) return false;
  if (fault.path === undefined) return true;
  return typeof fault.path === "string" ? path.includes(fault.path) : fault.path.test(path);
}
