import type { Config } from "../../../config/config.ts";
import { type ImageLine, parseRepository, type Repository } from "../../image/reference.ts";
import type { ImagePattern } from "../../vendor/pattern.ts";
import type { RegistryPlace } from "./examine.ts";

/**
 * The registries that Hullkeeper would speak to, each once, by name: with an image line that is watched there, else with a repository that
 * the configuration names, else with one that need not exist.
 */
export function registryPlacesOf(
  { images, registries, mirrors }: Pick<Config, "images" | "registries" | "mirrors">,
  watched: readonly ImageLine[],
): readonly RegistryPlace[] {
  const places = new Map<string, RegistryPlace>();
  const add = (place: RegistryPlace): void => {
    const { registry } = place.repository;
    if (!places.has(registry)) places.set(registry, place);
  };
  for (const line of watched) add({ repository: line.repository, line });
  for (const pattern of images) add({ repository: repositoryIn(pattern) });
  const named = [
    ...mirrors.flatMap(({ prefix, origin }) => [prefix.registry, origin.registry]),
    ...registries.keys(),
  ];
  for (const registry of named.filter((host) => !host.startsWith("*."))) {
    add({ repository: parseRepository(`${registry}/hullkeeper/any`) });
  }
  return [...places.values()].toSorted((a, b) => (a.repository.registry < b.repository.registry ? -1 : 1));
}

/** A repository that a pattern means. */
function repositoryIn({ registry, components }: ImagePattern): Repository {
  return { registry, path: components.join("/").replaceAll("*", "any") };
}
