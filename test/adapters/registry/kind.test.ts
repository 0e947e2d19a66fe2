import { expect, test } from "vitest";
import { parseEcrHost } from "../../../src/adapters/registry/ecr-host.ts";
import { kindOf } from "../../../src/adapters/registry/kind.ts";

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
  expect(kindOf(registry)).toBe(kind);
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
  expect(kindOf(registry)).toBe("generic");
});

test("what is configured stands before the name", () => {
  expect(kindOf("registry.acme.example", { kind: "quay" })).toBe("quay");
  expect(kindOf("quay.io", { kind: "generic" })).toBe("generic");
});

const account = "123456789012";
test.each([
  { host: "dkr.ecr.eu-west-1.amazonaws.com", region: "eu-west-1", isFips: false, isDualStack: false },
  {
    host: "dkr.ecr-fips.us-gov-west-1.amazonaws.com",
    region: "us-gov-west-1",
    isFips: true,
    isDualStack: false,
  },
  { host: "dkr-ecr.us-east-2.on.aws", region: "us-east-2", isFips: false, isDualStack: true },
  { host: "dkr-ecr-fips.us-east-2.on.aws", region: "us-east-2", isFips: true, isDualStack: true },
  { host: "dkr.ecr.cn-north-1.amazonaws.com.cn", region: "cn-north-1", isFips: false, isDualStack: false },
  {
    host: "dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
    region: "cn-north-1",
    isFips: false,
    isDualStack: true,
  },
  {
    host: "dkr.ecr.eusc-de-east-1.amazonaws.eu",
    region: "eusc-de-east-1",
    isFips: false,
    isDualStack: false,
  },
  { host: "dkr.ecr.us-iso-east-1.c2s.ic.gov", region: "us-iso-east-1", isFips: false, isDualStack: false },
  {
    host: "dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
    region: "us-isob-east-1",
    isFips: false,
    isDualStack: false,
  },
  {
    host: "dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk",
    region: "eu-isoe-west-1",
    isFips: false,
    isDualStack: false,
  },
  {
    host: "dkr.ecr.us-isof-east-1.csp.hci.ic.gov",
    region: "us-isof-east-1",
    isFips: false,
    isDualStack: false,
  },
])("a private ECR registry is read from $host", ({ host, ...read }) => {
  expect(parseEcrHost(`${account}.${host}`)).toEqual({ account, ...read });
});

test.each([
  { title: "nothing", host: "" },
  { title: "no account", host: "dkr.ecr.eu-west-1.amazonaws.com" },
  { title: "eleven digits", host: "12345678901.dkr.ecr.eu-west-1.amazonaws.com" },
  { title: "thirteen digits", host: "1234567890123.dkr.ecr.eu-west-1.amazonaws.com" },
  { title: "letters for digits", host: "12345678901a.dkr.ecr.eu-west-1.amazonaws.com" },
  { title: "no region", host: `${account}.dkr.ecr.amazonaws.com` },
  { title: "two labels for a region", host: `${account}.dkr.ecr.eu.west.amazonaws.com` },
  { title: "another domain", host: `${account}.dkr.ecr.eu-west-1.amazonaws.com.evil.example` },
  { title: "another domain behind a dash", host: `${account}.dkr.ecr.eu-west-1.evil-amazonaws.com` },
  { title: "any character for a dot", host: `${account}.dkr.ecr.eu-west-1.amazonaws-com` },
  { title: "a port", host: `${account}.dkr.ecr.eu-west-1.amazonaws.com:443` },
  { title: "a user", host: `x@${account}.dkr.ecr.eu-west-1.amazonaws.com` },
  { title: "a trailing newline", host: `${account}.dkr.ecr.eu-west-1.amazonaws.com\n` },
  { title: "a name before it", host: `x.${account}.dkr.ecr.eu-west-1.amazonaws.com` },
  { title: "another service", host: `${account}.dkr.s3.eu-west-1.amazonaws.com` },
  { title: "the API", host: "api.ecr.eu-west-1.amazonaws.com" },
  { title: "a megabyte", host: `${account}.dkr.ecr.${"a".repeat(1_000_000)}.amazonaws.com` },
])("$title is no private ECR registry", ({ host }) => {
  expect(parseEcrHost(host)).toBeUndefined();
});
