/** An answer before it is sent, so that a fault can change it. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
}

/** What came in. */
export interface Call {
  readonly method: string;
  /** The path as it was sent, not normalised. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export function reply(
  status: number,
  headers: Reply["headers"] = {},
  body: Uint8Array | string = new Uint8Array(),
): Reply {
  return { status, headers, body: typeof body === "string" ? Buffer.from(body) : body };
}

/** An error in the registries' own form. */
export function errorReply(
  status: number,
  code: string,
  message: string,
  headers: Reply["headers"] = {},
): Reply {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return reply(status, { "content-type": "application/json; charset=utf-8", ...headers }, `${body}\n`);
}
