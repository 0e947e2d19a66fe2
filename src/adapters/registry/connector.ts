import type { LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { buildConnector } from "undici";
import { CodedError, quote } from "../../errors.ts";
import { type AddressKind, kindOfAddress, kindOfName } from "./address.ts";
import type { Lookup } from "./settings.ts";

/** What is configured about TLS. */
export interface TlsSettings {
  /** Authorities that count instead of the machine's, in PEM. */
  readonly ca?: string | undefined;
  /** Offer HTTP/2, and prefer it. */
  readonly http2?: boolean | undefined;
}

export interface ConnectorOptions {
  readonly reach: "public" | "private";
  readonly connectMs: number;
  readonly lookup: Lookup;
  readonly tls: TlsSettings;
}

/**
 * Dials for undici and refuses places that a registry must not send us to. The decision is about the address that is really
 * dialled: a name is resolved once, every address of it is judged, and the socket is looked at again when it is connected, so
 * that no second answer of a name server slips in between.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const dial = buildConnector({
    timeout: options.connectMs,
    ...tlsOptionsOf(options.tls),
    lookup: guardedLookup(options),
  });

  return (target, callback) => {
    const literal = target.hostname.replace(/^\[|\]$/g, "");
    // Node asks no resolver for an address, so the guard in the lookup would never see it.
    const early = isIP(literal) === 0 ? undefined : refusalOf(target.hostname, literal, options.reach);
    if (early !== undefined) return callback(early, null);

    return dial(target, (...result) => {
      const [error, socket] = result;
      if (error !== null) return callback(error, null);
      const { remoteAddress } = socket;
      const late =
        remoteAddress === undefined ? undefined : refusalOf(target.hostname, remoteAddress, options.reach);
      if (late === undefined) return callback(null, socket);
      socket.destroy();
      return callback(late, null);
    });
  };
}

/** How TLS is spoken. Versions below 1.2 are broken, whatever Node is told on its command line. */
export function tlsOptionsOf({ ca, http2 = false }: TlsSettings): buildConnector.BuildOptions {
  return {
    minVersion: "TLSv1.2",
    allowH2: http2,
    preferH2: http2,
    ...(ca === undefined ? {} : { ca }),
  };
}

/**
 * Why a host must not be asked for through a proxy; undefined when it may be. The proxy resolves its name, so that the address is not
 * seen here: what can be judged is an address that stands there instead of a name, and names that mean such places everywhere.
 */
export function refusalOfProxied(hostname: string, reach: "public" | "private"): CodedError | undefined {
  const literal = hostname.replace(/^\[|\]$/g, "");
  if (isIP(literal) !== 0) return refusalOf(hostname, literal, reach);
  const kind = kindOfName(hostname);
  return isRefused(kind, reach) ? refusal(hostname, "it", kind) : undefined;
}

function guardedLookup({ lookup, reach }: ConnectorOptions): LookupFunction {
  const judged = callbackify(
    async (hostname: string): Promise<readonly [LookupAddress, ...LookupAddress[]]> => {
      const [first, ...others] = await lookup(hostname);
      if (first === undefined) throw new Error(`${hostname} has no address`);
      const refused = [first, ...others]
        .map(({ address }) => refusalOf(hostname, address, reach))
        .find((found) => found !== undefined);
      if (refused !== undefined) throw refused;
      return [first, ...others];
    },
  );

  return (hostname, { all }, callback) =>
    judged(hostname, (error, addresses) => {
      if (error !== null) return callback(error, "");
      const [{ address, family }] = addresses;
      return all === true ? callback(null, [...addresses]) : callback(null, address, family);
    });
}

function refusalOf(hostname: string, address: string, reach: "public" | "private"): CodedError | undefined {
  const kind = kindOfAddress(address);
  return isRefused(kind, reach) ? refusal(hostname, `its address ${quote(address)}`, kind) : undefined;
}

function refusal(hostname: string, what: string, kind: AddressKind): CodedError {
  const mend =
    kind === "private" ? "; if it is meant to be inside your network, set allowPrivate for this host" : "";
  const place = kind === "private" ? "private" : "reserved for metadata services";
  return new CodedError(
    "registry-refused",
    `will not connect to ${quote(hostname)}: ${what} is ${place}${mend}`,
  );
}

function isRefused(kind: AddressKind, reach: "public" | "private"): boolean {
  switch (kind) {
    case "public":
      return false;
    case "private":
      return reach === "public";
    case "metadata":
      return true;
    default:
      return kind satisfies never;
  }
}
