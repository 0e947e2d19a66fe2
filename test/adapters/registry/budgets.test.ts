import { expect, test } from "vitest";
import { limitsFor } from "../../../src/adapters/registry/budgets.ts";
import { ANONYMOUS } from "../../../src/adapters/registry/login/credentials.ts";

const OTHERS = { perSecond: 5, burst: 10 };

test.each([
  { host: "docker.io", perSecond: 5, burst: 20 },
  { host: "registry-1.docker.io", perSecond: 5, burst: 20 },
  { host: "dhi.io", perSecond: 5, burst: 20 },
  { host: "hub.docker.com", perSecond: 1, burst: 5 },
  { host: "ghcr.io", perSecond: 10, burst: 20 },
  { host: "123456789012.dkr.ecr.eu-central-1.amazonaws.com", perSecond: 20, burst: 50 },
  { host: "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", perSecond: 20, burst: 50 },
  { host: "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", perSecond: 20, burst: 50 },
  { host: "123456789012.dkr-ecr.eu-west-1.on.aws", perSecond: 20, burst: 50 },
  { host: "123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", perSecond: 20, burst: 50 },
  { host: "123456789012.dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu", perSecond: 20, burst: 50 },
  { host: "public.ecr.aws", perSecond: 0.8, burst: 1 },
  { host: "mcr.microsoft.com", perSecond: 5, burst: 10 },
  { host: "gcr.io", perSecond: 10, burst: 20 },
  { host: "eu.gcr.io", perSecond: 10, burst: 20 },
  { host: "europe-west1-docker.pkg.dev", perSecond: 10, burst: 20 },
  { host: "acme.azurecr.io", perSecond: 10, burst: 20 },
  { host: "quay.io", perSecond: 5, burst: 5 },
  { host: "cgr.dev", perSecond: 5, burst: 10 },
  { host: "registry.redhat.io", perSecond: 5, burst: 5 },
  { host: "registry.access.redhat.com", perSecond: 5, burst: 5 },
  { host: "reg.mini.dev", perSecond: 3, burst: 5 },
  { host: "registry1.dso.mil", perSecond: 2, burst: 5 },
])("asks $host $perSecond times a second, $burst at once", ({ host, ...limits }) => {
  expect(limitsFor(host, ANONYMOUS, undefined)).toEqual(limits);
  expect(limitsFor(host, ANONYMOUS, {})).toEqual(limits);
});

test.each([
  "registry.example",
  "notdocker.io",
  "docker.io.evil.example",
  "quay.io:8443",
  "evilgcr.io",
  "gcr.io.evil.example",
  "azurecr.io",
  "dkr.ecr.eu-central-1.amazonaws.com.evil.example",
  "x.dkr.ecr.a.b.amazonaws.com",
  `${"a".repeat(10_000)}.example`,
])("knows nothing of %.60s", (host) => {
  expect(limitsFor(host, ANONYMOUS, undefined)).toEqual(OTHERS);
});

test("asks ECR Public ten times as often with credentials", () => {
  expect(limitsFor("public.ecr.aws", "c0ffee", undefined)).toEqual({ perSecond: 8, burst: 10 });
});

test.each([
  { title: "over plain HTTP", settings: { plainHttp: true } },
  { title: "on a private address", settings: { allowPrivate: true } },
])("asks a host that is reached $title often", ({ settings }) => {
  expect(limitsFor("127.0.0.1:5000", ANONYMOUS, settings)).toEqual({ perSecond: 50, burst: 100 });
  expect(limitsFor("quay.io", ANONYMOUS, settings)).toEqual({ perSecond: 5, burst: 5 });
});

test("does what the operator says, whatever is known of the host", () => {
  const budget = { perSecond: 0.1, burst: 2 };
  for (const host of ["docker.io", "public.ecr.aws", "registry.example"]) {
    expect(limitsFor(host, ANONYMOUS, { budget, plainHttp: true })).toEqual(budget);
  }
});
