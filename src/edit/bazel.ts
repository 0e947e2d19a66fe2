import type { FileFormat } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";
import { type Language, type Token, tokensOf, tracedTokenOf } from "./tokens.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, placeOfSplit, unreadPlace } from "./place.ts";

const FILE_NAME = /(?:^|\/)(?:(?:[^/]+\.)?MODULE\.bazel|WORKSPACE(?:\.bazel|\.bzlmod)?|[^/]+\.bzl)$/;

const STARLARK: Language = {
  comments: ["#"],
  blocks: false,
  quotes: ['"""', "'''", '"', "'"],
  rawQuotes: [],
  heredocs: false,
};

/** Calls that fetch an image. */
const PULLS = new Set(["oci.pull", "oci_pull", "images.pull", "img.pull", "pull", "container_pull"]);

/**
 * Bazel's modules and workspaces: `oci.pull` and its like, whose image, tag and digest are attributes, and strings with a whole pinned
 * reference.
 */
export const BAZEL: FileFormat = {
  id: "bazel",
  isNamed: (path) => FILE_NAME.test(path),
  occurrencesIn: ({ text }) => occurrencesIn(text),
};

function occurrencesIn(text: string): readonly Occurrence[] {
  const tokens = tokensOf(text, STARLARK);
  const places: Place[] = [];
  let skipped = 0;
  tokens.forEach((token, position) => {
    if (position < skipped) return;
    if (token.kind === "word" && PULLS.has(token.text) && tokens[position + 1]?.text === "(") {
      const call = readCall(tokens, position + 2);
      skipped = call.next;
      places.push(...pulledBy(call.attributes, text));
    } else if (token.kind === "string" && token.form === "plain" && token.text.includes("@sha256:")) {
      const place = placeOf(tracedTokenOf(token), text);
      if (place.handling.reference !== undefined) places.push(place);
    }
  });
  return occurrencesAt(places, text);
}

interface Call {
  readonly attributes: ReadonlyMap<string, Token>;
  /** Behind the parenthesis that closes it. */
  readonly next: number;
}

/** Attributes of a call with the first token of their values; those of calls within it are left out. */
function readCall(tokens: readonly Token[], first: number): Call {
  const attributes = new Map<string, Token>();
  let depth = 1;
  let next = first;
  while (next < tokens.length && depth > 0) {
    const token = tokens[next];
    const value = tokens[next + 2];
    if (token?.kind === "sign" && "([{".includes(token.text)) depth += 1;
    if (token?.kind === "sign" && ")]}".includes(token.text)) depth -= 1;
    const isNamed = depth === 1 && token?.kind === "word" && tokens[next + 1]?.text === "=";
    if (isNamed && value !== undefined) attributes.set(token.text, singleOf(value, tokens[next + 3]));
    next += 1;
  }
  return { attributes, next };
}

/** A value with something behind it, such as `"a" + "b"`, is computed. */
function singleOf(value: Token, behind: Token | undefined): Token {
  const isWhole = behind === undefined || behind.text === "," || behind.text === ")";
  return isWhole && value.kind === "string" ? value : { ...value, form: "computed" };
}

function pulledBy(attributes: ReadonlyMap<string, Token>, text: string): readonly Place[] {
  const image = attributes.get("image") ?? attributes.get("repository");
  if (image === undefined) return [];
  const written = tracedTokenOf(image);
  const [registry, tag, digest] = ["registry", "tag", "digest"].map((name) => attributes.get(name));
  const parts = [image, registry, tag, digest].filter((part) => part !== undefined);
  if (image.text === "None") return [];
  if (!parts.every(({ kind, form }) => kind === "string" && form === "plain")) {
    return [unreadPlace(written, "variable-unresolved")];
  }
  const name = `${registry === undefined ? "" : `${registry.text}/`}${image.text}`;
  if (digest === undefined && registry === undefined && name.includes("@")) return [placeOf(written, text)];
  const [tagged, pinned] = [tag, digest].map((part) =>
    part === undefined ? undefined : tracedTokenOf(part),
  );
  const split = { raw: image.text, offset: image.start, name, tag: tagged, digest: pinned };
  return [placeOfSplit(split, text)];
}
