import type { Refused } from "../world.ts";

/** An error with a `type`, as GitHub marks them. */
export class GraphFailure extends Error {
  /** `NOT_FOUND`, `UNPROCESSABLE`, `FORBIDDEN`, `STALE_DATA`, … */
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.name = "GraphFailure";
    this.type = type;
  }
}

/** What REST refuses with a status is refused here with a type. */
export function failureOf(refused: Refused): GraphFailure {
  const words = (refused.errors ?? []).flatMap((error) =>
    "message" in error && typeof error.message === "string" ? [error.message] : [],
  );
  const message = words.length === 0 ? refused.message : words.join(", ");
  switch (refused.status) {
    case 403:
      return new GraphFailure("FORBIDDEN", message);
    case 404:
      return new GraphFailure("NOT_FOUND", message);
    default:
      return new GraphFailure("UNPROCESSABLE", message);
  }
}
