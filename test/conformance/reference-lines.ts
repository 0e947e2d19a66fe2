import { parseArgs } from "node:util";
import { InvalidInputError, messageOf } from "../../src/errors.ts";
import type { EditOptions, FormatFile } from "../../src/edit/format.ts";
import { type FoundOccurrence, editFiles, formatOf, occurrencesOf } from "../../src/edit/formats.ts";
import type { Occurrence, TextRange } from "../../src/edit/occurrence.ts";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import { type FileToRead, type ReadResult, readWithNeighbours } from "./read-repository-file.ts";

const USAGE = `usage: node test/conformance/references.ts [--root DIR] [--shell] FILE...
       node test/conformance/references.ts [--root DIR] [--shell] --set-digest sha256:<hex> [--pin] FILE
`;

/** What the program ends with and writes, line ends included. */
export interface Answer {
  readonly code: 0 | 1 | 2;
  readonly output: string;
  readonly error: string;
}

/** One JSON line for each time a file is named, or one file after an edit. Never throws. */
export async function answerOf(args: readonly string[]): Promise<Answer> {
  const asked = askedOf(args);
  if (typeof asked === "string") return { code: 2, output: "", error: `${asked}\n${USAGE}` };
  const { files, digest } = asked;
  const [first] = files;
  if (digest !== undefined && first !== undefined) return editedAnswerOf(first, asked, digest);
  const lines: string[] = [];
  const errors: string[] = [];
  for (const path of files) {
    const read = await readWithNeighbours(toRead(path, asked));
    if (read.kind === "unread") errors.push(`${path}: ${read.reason}\n`);
    lines.push(`${JSON.stringify(shownFile(path, read, asked.options))}\n`);
  }
  return { code: errors.length === 0 ? 0 : 1, output: lines.join(""), error: errors.join("") };
}

interface Asked {
  readonly files: readonly string[];
  readonly root: string | undefined;
  readonly options: EditOptions;
  readonly digest: Digest | undefined;
  readonly pin: "pin" | "leave";
}

/** What is asked for, or what is wrong with the question. */
function askedOf(args: readonly string[]): Asked | string {
  const parsed = parsedArguments(args);
  if (typeof parsed === "string") return parsed;
  const { values, positionals: files } = parsed;
  if (files.length === 0) return "no file is named";
  const text = values["set-digest"];
  const digest = text === undefined ? undefined : digestIn(text);
  if (text !== undefined && digest === undefined)
    return "--set-digest needs sha256: and 64 lower-case hex digits";
  if (text !== undefined && files.length > 1) return "--set-digest takes one file";
  if (text === undefined && values.pin === true) return "--pin needs --set-digest";
  return {
    files,
    root: values.root,
    options: { shell: values.shell === true, matchers: [] },
    digest,
    pin: values.pin === true ? "pin" : "leave",
  };
}

function parsedArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        "set-digest": { type: "string" },
        pin: { type: "boolean" },
        root: { type: "string" },
        shell: { type: "boolean" },
      },
    });
  } catch (error) {
    return messageOf(error);
  }
}

function digestIn(text: string): Digest | undefined {
  try {
    return parseDigest(text);
  } catch {
    return undefined;
  }
}

function toRead(path: string, { root }: Asked): FileToRead {
  return { path, ...(root === undefined ? {} : { root }) };
}

async function editedAnswerOf(path: string, asked: Asked, digest: Digest): Promise<Answer> {
  const read = await readWithNeighbours(toRead(path, asked));
  const failed = (reason: string): Answer => ({ code: 1, output: "", error: `${path}: ${reason}\n` });
  if (read.kind !== "read") return failed(read.reason);
  const { file, files } = read;
  const edits = occurrencesOf(files, asked.options)
    .filter((found) => (found.occurrence.path ?? found.path) === file.path)
    .filter(({ occurrence: { handling } }) =>
      asked.pin === "pin" ? handling.kind !== "reported" : handling.kind === "editable",
    )
    .map((found) => ({ found, to: { digest } }));
  try {
    const changed = editFiles(files, edits, asked.options).find((candidate) => candidate.path === file.path);
    return { code: 0, output: changed?.text ?? file.text, error: "" };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return failed(`${error.code}: ${error.message}`);
  }
}

function shownFile(path: string, read: ReadResult, options: EditOptions) {
  if (read.kind !== "read") return { path, format: null, occurrences: [], problem: read.reason };
  const { file, files } = read;
  // Of a `.env`, other files say what it names.
  const found = occurrencesOf(files, options).filter((place) =>
    [place.path, place.occurrence.path].includes(file.path),
  );
  return {
    path,
    format: formatOf(file, options)?.id ?? null,
    occurrences: found.map((place) => shownPlace(place, file.path, files)),
  };
}

function shownPlace({ path, occurrence }: FoundOccurrence, asked: string, files: readonly FormatFile[]) {
  const { line, raw, handling } = occurrence;
  const { reference } = handling;
  const range = rangeOf(handling);
  const target = occurrence.path ?? path;
  const text = files.find((file) => file.path === target)?.text ?? "";
  return {
    line,
    ...(target === asked ? {} : { file: target }),
    ...(path === asked ? {} : { via: path }),
    byteStart: range === undefined ? null : Buffer.byteLength(text.slice(0, range.start)),
    byteEnd: range === undefined ? null : Buffer.byteLength(text.slice(0, range.end)),
    raw,
    registry: reference?.repository.registry ?? null,
    repository: reference?.repository.path ?? null,
    tag: reference?.tag ?? null,
    digest: reference?.digest ?? null,
    editable: editableOf(handling),
  };
}

function rangeOf(handling: Occurrence["handling"]): TextRange | undefined {
  switch (handling.kind) {
    case "editable":
      return handling.digestRange;
    case "pinnable":
      return handling.pin.range;
    case "reported":
      return undefined;
    default:
      return handling satisfies never;
  }
}

function editableOf(handling: Occurrence["handling"]): true | string {
  switch (handling.kind) {
    case "editable":
      return true;
    case "pinnable":
      return "pinnable";
    case "reported":
      return handling.reason;
    default:
      return handling satisfies never;
  }
}
