import type { RegistryAccess, RegistryLogin } from "./config.ts";
import type { Section } from "./schema.ts";

/** One entry of `registries`. */
export type RegistryEntry = Section<"registries">[string];

/** How a registry with this entry is spoken to. */
export function accessOf(entry: RegistryEntry): RegistryAccess {
  const { kind, plainHttp, allowPrivate, trustedRealms, ca, http2, budget, lists } = entry;
  const login = loginOf(entry);
  return {
    plainHttp,
    allowPrivate,
    ...(kind === undefined ? {} : { kind }),
    ...(login === undefined ? {} : { login }),
    ...(trustedRealms === undefined ? {} : { trustedRealms }),
    ...(ca === undefined ? {} : { ca }),
    ...(http2 === undefined ? {} : { http2 }),
    ...(budget === undefined ? {} : { budget }),
    ...(lists === undefined ? {} : { lists: lists ? "allowed" : "ignored" }),
  };
}

/** How an entry logs in; undefined where docker's files may say it. */
export function loginOf({
  username,
  password,
  identityToken,
  registryToken,
  auth,
  google,
  acr,
}: RegistryEntry): RegistryLogin | undefined {
  if (username !== undefined && password !== undefined) return { kind: "basic", username, password };
  if (identityToken !== undefined) return { kind: "identity-token", token: identityToken };
  if (registryToken !== undefined) return { kind: "registry-token", token: registryToken };
  switch (auth) {
    case undefined:
    case "docker-config":
      return undefined;
    case "google":
      return { kind: "google", ...(google === undefined ? {} : { key: google.key }) };
    case "acr":
      return acr === undefined ? undefined : acrLoginOf(acr);
    case "ecr":
    case "ecr-public":
    case "anonymous":
      return { kind: auth };
    default:
      return auth satisfies never;
  }
}

function acrLoginOf({
  tenant,
  clientId,
  secret,
  tokenFile,
}: NonNullable<RegistryEntry["acr"]>): RegistryLogin | undefined {
  if (secret !== undefined) return { kind: "acr", tenant, clientId, proof: { kind: "secret", secret } };
  if (tokenFile === undefined) return undefined;
  return { kind: "acr", tenant, clientId, proof: { kind: "token-file", path: tokenFile } };
}
