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
