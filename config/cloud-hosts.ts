/** Hosts that a cloud's own log-in is for. Credentials of a cloud must not go to anybody else. */
const HOSTS: Readonly<Record<string, { readonly pattern: RegExp; readonly example: string }>> = {
  /** @see amazon-ecr-credential-helper, ecr-login/api/client.go: commercial, FIPS, dual-stack, China, Europe's and the isolated clouds */
  ecr: {
    pattern:
      /^\d{12}\.(?:dkr\.ecr(?:-fips)?\.[a-z-]+-\d\.(?:amazonaws\.(?:com(?:\.cn)?|eu)|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)|dkr-ecr(?:-fips)?\.[a-z-]+-\d\.on\.(?:aws|amazonwebservices\.(?:com\.cn|eu)))$/,
    example: "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
  },
  "ecr-public": { pattern: /^public\.ecr\.aws$/, example: "public.ecr.aws" },
  google: {
    pattern: /^(?:(?:[a-z-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)$/,
    example: "europe-docker.pkg.dev",
  },
  acr: { pattern: /^[a-z0-9-]+\.azurecr\.(?:io|cn|us)$/, example: "acme.azurecr.io" },
};

/** What stands for `*` when the end of hosts is looked at, by the log-in. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  ecr: "123456789012",
  google: "europe-docker",
  acr: "acme",
};

/** Why a cloud's log-in is not for a host, or not for all hosts with an end; undefined where it is, and for other log-ins. */
export function cloudHostFault(auth: string, host: string): string | undefined {
  const cloud = HOSTS[auth];
  if (cloud === undefined) return undefined;
  const named = host.startsWith("*.") ? `${BEGINNINGS[auth] ?? "x"}.${host.slice(2)}` : host;
  return cloud.pattern.test(named)
    ? undefined
    : `${auth} logs in to hosts such as ${cloud.example}, and ${host} is none of them`;
}
