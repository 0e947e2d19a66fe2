import { lookup as systemLookup } from "node:dns/promises";
import { Agent } from "undici";
import { CodedError, quote } from "../../errors.ts";
import { SECOND_MS } from "../../time.ts";
import { guardedConnector } from "./connector.ts";
import {
  type Lookup,
  type RegistryHostSettings,
  type RegistryLimits,
  type RegistryTimeouts,
  settingsByOrigin,
} from "./settings.ts";

/** Unconfigured origins with open connections at most: registries without settings and the stores they redirect to. */
const ORIGINS_MAX = 64;

export interface AgentsOptions {
  readonly hosts: ReadonlyMap<string, RegistryHostSettings>;
  readonly timeouts: RegistryTimeouts;
  readonly limits: RegistryLimits;
  readonly lookup: Lookup | undefined;
}

/** Connections by trust: each configured origin has its own agent, everything else shares one that reaches only public addresses. */
export class Agents {
  readonly #options: AgentsOptions;
  readonly #configured: ReadonlyMap<string, Agent>;
  readonly #others: Agent;

  constructor(options: AgentsOptions) {
    this.#options = options;
    this.#configured = new Map(
      [...settingsByOrigin(options.hosts)].map(([origin, settings]) => [origin, this.#agent(settings, 1)]),
    );
    this.#others = this.#agent({}, ORIGINS_MAX);
  }

  /**
   * The agent for a URL.
   *
   * @throws {CodedError} `registry-refused` for plain HTTP to where nobody allowed it
   */
  agentFor(url: URL): Agent {
    const agent = this.#configured.get(url.origin);
    if (agent !== undefined) return agent;
    if (url.protocol === "https:") return this.#others;
    throw new CodedError(
      "registry-refused",
      `will not speak ${quote(url.protocol)} to ${quote(url.host)}: set plainHttp for this host and port if that is meant`,
    );
  }

  /** Ends all connections; what is under way fails. */
  async close(): Promise<void> {
    await Promise.all([...this.#configured.values(), this.#others].map((agent) => agent.destroy()));
  }

  #agent({ allowPrivate, ca }: RegistryHostSettings, maxOrigins: number): Agent {
    const { timeouts, limits, lookup } = this.#options;
    return new Agent({
      maxOrigins,
      connections: limits.connections,
      pipelining: 1,
      allowH2: false,
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.idleMs,
      keepAliveTimeout: 20 * SECOND_MS,
      connect: guardedConnector({
        reach: allowPrivate === true ? "private" : "public",
        connectMs: timeouts.connectMs,
        lookup: lookup ?? ((hostname) => systemLookup(hostname, { all: true })),
        ...(ca === undefined ? {} : { ca }),
      }),
    });
  }
}
