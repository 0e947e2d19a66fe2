import { expect, test } from "vitest";
import { registryKindOf } from "../../src/image/registry-kind.ts";

test.each([
  ["docker.io", "docker-hub"],
  ["dhi.io", "docker-hub"],
  ["ghcr.io", "ghcr"],
  ["public.ecr.aws", "ecr-public"],
  ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ecr"],
  ["mcr.microsoft.com", "mcr"],
  ["gcr.io", "google"],
  ["eu.gcr.io", "google"],
  ["europe-west1-docker.pkg.dev", "google"],
  ["acme.azurecr.io", "acr"],
  ["acme.azurecr.cn", "acr"],
  ["quay.io", "quay"],
  ["cgr.dev", "chainguard"],
  ["registry1.dso.mil", "harbor"],
  ["acme.jfrog.io", "jfrog"],
  ["codeberg.org", "gitea"],
] as const)("%s is of kind %s", (registry, kind) => {
  expect(registryKindOf(registry)).toBe(kind);
});

test.each([
  "quay.io:443",
  "evil-quay.io",
  "quay.io.evil.example",
  "evilgcr.io",
  "gcr.io.evil.example",
  "docker.pkg.dev",
  "azurecr.io",
  "acme.azurecr.io.evil.example",
  "acme.azurecr.io:5000",
  "ghrc.io",
  "hub.docker.com",
  "127.0.0.1:5000",
  "__proto__",
  "constructor",
])("%s tells nothing by its name", (registry) => {
  expect(registryKindOf(registry)).toBe("generic");
});
