/** Who tells of pushes, each in a form of its own. A closed list. */
export const PROVIDERS = [
  "docker-hub",
  "github",
  "ecr",
  "google",
  "acr",
  "quay",
  "harbor",
  "jfrog",
  "chainguard",
  "distribution",
  "gitea",
] as const;

export type Provider = (typeof PROVIDERS)[number];
