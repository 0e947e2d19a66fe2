import { readAcr } from "./acr.ts";
import { readChainguard } from "./chainguard.ts";
import { readDistribution } from "./distribution.ts";
import { readDockerHub } from "./docker-hub.ts";
import { readEcr } from "./ecr.ts";
import { readGitea } from "./gitea.ts";
import { readGitHub } from "./github.ts";
import { readGoogle } from "./google.ts";
import { readHarbor } from "./harbor.ts";
import { jsonOf } from "./json.ts";
import { readJFrog } from "./jfrog.ts";
import type { Provider } from "./provider.ts";
import { readQuay } from "./quay.ts";
import { type PayloadReader, type PushReading, type PushScope, refused } from "./reading.ts";

const READERS: Readonly<Record<Provider, PayloadReader>> = {
  "docker-hub": readDockerHub,
  github: readGitHub,
  ecr: readEcr,
  google: readGoogle,
  acr: readAcr,
  quay: readQuay,
  harbor: readHarbor,
  jfrog: readJFrog,
  chainguard: readChainguard,
  distribution: readDistribution,
  gitea: readGitea,
};

/**
 * Reads what a provider sent. Never throws, and takes time in proportion to the body.
 *
 * A call may be sent again, late, or by somebody who saw it once: all it can do is to have a watched repository looked at earlier, and
 * that twice is the same as once. So nothing is remembered of calls that were.
 */
export function readPush(provider: Provider, body: Uint8Array, scope: PushScope): PushReading {
  const payload = jsonOf(body);
  return payload === undefined ? refused("not-json") : READERS[provider](payload, scope);
}
