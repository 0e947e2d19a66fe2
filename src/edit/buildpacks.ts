import { type AST, parseTOML } from "toml-eslint-parser";
import type { FileFormat } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";
import { type Traced, sliceOf, tracedOf } from "./traced.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, unreadPlace } from "./place.ts";

const DOCKER = "docker://";

/** Buildpacks' project.toml: the builder, and buildpacks that are images (`docker://`); those of a registry of buildpacks are none. */
export const BUILDPACKS: FileFormat = {
  id: "buildpacks",
  isNamed: (path) => /(?:^|\/)project\.toml$/.test(path),
  occurrencesIn: ({ text }) => occurrencesIn(text),
};

function occurrencesIn(text: string): readonly Occurrence[] {
  // The parser takes the mark for a character of the first key.
  const skipped = text.startsWith("\ufeff") ? 1 : 0;
  const toml = text.slice(skipped);
  const strings = stringsOf(toml);
  const places = strings.flatMap(({ key, start, end }) =>
    placesOf(key, tracedOf(toml.slice(start, end), start + skipped), text),
  );
  return occurrencesAt(places, text);
}

/** A string on one line: its key, and where it stands without its quotes. */
interface TomlString {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

function stringsOf(toml: string): readonly TomlString[] {
  const found: TomlString[] = [];
  const open = (programOf(toml)?.body[0].body ?? []).flatMap((node) =>
    node.type === "TOMLTable" ? node.body : [node],
  );
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { key, value } = entry;
    if (value.type === "TOMLInlineTable") open.push(...value.body);
    if (value.type === "TOMLArray") {
      for (const element of value.elements)
        if (element.type === "TOMLInlineTable") open.push(...element.body);
    }
    if (value.type !== "TOMLValue" || value.kind !== "string" || value.multiline) continue;
    const last = key.keys.at(-1);
    const name = last?.type === "TOMLBare" ? last.name : (last?.value ?? "");
    found.push({ key: name, start: value.range[0] + 1, end: value.range[1] - 1 });
  }
  return found.toSorted((a, b) => a.start - b.start);
}

function programOf(toml: string): AST.TOMLProgram | undefined {
  try {
    return parseTOML(toml);
  } catch {
    // Not TOML, or nested deeper than the parser goes: the tool refuses it, too.
    return undefined;
  }
}

function placesOf(key: string, value: Traced, text: string): readonly Place[] {
  const isDocker = value.text.startsWith(DOCKER);
  if (key !== "builder" && !(key === "uri" && isDocker)) return [];
  const written = sliceOf(value, isDocker ? DOCKER.length : 0);
  return [value.text.includes("\\") ? unreadPlace(written, "reference-invalid") : placeOf(written, text)];
}
