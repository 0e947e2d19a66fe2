import { anything, assert, constantFrom, dictionary, json, property, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DockerConfig,
  type DockerEntry,
  entryFor,
  helperFor,
  parseDockerConfig,
} from "../../../../src/adapters/registry/login/docker-config.ts";
import { parseRepository } from "../../../../src/image/reference.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const auth = (user: string): { readonly auth: string } => ({ auth: base64(`${user}:canary`) });

function read(document: unknown): DockerConfig {
  const parsed = parseDockerConfig(JSON.stringify(document));
  if (parsed.kind === "malformed") throw new Error(parsed.reason);
  return parsed.config;
}

function userFor(auths: Readonly<Record<string, unknown>>, repository: string): string | undefined {
  const entry = entryFor(read({ auths }), parseRepository(repository))?.entry;
  return entry?.kind === "basic" ? entry.username : undefined;
}

/** An entry with its secrets in the open. */
function shown(entry: DockerEntry | undefined): unknown {
  if (entry === undefined || entry.kind === "empty" || entry.kind === "malformed") return entry;
  return entry.kind === "basic"
    ? { ...entry, password: entry.password.reveal() }
    : { ...entry, token: entry.token.reveal() };
}

describe("the entry for a repository", () => {
  test.each([
    { title: "its host", key: "quay.io", repository: "quay.io/acme/base" },
    { title: "its host and port", key: "127.0.0.1:5000", repository: "127.0.0.1:5000/base" },
    { title: "an old key with a scheme", key: "https://quay.io", repository: "quay.io/acme/base" },
    { title: "an old key with a version", key: "quay.io/v1/", repository: "quay.io/acme/base" },
    { title: "an old key with both", key: "https://quay.io/v2/", repository: "quay.io/acme/base" },
    { title: "an old key without TLS", key: "http://quay.io/v1", repository: "quay.io/acme/base" },
    { title: "its host in capitals", key: "Quay.IO", repository: "quay.io/acme/base" },
    { title: "Docker Hub's old key", key: "https://index.docker.io/v1/", repository: "redis" },
    { title: "Docker Hub by podman's key", key: "docker.io", repository: "docker.io/acme/base" },
    { title: "Docker Hub by its API's host", key: "registry-1.docker.io", repository: "redis" },
    { title: "podman's namespace", key: "quay.io/acme", repository: "quay.io/acme/base" },
    { title: "podman's repository", key: "quay.io/acme/base", repository: "quay.io/acme/base" },
    { title: "a namespace of Docker Hub", key: "docker.io/library", repository: "redis" },
  ])("stands under $title", ({ key, repository }) => {
    expect(userFor({ [key]: auth("robot") }, repository)).toBe("robot");
  });

  test.each([
    { title: "a host that begins alike", key: "quay.io.evil.example", repository: "quay.io/acme/base" },
    { title: "a host that ends alike", key: "evil-quay.io", repository: "quay.io/acme/base" },
    { title: "the domain above", key: "io", repository: "quay.io/acme/base" },
    { title: "a subdomain", key: "cdn.quay.io", repository: "quay.io/acme/base" },
    { title: "the host with a port", key: "quay.io:443", repository: "quay.io/acme/base" },
    { title: "another port", key: "127.0.0.1:5001", repository: "127.0.0.1:5000/base" },
    { title: "the host without its port", key: "127.0.0.1", repository: "127.0.0.1:5000/base" },
    { title: "a namespace that begins alike", key: "quay.io/ac", repository: "quay.io/acme/base" },
    { title: "another namespace", key: "quay.io/other", repository: "quay.io/acme/base" },
    {
      title: "another namespace with a scheme",
      key: "https://quay.io/other",
      repository: "quay.io/acme/base",
    },
    { title: "the host in another's path", key: "evil.example/quay.io", repository: "quay.io/acme/base" },
    { title: "Docker Hub", key: "https://index.docker.io/v1/", repository: "dhi.io/base" },
    { title: "Docker Hub for Scout", key: "docker.io", repository: "registry.scout.docker.com/a/b" },
    { title: "a wildcard", key: "*", repository: "quay.io/acme/base" },
    { title: "another scheme", key: "ftp://quay.io", repository: "quay.io/acme/base" },
    { title: "a host with a user", key: "https://x@quay.io", repository: "quay.io/acme/base" },
    { title: "nothing", key: "", repository: "quay.io/acme/base" },
    { title: "__proto__", key: "__proto__", repository: "quay.io/acme/base" },
  ])("does not stand under $title", ({ key, repository }) => {
    expect(userFor({ [key]: auth("robot") }, repository)).toBeUndefined();
  });

  test("is the one of the longest path", () => {
    const auths = {
      "quay.io": auth("host"),
      "quay.io/acme/base": auth("repository"),
      "quay.io/acme": auth("namespace"),
    };
    expect(userFor(auths, "quay.io/acme/base")).toBe("repository");
    expect(userFor(auths, "quay.io/acme/other")).toBe("namespace");
    expect(userFor(auths, "quay.io/acme/base/more")).toBe("repository");
    expect(userFor(auths, "quay.io/else/base")).toBe("host");
  });

  test("is the one written as today, whatever stands before it", () => {
    const auths = { "https://quay.io/v1/": auth("old"), "quay.io": auth("new") };
    expect(userFor(auths, "quay.io/acme/base")).toBe("new");
  });
});

