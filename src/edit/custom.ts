import { InvalidInputError, quote } from "../errors.ts";
import type { CustomMatcher, FileFormat, FormatFile } from "./format.ts";
import { isMatchedBy } from "./glob.ts";
import { type Traced, sliceOf, tracedOf } from "./traced.ts";
import { linesOf } from "./lines.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, placeOfSplit } from "./place.ts";

const LINE_LENGTH_MAX = 4_096;
/** Places of a line at which what stands behind a `*` is looked for. */
const TRIES_MAX = 64;
const TEMPLATE_LENGTH_MAX = 512;
const FILES_MAX = 50;
const GLOB_LENGTH_MAX = 256;

/** What a placeholder takes: as many of these characters as there are. */
const PLACEHOLDERS = {
  reference: /[A-Za-z0-9._/:@-]{1,512}/y,
  name: /(?:[A-Za-z0-9.-]{1,255}:\d{1,5}\/)?[A-Za-z0-9._/-]{1,255}/y,
  tag: /[A-Za-z0-9_.-]{1,128}/y,
  digest: /sha256:[0-9a-f]{64}(?![0-9a-f])/y,
} as const;
const PLACEHOLDER_NAMES = ["reference", "name", "tag", "digest"] as const;

type Placeholder = keyof typeof PLACEHOLDERS;

type Part =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "anything" }
  | { readonly kind: Placeholder };

/** A matcher that was read: it finds its places in time linear in the text. */
export interface ParsedMatcher {
  readonly files: readonly string[];
  readonly parts: readonly Part[];
}

/**
 * Reads what an owner wrote. The template is a whole line, blanks at both ends apart: `*` stands for the rest.
 *
 * @throws {InvalidInputError} `config-invalid`
 */
export function parseMatcher({ files, line }: CustomMatcher): ParsedMatcher {
  if (files.length === 0 || files.length > FILES_MAX) throw invalid(line, `it needs 1 to ${FILES_MAX} globs`);
  const glob = files.find((file) => file === "" || file.length > GLOB_LENGTH_MAX);
  if (glob !== undefined) throw invalid(line, `a glob has 1 to ${GLOB_LENGTH_MAX} characters`);
  if (line.length > TEMPLATE_LENGTH_MAX) throw invalid(line, `longer than ${TEMPLATE_LENGTH_MAX} characters`);
  if (/[\r\n]/.test(line)) throw invalid(line, "it must be one line");
  const parts = partsOf(line);
  const count = (kind: Part["kind"]): number => parts.filter((part) => part.kind === kind).length;
  if (PLACEHOLDER_NAMES.some((name) => count(name) > 1))
    throw invalid(line, "a placeholder stands in it twice");
  const others = count("name") + count("tag") + count("digest");
  if (count("reference") + count("name") !== 1) throw invalid(line, "it needs {reference} or {name}");
  if (count("reference") === 1 && others > 0) throw invalid(line, "{reference} says name, tag and digest");
  if (count("name") === 1 && others === 1) throw invalid(line, "{name} needs {tag} or {digest}");
  requireClear(line, parts);
  return { files, parts };
}

/** Every place must end where its text says so: nothing is guessed. */
function requireClear(line: string, parts: readonly Part[]): void {
  parts.forEach((part, position) => {
    const next = parts[position + 1];
    if (next === undefined || part.kind === "literal") return;
    if (part.kind === "anything" && next.kind !== "literal")
      throw invalid(line, "text must stand behind a *");
    if (part.kind === "anything" || next.kind === "anything") return;
    if (next.kind !== "literal") throw invalid(line, "text must stand between two placeholders");
    const isTaken = part.kind !== "digest" && endOf(part.kind, next.text, 0) !== undefined;
    if (isTaken) throw invalid(line, `where {${part.kind}} ends cannot be told`);
  });
}

function partsOf(line: string): readonly Part[] {
  const split = line.trim().split(/(\*|\{[a-z]+\})/);
  return split.flatMap((text): readonly Part[] => {
    if (text === "") return [];
    if (text === "*") return [{ kind: "anything" }];
    const kind = PLACEHOLDER_NAMES.find((name) => text === `{${name}}`);
    if (kind !== undefined) return [{ kind }];
    if (/^\{[a-z]+\}$/.test(text)) throw invalid(line, `there is no placeholder ${quote(text)}`);
    return [{ kind: "literal", text }];
  });
}

