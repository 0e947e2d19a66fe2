import { App, Octokit } from "octokit";
import type { GitHubAuth } from "../../../../src/adapters/github/options.ts";
import type { CodeRepository } from "../../../../src/proposal/plan.ts";
import { Secret } from "../../../../src/secret.ts";
import type { Permissions } from "../../../fakes/github/world.ts";
import { UNCOUNTED } from "../../../fakes/metrics.ts";
import { createTestedHost, type TestedHost } from "../host.ts";
import { APP_ID, FILES, type Identity, KEY, STRANGE_KEY } from "./opinion.ts";

/** The product's own adapter, signed in as the App or with this token. */
export function adapterAt(baseUrl: string, as: Identity, token: string): TestedHost {
  return signedIn(
    baseUrl,
    as === "app"
      ? { kind: "app", id: String(APP_ID), privateKey: new Secret(KEY.privateKey) }
      : { kind: "token", token: new Secret(token) },
  );
}

/** The same with a key, or a token, that nobody gave. */
export function strangerAt(baseUrl: string, as: Identity): TestedHost {
  return signedIn(
    baseUrl,
    as === "app"
      ? { kind: "app", id: String(APP_ID), privateKey: new Secret(STRANGE_KEY.privateKey) }
      : { kind: "token", token: new Secret(`ghp_${"0".repeat(36)}`) },
  );
}

/** A person with a token, by octokit. */
export function personAt(baseUrl: string, token: string): Octokit {
  return new Octokit({ ...settingsFor(baseUrl), auth: token });
}

/** The App with a token that may do only this, by octokit. */
export async function narrowedAt(
  baseUrl: string,
  { owner, name }: CodeRepository,
  permissions: Permissions,
): Promise<Octokit> {
  const { octokit } = new App({
    appId: APP_ID,
    privateKey: KEY.privateKey,
    Octokit: Octokit.defaults(settingsFor(baseUrl)),
  });
  const { data: installation } = await octokit.rest.apps.getRepoInstallation({ owner, repo: name });
  const { data } = await octokit.rest.apps.createInstallationAccessToken({
    installation_id: installation.id,
    permissions,
  });
  return personAt(baseUrl, data.token);
}

function settingsFor(baseUrl: string) {
  return {
    baseUrl,
    throttle: { enabled: false },
    retry: { enabled: false },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  };
}

/** Makes the base branch of a stage, with nothing but the files of every stage. Returns its commit. */
export async function seed(
  { rest }: Octokit,
  where: { readonly owner: string; readonly repo: string },
  baseBranch: string,
): Promise<string> {
  const tree = await rest.git.createTree({
    ...where,
    tree: FILES.map(({ path, content, mode }) => ({ path, content, mode, type: "blob" })),
  });
  const { data } = await rest.git.createCommit({
    ...where,
    message: "Begin",
    tree: tree.data.sha,
    parents: [],
  });
  await rest.git.createRef({ ...where, ref: `refs/heads/${baseBranch}`, sha: data.sha });
  return data.sha;
}

function signedIn(baseUrl: string, auth: GitHubAuth): TestedHost {
  return createTestedHost({ baseUrl, auth, userAgent: "hullkeeper-test", metrics: UNCOUNTED });
}

function ignore(): void {}
