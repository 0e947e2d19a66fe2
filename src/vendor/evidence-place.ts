import { isRepository, isSameRepository, type Repository } from "../image/reference.ts";
import { type ImagePattern, regExpOf, renderImagePattern } from "./pattern.ts";

/**
 * Another repository where evidence about images hangs: for `images: dhi.io/*`, `at: registry.scout.docker.com/docker/dhi-*` what
 * `*` stands for is carried over. Each holds one `*` at most, and `at` none that `images` has not.
 */
export interface EvidencePlace {
  readonly images: ImagePattern;
  readonly at: ImagePattern;
}

/** Where evidence about a repository's images may hang beside the repository itself, each place once. */
export function evidencePlacesOf(
  places: readonly EvidencePlace[],
  repository: Repository,
): readonly Repository[] {
  const found = places.flatMap((place) => placeFor(place, repository));
  return found.filter(
    (candidate, position) =>
      !isSameRepository(candidate, repository) &&
      found.findIndex((other) => isSameRepository(other, candidate)) === position,
  );
}

function placeFor({ images, at }: EvidencePlace, repository: Repository): readonly Repository[] {
  const name = `${repository.registry}/${repository.path}`;
  if (!regExpOf(images).test(name)) return [];
  const pattern = renderImagePattern(images);
  const [before = "", after = ""] = pattern.split("*");
  const carried = pattern.includes("*") ? name.slice(before.length, name.length - after.length) : "";
  // What is carried over need not make a name: then there is no such place.
  const path = at.components.map((component) => component.replace("*", () => carried)).join("/");
  const candidate = { registry: at.registry, path };
  return isRepository(candidate) ? [candidate] : [];
}
