import { amazonRegistryOf } from "./amazon-host.ts";

/** Registries whose interfaces beside the protocol are known. */
export const REGISTRY_KINDS = [
  "docker-hub",
  "ghcr",
  "ecr",
  "ecr-public",
  "mcr",
  "google",
  "acr",
  "quay",
  "chainguard",
  "harbor",
  "jfrog",
  "gitea",
  "generic",
] as const;

export type RegistryKind = (typeof REGISTRY_KINDS)[number];

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
 * What kind of registry a host is, by its name. `generic` for a name that tells nothing, as those of registries that people run
 * themselves.
 *
 * @param registry as {@link Repository.registry} writes it
 */
export function registryKindOf(registry: string): RegistryKind {
  const known = BY_HOST.get(registry) ?? BY_SUFFIX.find(([suffix]) => registry.endsWith(suffix))?.[1];
  if (known !== undefined) return known;
  return amazonRegistryOf(registry) === undefined ? "generic" : "ecr";
}
