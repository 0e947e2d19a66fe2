import { type RegistryKind, registryKindOf } from "../src/image/registry-kind.ts";

/** Hosts that a cloud's own log-in is for: an example, and what stands for `*` when the end of hosts is looked at. */
const CLOUDS: ReadonlyMap<
  string,
  { readonly kind: RegistryKind; readonly example: string; readonly begin: string }
> = new Map([
  ["ecr", { kind: "ecr", example: "123456789012.dkr.ecr.eu-central-1.amazonaws.com", begin: "123456789012" }],
  ["ecr-public", { kind: "ecr-public", example: "public.ecr.aws", begin: "x" }],
  ["google", { kind: "google", example: "europe-docker.pkg.dev", begin: "europe-docker" }],
  ["acr", { kind: "acr", example: "acme.azurecr.io", begin: "acme" }],
]);

/**
 * Why a cloud's log-in is not for a host, or not for all hosts with an end; undefined where it is, and for other log-ins. Credentials of a
 * cloud must not go to anybody else.
 */
export function cloudHostFault(auth: string, host: string): string | undefined {
  const cloud = CLOUDS.get(auth);
  if (cloud === undefined) return undefined;
  const named = host.startsWith("*.") ? `${cloud.begin}.${host.slice(2)}` : host;
  return registryKindOf(named) === cloud.kind
    ? undefined
    : `${auth} logs in to hosts such as ${cloud.example}, and ${host} is none of them`;
}