function invalid(line: string, reason: string): InvalidInputError {
  return new InvalidInputError("config-invalid", `cannot use the matcher ${quote(line)}: ${reason}`);
}

/** Where what a placeholder takes from here ends; undefined where it takes nothing. */
function endOf(placeholder: Placeholder, text: string, start: number): number | undefined {
  const pattern = PLACEHOLDERS[placeholder];
  pattern.lastIndex = start;
  const [taken] = pattern.exec(text) ?? [];
  return taken === undefined ? undefined : start + taken.length;
}

type Taken = ReadonlyMap<Placeholder, Traced>;

/** What the placeholders take of a line; undefined where the line is another. */
function takenFrom(line: Traced, parts: readonly Part[]): Taken | undefined {
  const taken = new Map<Placeholder, Traced>();
  let position = 0;
  let start = 0;
  let star: { readonly at: number; readonly from: number } | undefined;
  for (let tries = 0; tries < TRIES_MAX;) {
    const part = parts[position];
    const end =
      part === undefined ? undefined : part.kind === "anything" ? start : partEndOf(part, line.text, start);
    if (part === undefined && start === line.text.length) return taken;
    if (part?.kind === "anything") {
      if (position === parts.length - 1) return taken;
      star = { at: position, from: start };
    }
    if (part !== undefined && end !== undefined) {
      if (part.kind !== "literal" && part.kind !== "anything")
        taken.set(part.kind, sliceOf(line, start, end));
      position += 1;
      start = end;
      continue;
    }
    const behind = star === undefined ? undefined : parts[star.at + 1];
    if (star === undefined || behind?.kind !== "literal") return undefined;
    const again = line.text.indexOf(behind.text, position === star.at + 1 ? star.from : star.from + 1);
    if (again === -1) return undefined;
    star = { at: star.at, from: again };
    position = star.at + 1;
    start = again;
    tries += 1;
  }
  return undefined;
}

function partEndOf(
  part: Exclude<Part, { kind: "anything" }>,
  text: string,
  start: number,
): number | undefined {
  if (part.kind !== "literal") return endOf(part.kind, text, start);
  return text.startsWith(part.text, start) ? start + part.text.length : undefined;
}

/** Places that only the owners of the files know. */
export const CUSTOM: FileFormat = {
  id: "custom",
  isNamed: (path, { matchers }) =>
    matchers.some(({ files }) => files.slice(0, FILES_MAX).some((glob) => isMatchedBy(path, glob))),
  occurrencesIn: (file, { options }) => {
    const places = options.matchers.flatMap((matcher) => {
      const parsed = parsedOrNot(matcher);
      return parsed === undefined ? [] : placesIn(file, parsed);
    });
    return occurrencesAt(places, file.text);
  },
};

/** Those that cannot be read are refused where the configuration is read; here they find nothing. */
function parsedOrNot(matcher: CustomMatcher): ParsedMatcher | undefined {
  try {
    return parseMatcher(matcher);
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** The places of a file that a matcher is about. */
function placesIn({ path, text }: FormatFile, { files, parts }: ParsedMatcher): readonly Place[] {
  if (!files.some((glob) => isMatchedBy(path, glob))) return [];
  return linesOf(text).flatMap(({ start, text: line }) => {
    if (line.length > LINE_LENGTH_MAX) return [];
    const indent = line.length - line.trimStart().length;
    const taken = takenFrom(tracedOf(line.trim(), start + indent), parts);
    return taken === undefined ? [] : placesOf(taken, text);
  });
}

function placesOf(taken: Taken, text: string): readonly Place[] {
  const whole = taken.get("reference");
  if (whole !== undefined) return [placeOf(whole, text)];
  const [written, tag, digest] = [taken.get("name"), taken.get("tag"), taken.get("digest")];
  if (written === undefined) return [];
  const at = { raw: written.text, offset: written.offsets[0] ?? 0 };
  return [placeOfSplit({ ...at, name: written.text, tag, digest }, text)];
}
