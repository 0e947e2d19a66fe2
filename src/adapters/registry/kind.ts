import { parseEcrHost } from "./ecr-host.ts";
import type { RegistryHostSettings, RegistryKind } from "./settings.ts";

const BY_HOST: ReadonlyMap<string, RegistryKind> = new Map([
  ["docker.io", "docker-hub"],
  ["dhi.io", "docker-hub"],
  ["ghcr.io", "ghcr"],
  ["public.ecr.aws", "ecr-public"],
  ["mcr.microsoft.com", "mcr"],
  ["gcr.io", "google"],
  ["quay.io", "quay"],
  ["cgr.dev", "chainguard"],
  ["registry1.dso.mil", "harbor"],
  ["codeberg.org", "gitea"],
]);

const BY_SUFFIX: readonly (readonly [suffix: string, kind: RegistryKind])[] = [
  [".gcr.io", "google"],
  ["-docker.pkg.dev", "google"],
  [".azurecr.io", "acr"],
  [".azurecr.cn", "acr"],
  [".azurecr.us", "acr"],
  [".jfrog.io", "jfrog"],
];

/**
 * What kind of registry this is: as configured, else by its host name. `generic` for a name that tells nothing, as those of
 * registries that people run themselves.
 *
 * @param registry as {@link Repository.registry} writes it
 */
export function kindOf(registry: string, settings?: RegistryHostSettings): RegistryKind {
  if (settings?.kind !== undefined) return settings.kind;
  const known = BY_HOST.get(registry) ?? BY_SUFFIX.find(([suffix]) => registry.endsWith(suffix))?.[1];
  if (known !== undefined) return known;
  return parseEcrHost(registry) === undefined ? "generic" : "ecr";
}
