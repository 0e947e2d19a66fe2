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
 * By host as references name it, or the end of one.
 */
const KNOWN: readonly {
  readonly hosts: readonly string[];
  readonly ends?: RegExp;
  readonly limits: HostLimits;
}[] = [
  { hosts: ["docker.io", "registry-1.docker.io", "dhi.io"], limits: { perSecond: 5, burst: 20 } },
  // Its own limit per minute, told in X-RateLimit-*.
  { hosts: ["hub.docker.com"], limits: { perSecond: 1, burst: 5 } },
  { hosts: ["ghcr.io"], limits: { perSecond: 10, burst: 20 } },
  {
    hosts: [],
    ends: /\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn|sc2s\.sgov\.gov|c2s\.ic\.gov)$/,
    limits: { perSecond: 20, burst: 50 },
  },
  { hosts: [ECR_PUBLIC], limits: { perSecond: 8, burst: 10 } },
  { hosts: ["mcr.microsoft.com"], limits: { perSecond: 5, burst: 10 } },
  { hosts: ["gcr.io"], ends: /\.(?:gcr\.io|pkg\.dev)$/, limits: { perSecond: 10, burst: 20 } },
  { hosts: [], ends: /\.azurecr\.(?:io|cn|us)$/, limits: { perSecond: 10, burst: 20 } },
  { hosts: ["quay.io"], limits: { perSecond: 5, burst: 5 } },
  { hosts: ["cgr.dev"], limits: { perSecond: 5, burst: 10 } },
  {
    hosts: ["registry.redhat.io", "registry.access.redhat.com", "registry.connect.redhat.com"],
    limits: { perSecond: 5, burst: 5 },
  },
  { hosts: ["reg.mini.dev"], limits: { perSecond: 3, burst: 5 } },
  { hosts: ["registry1.dso.mil"], limits: { perSecond: 2, burst: 5 } },
];

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
  const known = KNOWN.find(({ hosts, ends }) => hosts.includes(host) || ends?.test(host) === true);
  if (known !== undefined) return known.limits;
  return settings?.plainHttp === true || settings?.allowPrivate === true ? OWN : OTHERS;
}
