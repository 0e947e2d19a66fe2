import type { Octokit } from "octokit";
import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { HOUR_MS, MINUTE_MS } from "../../time.ts";
import { type Exchange, parseAnswer, type Question } from "./exchange.ts";
import type { Grants } from "./grants.ts";
import type { Octokits } from "./octokits.ts";

/** A client of octokit with what it speaks with, which must not come back in a message. */
export interface Session {
  readonly octokit: Octokit;
  readonly secrets: readonly string[];
  /** What it may do, as far as the host told; undefined before it did. */
  readonly grants: () => Grants | undefined;
}

/** Who speaks to GitHub, by what is spoken about. */
export interface Sessions {
  /** With the rights on this repository. @throws {CodedError} `code-host-*` */
  sessionFor(repository: CodeRepository, signal: AbortSignal): Promise<Session>;
  /** A session did not work: the next one is made anew. */
  refused(repository: CodeRepository): void;
}

/** The installations of an App. */
export interface Installations extends Sessions {
  readonly app: Session;
  /** Lists and reads as this installation. @throws {CodedError} `code-host-*` */
  sessionOf(installation: InstallationName, signal: AbortSignal): Promise<Session>;
}

/** An installation by its number, with the account it is for. */
export interface InstallationName {
  readonly id: number;
  readonly account: string;
}

/** So long before its end a token is renewed: a request may take a while, and a job makes many. */
const RENEW_EARLY_MS = 5 * MINUTE_MS;
/** How long a token is used whose end GitHub did not say by its own clock. They hold for an hour. */
const TOKEN_DEFAULT_MS = 50 * MINUTE_MS;
/** How long it is believed that a repository belongs to an installation. */
const FOUND_MS = HOUR_MS;
/** Repositories whose installation is remembered; more are looked up again. */
const FOUND_MAX = 10_000;

const INSTALLATION = z.object({
  id: z.int().positive(),
  account: z
    .object({ login: z.string().max(100).optional(), slug: z.string().max(100).optional() })
    .nullable(),
  suspended_at: z.string().nullish(),
});

const TOKEN = z.object({
  token: z
    .string()
    .max(1_000)
    .regex(/^[\x21-\x7e]+$/),
  expires_at: z.string().max(64),
  permissions: z.record(z.string(), z.string()).optional(),
});

/** A token, or the request for one, with when it is used no more, by the monotonic clock. */
interface Held<T> {
  readonly value: Promise<T>;
  readonly untilMs: () => number;
}

/**
 * Sessions of an App: a repository's installation is looked up once an hour, its token is renewed before it ends. Who asks while a
 * request is under way waits for that one.
 */
export function createInstallations(app: Session, octokits: Octokits, exchange: Exchange): Installations {
  const found = new Map<string, Held<InstallationName>>();
  const tokens = new Map<number, Held<Session>>();

  const sessionOf = (installation: InstallationName, signal: AbortSignal): Promise<Session> =>
    held(tokens, installation.id, signal, async (keepUntil) => {
      const { session, forMs } = await logIn({ app, octokits, exchange }, installation, signal);
      keepUntil(performance.now() + forMs);
      return session;
    });
  const installationOf = (repository: CodeRepository, signal: AbortSignal): Promise<InstallationName> =>
    held(found, nameOf(repository), signal, async (keepUntil) => {
      const installation = await findInstallation({ app, exchange }, repository, signal);
      keepUntil(performance.now() + FOUND_MS);
      if (found.size > FOUND_MAX) found.delete(found.keys().next().value ?? "");
      return installation;
    });

  return {
    app,
    sessionOf,
    async sessionFor(repository, signal) {
      const installation = await installationOf(repository, signal);
      try {
        return await sessionOf(installation, signal);
      } catch (thrown) {
        // It may have been removed, and made again under another number.
        found.delete(nameOf(repository));
        throw thrown;
      }
    },
    refused(repository) {
      const name = nameOf(repository);
      const installation = found.get(name);
      found.delete(name);
      installation?.value.then(({ id }) => tokens.delete(id)).catch(() => undefined);
    },
  };
}

