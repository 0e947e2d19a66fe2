import type { YamlNode, YamlScalar } from "./yaml/yaml.ts";
import { commentAfter } from "./yaml/comment.ts";
import { isKeptByOther } from "./yaml/kept.ts";
import { opaqueReason, scalarPlace, trimmedOf } from "./yaml/places.ts";
import { scalarAt } from "./yaml/walk.ts";
import { EMPTY, type Traced, sliceOf } from "./traced.ts";
import { type Place, pinBehind, placeOfSplit, readReference, reportedAs, reportedAt } from "./place.ts";

/**
 * The place of an entry of Kustomize's `images`, which says by what an image is replaced.
 *
 * @see kustomize api/types/image.go and api/filters/imagetag: a tag and a digest together are taken as they are
 */
export function kustomizePlace(entry: YamlNode, text: string): Place | undefined {
  const names = { name: scalarAt(entry, "name"), newName: scalarAt(entry, "newName") };
  const named = names.newName ?? names.name;
  const tag = scalarAt(entry, "newTag");
  const digest = scalarAt(entry, "digest");
  const first = [named, tag, digest].find((scalar) => scalar !== undefined && scalar.value !== "");
  if (first === undefined) return undefined;
  const place = readEntry(text, { named, tag, digest, first });
  const scalars = [names.name, names.newName, tag, digest];
  return isKeptByOther(text, ...scalars) ? reportedAs(place, "other-bot") : place;
}

interface Entry {
  readonly named: YamlScalar | undefined;
  readonly tag: YamlScalar | undefined;
  readonly digest: YamlScalar | undefined;
  readonly first: YamlScalar;
}

function readEntry(text: string, { named, tag, digest, first }: Entry): Place {
  const scalars = [named, tag, digest].filter((scalar) => scalar !== undefined);
  const at = {
    raw: scalars.map(({ value }) => value).join(" "),
    offset: (digest ?? tag ?? first).range.start,
    parts: scalars.map((scalar) => trimmedOf(text, scalar)),
  };
  if (named === undefined || named.value.trim() === "") {
    return reportedAt(at, "name-unknown");
  }
  const opaque = opaqueReason(at.raw);
  if (opaque !== undefined) return reportedAt(at, opaque);
  const base = readReference(named.value.trim());
  const isWhole = base?.tag !== undefined || base?.digest !== undefined;
  if (isWhole && tag === undefined && digest === undefined) return scalarPlace(text, named);
  if (base === undefined || isWhole) return reportedAt(at, "reference-invalid");

  const written = tag === undefined ? EMPTY : trimmedOf(text, tag);
  const inTag = written.text.indexOf("@");
  const tagText = inTag === -1 ? written : sliceOf(written, 0, inTag);
  const digests: Traced[] = inTag === -1 ? [] : [sliceOf(written, inTag + 1)];
  if (digest !== undefined && digest.value !== "") digests.push(trimmedOf(text, digest));
  const [pinned] = digests;
  if (digests.length > 1) return reportedAt(at, "reference-invalid");
  return placeOfSplit(
    {
      ...at,
      name: named.value.trim(),
      tag: tagText,
      digest: pinned,
      comment: commentAfter(text, digest ?? tag ?? named),
      pin: pinBehind(tagText, text),
    },
    text,
  );
}
