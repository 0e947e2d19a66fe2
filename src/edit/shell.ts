import type { FileFormat, FormatContext, FormatFile } from "./format.ts";
import type { Occurrence, TextRange } from "./occurrence.ts";
import { tracedOf } from "./traced.ts";
import { embeddedIn } from "./embedded.ts";
import { linesOf } from "./lines.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, readReference, reportedPlace } from "./place.ts";

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
  const places = linesOf(text).flatMap(({ start, text: raw }): readonly Place[] => {
    const line = raw.replace(/\r$/, "");
    const ranges = line.trimStart().startsWith("#") ? [] : rangesIn(line, patterns);
    if (ranges.length === 0) return embeddedIn(text, { start, end: start + raw.length });
    return ranges.map((range) => {
      const written = tracedOf(line.slice(range.start, range.end), start + range.start);
      return options.shell ? placeOf(written, text) : reportedPlace(written, "not-opted-in");
    });
  });
  return occurrencesAt(places, text);
}

/** Where a line holds what must be a reference: it has a digest, or a tag and a registry's host. */
function rangesIn(line: string, patterns: readonly RegExp[]): readonly TextRange[] {
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
