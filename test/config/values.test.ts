import { describe, expect, test } from "vitest";
import { faultsOf, type Refusal } from "./folder.ts";

const GITHUB = { token: { env: "TOKEN" }, repositories: ["acme/shop"] };
const KEYS = [{ file: "key.pub" }];

describe("unknown keys", () => {
  test.each([
    { title: "a section", sections: { notify: [] }, path: "notify" },
    { title: "of github", sections: { github: { ...GITHUB, apps: {} } }, path: "github.apps" },
    {
      title: "of a secret",
      sections: { marker: { key: { env: "MARKER_KEY", vault: "x" } } },
      path: "marker.key.vault",
    },
    {
      title: "of a vendor",
      sections: { vendors: { bellsoft: { organisation: "acme" } } },
      path: "vendors.bellsoft.organisation",
    },
    {
      title: "of a key",
      sections: { vendors: { bellsoft: { keys: [{ file: "key.pub", id: 1 }] } } },
      path: "vendors.bellsoft.keys[0].id",
    },
    {
      title: "of a vendor's deadlines",
      sections: { vendors: { bellsoft: { sla: { urgent: "1d" } } } },
      path: "vendors.bellsoft.sla.urgent",
    },
    {
      title: "of a subscription",
      sections: { subscriptions: [{ image: "ghcr.io/acme/base", keys: KEYS, tag: "1" }] },
      path: "subscriptions[0].tag",
    },
    {
      title: "of a registry",
      sections: { registries: { "docker.io": { vault: "x" } } },
      path: 'registries."docker.io".vault',
    },
    { title: "of the policy", sections: { policy: { autopilot: "never" } }, path: "policy.autopilot" },
    {
      title: "of the policy's deadlines",
      sections: { policy: { sla: { moderate: "1d" } } },
      path: "policy.sla.moderate",
    },
    { title: "of intervals", sections: { intervals: { refresh: "1h" } }, path: "intervals.refresh" },
    { title: "of evidence", sections: { evidence: { retries: 3 } }, path: "evidence.retries" },
    { title: "of advisories", sections: { advisories: { url: "x" } }, path: "advisories.url" },
    { title: "of redis", sections: { redis: { host: "x" } }, path: "redis.host" },
    { title: "of web", sections: { web: { tls: true } }, path: "web.tls" },
    { title: "of log", sections: { log: { format: "text" } }, path: "log.format" },
  ])("refuses one $title", async ({ sections, path }) => {
    expect(await faultsOf({ sections })).toEqual([
      { path, reason: expect.stringMatching(/^unknown key; known here: \w+/) },
    ]);
  });
});

