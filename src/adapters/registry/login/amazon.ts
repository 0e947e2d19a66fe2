import type { ECRClientConfig } from "@aws-sdk/client-ecr";
import { Secret } from "../../../secret.ts";
import { HOUR_MS, isInstant } from "../../../time.ts";
import { amazonRegistryOf } from "../../../image/amazon-host.ts";
import {
  type Credentials,
  credentialIdOf,
  type CredentialSource,
  loginFailed,
  type Place,
  type Wanted,
} from "./credentials.ts";
import { type Acquired, kindOfFailure, Renewed, type RenewedOptions } from "./renewed.ts";

/** Where Amazon's own client gets its credentials and what it asks; both are its own business when absent. */
export type AmazonSettings = Pick<ECRClientConfig, "credentials" | "endpoint">;

const LIFETIME_MS_DEFAULT = 12 * HOUR_MS;
const ATTEMPTS_MAX = 2;
/** The only region that hands out tokens for the public registry. */
const PUBLIC_REGION = "us-east-1";

interface AuthorizationData {
  readonly authorizationToken?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

/**
 * Logs in to Amazon's private registries with whatever Amazon's client finds (environment, profile, web identity, the machine's role): one
 * token per account and region. The client is loaded when it is needed first.
 *
 * @see Amazon ECR API, GetAuthorizationToken
 */
export class EcrLogin implements CredentialSource {
  readonly #settings: AmazonSettings;
  readonly #renewed: Renewed;

  constructor(settings: AmazonSettings, options: RenewedOptions) {
    this.#settings = settings;
    this.#renewed = new Renewed(options);
  }

  async credentialsFor(
    { repository: { registry } }: Place,
    wanted: Wanted,
  ): Promise<Credentials | undefined> {
    const source = "Amazon ECR";
    const place = amazonRegistryOf(registry);
    if (place === undefined) {
      throw loginFailed(
        { registry, source },
        "it is no private registry of Amazon's",
        "take the log-in of this kind from its settings",
      );
    }
    const { account, region, fips, dualStack } = place;
    const whose = `${account} ${region}`;
    const acquire = async (signal: AbortSignal): Promise<Acquired> => {
      const { ECRClient, GetAuthorizationTokenCommand } = await import("@aws-sdk/client-ecr");
      const client = new ECRClient({
        ...this.#settings,
        region,
        maxAttempts: ATTEMPTS_MAX,
        useFipsEndpoint: fips,
        useDualstackEndpoint: dualStack,
      });
      try {
        const answer = await client.send(new GetAuthorizationTokenCommand({}), { abortSignal: signal });
        return acquiredFrom(answer.authorizationData?.[0], { kind: "ecr", whose, source });
      } catch (thrown) {
        throw signal.aborted ? signal.reason : refusedBy({ registry, source, action: "ecr" }, thrown);
      } finally {
        client.destroy();
      }
    };
    return this.#renewed.credentials({ key: whose, registry, source, acquire }, wanted);
  }
}

/**
 * Logs in to Amazon's public registry, which allows ten times as many pulls then.
 *
 * @see Amazon ECR Public API, GetAuthorizationToken
 */
export class EcrPublicLogin implements CredentialSource {
  readonly #settings: AmazonSettings;
  readonly #renewed: Renewed;

  constructor(settings: AmazonSettings, options: RenewedOptions) {
    this.#settings = settings;
    this.#renewed = new Renewed(options);
  }

  async credentialsFor(
    { repository: { registry } }: Place,
    wanted: Wanted,
  ): Promise<Credentials | undefined> {
    const source = "Amazon ECR Public";
    if (registry !== "public.ecr.aws") {
      throw loginFailed(
        { registry, source },
        "it is not public.ecr.aws",
        "take the log-in of this kind from its settings",
      );
    }
    const acquire = async (signal: AbortSignal): Promise<Acquired> => {
      const { ECRPUBLICClient, GetAuthorizationTokenCommand } = await import("@aws-sdk/client-ecr-public");
      const client = new ECRPUBLICClient({
        ...this.#settings,
        region: PUBLIC_REGION,
        maxAttempts: ATTEMPTS_MAX,
      });
      try {
        const answer = await client.send(new GetAuthorizationTokenCommand({}), { abortSignal: signal });
        return acquiredFrom(answer.authorizationData, { kind: "ecr-public", whose: registry, source });
      } catch (thrown) {
        throw signal.aborted ? signal.reason : refusedBy({ registry, source, action: "ecr-public" }, thrown);
      } finally {
        client.destroy();
      }
    };
    return this.#renewed.credentials({ key: registry, registry, source, acquire }, wanted);
  }
}

/** What Amazon hands out is the base64 of a user, always AWS, and a password. */
function acquiredFrom(
  data: AuthorizationData | undefined,
  { kind, whose, source }: { readonly kind: string; readonly whose: string; readonly source: string },
): Acquired {
  const pair = Buffer.from(data?.authorizationToken ?? "", "base64").toString("utf8");
  const colon = pair.indexOf(":");
  if (colon < 1 || colon === pair.length - 1) throw new UnusableAnswer();
  const expiresAtMs = data?.expiresAt?.getTime() ?? Number.NaN;
  const lifetimeMs = isInstant(expiresAtMs) ? expiresAtMs - Date.now() : LIFETIME_MS_DEFAULT;
  return {
    credentials: {
      kind: "basic",
      username: pair.slice(0, colon),
      password: new Secret(pair.slice(colon + 1)),
      credentialId: credentialIdOf(kind, whose),
      source,
      renewal: "automatic",
      ...(isInstant(expiresAtMs) ? { expiresAt: expiresAtMs } : {}),
    },
    lifetimeMs: Math.min(Math.max(lifetimeMs, 0), LIFETIME_MS_DEFAULT),
  };
}

class UnusableAnswer extends Error {}

/** Amazon's messages are left out: that of a wrong signature repeats the whole request, session token included. */
function refusedBy(
  {
    registry,
    source,
    action,
  }: { readonly registry: string; readonly source: string; readonly action: string },
  thrown: unknown,
): Error {
  if (thrown instanceof UnusableAnswer) {
    return loginFailed({ registry, source }, "its answer holds no usable token", "it is tried again");
  }
  const kind = kindOfFailure(thrown);
  const happened =
    kind === "CredentialsProviderError" ? "Amazon's client finds no credentials" : `it answered ${kind}`;
  return loginFailed(
    { registry, source },
    happened,
    `give this process credentials of Amazon's that allow ${action}:GetAuthorizationToken`,
  );
}
