import type { TestContext } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { PullView } from "../fakes/github/operator.ts";
import { publishAssessed } from "./assessed.ts";
import { type Installation, type InstallationOptions, startInstallation } from "./installation.ts";
import { judged, proposed } from "./scene.ts";

/** Branch of the pull request that {@link withPullRequest} opens. */
export const BRANCH = "hullkeeper/bellsoft";

/** What {@link withPullRequest} may do otherwise. */
export interface Wish extends Pick<InstallationOptions, "speaker" | "repositories"> {
  /** Further lines of the policy, in YAML's flow style: `openMax: 1`. */
  readonly policy?: string;
  /** How often code repositories are read. Default: once. */
  readonly discover?: string;
}

/** An installation that proposes at once what changes packages and fixes nothing that is known. */
export async function startQuiet(
  context: TestContext,
  { policy = "", discover = "1h", ...options }: Wish = {},
): Promise<Installation> {
  return startInstallation(context, {
    ...options,
    timing: `intervals: { tryingOut: true, poll: 1s, discover: ${discover}, proposals: 2s, sla: 2s }
evidence: { wait: 1m, retry: [1s, 2s, 3s], sbomWait: 6s }
policy: { propose: { content: now }${policy === "" ? "" : `, ${policy}`} }
`,
  });
}

/** Publishes a release that is run like all others, has another version of a package, and fixes nothing. */
export async function publishContent(
  installation: Installation,
  release: number,
  {
    tag,
    packages = {},
  }: { readonly tag?: string; readonly packages?: Readonly<Record<string, string>> } = {},
): Promise<Digest> {
  return publishAssessed(installation, {
    version: `25.0.${release}`,
    createdAt: `2026-11-${String(8 + 3 * release).padStart(2, "0")}T09:58:00Z`,
    packages: { quiet: `1.${release}.0-r0`, ...packages },
    files: { "etc/release": `${release} ${tag ?? ""}\n` },
    ...(tag === undefined ? {} : { tag }),
  });
}

/** A code repository with a pull request of such an update. */
export interface Story {
  readonly installation: Installation;
  readonly first: Digest;
  readonly second: Digest;
}

/** Starts `serve`, and waits for the pull request from the first release to the second. */
export async function withPullRequest(context: TestContext, wish: Wish = {}): Promise<Story> {
  const installation = await startQuiet(context, wish);
  const { world } = installation;
  const first = await publishContent(installation, 1);
  await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
  await installation.serve();
  await judged(installation, first, "verified");
  const second = await publishContent(installation, 2);
  await proposed(installation, "shop", second);
  return { installation, first, second };
}

/** States of all pull requests of the code repository, oldest first. */
export async function statesOf({ world }: Installation): Promise<readonly string[]> {
  return (await world.codeHost.pullRequests("acme", "shop")).map(({ state }) => state);
}

/** The only pull request that is open. @throws when there are none or several */
export async function openPull({ world }: Pick<Installation, "world">): Promise<PullView> {
  const open = (await world.codeHost.pullRequests("acme", "shop")).filter(({ state }) => state === "open");
  const [pull] = open;
  if (pull === undefined || open.length > 1) throw new Error(`${open.length} pull requests are open`);
  return pull;
}
