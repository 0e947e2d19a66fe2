import { isAbsolute, join, resolve } from "node:path";
import { Secret } from "../src/secret.ts";
import type { Config } from "./config.ts";
import type { Fault } from "./fault.ts";
import type { DockerConfigChoice, ProxyChoice } from "./network.ts";

/** What a program that keeps credentials needs to find itself, its files and its keyring. */
const HELPER_VARIABLES = ["PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS"];

/** Where docker and podman keep credentials here; undefined where they are not to be looked at. */
export function dockerConfigOf(
  { dockerConfig, helpers }: { readonly dockerConfig: DockerConfigChoice; readonly helpers: boolean },
  environment: NodeJS.ProcessEnv,
): Config["dockerConfig"] {
  const rest = {
    helpers: helpers ? "run" : "ignored",
    helperEnvironment: Object.fromEntries(
      HELPER_VARIABLES.flatMap((name) => {
        const value = valueIn(environment, name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  } as const;
  switch (dockerConfig.kind) {
    case "off":
      return undefined;
    case "file":
      return { files: [dockerConfig.path], ...rest };
    case "auto": {
      const inline = valueIn(environment, "DOCKER_AUTH_CONFIG");
      const files = dockerFilesOf(environment);
      return { ...(inline === undefined ? {} : { inline: new Secret(inline) }), files, ...rest };
    }
    default:
      return dockerConfig satisfies never;
  }
}

/** In the order they are looked at. As docker does, its own folder is the one `DOCKER_CONFIG` names, if it names one. */
function dockerFilesOf(environment: NodeJS.ProcessEnv): readonly string[] {
  const home = valueIn(environment, "HOME");
  const files = [
    ...below(valueIn(environment, "DOCKER_CONFIG") ?? (home && join(home, ".docker")), "config.json"),
    ...below(valueIn(environment, "REGISTRY_AUTH_FILE")),
    ...below(valueIn(environment, "XDG_RUNTIME_DIR"), "containers", "auth.json"),
    ...below(
      valueIn(environment, "XDG_CONFIG_HOME") ?? (home && join(home, ".config")),
      "containers",
      "auth.json",
    ),
  ];
  return [...new Set(files)];
}

function below(folder: string | undefined, ...path: readonly string[]): readonly string[] {
  return folder === undefined ? [] : [resolve(join(folder, ...path))];
}

/** Where what can be had again may be kept. @see XDG Base Directory Specification, XDG_CACHE_HOME */
export function cacheDirectoryOf(environment: NodeJS.ProcessEnv): string | undefined {
  const home = valueIn(environment, "HOME");
  const caches = valueIn(environment, "XDG_CACHE_HOME");
  // A relative one is to be ignored.
  if (caches !== undefined && isAbsolute(caches)) return join(caches, "hullkeeper");
  return home === undefined || !isAbsolute(home) ? undefined : join(home, ".cache", "hullkeeper");
}

/** The proxy in force, and what is wrong with what the environment says of one. */
export function proxyOf(
  choice: ProxyChoice,
  environment: NodeJS.ProcessEnv,
): { readonly proxy: Config["proxy"]; readonly faults: readonly Fault[] } {
  switch (choice.kind) {
    case "none":
      return { proxy: undefined, faults: [] };
    case "configured": {
      const { kind: _kind, ...proxy } = choice;
      return { proxy: proxyOrNone(proxy), faults: [] };
    }
    case "environment": {
      const http = addressIn(environment, "HTTP_PROXY");
      const https = addressIn(environment, "HTTPS_PROXY");
      const none = eitherCase(environment, "NO_PROXY")?.value;
      return {
        proxy: proxyOrNone({
          ...(http.address === undefined ? {} : { http: http.address }),
          ...(https.address === undefined ? {} : { https: https.address }),
          ...(none === undefined ? {} : { none }),
        }),
        faults: [...http.faults, ...https.faults],
      };
    }
    default:
      return choice satisfies never;
  }
}

/** Exceptions alone are no proxy. */
function proxyOrNone(proxy: NonNullable<Config["proxy"]>): Config["proxy"] {
  return proxy.http === undefined && proxy.https === undefined ? undefined : proxy;
}

function addressIn(
  environment: NodeJS.ProcessEnv,
  name: string,
): { readonly address?: Secret; readonly faults: readonly Fault[] } {
  const found = eitherCase(environment, name);
  if (found === undefined) return { faults: [] };
  // As curl takes it: a host alone is one that is spoken to by http.
  const text = found.value.includes("://") ? found.value : `http://${found.value}`;
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return { address: new Secret(text), faults: [] };
  // Not shown: it may hold a password.
  const reason = `environment variable ${found.name}: must be http://host:port`;
  return { faults: [{ path: "", reason: `${reason}, or network.proxy must be none` }] };
}

function eitherCase(
  environment: NodeJS.ProcessEnv,
  name: string,
): { readonly name: string; readonly value: string } | undefined {
  for (const written of [name.toLowerCase(), name]) {
    const value = valueIn(environment, written);
    if (value !== undefined) return { name: written, value };
  }
  return undefined;
}

function valueIn(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === "" ? undefined : value;
}
