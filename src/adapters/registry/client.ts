import { performance } from "node:perf_hooks";
import { CodedError } from "../../errors.ts";
import type { Registry } from "../../ports/registry.ts";
import { Agents } from "./agents.ts";
import { Auth } from "./auth.ts";
import { Content } from "./content.ts";
import { collectEvidence } from "./evidence.ts";
import { Http } from "./http.ts";
import { Referrers } from "./referrers.ts";
import { Session } from "./session.ts";
import { survey } from "./survey.ts";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type RegistryOptions } from "./settings.ts";

/**
 * A client for all registries, over HTTP/1.1. It holds connections, tokens and what it learned about each host in memory until it is
 * closed; nothing about where a tag points.
 *
 * @see OCI distribution-spec v1.1.1
 */
export function createRegistry(options: RegistryOptions): Registry & { close(): Promise<void> } {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const elapsedMs = options.elapsedMs ?? ((): number => performance.now());
  const closing = new AbortController();

  const agents = new Agents({ hosts: options.hosts, timeouts, limits, lookup: options.lookup });
  const http = new Http({ agents, userAgent: options.userAgent, metrics: options.metrics });
  const auth = new Auth({ http, requestMs: timeouts.requestMs, elapsedMs, closed: closing.signal });
  const session = new Session({ http, auth, hosts: options.hosts, redirectsMax: limits.redirects });
  const content = new Content(session, timeouts);
  const referrers = new Referrers({
    session,
    content,
    elapsedMs,
    pagesMax: limits.referrerPages,
    requestMs: timeouts.requestMs,
  });

  return {
    resolve: (line, signal) => content.resolve(line, signal),
    survey: (repository, questions, _how, signal) => survey(content, repository, questions, signal),
    manifest: (image, signal) => content.manifest(image, "manifest", signal),
    evidenceOf: (image, signal, also) =>
      collectEvidence({ content, referrers, bytesMax: limits.evidenceBytes }, image, signal, also),
    close: async () => {
      closing.abort(new CodedError("registry-unavailable", "the registry client was closed"));
      await agents.close();
    },
  };
}
