import { readFileSync, readdirSync } from "node:fs";
import * as z from "zod";
import type { EditOptions, FormatFile } from "../../src/edit/format.ts";

/**
 * The corpus: one folder per format. A case is a file (its name decides its format, so it may stand in folders of its own), with
 * `<name>.expected.json` (what is found, and the options and neighbours it is read with) and `<name>.edited`, the same file after every
 * place that can be edited or pinned got one digest; without it nothing may change.
 */
export const CORPUS = new URL("../fixtures/references/", import.meta.url);

const EXPECTED_ENDING = ".expected.json";
const EXPECTED = z.strictObject({
  options: z
    .strictObject({
      shell: z.boolean().optional(),
      matchers: z.array(z.strictObject({ files: z.array(z.string()), line: z.string() })).optional(),
    })
    .optional(),
  /** Other files of the commit, beside the case; each has its own `.edited` if it changes. */
  neighbours: z.array(z.string()).optional(),
  occurrences: z.array(
    z.strictObject({
      line: z.number(),
      raw: z.string(),
      kind: z.enum(["editable", "pinnable", "reported"]),
      path: z.string().optional(),
      registry: z.string().optional(),
      repository: z.string().optional(),
      tag: z.string().optional(),
      digest: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
});
/** One place that must be found. */
export type Expected = z.infer<typeof EXPECTED>["occurrences"][number];

/** A file of the corpus with all that is read and expected of it. */
export interface Case {
  readonly format: string;
  /** Path below the folder of the format. */
  readonly path: string;
  readonly file: FormatFile;
  readonly files: readonly FormatFile[];
  readonly options: EditOptions;
  readonly expected: readonly Expected[];
  readonly edited: readonly FormatFile[];
}

/** Folders of the corpus, which are formats. */
export function formatsOfCorpus(): readonly string[] {
  return readdirSync(CORPUS, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
}

/** Cases of a format, by path. */
export function casesOf(format: string): readonly Case[] {
  const folder = new URL(`${format}/`, CORPUS);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  const read = (path: string): FormatFile => ({
    path,
    text: readFileSync(new URL(path.split("/").map(encodeURIComponent).join("/"), folder), "utf8"),
  });
  return names
    .filter((name) => name.endsWith(EXPECTED_ENDING))
    .map((name) => {
      const path = name.slice(0, -EXPECTED_ENDING.length);
      const { options, neighbours = [], occurrences } = EXPECTED.parse(JSON.parse(read(name).text));
      const file = read(path);
      const files = [file, ...neighbours.map(read)];
      const edited = files.map((one) =>
        names.includes(`${one.path}.edited`)
          ? { path: one.path, text: read(`${one.path}.edited`).text }
          : one,
      );
      return {
        format,
        path,
        file,
        files,
        options: { shell: options?.shell ?? false, matchers: options?.matchers ?? [] },
        expected: occurrences,
        edited,
      };
    });
}
