import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { SECOND_MS } from "../../time.ts";

const CONNECT_MAX_MS = 5 * SECOND_MS;
const ANSWER_MAX_MS = 15 * SECOND_MS;

/** Proxies by the scheme of what is spoken to, and hosts that are spoken to directly, comma-separated. */
export interface ProxyAddresses {
  readonly http?: string;
  readonly https?: string;
  readonly none?: string;
}

/** Connections to mirrors. */
export interface Connections {
  /** Those that take these authorities (PEM) instead of the machine's. */
  with(ca: string | undefined): Dispatcher;
  close(): Promise<void>;
}

/** Connections through these proxies, if any. Versions of TLS below 1.2 are broken, whatever Node is told on its command line. */
export function openConnections(proxy: ProxyAddresses | undefined): Connections {
  const dispatchers = new Map<string | undefined, Dispatcher>();
  return {
    with(ca) {
      const dispatcher = dispatchers.get(ca) ?? dispatcherFor(ca, proxy);
      dispatchers.set(ca, dispatcher);
      return dispatcher;
    },
    async close() {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function dispatcherFor(ca: string | undefined, proxy: ProxyAddresses | undefined): Dispatcher {
  const tls = { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) } as const;
  const options = {
    connect: { timeout: CONNECT_MAX_MS, ...tls },
    headersTimeout: ANSWER_MAX_MS,
    bodyTimeout: ANSWER_MAX_MS,
  };
  if (proxy === undefined) return new Agent(options);
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: proxy.http ?? "",
    httpsProxy: proxy.https ?? "",
    noProxy: proxy.none ?? "",
    requestTls: tls,
  });
}
