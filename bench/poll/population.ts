import { z } from "zod";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import { type ImageLine, parseTag, type Repository } from "../../src/image/reference.ts";

/** So many repositories with so many tags each: what is watched. */
export const populationSchema = z.object({ repositories: z.int(), tagsPerRepository: z.int() });
export type Population = z.infer<typeof populationSchema>;

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
/** What every image of a population has as its config: `{}`. */
export const CONFIG = Buffer.from("{}");
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
/** One in so many tags moves in a round in which tags move. */
const MOVING_SHARE = 100;

export interface BuiltManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
}

/** `bench/image-0042`. */
export function pathOf(repository: number): string {
  return `bench/image-${String(repository).padStart(4, "0")}`;
}

export function tagsOf({ tagsPerRepository }: Population): readonly string[] {
  return Array.from({ length: tagsPerRepository }, (_, tag) => `1.${tag}`);
}

export function sizeOf({ repositories, tagsPerRepository }: Population): number {
  return repositories * tagsPerRepository;
}

export function repositoriesAt(host: string, { repositories }: Population): readonly Repository[] {
  return Array.from({ length: repositories }, (_, position) => ({
    registry: host,
    path: pathOf(position),
  }));
}

/** All image lines of a population, repository by repository. */
export function linesAt(host: string, population: Population): readonly ImageLine[] {
  const tags = tagsOf(population).map(parseTag);
  return repositoriesAt(host, population).flatMap((repository) => tags.map((tag) => ({ repository, tag })));
}

/** What a tag points at after so many moves: another manifest each time, the same bytes for the same question. */
export function manifestOf(path: string, tag: string, moves: number): BuiltManifest {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, digest: digestOf(CONFIG), size: CONFIG.byteLength },
      layers: [],
      annotations: { "org.opencontainers.image.ref.name": `${path}:${tag}`, moves: String(moves) },
    }),
  );
  return { bytes, digest: digestOf(bytes) };
}

/** Whether this tag, by its position in the population, is one of the 1 % that move in a round. Each round moves others. */
export function isMoving(position: number, round: number): boolean {
  return position % MOVING_SHARE === round % MOVING_SHARE;
}
