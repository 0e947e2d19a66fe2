import { InvalidInputError } from "../errors.ts";
import { type Reference, parseReference, renderReference } from "../image/reference.ts";
import { readDockerfile } from "./dockerfile-lines.ts";
import { type Variables, expand } from "./expand.ts";
import type { FileFormat } from "./format.ts";
import type { Occurrence, TextRange, UnhandledReason } from "./occurrence.ts";
import { type Traced, isContiguous, sliceOf } from "./traced.ts";
import { type EscapeToken, wordsOf } from "./words.ts";

const FILE_NAME = /^(?:.+\.)?(?:docker|container)file(?:[._-].+)?$/i;
/** Endings of files that are about Dockerfiles and are none. */
const OTHER_ENDINGS =
  /\.(?:[cm]?[jt]sx?|py|go|rs|rb|java|kt|php|c|h|cpp|cs|swift|vim|lua|el|md|mdx|rst|txt|html?|css|json5?|ya?ml|toml|lock|sum|xml|svg|png|sha256|sig|asc|dockerignore|containerignore|tmlanguage|snap|patch|diff)$/i;
const OTHER_FOLDERS = new Set(["node_modules", "vendor", "testdata"]);

/** Whether a path of a code repository is a Dockerfile or Containerfile by name, and not somebody else's copy. */
export function isDockerfile(path: string): boolean {
  const parts = path.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.slice(0, -1).some((folder) => OTHER_FOLDERS.has(folder))) return false;
  return name.length <= 255 && FILE_NAME.test(name) && !OTHER_ENDINGS.test(name);
}

/** Dockerfiles and Containerfiles. */
export const DOCKERFILE: FileFormat = {
  id: "dockerfile",
  isNamed: isDockerfile,
  occurrencesIn: ({ text }) => occurrencesIn(text),
};

/**
 * Every place of a Dockerfile where a `FROM` gets its image from, in order of the `FROM`s; stages and `scratch` are no images.
 *
 * An editable place is where its digest is written, which may be the default of an `ARG`; several `FROM`s that get the same
 * reference from there are one place. A digest that serves two different references is reported: no edit would be right.
 */
export function occurrencesIn(text: string): readonly Occurrence[] {
  const { escape, instructions } = readDockerfile(text);
  const lineAt = lineFinderOf(text);
  const variables = new Map<string, Traced>();
  const stages = new Set<string>();
  const found: Found[] = [];
  let isGlobal = true;
  for (const { keyword, operands } of instructions) {
    if (keyword === "from") {
      // An ARG below a FROM belongs to that stage: only those above the first reach a FROM.
      isGlobal = false;
      const from = readFrom(operands);
      if (from === undefined) continue;
      const read = imageOf(from, variables, stages, escape);
      if (read !== undefined) found.push(read);
      if (from.stage !== undefined) stages.add(from.stage);
    } else if (isGlobal) declare(operands, variables, escape);
  }
  return withoutShared(found).map((place) => occurrenceOf(place, lineAt));
}

interface From {
  readonly image: Traced;
  readonly stage?: string;
  readonly form: "complete" | "malformed";
}

function readFrom(operands: Traced): From | undefined {
  const words = plainWordsOf(operands);
  const start = words.findIndex(({ text }) => !text.startsWith("--"));
  const [image, as, name, ...rest] = start === -1 ? [] : words.slice(start);
  if (image === undefined) return undefined;
  if (as === undefined) return { image, form: "complete" };
  if (as.text.toLowerCase() !== "as" || name === undefined || rest.length > 0) {
    return { image, form: "malformed" };
  }
  return { image, stage: name.text.toLowerCase(), form: "complete" };
}

/** Words of a `FROM`: other than in most instructions, quotes do not hold white space together. */
function plainWordsOf(operands: Traced): readonly Traced[] {
  return Array.from(operands.text.matchAll(/[^\t\v\f\r ]+/g), ({ 0: word, index }) =>
    sliceOf(operands, index, index + word.length),
  );
}

function declare(operands: Traced, variables: Map<string, Traced>, escape: EscapeToken): void {
  for (const word of wordsOf(operands, escape)) {
    const equals = word.text.indexOf("=");
    const name = equals === -1 ? word.text : word.text.slice(0, equals);
    const value = equals === -1 ? undefined : expand(sliceOf(word, equals + 1), variables, escape);
    if (value === undefined) variables.delete(name);
    else variables.set(name, value);
  }
}

/** What a `FROM` names, before anybody asks in which line. */
type Found =
  | { readonly kind: "unread"; readonly written: Traced; readonly reason: UnhandledReason }
  | {
      readonly kind: "read";
      readonly written: Traced;
      readonly reference: Reference;
      readonly digestRange: TextRange | undefined;
    };

function imageOf(
  { image, form }: From,
  variables: Variables,
  stages: ReadonlySet<string>,
  escape: EscapeToken,
): Found | undefined {
  if (form === "malformed") return { kind: "unread", written: image, reason: "reference-invalid" };
  const name = expand(image, variables, escape);
  if (name === undefined || name.text === "") {
    return { kind: "unread", written: image, reason: "variable-unresolved" };
  }
  if (name.text === "scratch" || stages.has(name.text.toLowerCase())) return undefined;
  const reference = readReference(name.text);
  if (reference === undefined) return { kind: "unread", written: image, reason: "reference-invalid" };
  return { kind: "read", written: image, reference, digestRange: digestRangeOf(name, reference) };
}

function readReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** Where the digest stands in the file, if it stands there in one piece. */
function digestRangeOf(name: Traced, { digest }: Reference): TextRange | undefined {
  if (digest === undefined) return undefined;
  const written = sliceOf(name, name.text.length - digest.length);
  const [start] = written.offsets;
  return start !== undefined && isContiguous(written) ? { start, end: start + digest.length } : undefined;
}

/** One place per digest; a digest that belongs to several references keeps its places, without a range to edit. */
function withoutShared(found: readonly Found[]): readonly Found[] {
  const byStart = Map.groupBy(
    found.filter((place) => place.kind === "read" && place.digestRange !== undefined),
    (place) => (place.kind === "read" ? place.digestRange?.start : undefined),
  );
  return found.flatMap((place) => {
    if (place.kind === "unread" || place.digestRange === undefined) return [place];
    const same = byStart.get(place.digestRange.start) ?? [];
    const names = new Set(
      same.map((other) => (other.kind === "read" ? renderReference(other.reference) : "")),
    );
    if (names.size > 1) return [{ ...place, digestRange: undefined }];
    return same[0] === place ? [place] : [];
  });
}

function occurrenceOf(place: Found, lineAt: (offset: number) => number): Occurrence {
  const raw = place.written.text.slice(0, RAW_LENGTH_MAX);
  const line = lineAt(place.written.offsets[0] ?? 0);
  if (place.kind === "unread") return { line, raw, handling: { kind: "reported", reason: place.reason } };
  const { reference, digestRange } = place;
  const { tag, digest } = reference;
  const reported = (reason: UnhandledReason): Occurrence => ({
    line,
    raw,
    handling: { kind: "reported", reason, reference },
  });
  if (digest === undefined) return reported("not-pinned");
  if (tag === undefined) return reported("tag-unknown");
  if (digestRange === undefined) return reported("reference-assembled");
  return {
    line: lineAt(digestRange.start),
    raw,
    handling: { kind: "editable", reference: { ...reference, tag, digest }, digestRange },
  };
}

const RAW_LENGTH_MAX = 512;

/** Finds the 1-based line of an offset. */
function lineFinderOf(text: string): (offset: number) => number {
  const starts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
