import type { FileFormat } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";
import { type Language, type Token, tokensOf, tracedTokenOf } from "./tokens.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, unreadPlace } from "./place.ts";

const LANGUAGE: Language = {
  comments: ["//"],
  blocks: true,
  quotes: ['"""', "'''", '"', "'"],
  rawQuotes: [],
  heredocs: false,
};

/** Headers of blocks are looked at up to this many tokens back. */
const HEADER_LENGTH = 8;

/** Gradle in Groovy and Kotlin: Jib's `from.image`, and builder and run image of `bootBuildImage`. */
export const GRADLE: FileFormat = {
  id: "gradle",
  isNamed: (path) => /\.gradle(?:\.kts)?$/.test(path),
  occurrencesIn: ({ text }) => occurrencesIn(text),
};

function occurrencesIn(text: string): readonly Occurrence[] {
  const tokens = tokensOf(text, LANGUAGE);
  const blocks: string[] = [];
  const places: Place[] = [];
  tokens.forEach((token, position) => {
    if (token.kind === "sign" && token.text === "{") blocks.push(headerOf(tokens, position));
    if (token.kind === "sign" && token.text === "}") blocks.pop();
    if (token.kind !== "word" || !isImageProperty(token.text, blocks.at(-1) ?? "")) return;
    const value = valueBehind(tokens, position);
    if (value !== undefined) places.push(...placesOf(value, text));
  });
  return occurrencesAt(places, text);
}

/** The words before a brace, back to another. */
function headerOf(tokens: readonly Token[], brace: number): string {
  const before = tokens.slice(Math.max(0, brace - HEADER_LENGTH), brace);
  const other = before.findLastIndex(({ kind, text }) => kind === "sign" && "{}".includes(text));
  return before
    .slice(other + 1)
    .map(({ text }) => text)
    .join(" ");
}

function isImageProperty(word: string, block: string): boolean {
  const name = word.replace(/\.set$/, "");
  if (name === "jib.from.image") return true;
  if (name === "from.image") return /(?:^| )jib$|JibExtension/.test(block);
  if (name === "image") return /(?:^| |\.)from$/.test(block);
  return (name === "builder" || name === "runImage") && /bootBuildImage|BootBuildImage/.test(block);
}

/** `= value`, `(value)` or, in Groovy, the value itself. */
function valueBehind(tokens: readonly Token[], position: number): Token | undefined {
  const sign = tokens[position + 1];
  const isAssigned = sign?.kind === "sign" && (sign.text === "=" || sign.text === "(");
  const at = position + (isAssigned ? 2 : 1);
  const value = tokens[at];
  const behind = tokens[at + 1];
  if (value === undefined || (!isAssigned && value.kind !== "string") || value.kind === "sign")
    return undefined;
  const isWhole = behind?.text !== "+" && value.kind === "string";
  return isWhole ? value : { ...value, form: "computed" };
}

function placesOf(value: Token, text: string): readonly Place[] {
  const written = tracedTokenOf(value);
  if (value.form === "computed") return [unreadPlace(written, "variable-unresolved")];
  // The daemon's images and tar files are not fetched from a registry.
  return /^(?:docker|tar):\/\//.test(value.text) || value.text === "scratch" ? [] : [placeOf(written, text)];
}