const entryIn = (value: unknown): unknown =>
  shown(entryFor(read({ auths: { "quay.io": value } }), parseRepository("quay.io/a/b"))?.entry);

describe("an entry", () => {
  test.each<{ readonly title: string; readonly value: unknown; readonly entry: DockerEntry | object }>([
    {
      title: "splits at the first colon",
      value: { auth: base64("robot:can:ary") },
      entry: { kind: "basic", username: "robot", password: "can:ary" },
    },
    {
      title: "may have letters beyond ASCII",
      value: { auth: base64("robot:pässwörd") },
      entry: { kind: "basic", username: "robot", password: "pässwörd" },
    },
    {
      title: "drops padding of zeros",
      value: { auth: base64("robot:canary\0\0") },
      entry: { kind: "basic", username: "robot", password: "canary" },
    },
    {
      title: "may say user and password apart",
      value: { username: "robot", password: "canary" },
      entry: { kind: "basic", username: "robot", password: "canary" },
    },
    {
      title: "believes auth before user and password",
      value: { auth: base64("robot:canary"), username: "other", password: "other" },
      entry: { kind: "basic", username: "robot", password: "canary" },
    },
    {
      title: "prefers an identity token",
      value: { auth: base64("robot:"), identitytoken: "canary" },
      entry: { kind: "identity-token", username: "robot", token: "canary" },
    },
    {
      title: "knows an identity token without a user",
      value: { identitytoken: "canary" },
      entry: { kind: "identity-token", username: "<token>", token: "canary" },
    },
    {
      title: "prefers a registry token to all others",
      value: { auth: base64("robot:x"), identitytoken: "x", registrytoken: "canary" },
      entry: { kind: "registry-token", token: "canary" },
    },
    { title: "may be empty", value: {}, entry: { kind: "empty" } },
    { title: "may hold nulls", value: { auth: null, identitytoken: null }, entry: { kind: "empty" } },
    { title: "may hold what we do not know", value: { email: "x@y.example" }, entry: { kind: "empty" } },
  ])("$title", ({ value, entry }) => {
    expect(entryIn(value)).toEqual(entry);
  });

  test.each([
    { title: "auth that is no base64", value: { auth: "canary!" } },
    { title: "auth without a colon", value: { auth: base64("canary") } },
    { title: "auth that is a number", value: { auth: 1 } },
    { title: "auth with a user alone", value: { auth: base64("canary:") } },
    { title: "auth with a password alone", value: { auth: base64(":canary") } },
    { title: "a user alone", value: { username: "canary" } },
    { title: "a user with a colon", value: { username: "can:ary", password: "canary" } },
    { title: "a registry token with a line break", value: { registrytoken: "canary\nx: y" } },
    { title: "a text", value: "canary" },
    { title: "a list", value: ["canary"] },
    { title: "null", value: null },
  ])("of $title is malformed, and the reason repeats nothing of it", ({ value }) => {
    const entry = entryIn(value);
    expect(entry).toMatchObject({ kind: "malformed" });
    expect(JSON.stringify(entry)).not.toContain("canary");
  });
});

