import type { FileFormat } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";
import { type Language, type Token, tokensOf, tracedTokenOf } from "./tokens.ts";
import { embeddedIn } from "./embedded.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, readReference, reportedPlace, unreadPlace } from "./place.ts";

const HCL: Language = {
  comments: ["#", "//"],
  blocks: true,
  quotes: ['"'],
  rawQuotes: [],
  heredocs: true,
};

/** Attributes whose text names an image even without a digest. */
const IMAGE_NAME = /(?:^|_)image(?:_uri|_url|_ref|_reference)?$/;
const PINNED = /@sha256:[0-9a-f]{64}/;
/** Something is put into a name with a tag. */
const TAGGED = /^[\w.$-][^\s:]*:[^\s/]+$/;
const MODULE_SOURCE = "oci://";

/** Terraform and OpenTofu: strings with a pinned reference, and what attributes and variables called image hold. */
export const TERRAFORM: FileFormat = {
  id: "terraform",
  isNamed: (path) => /\.(?:tf|tofu|tfvars|hcl)$/.test(path) && !path.split("/").includes(".terraform"),
  occurrencesIn: ({ text }) => occurrencesIn(text),
};

function occurrencesIn(text: string): readonly Occurrence[] {
  const tokens = tokensOf(text, HCL);
  let variable = "";
  const places = tokens.flatMap((token, position): readonly Place[] => {
    const name = tokens[position + 1];
    if (token.kind === "word" && token.text === "variable" && name?.kind === "string") variable = name.text;
    if (token.kind === "word" && ["resource", "locals", "module", "data"].includes(token.text)) variable = "";
    if (token.kind === "heredoc") {
      return embeddedIn(text, { start: token.start, end: token.start + token.text.length });
    }
    if (token.kind !== "string") return [];
    const key = keyBefore(tokens, position);
    return placesOf(token, key === "default" ? variable : key, text);
  });
  return occurrencesAt(places, text);
}

/** The attribute that gets a value: `key = "…"` or `"key": "…"`. */
function keyBefore(tokens: readonly Token[], position: number): string {
  const sign = tokens[position - 1];
  const isKey = sign?.kind === "sign" && (sign.text === "=" || sign.text === ":");
  return isKey ? (tokens[position - 2]?.text ?? "") : "";
}

/** @param key the attribute, or the variable of which this is the default */
function placesOf(token: Token, key: string, text: string): readonly Place[] {
  const written = tracedTokenOf(token);
  if (token.form === "computed") {
    const isNamed = IMAGE_NAME.test(key) && TAGGED.test(token.text);
    return isNamed || PINNED.test(token.text) ? [unreadPlace(written, "variable-unresolved")] : [];
  }
  if (key === "source" && token.text.startsWith(MODULE_SOURCE)) return [moduleOf(token)];
  if (!IMAGE_NAME.test(key) && !PINNED.test(token.text)) return [];
  const reference = readReference(token.text);
  // Names of machine images look like references without a tag.
  return reference?.tag === undefined && reference?.digest === undefined ? [] : [placeOf(written, text)];
}

/** `oci://host/path?tag=1`: a module's source, which is no image to run. */
function moduleOf(token: Token): Place {
  const [name = ""] = token.text.slice(MODULE_SOURCE.length).split("?");
  const reference = readReference(name);
  const { parts, raw, offset } = reportedPlace(tracedTokenOf(token), "format-read-only");
  const handling = { kind: "reported", reason: "format-read-only", ...(reference && { reference }) } as const;
  return { raw, offset, parts, handling };
}
