import { generateKeyPairSync } from "node:crypto";
import { createTestedHost, type TestedHost } from "./host.ts";
import type { CommitId, PullRequest } from "../../../src/ports/code-host.ts";
import type { WriteLane, WriteRequest } from "../../../src/ports/write-lane.ts";
import { Secret } from "../../../src/secret.ts";
import type { Instant } from "../../../src/time.ts";
import type { GitHubDoubleOptions } from "../../fakes/github/start-github-double.ts";
import type { Permissions } from "../../fakes/github/world.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import { BRANCH, contentOn, type Harness, PATIENT, propose, SHOP, startHarness } from "./harness.ts";

const KEY = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const APP_ID = 4_711;

/** Everything that the product asks for. */
export const ALL: Permissions = {
  checks: "write",
  contents: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "write",
  workflows: "write",
};

/** A double where an App is installed at `acme`, and the adapter as that App. */
export interface AppHarness extends Harness {
  readonly installation: number;
  readonly clock: { now: Date };
  /** The same App anew, in a lane. */
  readonly inLane: (lane?: WriteLane) => TestedHost;
}

/** Starts both; `host` is the App. */
export async function startAppHarness(
  permissions: Permissions = ALL,
  files?: Parameters<typeof startHarness>[0],
  options: GitHubDoubleOptions = {},
): Promise<AppHarness> {
  const clock = { now: new Date() };
  const harness = await startHarness(files, {
    ...options,
    app: { id: APP_ID, key: KEY.publicKey },
    now: () => clock.now,
  });
  const installation = await harness.double.install("acme", { permissions });
  const inLane = (lane?: WriteLane): TestedHost =>
    createTestedHost({
      baseUrl: harness.double.url,
      auth: { kind: "app", id: String(APP_ID), privateKey: new Secret(KEY.privateKey) },
      userAgent: "hullkeeper-test",
      metrics: UNCOUNTED,
      ...(lane === undefined ? {} : { lane }),
    });
  return { ...harness, host: inLane(), installation, clock, inLane };
}

/** A pull request as a person with the token opened it, so that it is nobody's check or comment yet. */
export async function openPull(
  harness: Harness,
): Promise<{ readonly commit: CommitId; readonly number: number }> {
  const { commit, number } = await propose(
    { ...harness, host: harness.connect({}) },
    contentOn(harness.base),
  );
  return { commit, number };
}

/** The pull request as the adapter reads it. */
export async function pullOf(host: TestedHost): Promise<PullRequest> {
  const pull = await host.findPullRequest(SHOP, BRANCH, PATIENT);
  if (pull === undefined) throw new Error("there is no pull request");
  return pull;
}

/** A lane that lets everything through and writes down what it hears. */
export interface HeardLane extends WriteLane {
  readonly taken: readonly WriteRequest[];
  readonly refusals: readonly { readonly account: string; readonly until: Instant }[];
  readonly successes: readonly string[];
}

export function listeningLane(): HeardLane {
  const taken: WriteRequest[] = [];
  const refusals: { readonly account: string; readonly until: Instant }[] = [];
  const successes: string[] = [];
  return {
    taken,
    refusals,
    successes,
    take: async (request) => void taken.push(request),
    succeeded: async (account) => void successes.push(account),
    refused: async (account, until) => void refusals.push({ account, until }),
  };
}
