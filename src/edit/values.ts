import { isDigest } from "../image/digest.ts";
import { EMPTY, type Traced, sliceOf } from "./traced.ts";
import type { PinPlace } from "./occurrence.ts";
import { type Place, placeOfSplit, readReference, reportedAs, reportedAt } from "./place.ts";
import { commentAfter } from "./yaml/comment.ts";
import { isKeptByOther } from "./yaml/kept.ts";
import { opaqueReason, scalarPlace, trimmedOf } from "./yaml/places.ts";
import { type Visited, nodesIn, scalarAt } from "./yaml/walk.ts";
import type { YamlNode, YamlScalar } from "./yaml/yaml.ts";

/**
 * Every place of a chart's values that names an image: in one scalar (`image: name:tag@digest`, lists of `images`), or in scalars beside
 * each other in one mapping (`registry`, `repository`, `tag`, `digest`). Nothing is ever joined over two mappings.
 */
export function placesInValues(values: YamlNode, text: string): readonly Place[] {
  return [...nodesIn(values)].flatMap((visited) => placesAt(visited, text));
}

function placesAt({ node, path }: Visited, text: string): readonly Place[] {
  const key = path.findLast((step) => typeof step === "string") ?? "";
  if (node.kind === "list") {
    if (!/images$/i.test(String(path.at(-1)))) return [];
    return node.items.flatMap((item) => (item.kind === "scalar" ? joinedPlace(item, text) : []));
  }
  if (node.kind === "scalar") return [];
  const split = splitOf(node, key);
  const place = split === undefined ? undefined : splitPlace(split, text);
  const joined = node.entries
    .filter(({ key: { value } }) => /image$/i.test(value))
    .flatMap(({ value }) =>
      value.kind === "scalar" && value !== split?.repository ? joinedPlace(value, text) : [],
    );
  return place === undefined ? joined : [place, ...joined];
}

/** A scalar of which the key says that it is an image; none where its value is something else, such as a file. */
function joinedPlace(scalar: YamlScalar, text: string): readonly Place[] {
  if (scalar.value.trim() === "" || scalar.value.includes("://")) return [];
  const place = scalarPlace(text, scalar);
  const isImage = place.handling.kind !== "reported" || place.handling.reason !== "reference-invalid";
  return isImage || scalar.value.includes("sha256:") ? [place] : [];
}

/** Scalars of one mapping that name an image together. */
interface Split {
  readonly registry: YamlScalar | undefined;
  readonly repository: YamlScalar | undefined;
  readonly tag: YamlScalar | undefined;
  readonly digest: YamlScalar | undefined;
}

function splitOf(node: YamlNode, key: string): Split | undefined {
  const isImage = /images?$/i.test(key);
  const registry = scalarAt(node, "registry") ?? scalarAt(node, "imageRegistry");
  const repository =
    scalarAt(node, "repository") ??
    scalarAt(node, "imageRepository") ??
    scalarAt(node, "image") ??
    (isImage ? scalarAt(node, "name") : undefined);
  const digest = scalarAt(node, "digest") ?? scalarAt(node, "imageDigest");
  const version = scalarAt(node, "version");
  const holdsImage = isImage || version?.value.includes("sha256:") === true;
  const tag = scalarAt(node, "tag") ?? scalarAt(node, "imageTag") ?? (holdsImage ? version : undefined);
  if (tag === undefined && digest === undefined) {
    return isImage && repository !== undefined && repository !== scalarAt(node, "image")
      ? { registry, repository, tag, digest }
      : undefined;
  }
  const isPinned = [tag, digest].some((scalar) => scalar?.value.includes("sha256:") === true);
  if (repository === undefined && !isPinned) return undefined;
  return { registry, repository, tag, digest };
}

