import { type RegistryKind, registryKindOf } from "../../image/registry-kind.ts";
import type { HostLimits } from "../../ports/host-gate.ts";
import { ANONYMOUS } from "./login/credentials.ts";
import type { RegistryHostSettings } from "./settings.ts";

/** Hosts nothing is known of. */
const OTHERS: HostLimits = { perSecond: 5, burst: 10 };
/** Hosts an operator runs, or at least reaches inside a network of theirs. */
const OWN: HostLimits = { perSecond: 50, burst: 100 };

const ECR_PUBLIC = "public.ecr.aws";
const ECR_PUBLIC_ANONYMOUS: HostLimits = { perSecond: 0.8, burst: 1 };

/**
 * What public registries may be asked: well below what they publish or were seen to allow, as others behind the same address ask them too.
 */
const BY_HOST: readonly (readonly [hosts: readonly string[], limits: HostLimits])[] = [
  [["docker.io", "registry-1.docker.io", "dhi.io"], { perSecond: 5, burst: 20 }],
  // Its own limit per minute, told in X-RateLimit-*.
  [["hub.docker.com"], { perSecond: 1, burst: 5 }],
  [["ghcr.io"], { perSecond: 10, burst: 20 }],
  [[ECR_PUBLIC], { perSecond: 8, burst: 10 }],
  [["mcr.microsoft.com"], { perSecond: 5, burst: 10 }],
  [["quay.io"], { perSecond: 5, burst: 5 }],
  [["cgr.dev"], { perSecond: 5, burst: 10 }],
  [
    ["registry.redhat.io", "registry.access.redhat.com", "registry.connect.redhat.com"],
    { perSecond: 5, burst: 5 },
  ],
  [["reg.mini.dev"], { perSecond: 3, burst: 5 }],
  [["registry1.dso.mil"], { perSecond: 2, burst: 5 }],
];

/** Clouds, where each customer or region has a host. */
const BY_KIND: Partial<Record<RegistryKind, HostLimits>> = {
  ecr: { perSecond: 20, burst: 50 },
  google: { perSecond: 10, burst: 20 },
  acr: { perSecond: 10, burst: 20 },
};

/**
 * What a host may be asked by one credential, over all processes: what the operator configured, else what is known of the host. A host that
 * the operator reaches over plain HTTP or on a private address is their own and gets 50 requests a second, 100 at once.
 */
export function limitsFor(
  host: string,
  credential: string,
  settings: RegistryHostSettings | undefined,
): HostLimits {
  if (settings?.budget !== undefined) return settings.budget;
  if (host === ECR_PUBLIC && credential === ANONYMOUS) return ECR_PUBLIC_ANONYMOUS;
  const known = BY_HOST.find(([hosts]) => hosts.includes(host))?.[1] ?? BY_KIND[registryKindOf(host)];
  if (known !== undefined) return known;
  return settings?.plainHttp === true || settings?.allowPrivate === true ? OWN : OTHERS;
}
