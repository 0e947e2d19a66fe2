import { lookup as systemLookup } from "node:dns/promises";
import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { CodedError, quote } from "../../errors.ts";
import { SECOND_MS } from "../../time.ts";
import { guardedConnector, refusalOfProxied, tlsOptionsOf } from "./connector.ts";
import {
  endpointOf,
  type Lookup,
  type ProxySettings,
  type RegistryHostSettings,
  type RegistryLimits,
  type RegistryTimeouts,
  settingsByOrigin,
  settingsFor,
} from "./settings.ts";

/** Agents that are kept at most; the one that was not used for the longest time ends when what it is doing is done. */
const AGENTS_MAX = 256;

/** Long downloads have connections of their own, so that no question waits behind them. */
export type Traffic = "blobs" | "rest";

export interface AgentsOptions {
  readonly hosts: ReadonlyMap<string, RegistryHostSettings>;
  readonly timeouts: RegistryTimeouts;
  readonly limits: RegistryLimits;
  readonly lookup: Lookup | undefined;
  readonly proxy?: ProxySettings | undefined;
}

/**
 * Connections by origin. Each has the trust that is configured for it; what is not configured reaches only public addresses, over
 * TLS.
 */
export class Agents {
  readonly #options: AgentsOptions;
  readonly #byOrigin: ReadonlyMap<string, RegistryHostSettings>;
  /** The least recently used one first. */
  readonly #agents = new Map<string, Dispatcher>();
  readonly #retiring = new Set<Dispatcher>();
  #isClosed = false;

  constructor(options: AgentsOptions) {
    this.#options = options;
    this.#byOrigin = settingsByOrigin(options.hosts);
  }

  /**
   * The agent for a URL.
   *
   * @throws {CodedError} `registry-refused` for plain HTTP to where nobody allowed it, and for a place that must not be asked for through a
   *   proxy; `registry-unavailable` when all was ended
   */
  agentFor(url: URL, traffic: Traffic = "rest"): Dispatcher {
    if (this.#isClosed) throw new CodedError("registry-unavailable", "the registry client was closed");
    const key = `${traffic} ${url.origin}`;
    const agent = this.#agents.get(key) ?? this.#open(url);
    this.#agents.delete(key);
    this.#agents.set(key, agent);
    this.#retireOldest();
    return agent;
  }

  /** Ends all connections; what is under way fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#agents.values(), ...this.#retiring].map((agent) => agent.destroy()));
  }

  #retireOldest(): void {
    const [oldest] = this.#agents;
    if (this.#agents.size <= AGENTS_MAX || oldest === undefined) return;
    const [key, agent] = oldest;
    this.#agents.delete(key);
    this.#retiring.add(agent);
    const forget = (): boolean => this.#retiring.delete(agent);
    // Fails only when everything was ended meanwhile.
    agent.close().then(forget, forget);
  }

  #open(url: URL): Dispatcher {
    const settings = this.#settingsOf(url) ?? {};
    const isAllowed = url.protocol === "https:" || (url.protocol === "http:" && settings.plainHttp === true);
    if (!isAllowed) {
      throw new CodedError(
        "registry-refused",
        `will not speak ${quote(url.protocol)} to ${quote(url.host)}: set plainHttp for this host and port if that is meant`,
      );
    }
    const { proxy } = this.#options;
    const through = url.protocol === "https:" ? proxy?.https : proxy?.http;
    if (through === undefined) return new Agent(this.#agentOptions(settings));
    const refusal = refusalOfProxied(url.hostname, settings.allowPrivate === true ? "private" : "public");
    if (refusal !== undefined) throw refusal;
    return new EnvHttpProxyAgent({
      ...this.#agentOptions(settings),
      httpProxy: through,
      httpsProxy: through,
      noProxy: proxy?.none ?? "",
      // Plain HTTP goes through a tunnel as well: a log-in is for the registry, not for the proxy.
      proxyTunnel: true,
      connectTimeout: this.#options.timeouts.connectMs,
      requestTls: tlsOptionsOf(settings),
    });
  }

  /** What is configured for an origin, by its own name or by the end of it. */
  #settingsOf(url: URL): RegistryHostSettings | undefined {
    const own = this.#byOrigin.get(url.origin);
    const { hosts } = this.#options;
    if (own !== undefined || hosts.has(url.host)) return own;
    const settings = settingsFor(hosts, url.host);
    return settings !== undefined && endpointOf(url.host, settings).origin === url.origin
      ? settings
      : undefined;
  }

  #agentOptions({ allowPrivate, ca, http2 }: RegistryHostSettings): Agent.Options {
    const { timeouts, limits, lookup } = this.#options;
    return {
      connections: limits.connections,
      pipelining: 1,
      allowH2: http2 === true,
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.idleMs,
      keepAliveTimeout: 20 * SECOND_MS,
      connect: guardedConnector({
        reach: allowPrivate === true ? "private" : "public",
        connectMs: timeouts.connectMs,
        lookup: lookup ?? ((hostname) => systemLookup(hostname, { all: true })),
        tls: { ca, http2 },
      }),
    };
  }
}
