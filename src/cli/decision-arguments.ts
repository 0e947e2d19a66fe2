import { InvalidInputError, messageOf, quote } from "../errors.ts";
import { type Digest, parseDigest } from "../image/digest.ts";
import { type ImageLine, parseReference } from "../image/reference.ts";
import { type DistrustSubject, parseFingerprint } from "../trust/distrust.ts";

/** Who says so, and why. Without a name it is the user whom the process runs as. */
export interface Saying {
  readonly by?: string;
  readonly reason: string;
}

/** What is to be done with approvals. */
export type ApproveAction =
  | { readonly kind: "list" }
  | ({ readonly kind: "approve" | "withdraw"; readonly line: ImageLine; readonly digest: Digest } & Saying);

/** What is to be done with what is distrusted. */
export type DistrustAction =
  | { readonly kind: "list" }
  | ({ readonly kind: "distrust" | "lift"; readonly subject: DistrustSubject } & Saying);

/** Options of both commands, as they were given. */
export interface DecisionOptions {
  readonly reason?: string | undefined;
  readonly by?: string | undefined;
  readonly list?: boolean | undefined;
  readonly lift?: boolean | undefined;
  readonly withdraw?: boolean | undefined;
}

/** Characters of a reason, of an issuer and of a subject at most: as many as the configuration takes. */
const TEXT_LENGTH_MAX = 500;
const NAME_LENGTH_MAX = 80;

/** @throws {InvalidInputError} `usage-invalid` */
export function approveActionOf(words: readonly string[], options: DecisionOptions): ApproveAction {
  if (options.lift === true) throw usage("approve takes no --lift; use --withdraw");
  if (options.list === true) return listed("approve", words, options);
  const [image, ...rest] = words;
  if (image === undefined || rest.length > 0) {
    throw usage("approve needs one IMAGE:TAG@sha256:…, or --list");
  }
  const { repository, tag, digest } = parsed(() => parseReference(image));
  if (tag === undefined || digest === undefined) {
    throw usage(`approve needs a tag and a digest, IMAGE:TAG@sha256:…, not ${quote(image)}`);
  }
  const kind = options.withdraw === true ? "withdraw" : "approve";
  return { kind, line: { repository, tag }, digest, ...sayingOf("approve", options) };
}

/** @throws {InvalidInputError} `usage-invalid` */
export function distrustActionOf(words: readonly string[], options: DecisionOptions): DistrustAction {
  if (options.withdraw === true) throw usage("distrust takes no --withdraw; use --lift");
  if (options.list === true) return listed("distrust", words, options);
  const subject = subjectOf(words);
  const kind = options.lift === true ? "lift" : "distrust";
  return { kind, subject, ...sayingOf("distrust", options) };
}

function listed(
  command: string,
  words: readonly string[],
  { list: _list, ...others }: DecisionOptions,
): { readonly kind: "list" } {
  const isAlone = words.length === 0 && Object.values(others).every((value) => value === undefined);
  if (!isAlone) throw usage(`${command} --list takes nothing else`);
  return { kind: "list" };
}

function subjectOf([kind, ...words]: readonly string[]): DistrustSubject {
  const [first, second, ...rest] = words;
  const isPair = second !== undefined && rest.length === 0;
  if (kind === "key" && first !== undefined && second === undefined) {
    return { kind, fingerprint: parsed(() => parseFingerprint(first)) };
  }
  if (kind === "digest" && first !== undefined && second === undefined) {
    return { kind, digest: parsed(() => parseDigest(first)) };
  }
  if (kind === "identity" && first !== undefined && isPair) {
    return { kind, issuer: issuerOf(first), subject: textOf("the subject", second, TEXT_LENGTH_MAX) };
  }
  if (kind === "certificate" && first !== undefined && isPair) {
    const root = textOf("the trust root", first, NAME_LENGTH_MAX);
    return { kind, root, subject: textOf("the subject", second, TEXT_LENGTH_MAX) };
  }
  throw usage(
    "distrust needs key FINGERPRINT, identity ISSUER SUBJECT, certificate ROOT SUBJECT or digest sha256:…, or --list",
  );
}

/** An issuer is told apart from the subject after it by the first space: it has none. */
function issuerOf(text: string): string {
  if (/\s/.test(text)) throw usage(`an issuer has no spaces: ${quote(text)}`);
  return textOf("the issuer", text, TEXT_LENGTH_MAX);
}

/** Who says it and why. @throws {InvalidInputError} `usage-invalid` */
export function sayingOf(command: string, { reason, by }: DecisionOptions): Saying {
  if (reason === undefined) throw usage(`${command} needs --reason TEXT: it is kept, and shown to everybody`);
  return {
    reason: textOf("--reason", reason, TEXT_LENGTH_MAX),
    ...(by === undefined ? {} : { by: textOf("--by", by, NAME_LENGTH_MAX) }),
  };
}

function textOf(what: string, text: string, lengthMax: number): string {
  const trimmed = text.trim();
  if (trimmed === "") throw usage(`${what} is empty`);
  if (trimmed.length > lengthMax) throw usage(`${what} is longer than ${lengthMax} characters`);
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(trimmed))
    throw usage(`${what} is not one line of text: ${quote(trimmed)}`);
  return trimmed;
}

/** What a parser answers; its refusal is one of the command line. @throws {InvalidInputError} `usage-invalid` */
export function parsed<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause;
    throw new InvalidInputError("usage-invalid", `${messageOf(cause)} (see hullkeeper --help)`, { cause });
  }
}

/** The refusal of a command line. */
export function usage(reason: string): InvalidInputError {
  return new InvalidInputError("usage-invalid", `${reason} (see hullkeeper --help)`);
}
