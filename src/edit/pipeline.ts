import { isTag } from "../image/reference.ts";
import type { FormatFile } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";
import {
  type CommentText,
  type Place,
  placeOf,
  placeOfParts,
  readReference,
  reportedPlace,
} from "./place.ts";
import { type Traced, sliceOf } from "./traced.ts";
import { commentAfter } from "./yaml/comment.ts";
import { type DocumentReader, occurrencesOfYaml } from "./yaml/places.ts";
import type { OtherReason } from "./yaml/others.ts";
import { traceOf } from "./yaml/trace.ts";
import { scalarAt } from "./yaml/walk.ts";
import type { YamlNode, YamlScalar } from "./yaml/yaml.ts";

/** A scalar of a pipeline that names an image. */
export interface NamedImage {
  readonly scalar: YamlScalar;
  /** What stands before the name and is no part of it: `docker://`. */
  readonly prefix?: string;
}

/**
 * The places of a pipeline's file: scalars that `find` yields, and, reported, every other pinned reference in it, such as a variable or a part of
 * a script.
 */
export function pipelineOccurrences(
  file: FormatFile,
  find: (root: YamlNode) => Iterable<NamedImage>,
  other: OtherReason = "not-opted-in",
): readonly Occurrence[] {
  const read: DocumentReader = (root, text) =>
    [...find(root)].flatMap(({ scalar, prefix = "" }) =>
      scalar.value === "" ? [] : [placeOfImage(text, scalar, prefix)],
    );
  return occurrencesOfYaml(file, read, other);
}

/** The image of a node that is its name, or a mapping with the name under this key. */
export function imageIn(node: YamlNode | undefined, key: string): readonly NamedImage[] {
  const scalar = node?.kind === "scalar" ? node : scalarAt(node, key);
  return scalar === undefined ? [] : [{ scalar }];
}

/** Something is put in before the pipeline runs: `$X`, `${{ x }}`, `$(x)`, `$[x]`, `<< x >>`, `%X%`. */
const PUT_IN = /\$[A-Za-z_({[]|<<|\{\{|%[A-Za-z_]+%/;

/** The place of a scalar that names an image behind this prefix. */
export function placeOfImage(text: string, scalar: YamlScalar, prefix: string): Place {
  const traced = traceOf(text, scalar);
  return placeOfName(sliceOf(traced, prefix.length), text, commentAfter(text, scalar));
}

/** The place of a name; without a tag, the version in the comment behind it says which one its digest is of. */
export function placeOfName(name: Traced, text: string, comment: CommentText | undefined): Place {
  if (PUT_IN.test(name.text)) return reportedPlace(name, "variable-unresolved");
  const place = placeOf(name, text, { comment });
  const { handling } = place;
  const isTagless = handling.kind === "reported" && handling.reason === "tag-unknown";
  const word = isTagless && comment !== undefined ? versionWordIn(comment) : undefined;
  const reference = word === undefined ? undefined : readReference(name.text);
  if (word === undefined || reference?.digest === undefined || !isTag(word.text)) return place;
  return placeOfParts(
    {
      raw: place.raw,
      offset: place.offset,
      reference: { ...reference, tag: word.text },
      digest: sliceOf(name, name.text.length - reference.digest.length),
      comment: word,
    },
    text,
  );
}

const DATE = /^\d{4}-\d{2}(?:-\d{2})?$/;

/** A comment that is a version and nothing else, `tag:` or `tag=` before it aside. */
function versionWordIn({ text, start }: CommentText): CommentText | undefined {
  const [, before = "", version] = /^((?:tag\s*[:=]\s*)?)(v?\d[\w.-]*)$/i.exec(text) ?? [];
  if (version === undefined || DATE.test(version)) return undefined;
  return { text: version, start: start + before.length };
}
