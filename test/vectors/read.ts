import { readFileSync } from "node:fs";

/** The cases of a vector file, by name: one a line, empty lines and lines that start with # left out, escapes resolved. */
export function readVectors(name: string): readonly string[] {
  const text = readFileSync(new URL(name, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(unescape);
}

const ESCAPES = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["0", "\0"],
  ["\\", "\\"],
]);

function unescape(line: string): string {
  return line
    .replaceAll(/\\(?:u([0-9a-f]{4})|(.))/g, (whole, hex: string | undefined, letter: string | undefined) =>
      hex === undefined
        ? (ESCAPES.get(letter ?? "") ?? whole)
        : String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replaceAll(/\{(\d+)\*([^}]+)\}/g, (_whole, count: string, piece: string) => piece.repeat(Number(count)));
}
