import { describe, expect, test } from "vitest";
import { readPush } from "../../src/push/parse.ts";
import { PROVIDERS, type Provider } from "../../src/push/provider.ts";
import { bodyOf, changed, FIXTURES, linesRead, PUSHES, reading, REGISTRIES } from "./fixture.ts";

interface Case {
  readonly title: string;
  readonly provider: Provider;
  readonly name?: string;
  /** Texts that stand in the fixture, and what stands there instead. */
  readonly change?: readonly (readonly [from: string, to: string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly registry?: string | undefined;
  readonly read: readonly string[] | string;
}

function readCase({ provider, name, change = [], ...scope }: Case): readonly string[] | string {
  const body = change.reduce((text, [from, to]) => changed(text, from, to), bodyOf(provider, name));
  return linesRead(reading(provider, body, scope));
}

const DIGEST = `sha256:${"5f".repeat(32)}`;

const PUSHED: readonly Case[] = [
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

const IGNORED: readonly Case[] = [
  {
    title: "GitHub, a ping",
    provider: "github",
    name: "ping",
    headers: { "X-GitHub-Event": "ping" },
    read: "other-event",
  },
  {
    title: "GitHub, a push of commits",
    provider: "github",
    headers: { "X-GitHub-Event": "push" },
    read: "other-event",
  },
  {
    title: "GitHub, an event of later",
    provider: "github",
    headers: { "X-GitHub-Event": "constructor" },
    read: "other-event",
  },
  {
    title: "GitHub, another action",
    provider: "github",
    change: [['"published"', '"deleted"']],
    read: "other-event",
  },
  {
    title: "GitHub, a package of npm",
    provider: "github",
    name: "package-npm",
    headers: { "X-GitHub-Event": "package" },
    read: "other-artifact",
  },
  { title: "ECR, a scan", provider: "ecr", name: "scan", read: "other-event" },
  { title: "ECR, a deletion", provider: "ecr", change: [['"PUSH"', '"DELETE"']], read: "other-event" },
  {
    title: "ECR, a push that failed",
    provider: "ecr",
    change: [['"SUCCESS"', '"FAILURE"']],
    read: "other-event",
  },
  {
    title: "ECR, an event of another service",
    provider: "ecr",
    change: [['"aws.ecr"', '"aws.s3"']],
    read: "other-event",
  },
  { title: "ECR, by digest", provider: "ecr", change: [['"image-tag"', '"no-tag"']], read: "untagged" },
  {
    title: "ECR, another account",
    provider: "ecr",
    registry: "210987654321.dkr.ecr.eu-central-1.amazonaws.com",
    read: "other-registry",
  },
  {
    title: "ECR, another region",
    provider: "ecr",
    registry: "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    read: "other-registry",
  },
  { title: "Google, by digest", provider: "google", name: "insert-untagged", read: "untagged" },
  { title: "Google, a deletion", provider: "google", name: "delete", read: "other-event" },
  {
    title: "Google, another host of Google's",
    provider: "google",
    registry: "eu.gcr.io",
    read: "other-registry",
  },
  { title: "ACR, a ping", provider: "acr", name: "ping", read: "other-event" },
  { title: "ACR, a chart", provider: "acr", name: "chart-push", read: "other-event" },
  {
    title: "ACR, no manifest",
    provider: "acr",
    change: [["manifest.v2+json", "plugin.v1+json"]],
    read: "other-artifact",
  },
  { title: "ACR, by digest", provider: "acr", change: [['"3.23-musl"', '""']], read: "untagged" },
  {
    title: "ACR, a host that is not Azure's",
    provider: "acr",
    change: [["acmeregistry.azurecr.io", "azurecr.io.evil.example"]],
    read: "other-registry",
  },
  {
    title: "ACR, another registry of Azure's",
    provider: "acr",
    registry: "otherregistry.azurecr.io",
    read: "other-registry",
  },
  { title: "Quay, a vulnerability", provider: "quay", name: "vulnerability-found", read: "other-event" },
  {
    title: "Quay, no tag",
    provider: "quay",
    change: [
      ['"3.23-musl",', ""],
      ['"3.23"', ""],
    ],
    read: "untagged",
  },
  {
    title: "Quay, another host",
    provider: "quay",
    change: [['"quay.io/', '"quay.io.evil.example/']],
    read: "other-registry",
  },
  {
    title: "Quay, no host",
    provider: "quay",
    change: [['"quay.io/acme/hardened-base"', '""']],
    read: "other-registry",
  },
  { title: "Harbor, a pull", provider: "harbor", name: "pull-artifact", read: "other-event" },
  {
    title: "Harbor, another host",
    provider: "harbor",
    change: [["harbor.acme.internal/", "docker.io/"]],
    read: "other-registry",
  },
  {
    title: "Harbor, another port",
    provider: "harbor",
    change: [["harbor.acme.internal/", "harbor.acme.internal:8443/"]],
    read: "other-registry",
  },
  { title: "JFrog, a file", provider: "jfrog", name: "deployed", read: "other-event" },
  { title: "JFrog, a deletion", provider: "jfrog", change: [['"pushed"', '"deleted"']], read: "other-event" },
  {
    title: "JFrog, another platform",
    provider: "jfrog",
    change: [["https://acme.jfrog.io", "https://evil.example"]],
    read: "other-registry",
  },
  {
    title: "JFrog, an origin that is no address",
    provider: "jfrog",
    change: [["https://acme.jfrog.io/artifactory", "acme"]],
    read: "other-registry",
  },
  {
    title: "JFrog, by digest",
    provider: "jfrog",
    change: [['"tag": "3.23-musl"', `"tag": "${DIGEST}"`]],
    read: "untagged",
  },
  { title: "Chainguard, a blob", provider: "chainguard", name: "push-blob", read: "other-artifact" },
  {
    title: "Chainguard, a push that failed",
    provider: "chainguard",
    name: "push-failed",
    read: "other-event",
  },
  {
    title: "Chainguard, a pull",
    provider: "chainguard",
    headers: { "Ce-Type": "dev.chainguard.registry.pull.v1" },
    read: "other-event",
  },
  {
    title: "Chainguard, by digest",
    provider: "chainguard",
    change: [['"tag": "3.23"', '"tag": ""']],
    read: "untagged",
  },
  {
    title: "Chainguard, another host",
    provider: "chainguard",
    change: [['"acme/hardened-base"', '"docker.io/acme/hardened-base"']],
    read: "other-registry",
  },
  { title: "distribution, a layer", provider: "distribution", name: "push-layer", read: "other-artifact" },
  { title: "distribution, a pull", provider: "distribution", name: "pull", read: "other-event" },
  {
    title: "distribution, no event",
    provider: "distribution",
    name: "pull",
    change: [['"action"', '"do"']],
    read: "other-event",
  },
  {
    title: "distribution, another host",
    provider: "distribution",
    change: [['"host": "registry.acme.internal:5000"', '"host": "docker.io"']],
    read: "other-registry",
  },
  { title: "Gitea, by digest", provider: "gitea", name: "package-created-by-digest", read: "untagged" },
  { title: "Gitea, a package of npm", provider: "gitea", name: "package-npm", read: "other-artifact" },
  { title: "Gitea, a deletion", provider: "gitea", name: "package-deleted", read: "other-event" },
  {
    title: "Gitea, another event",
    provider: "gitea",
    headers: { "X-Gitea-Event": "push" },
    read: "other-event",
  },
  {
    title: "Gitea, another host",
    provider: "gitea",
    change: [["https://gitea.acme.internal/Platform/-", "https://evil.example/Platform/-"]],
    read: "other-registry",
  },
];

const REFUSED: readonly Case[] = [
  { title: "Docker Hub, no tag", provider: "docker-hub", change: [['"tag"', '"tags"']], read: "malformed" },
  {
    title: "Docker Hub, a tag that is a number",
    provider: "docker-hub",
    change: [['"3.23-musl"', "3.23"]],
    read: "malformed",
  },
  {
    title: "Docker Hub, a tag with a line break",
    provider: "docker-hub",
    change: [["3.23-musl", String.raw`3\n23`]],
    read: "name-invalid",
  },
  {
    title: "Docker Hub, a name that climbs",
    provider: "docker-hub",
    change: [['"acme/hardened-base"', '"../../etc"']],
    read: "name-invalid",
  },
  {
    title: "Docker Hub, a name in other letters",
    provider: "docker-hub",
    change: [['"acme/hardened-base"', '"аcme/hardened-base"']],
    read: "name-invalid",
  },
  {
    title: "Docker Hub, an empty name",
    provider: "docker-hub",
    change: [['"acme/hardened-base"', '""']],
    read: "name-invalid",
  },
  {
    title: "Docker Hub, a name with a tag in it",
    provider: "docker-hub",
    change: [['"acme/hardened-base"', '"acme/base:1"']],
    read: "name-invalid",
  },
  {
    title: "Docker Hub, a name of 300 letters",
    provider: "docker-hub",
    change: [['"acme/hardened-base"', `"acme/${"a".repeat(300)}"`]],
    read: "name-invalid",
  },
  {
    title: "GitHub, the package of the other event",
    provider: "github",
    headers: { "X-GitHub-Event": "package" },
    read: "malformed",
  },
  {
    title: "GitHub, a tag that is none",
    provider: "github",
    change: [['"name": "3.23-musl"', '"name": "-x"']],
    read: "name-invalid",
  },
  {
    title: "ECR, an account that is none",
    provider: "ecr",
    change: [["123456789012", "evil.example/"]],
    read: "malformed",
  },
  {
    title: "ECR, a region that is a host",
    provider: "ecr",
    change: [["eu-central-1", "evil.example"]],
    read: "malformed",
  },
  { title: "ECR, no details", provider: "ecr", change: [['"detail"', '"details"']], read: "malformed" },
  {
    title: "Google, data that is no base64",
    provider: "google",
    change: [['"data": "', '"data": "*']],
    read: "malformed",
  },
  {
    title: "Google, data that is no JSON",
    provider: "google",
    change: [['"data": "', '"data": "AAAA']],
    read: "malformed",
  },
  {
    title: "Google, no message",
    provider: "google",
    change: [['"message"', '"massage"']],
    read: "malformed",
  },
  { title: "ACR, no target", provider: "acr", change: [['"target"', '"aim"']], read: "malformed" },
  { title: "ACR, a push without a host", provider: "acr", change: [['"host"', '"home"']], read: "malformed" },
  {
    title: "Quay, tags that are no list",
    provider: "quay",
    change: [['"updated_tags": [', '"updated_tags": "", "x": [']],
    read: "malformed",
  },
  {
    title: "Quay, one tag of many that is none",
    provider: "quay",
    change: [['"3.23"', '"3 23"']],
    read: "name-invalid",
  },
  {
    title: "Harbor, nothing pushed",
    provider: "harbor",
    change: [['"resources"', '"sources"']],
    read: "malformed",
  },
  {
    title: "Harbor, without a configured host",
    provider: "harbor",
    registry: undefined,
    read: "registry-missing",
  },
  {
    title: "Harbor, a name in capitals",
    provider: "harbor",
    change: [['"platform/hardened-base"', '"Platform/hardened-base"']],
    read: "name-invalid",
  },
  { title: "JFrog, no domain", provider: "jfrog", change: [['"domain"', '"area"']], read: "malformed" },
  {
    title: "JFrog, without a configured host",
    provider: "jfrog",
    registry: undefined,
    read: "registry-missing",
  },
  {
    title: "JFrog, a repository key that climbs",
    provider: "jfrog",
    change: [['"docker-local"', '".."']],
    read: "name-invalid",
  },
  { title: "Chainguard, no body", provider: "chainguard", change: [['"body"', '"data"']], read: "malformed" },
  {
    title: "distribution, events that are no list",
    provider: "distribution",
    change: [['"events": [', '"events": {}, "x": [']],
    read: "malformed",
  },
  {
    title: "distribution, without a configured host",
    provider: "distribution",
    registry: undefined,
    read: "registry-missing",
  },
  {
    title: "Gitea, no owner",
    provider: "gitea",
    change: [
      ['"login": "Platform"', '"x": 1'],
      ['"username": "Platform"', '"y": 1'],
    ],
    read: "malformed",
  },
  {
    title: "Gitea, without a configured host",
    provider: "gitea",
    registry: undefined,
    read: "registry-missing",
  },
];

describe("pushes", () => {
  test.each(PUSHED)("reads $title", (one) => {
    expect(readCase(one)).toEqual(one.read);
  });

  test("of every provider are read", () => {
    expect(new Set(PUSHED.map(({ provider }) => provider))).toEqual(new Set(PROVIDERS));
  });

  test.each(PROVIDERS)("of %s give no digest, whatever digest they name", (provider) => {
    const forged = bodyOf(provider).toString("utf8").replaceAll("5f", "00");
    const [real, other] = [bodyOf(provider), Buffer.from(forged)].map((body) => reading(provider, body));
    expect(other).toEqual(real);
    expect(JSON.stringify(real)).not.toMatch(/sha256|digest|5f5f/);
  });
});

describe("calls that change nothing", () => {
  test.each(IGNORED)("$title", (one) => {
    expect(readCase(one)).toBe(`ignored: ${one.read.toString()}`);
  });
});

describe("calls that cannot be read", () => {
  test.each(REFUSED)("$title", (one) => {
    expect(readCase(one)).toBe(`refused: ${one.read.toString()}`);
  });

  test.each([
    { title: "nothing", body: "" },
    { title: "half of it", body: '{"events": [' },
    { title: "a form", body: "payload=%7B%7D" },
    { title: "no UTF-8", body: Buffer.from([0x22, 0xff, 0x22]) },
    { title: "two documents", body: "{} {}" },
    { title: "a compressed one", body: Buffer.from([0x1f, 0x8b, 0x08, 0x00]) },
  ])("$title is no JSON", ({ body }) => {
    for (const provider of PROVIDERS) {
      expect(linesRead(reading(provider, Buffer.from(body)))).toBe("refused: not-json");
    }
  });

  test.each(["null", "[]", "[[]]", "{}", "7", '"text"', "true", '{"__proto__": {"events": []}}'])(
    "%s is nobody's push",
    (text) => {
      for (const provider of PROVIDERS) {
        expect(reading(provider, Buffer.from(text)).kind).toBe("refused");
      }
    },
  );

  test.each([
    { provider: "github", header: "X-GitHub-Event" },
    { provider: "chainguard", header: "Ce-Type" },
    { provider: "gitea", header: "X-Gitea-Event" },
  ] as const)("$provider without $header", ({ provider, header }) => {
    const scope = { headers: new Headers({ "X-Other": header }), registry: REGISTRIES[provider] };
    expect(linesRead(readPush(provider, bodyOf(provider), scope))).toBe("refused: malformed");
  });
});

test("every fixture stands in a table", () => {
  const used = new Set(
    [...PUSHED, ...IGNORED, ...REFUSED].map(
      ({ provider, name }) => `${provider}/${name ?? PUSHES[provider]}`,
    ),
  );
  expect(FIXTURES.length).toBeGreaterThan(25);
  expect(
    FIXTURES.map(({ provider, name }) => `${provider}/${name}`).filter((name) => !used.has(name)),
  ).toEqual([]);
});

test("refusals outnumber acceptances", () => {
  expect(IGNORED.length + REFUSED.length).toBeGreaterThan(2 * PUSHED.length);
});