function splitPlace(split: Split, text: string): Place | undefined {
  const { registry, repository, tag, digest } = split;
  const scalars = [registry, repository, tag, digest].filter((scalar) => scalar !== undefined);
  const raw = scalars.flatMap(({ value }) => (value === "" ? [] : [value])).join(" ");
  const first = digest ?? tag ?? repository;
  if (first === undefined) return undefined;
  const at = { raw, offset: first.range.start, parts: scalars.map((scalar) => trimmedOf(text, scalar)) };
  const place = readSplit(split, at, text);
  return place !== undefined && isKeptByOther(text, ...scalars) ? reportedAs(place, "other-bot") : place;
}

function readSplit({ registry, repository, tag, digest }: Split, at: At, text: string): Place | undefined {
  const isPinned = at.raw.includes("sha256:");
  const path = repository?.value.trim() ?? "";
  if (path === "") return isPinned ? reportedAt(at, "name-unknown") : undefined;
  const host = registry?.value.trim() ?? "";
  const opaque = opaqueReason(at.raw);
  if (opaque !== undefined) return reportedAt(at, opaque);
  const name = host === "" ? path : `${host}/${path}`;
  const base = readReference(name);
  if (base === undefined) return isPinned ? reportedAt(at, "reference-invalid") : undefined;

  const written = tag === undefined ? EMPTY : trimmedOf(text, tag);
  const parts = partsOf(written, digest === undefined ? EMPTY : nullAsEmpty(trimmedOf(text, digest)));
  const isWhole = base.tag !== undefined || base.digest !== undefined;
  if (isWhole) {
    const isAlone = written.text === "" && parts?.digest.text === "";
    return isAlone && repository !== undefined && host === ""
      ? scalarPlace(text, repository, { pin: "never" })
      : reportedAt(at, "reference-invalid");
  }
  if (parts === undefined) return reportedAt(at, "reference-invalid");
  const commented = (parts.source === "digest" ? digest : undefined) ?? tag ?? digest ?? repository;
  return placeOfSplit(
    {
      ...at,
      name,
      digest: parts.digest,
      tag: parts.tag,
      comment: commented && commentAfter(text, commented),
      pin: digest && pinOf(digest, text),
    },
    text,
  );
}

type At = Pick<Place, "raw" | "offset" | "parts">;

interface Parts {
  readonly tag: Traced;
  readonly digest: Traced;
  /** Which scalar the digest stands in. */
  readonly source: "tag" | "digest";
}

/** `v1`, `v1@sha256:…` or `sha256:…` beside a digest of its own or none; undefined where they contradict each other. */
function partsOf(tag: Traced, digest: Traced): Parts | undefined {
  if (digest.text !== "" && !isDigest(digest.text)) return undefined;
  const sign = tag.text.indexOf("@");
  const inTag = sign === -1 ? (isDigest(tag.text) ? tag : EMPTY) : sliceOf(tag, sign + 1);
  if (inTag.text === "") return sign === -1 ? { tag, digest, source: "digest" } : undefined;
  if (digest.text !== "" || !isDigest(inTag.text)) return undefined;
  return { tag: sign === -1 ? EMPTY : sliceOf(tag, 0, sign), digest: inTag, source: "tag" };
}

function nullAsEmpty(traced: Traced): Traced {
  return traced.text === "~" || traced.text === "null" ? EMPTY : traced;
}

/** Where a digest can be put into a key that has none yet: between its quotes, in place of `null`, or behind its colon. */
function pinOf({ style, value, range: { start, end } }: YamlScalar, text: string): PinPlace | undefined {
  if (style === "plain") {
    if (value === "~" || value === "null")
      return { range: { start, end }, replaces: value, before: "", after: "" };
    if (value !== "" || text[start - 1] !== ":") return undefined;
    return { range: { start, end: start }, replaces: "", before: " ", after: "" };
  }
  const isQuoted = style === "single-quoted" || style === "double-quoted";
  if (!isQuoted || end - start !== 2) return undefined;
  return { range: { start: start + 1, end: start + 1 }, replaces: "", before: "", after: "" };
}
