import { z } from "zod";
import type { Repository } from "../../../image/reference.ts";
import { Secret } from "../../../secret.ts";
import { isHeaderToken, TOKEN_USERNAME } from "./credentials.ts";

/** A file of docker's or podman's credentials, as far as it is understood. Keys are as written. */
export interface DockerConfig {
  readonly auths: ReadonlyMap<string, unknown>;
  readonly credHelpers: ReadonlyMap<string, string>;
  readonly credsStore: string | undefined;
}

/** A helper program that the file names for a registry. */
export interface NamedHelper {
  /** What follows `docker-credential-`, as written: may be anything. */
  readonly name: string;
  /** What it is to be asked for. */
  readonly serverUrl: string;
}

/** What an entry of `auths` says. `empty`: docker writes one for registries whose credentials are elsewhere. */
export type DockerEntry =
  | { readonly kind: "basic"; readonly username: string; readonly password: Secret }
  | { readonly kind: "identity-token"; readonly username: string; readonly token: Secret }
  | { readonly kind: "registry-token"; readonly token: Secret }
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "empty" };

const DOCKER_HUB = "docker.io";
/** Docker Hub's name since before registries had a second version of their interface. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";
const DOCKER_HUB_HOSTS: ReadonlySet<string> = new Set([
  DOCKER_HUB,
  "index.docker.io",
  "registry-1.docker.io",
]);

const configSchema = z.object({
  auths: z.record(z.string(), z.unknown()).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().nullish(),
});

/** Reads such a file; the reason when it is not one. The reason repeats nothing of its contents. */
export function parseDockerConfig(
  text: string,
):
  | { readonly kind: "config"; readonly config: DockerConfig }
  | { readonly kind: "malformed"; readonly reason: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which holds passwords.
    return { kind: "malformed", reason: "it is not JSON" };
  }
  const { data, error } = configSchema.safeParse(document);
  if (data === undefined) {
    const [field] = error.issues[0]?.path ?? [];
    const what = field === undefined ? "it" : String(field);
    return { kind: "malformed", reason: `${what} has not the form that docker writes` };
  }
  return {
    kind: "config",
    config: {
      auths: new Map(Object.entries(data.auths ?? {})),
      credHelpers: new Map(Object.entries(data.credHelpers ?? {})),
      credsStore: data.credsStore === null || data.credsStore === "" ? undefined : data.credsStore,
    },
  };
}

/** The program to ask for a registry's credentials: its own, else the one for all; undefined when the file names none. */
export function helperFor(
  { credHelpers, credsStore }: DockerConfig,
  registry: string,
): NamedHelper | undefined {
  const own = [...credHelpers].find(([key]) => placeOf(key) === registry);
  const name = own?.[1] ?? credsStore;
  if (name === undefined || name === "") return undefined;
  return { name, serverUrl: registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry };
}

/**
 * The entry for a repository, and the key it stands under: podman's longest path first (`host/team/app`, `host/team`, `host`). A host
 * must be equal to the last letter, port included.
 */
export function entryFor(
  { auths }: DockerConfig,
  { registry, path }: Repository,
): { readonly key: string; readonly entry: DockerEntry } | undefined {
  const parts = [registry, ...path.split("/")];
  const places = parts.map((_part, position) => parts.slice(0, parts.length - position).join("/"));
  const byPlace = new Map<string, string>();
  for (const key of auths.keys()) {
    const place = placeOf(key);
    // What is written as docker writes it today stands before the old forms.
    if (!byPlace.has(place) || key === place) byPlace.set(place, key);
  }
  const key = places.map((place) => byPlace.get(place)).find((found) => found !== undefined);
  return key === undefined ? undefined : { key, entry: parseEntry(auths.get(key)) };
}

/**
 * What a key is for: a host, or a host with a path. Old keys have a scheme and the version of the interface (`https://host/v1/`), which
 * say nothing about the place.
 */
function placeOf(key: string): string {
  const [, bare = ""] = /^(?:https?:\/\/)?(.*)$/s.exec(key) ?? [];
  const [host = "", ...path] = bare.split("/").filter((part, position) => part !== "" || position === 0);
  const known = DOCKER_HUB_HOSTS.has(host.toLowerCase()) ? DOCKER_HUB : host.toLowerCase();
  const isVersion = path.length === 1 && /^v[12]$/.test(path[0] ?? "");
  return isVersion ? known : [known, ...path].join("/");
}

const entrySchema = z.object({
  auth: z.string().nullish(),
  username: z.string().nullish(),
  password: z.string().nullish(),
  identitytoken: z.string().nullish(),
  registrytoken: z.string().nullish(),
});

function parseEntry(value: unknown): DockerEntry {
  const { data } = entrySchema.safeParse(value);
  if (data === undefined) return { kind: "malformed", reason: "it has not the form that docker writes" };
  const { auth, registrytoken, identitytoken } = data;
  const pair =
    auth === undefined || auth === null || auth === ""
      ? { username: data.username ?? "", password: data.password ?? "" }
      : decodePair(auth);
  if (pair === undefined) {
    return { kind: "malformed", reason: "its auth is not base64 of a user, a colon and a password" };
  }
  if (registrytoken) {
    return isHeaderToken(registrytoken)
      ? { kind: "registry-token", token: new Secret(registrytoken) }
      : { kind: "malformed", reason: "its registrytoken has characters that no token has" };
  }
  if (identitytoken) {
    const username = pair.username === "" ? TOKEN_USERNAME : pair.username;
    return { kind: "identity-token", username, token: new Secret(identitytoken) };
  }
  return basicEntryOf(pair);
}

function basicEntryOf({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): DockerEntry {
  if (username === "" && password === "") return { kind: "empty" };
  if (username === "" || password === "") {
    return { kind: "malformed", reason: "it has a user or a password, not both" };
  }
  if (username.includes(":")) return { kind: "malformed", reason: "its user has a colon in it" };
  return { kind: "basic", username, password: new Secret(password) };
}

function decodePair(auth: string): { readonly username: string; readonly password: string } | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(auth)) return undefined;
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon === -1) return undefined;
  // Docker's own reader drops these; some tools pad with them.
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replaceAll(/^\0+|\0+$/g, "") };
}
