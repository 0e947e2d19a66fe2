import { z } from "zod";
import { type Digest, isDigest } from "./digest.ts";
import { type ImageId, type ImageLine, isRepository, isTag, type Repository, type Tag } from "./reference.ts";

/** Guards for the types of this folder, for everything that reads stored or sent JSON. */
export const digestSchema = z.custom<Digest>((value) => typeof value === "string" && isDigest(value), {
  error: "not a sha256 digest",
});

export const tagSchema = z.custom<Tag>((value) => typeof value === "string" && isTag(value), {
  error: "not a tag",
});

export const repositorySchema: z.ZodType<Repository> = z
  .object({ registry: z.string(), path: z.string() })
  .refine(isRepository, { error: "not a repository of images" });

export const imageIdSchema: z.ZodType<ImageId> = z.object({
  repository: repositorySchema,
  digest: digestSchema,
});

export const imageLineSchema: z.ZodType<ImageLine> = z.object({
  repository: repositorySchema,
  tag: tagSchema,
});
