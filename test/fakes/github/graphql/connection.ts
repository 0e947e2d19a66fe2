import { GraphFailure } from "./failure.ts";

/** How a list is to be cut. */
export interface PageArguments {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

const PAGE_MAX = 100;

/** One page of a list, cut and refused as GitHub does. */
export function connectionOf(
  name: string,
  items: readonly unknown[],
  { first, last, after, before }: PageArguments,
): object {
  const size = first ?? last;
  if (size === null || size === undefined) {
    throw new GraphFailure(
      "MISSING_PAGINATION_BOUNDARIES",
      `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`,
    );
  }
  if (size < 0 || size > PAGE_MAX) {
    const bound = first === null || first === undefined ? "last" : "first";
    throw new GraphFailure(
      "EXCESSIVE_PAGINATION",
      `Requesting ${size} records on the \`${name}\` connection exceeds the \`${bound}\` limit of ${PAGE_MAX} records.`,
    );
  }
  const from = typeof after === "string" ? positionOf(after) + 1 : 0;
  const to = typeof before === "string" ? positionOf(before) : items.length;
  const isForward = first !== null && first !== undefined;
  const start = isForward ? from : Math.max(from, to - size);
  const end = Math.max(start, isForward ? Math.min(to, from + size) : to);
  return {
    nodes: items.slice(start, end),
    totalCount: items.length,
    pageInfo: {
      startCursor: end > start ? cursorOf(start) : null,
      endCursor: end > start ? cursorOf(end - 1) : null,
      hasNextPage: end < items.length,
      hasPreviousPage: start > 0,
    },
  };
}

function cursorOf(position: number): string {
  return Buffer.from(`cursor:${position}`).toString("base64");
}

function positionOf(cursor: string): number {
  const [, position] = /^cursor:(\d{1,9})$/.exec(Buffer.from(cursor, "base64").toString("utf8")) ?? [];
  if (position === undefined) {
    throw new GraphFailure(
      "INVALID_CURSOR_ARGUMENTS",
      `\`${cursor.slice(0, 40)}\` does not appear to be a valid cursor.`,
    );
  }
  return Number(position);
}
