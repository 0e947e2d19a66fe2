import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { Secret } from "../src/secret.ts";
import { DAY_MS, type Instant, parseDuration, parseInstant } from "../src/time.ts";
import { isLoopbackHost } from "./hosts.ts";
import { kindOf } from "./fault.ts";
import type { Answer, Reader, SecretReference } from "./reader.ts";

/** What the documentation says of a field beside its type and default. */
export interface FieldFacts {
  readonly description: string;
  /** As it is written in YAML. */
  readonly example: string;
  /** What values look like, where the type alone does not say it. */
  readonly values?: string;
  /** What a key of a mapping of names is, e.g. `host`. */
  readonly keyName?: string;
}

/** Entries of any list at most. */
export const ENTRIES_MAX = 1_000;
/** Characters of a text of the configuration at most, unless a field says otherwise. */
const TEXT_LENGTH_MAX = 1_000;
const SPAN_MAX_MS = 3_650 * DAY_MS;

/** A mapping whose fields are all known: another one is a fault that lists them. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape, facts: Partial<FieldFacts>) {
  const known = Object.keys(shape).join(", ");
  return z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === "unrecognized_keys" ? `unknown key; known here: ${known}` : undefined,
    })
    .meta({ ...facts });
}

/** A text that is not empty. */
export function textField(facts: FieldFacts, lengthMax = TEXT_LENGTH_MAX) {
  return z
    .string()
    .min(1)
    .max(lengthMax)
    .meta({ ...facts });
}

/** A text that a parser of ours turns into a value; what the parser refuses is a fault with its words. */
export function parsedField<T>(parse: (text: string) => T, facts: Partial<FieldFacts>) {
  return z
    .string()
    .max(TEXT_LENGTH_MAX)
    .transform((text, context): T => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        return refuse(context, error.message);
      }
    })
    .meta({ ...facts });
}

/** A span of time in milliseconds, written with its unit. */
export function spanField(
  facts: Partial<FieldFacts>,
  { minMs = 1_000, maxMs = SPAN_MAX_MS }: { minMs?: number; maxMs?: number } = {},
) {
  return z
    .string({
      error: ({ input }) =>
        input === undefined
          ? "is missing"
          : `must be a span with its unit, such as 90s, 30m, 24h or 7d, is ${kindOf(input)}`,
    })
    .max(20)
    .transform((text, context): number => {
      const spanMs = parseDuration(text);
      if (spanMs === undefined) {
        return refuse(context, `must be a span such as 90s, 30m, 24h or 7d, is ${quote(text)}`);
      }
      if (spanMs < minMs) return refuse(context, `must be ${minMs / 1_000}s or more, is ${text}`);
      if (spanMs > maxMs) return refuse(context, `must be ${maxMs / DAY_MS}d or less, is ${text}`);
      return spanMs;
    })
    .meta({ values: "span", ...facts });
}

/** A day (its first moment in UTC), or a moment. */
export function instantField(facts: FieldFacts) {
  return parsedField(
    (text): Instant => {
      const at = parseInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
      if (at !== undefined) return at;
      throw new InvalidInputError(
        "config-invalid",
        `must be a day such as 2026-11-24, or a moment such as 2026-11-24T12:00:00Z, is ${quote(text)}`,
      );
    },
    { values: "day or moment", ...facts },
  );
}

/**
 * A secret, by reference. A value in its place is refused and not shown.
 *
 * @param check says in words what is wrong with the secret, without showing it
 */
export function secretField(
  reader: Reader,
  facts: FieldFacts,
  check: (text: string) => string | undefined = severalLinesFault,
) {
  return referenceSchema()
    .transform(async (reference, context): Promise<Secret> => {
      const parsed = secretReferenceOf(reference);
      if (parsed === undefined) return refuse(context, "needs exactly one of env and file");
      const secret = valueOf(await reader.secret(parsed), context, [parsed.kind]);
      if (secret === undefined) return z.NEVER;
      const reason = check(secret.reveal());
      return reason === undefined ? secret : refuse(context, reason, [parsed.kind]);
    })
    .meta({ values: "secret", ...facts });
}

/** Certificates to trust, by the path of a PEM file. */
export function caField(reader: Reader, description: string) {
  return textField({ description, example: "/etc/ssl/acme-ca.pem", values: "path" }).transform(
    async (path, context): Promise<string> => {
      const answer = await reader.text(path);
      if (answer.kind === "fault") return refuse(context, answer.reason);
      return answer.value.includes("-----BEGIN CERTIFICATE-----")
        ? answer.value
        : refuse(context, `${JSON.stringify(path)}: holds no certificate in PEM form`);
    },
  );
}

