import { performance } from "node:perf_hooks";
import { CodedError } from "../../errors.ts";
import type { ImageId, Repository } from "../../image/reference.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Registry } from "../../ports/registry.ts";
import type { RegistryInspection } from "../../ports/registry-inspection.ts";
import type { RegistryLogins } from "../../ports/registry-logins.ts";
import { instantOf } from "../../time.ts";
import { Admissions } from "./admissions.ts";
import { Agents } from "./agents.ts";
import { Auth } from "./auth.ts";
import { Bulk } from "./bulk/bulk.ts";
import { configOf } from "./config.ts";
import { Content } from "./content.ts";
import { type CollectedEvidence, collectEvidence } from "./evidence.ts";
import { Http } from "./http.ts";
import { loginsOf } from "./login/desk.ts";
import { Logins } from "./login/sources.ts";
import { placesOf, seenOf } from "./inspection.ts";
import { listedStatements } from "./listed.ts";
import { Lanes } from "./lanes.ts";
import { DEFAULT_LAYER_LIMITS } from "./layers/budget.ts";
import { packagesIn } from "./layers/packages.ts";
import { createTurns } from "./parallel.ts";
import { Referrers } from "./referrers.ts";
import { Session } from "./session.ts";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type RegistryOptions } from "./settings.ts";
import { Surveys } from "./survey.ts";
import { Tags } from "./tags.ts";

/** Images whose layers are read at a time: what is kept of each may be large. */
const IMAGES_READ_AT_A_TIME = 2;

/**
 * A client for all registries, over HTTP/1.1. It holds connections, tokens and what it learned about each host in memory until it is
 * closed; nothing about where a tag points.
 *
 * @see OCI distribution-spec v1.1.1
 */
export function createRegistry(options: RegistryOptions): Registry & {
  readonly logins: RegistryLogins;
  readonly inspection: RegistryInspection;
  close(): Promise<void>;
} {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const elapsedMs = options.elapsedMs ?? ((): number => performance.now());
  const closing = new AbortController();

  const { gate, hosts, lookup, metrics, proxy, userAgent } = options;
  const agents = new Agents({ hosts, timeouts, limits, lookup, proxy });
  const admissions = new Admissions({ gate, hosts, metrics });
  const lanes = new Lanes(elapsedMs);
  const http = new Http({ agents, admissions, userAgent, metrics });
  const { requestMs } = timeouts;
  const source = new Logins(options, http, { elapsedMs, deadlineMs: requestMs, closed: closing.signal });
  const auth = new Auth({ http, source, requestMs, elapsedMs, closed: closing.signal });
  const session = new Session({ http, auth, hosts, redirectsMax: limits.redirects });
  const content = new Content(session, timeouts, elapsedMs);
  const tags = new Tags({ session, requestMs });
  const referrers = new Referrers({
    session,
    content,
    elapsedMs,
    pagesMax: limits.referrerPages,
    requestMs,
  });
  const bulk = new Bulk({
    session,
    http,
    source,
    hosts,
    requestMs,
    elapsedMs,
    now: () => instantOf(Date.now()),
    closed: closing.signal,
  });
  const { collectionMs } = timeouts;
  const reader = { content, referrers, collectionMs, bytesMax: limits.evidenceBytes };
  const collect = (
    image: ImageId,
    signal: AbortSignal,
    also?: readonly Repository[],
  ): Promise<CollectedEvidence> =>
    counting(image.repository, metrics, collectEvidence(reader, image, signal, also));
  const layers = {
    content,
    limits: { ...DEFAULT_LAYER_LIMITS, ...options.layers },
    turn: createTurns(IMAGES_READ_AT_A_TIME),
  };
  const onListFailed = options.onListFailed ?? ((): undefined => undefined);
  const surveys = new Surveys({ content, bulk, elapsedMs, onListFailed });

  return {
    logins: loginsOf({
      hosts,
      source,
      resolve: (line, signal) => content.resolve(line, signal),
    }),
    resolve: (line, signal) => content.resolve(line, signal),
    survey: (repository, questions, how, signal) =>
      lanes.survey(repository, () => surveys.of(repository, questions, how, signal)),
    tags: async (repository, signal) => (await tags.of(repository, signal)).tags,
    manifest: (image, signal) =>
      counting(image.repository, metrics, content.manifest(image, "manifest", signal)),
    listedStatements: (question, signal) =>
      counting(question.image.repository, metrics, listedStatements(reader, question, signal)),
    configOf: (image, manifest, signal) =>
      counting(image.repository, metrics, configOf(content, image, manifest, signal)),
    packagesIn: (image, manifest, signal) =>
      counting(image.repository, metrics, packagesIn(layers, image, manifest, signal)),
    evidenceOf: async (image, signal, also) => (await collect(image, signal, also)).evidence,
    inspection: {
      placesOf: (image, signal) => placesOf({ session, content, requestMs }, image, signal),
      async collect(image, signal, also) {
        const { evidence, carriers } = await collect(image, signal, also);
        return { evidence, manifests: carriers.map(seenOf) };
      },
    },
    close: async () => {
      closing.abort(new CodedError("registry-unavailable", "the registry client was closed"));
      await agents.close();
    },
  };
}

/** Counts an answer whose bytes are not what their digest says. */
async function counting<Answer>(
  { registry }: Repository,
  metrics: Metrics,
  answer: Promise<Answer>,
): Promise<Answer> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === "registry-integrity") {
      metrics.integrityFailed({ host: registry });
    }
    throw thrown;
  }
}