describe("values", () => {
  test.each<Refusal>([
    { title: "no code host", sections: { github: undefined }, path: "github", reason: "is missing" },
    {
      title: "an empty section",
      text: "github:\nmarker: {key: {env: MARKER_KEY}}",
      path: "github",
      reason: "is empty",
    },
    {
      title: "a list as a section",
      sections: { web: [] },
      path: "web",
      reason: "must be a mapping of fields, is a list",
    },
    {
      title: "no code repository",
      sections: { github: { ...GITHUB, repositories: [] } },
      path: "github.repositories",
      reason: "needs 1 or more",
    },
    {
      title: "a text as a list",
      sections: { github: { ...GITHUB, repositories: "acme/shop" } },
      path: "github.repositories",
      reason: "must be a list, is a text",
    },
    {
      title: "denials alone",
      sections: { github: { ...GITHUB, repositories: ["!acme/*"] } },
      path: "github.repositories",
      reason: "lets nothing in",
    },
    {
      title: "too many *",
      sections: { github: { ...GITHUB, repositories: ["acme/a*b*c*d*e*"] } },
      path: "github.repositories[0]",
      reason: "may hold 4 *",
    },
    {
      title: "neither a token nor an App",
      sections: { github: { repositories: ["acme/shop"] } },
      path: "github",
      reason: "needs one of token and app",
    },
    {
      title: "an App without a private key",
      sections: { github: { repositories: ["acme/shop"], app: { id: 1 } } },
      path: "github.app.privateKey",
      reason: "is missing",
    },
    {
      title: "an App's key that is none",
      sections: { github: { repositories: ["acme/shop"], app: { id: 1, privateKey: GITHUB.token } } },
      path: "github.app.privateKey.env",
      reason: "is no private key",
    },
    {
      title: "a secret of webhooks that can be guessed",
      sections: { github: { ...GITHUB, webhookSecret: { env: "HOOK" } } },
      environment: { HOOK: "s".repeat(19) },
      path: "github.webhookSecret.env",
      reason: "must have 20 to 200 characters",
    },
    {
      title: "a secret of webhooks in two lines",
      sections: { github: { ...GITHUB, webhookSecret: { file: "hook" } } },
      files: { hook: `${"s".repeat(20)}\n${"s".repeat(20)}\n` },
      path: "github.webhookSecret.file",
      reason: "has several lines",
    },
    {
      title: "a secret of webhooks in clear",
      sections: { github: { ...GITHUB, webhookSecret: "s".repeat(20) } },
      path: "github.webhookSecret",
      reason: "",
    },
    {
      title: "a code repository's URL",
      sections: { github: { ...GITHUB, repositories: ["https://github.com/acme/shop"] } },
      path: "github.repositories[0]",
      reason: "must be owner/name",
    },
    {
      title: "a code repository named ..",
      sections: { github: { ...GITHUB, repositories: ["acme/.."] } },
      path: "github.repositories[0]",
      reason: "must be owner/name",
    },
    {
      title: "a code repository twice",
      sections: { github: { ...GITHUB, repositories: ["acme/shop", "Acme/Shop"] } },
      path: "github.repositories[1]",
      reason: "is here twice",
    },
    {
      title: "a branch that means another ref",
      sections: { github: { ...GITHUB, baseBranch: "main..x" } },
      path: "github.baseBranch",
      reason: "not the name of a branch",
    },
    {
      title: "a branch that looks like an option",
      sections: { github: { ...GITHUB, baseBranch: "-f" } },
      path: "github.baseBranch",
      reason: "not the name of a branch",
    },
    {
      title: "plain http to a public code host",
      sections: { github: { ...GITHUB, url: "http://github.example.com/api/v3" } },
      path: "github.url",
      reason: "must be https",
    },
    {
      title: "plain http to a host that begins like loopback",
      sections: { github: { ...GITHUB, url: "http://127.0.0.1.example.com" } },
      path: "github.url",
      reason: "must be https",
    },
    {
      title: "a code host that is no web address",
      sections: { github: { ...GITHUB, url: "ftp://github.example.com" } },
      path: "github.url",
      reason: "not an https address",
    },
    {
      title: "a token in the address",
      sections: { github: { ...GITHUB, url: "https://x:hunter2@github.example.com" } },
      path: "github.url",
      reason: "user or password",
    },
    {
      title: "a query in the address",
      sections: { github: { ...GITHUB, url: "https://github.example.com?a=1" } },
      path: "github.url",
      reason: "query or fragment",
    },
    {
      title: "an unknown vendor",
      sections: { vendors: { bellsof: {} } },
      path: "vendors.bellsof",
      reason: "unknown vendor; known: amazon-linux, bellsoft,",
    },
    {
      title: "an unknown plan",
      sections: { vendors: { bellsoft: { plan: "gold" } } },
      path: "vendors.bellsoft.plan",
      reason: "must be one of commercial",
    },
    {
      title: "a text as a switch",
      sections: { vendors: { bellsoft: { enabled: "no" } } },
      path: "vendors.bellsoft.enabled",
      reason: "must be true or false, is a text",
    },
    {
      title: "an image with a tag",
      sections: { vendors: { bellsoft: { images: ["ghcr.io/acme/base:1"] } } },
      path: "vendors.bellsoft.images[0]",
      reason: "without tag",
    },
    {
      title: "a pattern over hosts",
      sections: { vendors: { bellsoft: { images: ["*.example.com/base"] } } },
      path: "vendors.bellsoft.images[0]",
      reason: "registry's host",
    },
    {
      title: "a subscription without keys",
      sections: { subscriptions: [{ image: "ghcr.io/acme/base" }] },
      path: "subscriptions[0].keys",
      reason: "is missing",
    },
    {
      title: "a subscription with no key",
      sections: { subscriptions: [{ image: "ghcr.io/acme/base", keys: [] }] },
      path: "subscriptions[0].keys",
      reason: "needs 1 or more",
    },
    {
      title: "a subscription by a name without letters",
      sections: { subscriptions: [{ image: "ghcr.io/acme/base", name: "—", keys: KEYS }] },
      path: "subscriptions[0].name",
      reason: "needs a letter",
    },
    {
      title: "a subscription by a vendor's id",
      sections: { subscriptions: [{ image: "ghcr.io/acme/base", name: "BellSoft", keys: KEYS }] },
      path: "subscriptions[0].name",
      reason: "bellsoft is the vendor bellsoft already",
    },
    {
      title: "a host with a scheme",
      sections: { registries: { "https://docker.io": {} } },
      path: 'registries."https://docker.io"',
      reason: "must be the host of a registry",
    },
    {
      title: "a host with a path",
      sections: { registries: { "ghcr.io/acme": {} } },
      path: 'registries."ghcr.io/acme"',
      reason: "must be the host",
    },
    {
      title: "a host of Docker Hub by another name",
      sections: { registries: { "registry-1.docker.io": {} } },
      path: 'registries."registry-1.docker.io"',
      reason: "is written docker.io",
    },
    {
      title: "a host in upper case",
      sections: { registries: { "GHCR.io": {} } },
      path: 'registries."GHCR.io"',
      reason: "is written ghcr.io",
    },
    {
      title: "a user without a password",
      sections: { registries: { "docker.io": { username: "x" } } },
      path: 'registries."docker.io".password',
      reason: "is missing",
    },
    {
      title: "a password without a user",
      sections: { registries: { "docker.io": { password: { env: "TOKEN" } } } },
      path: 'registries."docker.io".username',
      reason: "is missing",
    },
    {
      title: "certificates for plain http",
      sections: { registries: { "docker.io": { plainHttp: true, ca: "ca.pem" } } },
      files: { "ca.pem": "-----BEGIN CERTIFICATE-----" },
      path: 'registries."docker.io".ca',
      reason: "means nothing",
    },
    {
      title: "certificates that are none",
      sections: { registries: { "docker.io": { ca: "key.pub" } } },
      path: 'registries."docker.io".ca',
      reason: "holds no certificate",
    },
    {
      title: "a number as a span",
      sections: { intervals: { poll: 30 } },
      path: "intervals.poll",
      reason: "span with its unit",
    },
    {
      title: "a span without a unit",
      sections: { intervals: { poll: "30" } },
      path: "intervals.poll",
      reason: "must be a span such as",
    },
    {
      title: "a negative period",
      sections: { policy: { sla: { critical: "-7d" } } },
      path: "policy.sla.critical",
      reason: "must be a period such as",
    },
    {
      title: "a negative span",
      sections: { policy: { dueSoon: "-7d" } },
      path: "policy.dueSoon",
      reason: "must be a span such as",
    },
    {
      title: "a span of nothing",
      sections: { intervals: { sla: "0s" } },
      path: "intervals.sla",
      reason: "must be 1s or more",
    },
    {
      title: "a span below a second",
      sections: { intervals: { poll: "900ms" } },
      path: "intervals.poll",
      reason: "must be 1s or more",
    },
    {
      title: "a span beyond any calendar",
      sections: { policy: { dueSoon: "999999999w" } },
      path: "policy.dueSoon",
      reason: "must be 3650d or less",
    },
    {
      title: "no retry at all",
      sections: { evidence: { retry: [] } },
      path: "evidence.retry",
      reason: "needs 1 or more",
    },
    {
      title: "a wrong entry of a list",
      sections: { evidence: { retry: ["1m", "soon"] } },
      path: "evidence.retry[1]",
      reason: "must be a span",
    },
    {
      title: "an unknown demand",
      sections: { policy: { sbom: "optional" } },
      path: "policy.sbom",
      reason: "must be one of required, expected",
    },
    {
      title: "advisories that are not there",
      sections: { advisories: { directory: "osv" } },
      path: "advisories.directory",
      reason: "ENOENT",
    },
    {
      title: "advisories in a file",
      sections: { advisories: { directory: "key.pub" } },
      path: "advisories.directory",
      reason: "is not a folder",
    },
    {
      title: "a port out of range",
      sections: { web: { port: 65_536 } },
      path: "web.port",
      reason: "65535 or less",
    },
    {
      title: "a port as a text",
      sections: { web: { port: "8080" } },
      path: "web.port",
      reason: "must be a number, is a text",
    },
    {
      title: "half a port",
      sections: { web: { port: 80.5 } },
      path: "web.port",
      reason: "must be a whole number",
    },
    {
      title: "a public address that is none",
      sections: { web: { publicUrl: "hullkeeper" } },
      path: "web.publicUrl",
      reason: "not an https address",
    },
    {
      title: "an unknown level",
      sections: { log: { level: "verbose" } },
      path: "log.level",
      reason: "must be one of debug, info, warn, error",
    },
    {
      title: "another database",
      sections: { redis: { url: "postgres://db" } },
      path: "redis.url",
      reason: "must be redis://",
    },
    {
      title: "a number as the address of Redis",
      sections: { redis: { url: 6379 } },
      path: "redis.url",
      reason: "must be an address",
    },
    {
      title: "an address of Redis that a variable holds wrong",
      sections: { redis: { url: { env: "OTHER" } } },
      environment: { OTHER: "localhost:6379" },
      path: "redis.url.env",
      reason: "must be redis://",
    },
    {
      title: "REDIS_URL that is wrong",
      environment: { REDIS_URL: "http://redis" },
      path: "",
      reason: "environment variable REDIS_URL: must be redis://",
    },
    {
      title: "REDIS_URL that is empty",
      environment: { REDIS_URL: "" },
      path: "",
      reason: "environment variable REDIS_URL: is empty",
    },
  ])("refuses $title", async ({ path, reason, ...loaded }) => {
    expect(await faultsOf(loaded)).toEqual([{ path, reason: expect.stringContaining(reason) }]);
  });
});