/** Where Redis is: a secret reference, or the address itself as long as no password is in it. */
export function redisUrlField(reader: Reader, facts: FieldFacts) {
  const reference = referenceSchema();
  return z
    .custom<string | z.infer<typeof reference>>(
      (value) => typeof value === "string" || reference.safeParse(value).success,
      { error: "must be an address, { env: NAME } or { file: path }" },
    )
    .transform(async (value, context): Promise<Secret> => {
      if (typeof value === "string") {
        const reason = URL.parse(value)?.password
          ? "holds a password: keep it elsewhere and refer to it by { env: NAME } or { file: path }"
          : redisUrlFault(value);
        return reason === undefined ? new Secret(value) : refuse(context, reason);
      }
      const parsed = secretReferenceOf(value);
      if (parsed === undefined) return refuse(context, "needs exactly one of env and file");
      const secret = valueOf(await reader.secret(parsed), context, [parsed.kind]);
      if (secret === undefined) return z.NEVER;
      const reason = redisUrlFault(secret.reveal());
      return reason === undefined ? secret : refuse(context, reason, [parsed.kind]);
    })
    .meta({ values: "address or secret", ...facts });
}

/** What is wrong with an address of Redis, without showing it: it may hold a password. */
export function redisUrlFault(text: string): string | undefined {
  if (/^\/[^\s?]+$/.test(text)) return undefined;
  const url = URL.parse(text);
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== ""
    ? undefined
    : "must be redis://host:port, rediss://host:port or the absolute path of a socket";
}

/** A web address without `/` at its end; http alone for this very machine where `plainHttp` says so. */
export function urlField(plainHttp: "anywhere" | "loopback", facts: FieldFacts) {
  return parsedField(
    (text) => {
      const url = URL.parse(text);
      if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
        throw new InvalidInputError("config-invalid", `not an https address: ${quote(text)}`);
      }
      if (url.username !== "" || url.password !== "") {
        throw new InvalidInputError("config-invalid", "holds a user or password: an address must not");
      }
      if (url.search !== "" || url.hash !== "") {
        throw new InvalidInputError("config-invalid", `has a query or fragment: ${quote(text)}`);
      }
      if (url.protocol === "http:" && plainHttp === "loopback" && !isLoopbackHost(url.host)) {
        throw new InvalidInputError(
          "config-invalid",
          `must be https: over http to ${quote(url.host)} anybody on the way reads the token`,
        );
      }
      return url.href.replace(/\/+$/, "");
    },
    { values: "URL", ...facts },
  );
}

/** Adds a fault to what is being parsed. Returned, it stands for "no value" there. */
export function refuse(
  context: z.core.ParsePayload,
  reason: string,
  path: readonly PropertyKey[] = [],
): typeof z.NEVER {
  addFault(context, reason, path);
  return z.NEVER;
}

/** The value of an answer; a fault is added where it is none. */
export function valueOf<T>(
  answer: Answer<T>,
  context: z.core.ParsePayload,
  path: readonly PropertyKey[],
): T | undefined {
  if (answer.kind === "read") return answer.value;
  addFault(context, answer.reason, path);
  return undefined;
}

function addFault(context: z.core.ParsePayload, reason: string, path: readonly PropertyKey[]): void {
  context.issues.push({ code: "custom", message: reason, path: [...path], input: undefined });
}

function referenceSchema() {
  return z.strictObject(
    {
      env: z
        .string()
        .regex(/^[A-Za-z_]\w{0,199}$/, { error: "is not the name of an environment variable" })
        .exactOptional(),
      file: z.string().min(1).max(TEXT_LENGTH_MAX).exactOptional(),
    },
    {
      error: ({ code, input }) => {
        if (code === "unrecognized_keys") return "unknown key; known here: env, file";
        if (code !== "invalid_type" || input === undefined) return undefined;
        return `must be a reference, { env: NAME } or { file: path }, is ${kindOf(input)}: secrets are never written here`;
      },
    },
  );
}

function secretReferenceOf({ env, file }: { env?: string; file?: string }): SecretReference | undefined {
  if (env !== undefined && file === undefined) return { kind: "env", name: env };
  return file !== undefined && env === undefined ? { kind: "file", path: file } : undefined;
}

function severalLinesFault(text: string): string | undefined {
  return /[\r\n\0]/.test(text) ? "holds more than one line" : undefined;
}
