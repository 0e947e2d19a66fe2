import type { FileFormat, FormatContext, FormatFile } from "./format.ts";
import type { Occurrence, TextRange } from "./occurrence.ts";
import { tracedOf } from "./traced.ts";
import { type Found, embeddedIn, foundAt, occurrencesFrom, readReference, reported } from "./written.ts";

const LINE_LENGTH_MAX = 2_048;

/** `NAME = value`, also with `?=`, `:=` and `export`; the value is one word. */
const MAKE_VARIABLE =
  /^[ \t]*(?:(?:export|override)[ \t]+)?[A-Za-z_][\w.-]*[ \t]*(?:[?!+]|:{1,3})?=[ \t]*([^\s#"']+)[ \t\r]*(?:#.*)?$/dg;
/** `NAME=value`, in quotes or not, also exported. */
const SHELL_VARIABLE =
  /^[ \t]*(?:(?:export|readonly|local|declare)[ \t]+)?[A-Za-z_]\w*=["']?([^\s"'`;]+)["']?[ \t\r]*(?:[;#].*)?$/dg;
/** `${NAME:-value}` and `${NAME:=value}`. */
const DEFAULT_VALUE = /\$\{[A-Za-z_]\w*:?[-=]["']?([^\s"'{}]+)["']?\}/dg;
const KNOWN_HOST = /^(?:[^/]*[.:][^/]*|localhost)\//;

/** Variables of Makefiles that hold a reference; recipes are only reported. */
export const MAKEFILE: FileFormat = {
  id: "makefile",
  isNamed: (path) => /(?:^|\/)(?:(?:GNU)?[Mm]akefile(?:\.[\w-]+)?|[^/]+\.mk)$/.test(path),
  occurrencesIn: (file, context) => occurrencesIn(file, context, [MAKE_VARIABLE, DEFAULT_VALUE]),
};

/** Variables of shell scripts and their defaults that hold a reference; commands are only reported. */
export const SHELL: FileFormat = {
  id: "shell",
  isNamed: (path) => /\.(?:sh|bash)$/.test(path),
  occurrencesIn: (file, context) => occurrencesIn(file, context, [SHELL_VARIABLE, DEFAULT_VALUE]),
};

function occurrencesIn(
  { text }: FormatFile,
  { options }: FormatContext,
  patterns: readonly RegExp[],
): readonly Occurrence[] {
  const found: Found[] = [];
  let start = text.startsWith("\ufeff") ? 1 : 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end).replace(/\r$/, "");
    const places = line.trimStart().startsWith("#") ? [] : placesIn(line, patterns);
    for (const place of places) {
      const written = tracedOf(line.slice(place.start, place.end), start + place.start);
      const reference = readReference(written.text);
      found.push(
        options.shell ? foundAt(written) : { written, handling: reported("not-opted-in", reference) },
      );
    }
    if (places.length === 0) found.push(...embeddedIn(text, { start, end }));
    start = end + 1;
  }
  return occurrencesFrom(text, found);
}

/** Where a line holds what must be a reference: it has a digest, or a tag and a registry's host. */
function placesIn(line: string, patterns: readonly RegExp[]): readonly TextRange[] {
  if (line.length > LINE_LENGTH_MAX || !line.includes(":")) return [];
  return patterns.flatMap((pattern) =>
    Array.from(line.matchAll(pattern)).flatMap((match): readonly TextRange[] => {
      const [, value = ""] = match;
      const [start, end] = match.indices?.[1] ?? [];
      const reference = readReference(value);
      if (start === undefined || end === undefined || reference === undefined) return [];
      const isSure =
        reference.digest !== undefined || (reference.tag !== undefined && KNOWN_HOST.test(value));
      return isSure ? [{ start, end }] : [];
    }),
  );
}
