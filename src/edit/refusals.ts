import type { FormatFile } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";

/** Why a whole file is not edited. */
export type FileRefusal = "generated" | "test-data";

/** Folders with what somebody else keeps: names are compared without regard to case. */
const COPIES = new Set(["node_modules", "vendor"]);
/** Folders with what tests read. */
const TEST_FOLDERS = new Set([
  "testdata",
  "test-data",
  "test_data",
  "testfiles",
  "fixtures",
  "__fixtures__",
  "__tests__",
  "__snapshots__",
  "__mocks__",
]);

/** What workflow compilers, release tooling and chart renderers leave behind, by path. */
const GENERATED_PATHS: readonly RegExp[] = [
  /\.lock\.ya?ml$/i,
  /(?:^|\/)(?:package-lock\.json|pnpm-lock\.yaml|chart\.lock)$/i,
  /\.(?:generated|gen|pb)\.[a-z0-9]+$/i,
  // Manifests that a release is installed from are written when it is made.
  /(?:^|\/)releases?\/(?:.*\/)?[^/]*manifests?(?:\/|[^/]*\.ya?ml$)/i,
  /(?:^|\/)(?:rendered|generated)(?:[-_]manifests)?\//i,
];

/** Lines at the top in which a maker of files says so. */
const HEAD_LINES = 40;
const HEAD_LENGTH_MAX = 8_192;
const COMMENT = /^\s*(?:#|\/\/|\/\*|\*|<!--|--|;|\{\{-?\s*\/\*|"\$?(?:comment|_comment|\/\/)"\s*:)/;
const MARKS: readonly RegExp[] = [
  /\bcode generated\b.{0,200}\bdo not (?:edit|modify)\b/i,
  /(?:^|[\s*#/])@generated\b/,
  /\b(?:auto(?:matically)?[- ]?generated|(?:is|was) generated)\b.{0,200}\bdo(?: not|n't) (?:edit|modify|change)\b/i,
  /\bdo(?: not|n't) (?:edit|modify|change)\b.{0,200}\b(?:auto(?:matically)?[- ]?generated|(?:is|was) generated)\b/i,
  /\b(?:this file (?:is|was|has been)|this (?:workflow|manifest) (?:is|was)) (?:auto(?:matically)?[- ]?)?generated\b/i,
  /^\s*#\s*Source: [^\s/]+\/(?:charts\/[^\s]+\/)?templates\//,
];

/**
 * Why nothing in this file is edited: a program made it, or a test reads it, or it is a copy of somebody else's. Told by folders and
 * endings of its path and by comments in its first 40 lines; undefined for all other files. Linear in the text's head.
 */
export function fileRefusalOf({ path, text }: FormatFile): FileRefusal | undefined {
  return pathRefusalOf(path) ?? (saysGenerated(text) ? "generated" : undefined);
}

/** What the path alone says. */
export function pathRefusalOf(path: string): FileRefusal | undefined {
  const folders = path
    .split("/")
    .slice(0, -1)
    .map((folder) => folder.toLowerCase());
  if (folders.some((folder) => COPIES.has(folder))) return "generated";
  if (folders.some((folder) => TEST_FOLDERS.has(folder))) return "test-data";
  return GENERATED_PATHS.some((pattern) => pattern.test(path)) ? "generated" : undefined;
}

/** The same place, reported for this reason where it would be edited. What is reported already keeps its own reason. */
export function refused(occurrence: Occurrence, reason: FileRefusal): Occurrence {
  const { handling } = occurrence;
  if (handling.kind === "reported") return occurrence;
  return { ...occurrence, handling: { kind: "reported", reason, reference: handling.reference } };
}

function saysGenerated(text: string): boolean {
  return text
    .slice(0, HEAD_LENGTH_MAX)
    .split("\n", HEAD_LINES)
    .some((line) => COMMENT.test(line) && MARKS.some((mark) => mark.test(line)));
}
