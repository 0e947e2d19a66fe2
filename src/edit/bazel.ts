import { isDigest } from "../image/digest.ts";
import { isTag } from "../image/reference.ts";
import type { FileFormat } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";
import { type Language, type Token, tokensOf, tracedTokenOf } from "./tokens.ts";
import { tracedOf } from "./traced.ts";
import { type Found, foundAt, occurrencesFrom, rangeOf, readReference, reported } from "./written.ts";

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
  const found: Found[] = [];
  let skipped = 0;
  tokens.forEach((token, position) => {
    if (position < skipped) return;
    if (token.kind === "word" && PULLS.has(token.text) && tokens[position + 1]?.text === "(") {
      const call = readCall(tokens, position + 2);
      skipped = call.next;
      found.push(...pulledBy(call.attributes));
    } else if (token.kind === "string" && token.form === "plain" && token.text.includes("@sha256:")) {
      const place = foundAt(tracedTokenOf(token));
      if (place.handling.kind === "editable" || place.handling.reference !== undefined) found.push(place);
    }
  });
  return occurrencesFrom(text, found);
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

function pulledBy(attributes: ReadonlyMap<string, Token>): readonly Found[] {
  const image = attributes.get("image") ?? attributes.get("repository");
  if (image === undefined) return [];
  const written = tracedTokenOf(image);
  const [registry, tag, digest] = ["registry", "tag", "digest"].map((name) => attributes.get(name));
  const parts = [image, registry, tag, digest].filter((part) => part !== undefined);
  if (!parts.every(({ kind, form }) => kind === "string" && form === "plain")) {
    return [{ written, handling: reported("variable-unresolved") }];
  }
  const name = `${registry === undefined ? "" : `${registry.text}/`}${image.text}`;
  const reference = readReference(name);
  if (reference === undefined) return [{ written, handling: reported("reference-invalid") }];
  if (reference.digest !== undefined) return [{ written, handling: foundAt(written).handling }];
  const tagged = tag === undefined ? reference.tag : tag.text;
  if (tagged !== undefined && !isTag(tagged)) return [{ written, handling: reported("reference-invalid") }];
  const { repository } = reference;
  const known = { repository, ...(tagged === undefined ? {} : { tag: tagged }) };
  if (digest === undefined) return [{ written, handling: reported("not-pinned", known) }];
  if (!isDigest(digest.text)) return [{ written, handling: reported("reference-invalid") }];
  if (tagged === undefined) {
    return [{ written, handling: reported("tag-unknown", { ...known, digest: digest.text }) }];
  }
  const digestRange = { start: digest.start, end: digest.start + digest.text.length };
  const tagRange = tag === undefined ? undefined : rangeOf(tracedOf(tag.text, tag.start));
  return [
    {
      written,
      name: tracedTokenOf(digest),
      handling: {
        kind: "editable",
        reference: { repository, tag: tagged, digest: digest.text },
        digestRange,
        ...(tagRange === undefined ? {} : { tagRange }),
      },
    },
  ];
}