describe("the helper for a registry", () => {
  const config = read({
    credHelpers: { "gcr.io": "gcloud", "https://index.docker.io/v1/": "hub", "empty.example": "" },
    credsStore: "desktop",
  });

  test.each([
    { registry: "gcr.io", helper: { name: "gcloud", serverUrl: "gcr.io" } },
    { registry: "quay.io", helper: { name: "desktop", serverUrl: "quay.io" } },
    { registry: "docker.io", helper: { name: "hub", serverUrl: "https://index.docker.io/v1/" } },
    { registry: "gcr.io.evil.example", helper: { name: "desktop", serverUrl: "gcr.io.evil.example" } },
    { registry: "empty.example", helper: undefined },
  ])("$registry is $helper.name", ({ registry, helper }) => {
    expect(helperFor(config, registry)).toEqual(helper);
  });

  test.each([{ document: {} }, { document: { credsStore: "" } }, { document: { credHelpers: null } }])(
    "is none in $document",
    ({ document }) => {
      expect(helperFor(read(document), "quay.io")).toBeUndefined();
    },
  );
});

describe("a file", () => {
  test.each([
    { title: "that is empty", text: "" },
    { title: "that is no JSON", text: "{canary" },
    { title: "that is a text", text: '"canary"' },
    { title: "that is a list", text: '["canary"]' },
    { title: "that is null", text: "null" },
    { title: "whose auths are a list", text: '{"auths":["canary"]}' },
    { title: "whose helpers are no texts", text: '{"credHelpers":{"canary.example":{"canary":1}}}' },
    { title: "whose store is a number", text: '{"credsStore":1,"auths":{"canary":{}}}' },
  ])("$title is malformed, and the reason repeats nothing of it", ({ text }) => {
    const parsed = parseDockerConfig(text);
    expect(parsed).toMatchObject({ kind: "malformed" });
    expect(JSON.stringify(parsed)).not.toContain("canary");
  });

  test("of any text, and any entry in it, is read without throwing", () => {
    const repository = parseRepository("quay.io/acme/base");
    const key = tuple(
      constantFrom("", "https://", "http://"),
      constantFrom("quay.io", "/", "docker.io"),
      string(),
    );
    assert(
      property(json(), (text) => {
        const parsed = parseDockerConfig(text);
        if (parsed.kind === "config") entryFor(parsed.config, repository);
      }),
    );
    assert(
      property(
        dictionary(
          key.map((parts) => parts.join("")),
          anything(),
        ),
        (auths) => {
          const text = JSON.stringify({ auths: toJson(auths) }) ?? "";
          const parsed = parseDockerConfig(text);
          if (parsed.kind === "config") entryFor(parsed.config, repository);
        },
      ),
    );
  });

  test("gives a repository nothing that is keyed by another host", () => {
    const host = string({ minLength: 1, maxLength: 12 }).filter(
      (text) => text !== "quay.io" && !text.includes("/") && text.toLowerCase() !== "quay.io",
    );
    assert(
      property(
        host,
        constantFrom("", "https://", "http://"),
        constantFrom("", "/v1/", "/v2/", "/acme"),
        (...parts) => {
          const [name, scheme, path] = parts;
          expect(
            userFor({ [`${scheme}${name}${path}`]: auth("robot") }, "quay.io/acme/base"),
          ).toBeUndefined();
        },
      ),
    );
  });

  test("of a megabyte in one key is read in no time", () => {
    const auths = Object.fromEntries(
      ["/", ":", "v", "1", "h", "H"].map((letter) => [`https://${letter.repeat(150_000)}`, auth("robot")]),
    );
    expect(userFor(auths, "quay.io/acme/base")).toBeUndefined();
  });
});

/** Values that JSON cannot hold, as it would leave them. */
function toJson(value: unknown): unknown {
  try {
    return JSON.parse(
      JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? 0 : part)) ?? "{}",
    );
  } catch {
    return {};
  }
}
