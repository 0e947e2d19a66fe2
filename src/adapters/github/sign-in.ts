import { createPrivateKey } from "node:crypto";
import { App, Octokit } from "octokit";
import { z } from "zod";
import { InvalidInputError } from "../../errors.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import type { Secret } from "../../secret.ts";
import { HOUR_MS } from "../../time.ts";

/** As whom GitHub is asked. */
export type GitHubAuth =
  /** A personal access token, classic or fine-grained. */
  | { readonly kind: "token"; readonly token: Secret }
  /** A GitHub App: each installation has a token of its own, made when it is needed and renewed before it ends. */
  | { readonly kind: "app"; readonly id: number; readonly privateKey: Secret };

/** Gives whoever may speak for a code repository. */
export interface SignIn {
  /** Whose allowance writes to it are counted against: `token`, or `installation 123`. */
  accountFor(repository: CodeRepository, signal: AbortSignal): Promise<string>;
  octokitFor(repository: CodeRepository | undefined, signal: AbortSignal): Promise<Octokit>;
  /** Of the App: all installations speak for themselves. Undefined for a token. */
  readonly ofInstallation: ((id: number) => Promise<Octokit>) | undefined;
  /** The text without what signs in. */
  redact(text: string): string;
}

/** How every octokit is made. */
export type OctokitClass = typeof Octokit;

const INSTALLATION = z.object({ id: z.int().positive() });
/** How long it is believed which installation a repository belongs to. */
const BELIEVED_MS = HOUR_MS;
const KNOWN_MAX = 10_000;
/** Tokens of GitHub and JSON Web Tokens, as they look. */
const TOKENS =
  /\b(?:gh[a-z]_[A-Za-z0-9_]{10,}|github_pat_[A-Za-z0-9_]{10,}|eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]{5,})/g;

/**
 * Signs in.
 *
 * @throws {InvalidInputError} `config-invalid` for a token that no request could carry, or a private key that cannot sign
 */
export function createSignIn(auth: GitHubAuth, Configured: OctokitClass): SignIn {
  return auth.kind === "token" ? withToken(auth.token, Configured) : withApp(auth, Configured);
}

function withToken(token: Secret, Configured: OctokitClass): SignIn {
  // Anything else would come back in the message of the refused header.
  if (!/^[\x21-\x7e]+$/.test(token.reveal())) {
    throw new InvalidInputError(
      "config-invalid",
      "the GitHub token is empty or holds a space or a control character",
    );
  }
  const octokit = new Configured({ auth: token.reveal() });
  return {
    accountFor: () => Promise.resolve("token"),
    octokitFor: () => Promise.resolve(octokit),
    ofInstallation: undefined,
    redact: (text) => text.replaceAll(token.reveal(), "[secret]").replaceAll(TOKENS, "[secret]"),
  };
}

function withApp({ id, privateKey }: Extract<GitHubAuth, { kind: "app" }>, Configured: OctokitClass): SignIn {
  const app = new App({ appId: id, privateKey: pkcs8Of(privateKey), Octokit: Configured });
  const octokits = new Map<number, Promise<Octokit>>();
  const known = new Map<string, { readonly id: number; readonly atMs: number }>();

  const ofInstallation = (installation: number): Promise<Octokit> => {
    const made = octokits.get(installation) ?? app.getInstallationOctokit(installation);
    if (octokits.size >= KNOWN_MAX) octokits.clear();
    octokits.set(installation, made);
    made.catch(() => octokits.delete(installation));
    return made;
  };
  const installationOf = async ({ owner, name }: CodeRepository, signal: AbortSignal): Promise<number> => {
    const key = `${owner}/${name}`.toLowerCase();
    const before = known.get(key);
    if (before !== undefined && performance.now() - before.atMs < BELIEVED_MS) return before.id;
    const { data } = await app.octokit.rest.apps.getRepoInstallation({
      owner,
      repo: name,
      request: { signal },
    });
    const { id: found } = INSTALLATION.parse(data);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, { id: found, atMs: performance.now() });
    return found;
  };
  return {
    accountFor: async (repository, signal) => `installation ${await installationOf(repository, signal)}`,
    octokitFor: async (repository, signal) =>
      repository === undefined ? app.octokit : ofInstallation(await installationOf(repository, signal)),
    ofInstallation,
    redact: (text) => text.replaceAll(TOKENS, "[secret]"),
  };
}

/** The key in the one form that every version of Node signs with. */
function pkcs8Of(privateKey: Secret): string {
  try {
    const key = createPrivateKey(privateKey.reveal());
    if (key.asymmetricKeyType !== "rsa") throw new TypeError("not RSA");
    return key.export({ type: "pkcs8", format: "pem" }).toString();
  } catch {
    throw new InvalidInputError(
      "config-invalid",
      "the private key of the GitHub App is not an RSA key in PEM: take the file that GitHub gave",
    );
  }
}