/** What is held for a key and still good; else it is asked for, once for all who want it. */
async function held<K, T>(
  map: Map<K, Held<T>>,
  key: K,
  signal: AbortSignal,
  ask: (keepUntil: (untilMs: number) => void) => Promise<T>,
): Promise<T> {
  const known = map.get(key);
  if (known !== undefined && performance.now() < known.untilMs()) {
    try {
      return await known.value;
    } catch (thrown) {
      // Whoever asked first may have given up, which is no answer to us.
      if (thrown instanceof CodedError) throw thrown;
      signal.throwIfAborted();
    }
  }
  let untilMs = Number.POSITIVE_INFINITY;
  const value = ask((until) => {
    untilMs = until;
  });
  const entry = { value, untilMs: () => untilMs };
  map.set(key, entry);
  try {
    return await value;
  } catch (thrown) {
    if (map.get(key) === entry) map.delete(key);
    throw thrown;
  }
}

async function findInstallation(
  { app, exchange }: { readonly app: Session; readonly exchange: Exchange },
  { owner, name }: CodeRepository,
  signal: AbortSignal,
): Promise<InstallationName> {
  const question: Question = {
    operation: "get-installation",
    subject: `${owner}/${name}`,
    signal,
    secrets: app.secrets,
  };
  const answer = await exchange
    .send(question, (request) => app.octokit.rest.apps.getRepoInstallation({ owner, repo: name, request }))
    .catch((thrown: unknown) => {
      if (!(thrown instanceof CodedError && thrown.code === "code-host-not-found")) throw thrown;
      throw new CodedError(
        "code-host-not-found",
        `the App is not installed for ${owner}/${name}, or the repository does not exist`,
        { status: 404 },
      );
    });
  const { id, account, suspended_at } = parseAnswer(question, exchange.host, INSTALLATION, answer.data);
  if (suspended_at !== undefined && suspended_at !== null) {
    throw new CodedError(
      "code-host-forbidden",
      `the installation of the App for ${owner} is suspended: an owner of ${owner} can let it work again`,
    );
  }
  return { id, account: account?.login ?? account?.slug ?? owner };
}

async function logIn(
  {
    app,
    octokits,
    exchange,
  }: { readonly app: Session; readonly octokits: Octokits; readonly exchange: Exchange },
  { id, account }: InstallationName,
  signal: AbortSignal,
): Promise<{ readonly session: Session; readonly forMs: number }> {
  const subject = `the installation of the App for ${account}`;
  const question: Question = {
    operation: "create-installation-token",
    subject,
    signal,
    secrets: app.secrets,
  };
  const answer = await exchange
    .send(question, (request) =>
      app.octokit.rest.apps.createInstallationAccessToken({ installation_id: id, request }),
    )
    .catch((thrown: unknown) => {
      if (!(thrown instanceof CodedError)) throw thrown;
      if (thrown.code === "code-host-not-found") {
        throw new CodedError("code-host-not-found", `${subject} was removed`, { status: 404 });
      }
      if (thrown.code === "code-host-forbidden") {
        const words = `${subject} may not be used; it is suspended, or was taken its rights`;
        throw new CodedError("code-host-forbidden", words, { status: 403 });
      }
      throw thrown;
    });
  const { token, expires_at, permissions } = parseAnswer(question, exchange.host, TOKEN, answer.data);
  const grants: Grants | undefined =
    permissions === undefined ? undefined : { kind: "permissions", given: permissions };
  return {
    session: { octokit: octokits.withToken(token), secrets: [...app.secrets, token], grants: () => grants },
    forMs: usableForMs(expires_at, String(answer.headers?.["date"] ?? "")),
  };
}

/** How long a token is used, by the clock of who gave it alone: ours may be wrong. */
function usableForMs(expiresAt: string, date: string): number {
  const leftMs = Date.parse(expiresAt) - Date.parse(date);
  return Number.isNaN(leftMs) ? TOKEN_DEFAULT_MS : Math.min(leftMs, HOUR_MS) - RENEW_EARLY_MS;
}

/** GitHub does not tell upper from lower case. */
function nameOf({ owner, name }: CodeRepository): string {
  return `${owner}/${name}`.toLowerCase();
}
