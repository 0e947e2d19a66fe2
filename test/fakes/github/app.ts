import { createPublicKey, randomBytes, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { Refused } from "./world.ts";
import type { Caller, Permissions, RepositoryState } from "./world.ts";

const JWT_LIFE_S_MAX = 10 * 60;
const CLOCK_SKEW_S = 60;
const TOKEN_LIFE_MS = 60 * 60_000;

/** A GitHub App that the double knows. */
export interface AppOptions {
  readonly id: number;
  /** Default: `hullkeeper`. */
  readonly slug?: string;
  /** PEM. The public half of a private key is taken, so either will do. */
  readonly key: string;
}

/** An App and who has installed it. */
export interface AppState {
  readonly id: number;
  readonly slug: string;
  readonly key: KeyObject;
  readonly createdAt: Date;
  readonly installations: InstallationState[];
  readonly tokens: Map<string, TokenState>;
}

/** An App at an account. */
export interface InstallationState {
  readonly id: number;
  readonly account: string;
  readonly accountKind: "User" | "Organization";
  readonly createdAt: Date;
  permissions: Permissions;
  /** Undefined: all of the account. */
  repositoryIds: Set<number> | undefined;
  suspendedAt: Date | undefined;
}

interface TokenState {
  readonly installation: InstallationState;
  readonly permissions: Permissions;
  readonly repositoryIds: ReadonlySet<number> | undefined;
  readonly expiresAt: Date;
}

/** Who a token of an installation may be narrower than. */
export interface TokenWish {
  readonly permissions?: Permissions | undefined;
  readonly repositories?: readonly RepositoryState[] | undefined;
}

export function createApp({ id, slug, key }: AppOptions, now: Date): AppState {
  return {
    id,
    slug: slug ?? "hullkeeper",
    key: createPublicKey(key),
    createdAt: now,
    installations: [],
    tokens: new Map(),
  };
}

/** Whether the installation has been given the repository. */
export function covers(
  { account, repositoryIds }: InstallationState,
  { owner, id }: RepositoryState,
): boolean {
  return owner.toLowerCase() === account.toLowerCase() && (repositoryIds?.has(id) ?? true);
}

/** Makes a token of an installation, for an hour. */
export function issueToken(
  { tokens }: AppState,
  installation: InstallationState,
  { permissions, repositories }: TokenWish,
  now: Date,
): TokenState & { readonly token: string } {
  if (installation.suspendedAt !== undefined) {
    throw new Refused(403, "This installation has been suspended");
  }
  for (const [name, level] of Object.entries(permissions ?? {})) {
    const given = installation.permissions[name];
    if (given !== level && given !== "write" && given !== "admin") {
      throw new Refused(422, "The permissions requested are not granted to this installation.");
    }
  }
  const token = `ghs_${randomBytes(18).toString("hex")}`;
  const state = {
    installation,
    permissions: permissions ?? installation.permissions,
    repositoryIds: repositories === undefined ? undefined : new Set(repositories.map(({ id }) => id)),
    expiresAt: new Date(now.getTime() + TOKEN_LIFE_MS),
  };
  tokens.set(token, state);
  return { ...state, token };
}

/** Whose token of an installation this is; undefined for none of the App's, or one whose time is over. */
export function installationCaller(app: AppState, token: string, now: Date): Caller | undefined {
  const state = app.tokens.get(token);
  if (state === undefined || state.expiresAt.getTime() <= now.getTime()) return undefined;
  const { installation, permissions, repositoryIds } = state;
  if (!app.installations.includes(installation)) return undefined;
  if (installation.suspendedAt !== undefined) {
    throw new Refused(403, "This installation has been suspended");
  }
  return {
    kind: "installation",
    login: `${app.slug}[bot]`,
    app: app.slug,
    installationId: installation.id,
    permissions: { ...permissions, metadata: "read" },
    sees: (repository) => covers(installation, repository) && (repositoryIds?.has(repository.id) ?? true),
  };
}

const HEADER = z.object({ alg: z.literal("RS256") });
const CLAIMS = z.object({
  iss: z.union([z.string(), z.number()]),
  iat: z.number().int().optional(),
  exp: z.number().optional(),
});

/** Refuses what is no assertion of the App, in GitHub's words. */
export function demandApp(app: AppState, jwt: string, now: Date): void {
  const undecodable = new Refused(401, "A JSON web token could not be decoded");
  const [header = "", payload = "", signature = "", ...rest] = jwt.split(".");
  if (rest.length > 0 || !HEADER.safeParse(jsonOf(header)).success) throw undecodable;
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify("RSA-SHA256", signed, app.key, Buffer.from(signature, "base64url"))) throw undecodable;
  const claims = CLAIMS.safeParse(jsonOf(payload)).data;
  if (claims === undefined) throw undecodable;
  const nowS = now.getTime() / 1_000;
  if (String(claims.iss) !== String(app.id)) throw new Refused(404, "Integration not found");
  if (claims.iat === undefined || claims.iat > nowS + CLOCK_SKEW_S) {
    throw new Refused(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (claims.exp === undefined || claims.exp <= nowS) {
    throw new Refused(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (claims.exp > nowS + JWT_LIFE_S_MAX || claims.exp - claims.iat > JWT_LIFE_S_MAX + CLOCK_SKEW_S) {
    throw new Refused(401, "'Expiration time' claim ('exp') is too far in the future");
  }
}

function jsonOf(part: string): unknown {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return parsed;
  } catch {
    return undefined;
  }
}
