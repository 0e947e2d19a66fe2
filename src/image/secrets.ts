import { createHash } from "node:crypto";

/** Characters that are looked at to tell a secret: what follows them is as secret as they are. */
const LOOKED_AT = 4_096;

const SECRET_WORD =
  "(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|api[_.-]?key|access[_.-]?key|private[_.-]?key|auth)";
/** The word ends the name, or only a number follows. `TOKEN_FILE` says where a secret is, not what it is. */
const SECRET_NAME = new RegExp(`(?:^|[^a-z])${SECRET_WORD}s?[_.-]?\\d{0,4}$`, "i");
/** Also in one word, as `DBPASSWORD` is written. */
const SECRET_NAME_JOINED = /(?:password|passwd|passphrase|secret|apikey|accesskey|privatekey)s?\d{0,4}$/i;

/** What tokens look like, wherever they stand. Each pattern is linear. */
const TOKEN =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY|\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bxox[abeprs]-[\w-]{10,}|\bAIza[\w-]{30,}|\bsk-[\w-]{20,}|\bnpm_[A-Za-z0-9]{30,}/g;
/** User and password in an address. */
const USER_INFO = /:\/\/[^\s/@:]{0,200}:[^\s/@]{1,500}@/g;
/** `--password=…`, `-Dkey.password=…`, `TOKEN=…`. */
const ASSIGNMENT = new RegExp(
  `(?<![\\w.-])([\\w.-]{0,64}?${SECRET_WORD}s?\\d{0,4}=)("[^"]{1,500}"|'[^']{1,500}'|[^\\s"']+)`,
  "gi",
);
/** `--password …` in one text, as shells take it. */
const OPTION = new RegExp(
  `(?<![\\w.-])(--?[\\w.-]{0,64}?${SECRET_WORD}\\s+)("[^"]{1,500}"|'[^']{1,500}'|[^\\s"'-][^\\s"']*)`,
  "gi",
);
/** curl's. */
const LOGIN = /(?<![\w-])((?:-u|--user)[ =]\s{0,8})([^\s:"']{1,200}:[^\s"']+)/g;
const OPTION_ALONE = new RegExp(`^--?[\\w.-]{0,64}?${SECRET_WORD}$`, "i");

/** Whether a variable holds what nobody should show: by its name, or by what its value looks like. */
export function isSecret(name: string, value: string): boolean {
  if (value === "") return false;
  const shown = value.slice(0, LOOKED_AT);
  if (SECRET_NAME.test(name) || SECRET_NAME_JOINED.test(name)) return !isPlain(shown);
  if (hasToken(shown)) return true;
  return isRandom(shown) && !/sum|sha|digest|md5|gpg|fingerprint|commit|revision/i.test(name);
}

/** What stands for a secret: equal for equal secrets of one name, and no secret. */
export function hashOf(name: string, value: string): string {
  return `sha256:${createHash("sha256").update(`${name}\0${value}`).digest("hex").slice(0, 16)}`;
}

/** A text with what looks like a secret in it replaced by `[secret sha256:…]`. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(USER_INFO, (found) => `://${maskOf(found)}@`)
    .replaceAll(LOGIN, (_found, option: string, login: string) => `${option}${maskOf(login)}`)
    .replaceAll(ASSIGNMENT, (_found, name: string, value: string) => `${name}${maskOf(value)}`)
    .replaceAll(OPTION, (_found, name: string, value: string) => `${name}${maskOf(value)}`)
    .replaceAll(TOKEN, maskOf);
}

/** The same for arguments, of which one may be the secret that the one before it names. */
export function argumentsWithoutSecrets(all: readonly string[]): readonly string[] {
  return all.map((argument, at) => {
    const before = all[at - 1] ?? "";
    const isNamed = OPTION_ALONE.test(before) && argument !== "" && !argument.startsWith("-");
    return isNamed ? maskOf(argument) : withoutSecrets(argument);
  });
}

function maskOf(secret: string): string {
  return `[secret ${hashOf("", secret)}]`;
}

function hasToken(value: string): boolean {
  return value.search(TOKEN) >= 0 || value.search(USER_INFO) >= 0;
}

/** Switches and places of files are no secrets, whatever they are called. */
function isPlain(value: string): boolean {
  return /^(?:true|false|yes|no|on|off|none|0|1)$/i.test(value) || /^\/[\w./-]*$/.test(value);
}

/** Long, and of all kinds of characters at once, as only random text is. */
function isRandom(value: string): boolean {
  return (
    /^[A-Za-z0-9+_=-][A-Za-z0-9+/_=-]{31,}$/.test(value) &&
    /[a-z]/.test(value) &&
    /[A-Z]/.test(value) &&
    /\d/.test(value)
  );
}
