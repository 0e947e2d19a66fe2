import type { Case } from "./case.ts";

/** Calls that tell of pushes, and the lines that they are about. */
export const PUSHED: readonly Case[] = [
  { title: "Docker Hub", provider: "docker-hub", read: ["docker.io/acme/hardened-base:3.23-musl"] },
  {
    title: "Docker Hub, an official image",
    provider: "docker-hub",
    change: [['"acme/hardened-base"', '"redis"']],
    read: ["docker.io/library/redis:3.23-musl"],
  },
  { title: "GitHub, registry_package", provider: "github", read: ["ghcr.io/acme/hardened-base:3.23-musl"] },
  {
    title: "GitHub, package",
    provider: "github",
    name: "package-updated",
    headers: { "X-GitHub-Event": "package" },
    read: ["ghcr.io/acme/hardened-base:3.23-musl"],
  },
  {
    title: "GitHub, one of several platforms, without a tag",
    provider: "github",
    name: "registry-package-untagged",
    read: ["ghcr.io/acme/hardened-base:*"],
  },
  {
    title: "GitHub, an image below the namespace",
    provider: "github",
    change: [['"name": "hardened-base"', '"name": "shop/hardened-base"']],
    read: ["ghcr.io/acme/shop/hardened-base:3.23-musl"],
  },
  {
    title: "GitHub Enterprise Server",
    provider: "github",
    registry: "containers.github.acme.internal",
    read: ["containers.github.acme.internal/acme/hardened-base:3.23-musl"],
  },
  {
    title: "ECR",
    provider: "ecr",
    read: ["123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/hardened-base:3.23-musl"],
  },
  {
    title: "ECR in China",
    provider: "ecr",
    change: [["eu-central-1", "cn-north-1"]],
    read: ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/acme/hardened-base:3.23-musl"],
  },
  {
    title: "ECR, a host of another form of the same account and region",
    provider: "ecr",
    registry: "123456789012.dkr-ecr.eu-central-1.on.aws",
    read: ["123456789012.dkr-ecr.eu-central-1.on.aws/acme/hardened-base:3.23-musl"],
  },
  {
    title: "Artifact Registry",
    provider: "google",
    read: ["europe-west3-docker.pkg.dev/acme/images/hardened-base:3.23-musl"],
  },
  {
    title: "Container Registry of Google",
    provider: "google",
    name: "insert-gcr",
    read: ["eu.gcr.io/acme/hardened-base:3.23-musl"],
  },
  { title: "ACR", provider: "acr", read: ["acmeregistry.azurecr.io/acme/hardened-base:3.23-musl"] },
  {
    title: "Quay, every tag",
    provider: "quay",
    read: ["quay.io/acme/hardened-base:3.23-musl", "quay.io/acme/hardened-base:3.23"],
  },
  {
    title: "Quay of one's own",
    provider: "quay",
    change: [['"quay.io/', '"quay.acme.internal/']],
    registry: "quay.acme.internal",
    read: ["quay.acme.internal/acme/hardened-base:3.23-musl", "quay.acme.internal/acme/hardened-base:3.23"],
  },
  { title: "Harbor", provider: "harbor", read: ["harbor.acme.internal/platform/hardened-base:3.23-musl"] },
  {
    title: "Harbor, as a CloudEvent",
    provider: "harbor",
    name: "cloud-event",
    read: ["harbor.acme.internal/platform/hardened-base:3.23-musl"],
  },
  {
    title: "Harbor, the digest in the tag's place",
    provider: "harbor",
    name: "push-artifact-by-digest",
    read: ["harbor.acme.internal/platform/hardened-base:*"],
  },
  {
    title: "Harbor, with the usual port",
    provider: "harbor",
    change: [["harbor.acme.internal/", "harbor.acme.internal:443/"]],
    read: ["harbor.acme.internal/platform/hardened-base:3.23-musl"],
  },
  {
    title: "JFrog, by path",
    provider: "jfrog",
    read: ["acme.jfrog.io/docker-local/platform/hardened-base:3.23-musl"],
  },
  {
    title: "JFrog, at a host below the platform's",
    provider: "jfrog",
    registry: "images.acme.jfrog.io",
    read: ["images.acme.jfrog.io/docker-local/platform/hardened-base:3.23-musl"],
  },
  { title: "Chainguard", provider: "chainguard", read: ["cgr.dev/acme/hardened-base:3.23"] },
  {
    title: "Chainguard, with the host",
    provider: "chainguard",
    change: [['"acme/hardened-base"', '"cgr.dev/acme/hardened-base"']],
    read: ["cgr.dev/acme/hardened-base:3.23"],
  },
  {
    title: "distribution, the tagged one of several events",
    provider: "distribution",
    read: ["registry.acme.internal:5000/platform/hardened-base:3.23-musl"],
  },
  { title: "Gitea", provider: "gitea", read: ["gitea.acme.internal/platform/hardened-base:3.23-musl"] },
  {
    title: "Forgejo",
    provider: "gitea",
    headers: { "X-Gitea-Event": "package", "X-Forgejo-Event": "package" },
    read: ["gitea.acme.internal/platform/hardened-base:3.23-musl"],
  },
];
