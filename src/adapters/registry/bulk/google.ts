import { z } from "zod";
import { isDigest } from "../../../image/digest.ts";
import { isTag, type Tag } from "../../../image/reference.ts";
import { faultOf } from "../fault.ts";
import { documentIn } from "./entries.ts";
import { type ListReader, subjectOf } from "./list-reader.ts";
import { type ListedTag, type ListQuestion, type Moves, type TagList } from "./tag-list.ts";

/** Every image of a repository is in the answer, the parts of indexes and signatures included. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** Above this many the list is not whole. @see Artifact Registry, "List tags" */
const ENTRIES_MAX = 10_000;

/**
 * Google's list of tags, which has a map of all images with their tags beside the names the protocol asks for.
 *
 * @see go-containerregistry, pkg/v1/google
 */
export class GoogleTags implements TagList {
  readonly order = "none";
  readonly #reader: ListReader;

  constructor(reader: ListReader) {
    this.#reader = reader;
  }

  async moves({ repository, wanted }: ListQuestion, signal: AbortSignal): Promise<Moves> {
    const at = `tags/list?n=${ENTRIES_MAX}`;
    const { document, next } = await this.#reader.ownPage(repository, at, signal, BODY_BYTES_MAX);
    const { manifest } = documentIn(listSchema, document, repository);
    const images = Object.entries(manifest);
    if (next !== undefined || images.length > ENTRIES_MAX) {
      const happened = `it has more than ${ENTRIES_MAX} images, and its list is not whole`;
      throw faultOf("registry-too-large", subjectOf(repository), happened);
    }
    return { listed: listedIn(images, wanted), unlisted: "unknown" };
  }
}

const listSchema = z.object({
  // Not a record: the keys come from outside, and `__proto__` is one like any other.
  manifest: z.custom<object>((value) => typeof value === "object" && value !== null && !Array.isArray(value)),
});
const imageSchema = z.object({ tag: z.array(z.unknown()).max(ENTRIES_MAX) });

function listedIn(
  images: readonly (readonly [string, unknown])[],
  wanted: ReadonlySet<Tag>,
): ReadonlyMap<Tag, ListedTag> {
  const listed = new Map<Tag, ListedTag>();
  for (const [digest, described] of images) {
    const image = imageSchema.safeParse(described).data;
    for (const tag of image?.tag ?? []) {
      if (typeof tag !== "string" || !isTag(tag) || !wanted.has(tag)) continue;
      // A tag has one place. With two, the list does not say which.
      listed.set(tag, listed.has(tag) || !isDigest(digest) ? {} : { digest });
    }
  }
  return listed;
}
