import type { LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { buildConnector } from "undici";
import { CodedError, quote } from "../../errors.ts";
import { type AddressKind, kindOfAddress } from "./address.ts";
import type { Lookup } from "./settings.ts";

export interface ConnectorOptions {
  readonly reach: "public" | "private";
  readonly connectMs: number;
  readonly lookup: Lookup;
  readonly ca?: string;
}

/**
 * Dials for undici and refuses places that a registry must not send us to. The decision is about the address that is really
 * dialled: a name is resolved once, every address of it is judged, and the socket is looked at again when it is connected, so
 * that no second answer of a name server slips in between.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const dial = buildConnector({
    timeout: options.connectMs,
    allowH2: false,
    lookup: guardedLookup(options),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });

  return (target, callback) => {
    const literal = target.hostname.replace(/^\[|\]$/g, "");
    // Node asks no resolver for an address, so the guard in the lookup would never see it.
    const refusal = isIP(literal) === 0 ? undefined : refusalOf(target.hostname, literal, options.reach);
    if (refusal !== undefined) return callback(refusal, null);

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

function guardedLookup({ lookup, reach }: ConnectorOptions): LookupFunction {
  const judged = callbackify(
    async (hostname: string): Promise<readonly [LookupAddress, ...LookupAddress[]]> => {
      const [first, ...others] = await lookup(hostname);
      if (first === undefined) throw new Error(`${hostname} has no address`);
      const refusal = [first, ...others]
        .map(({ address }) => refusalOf(hostname, address, reach))
        .find((found) => found !== undefined);
      if (refusal !== undefined) throw refusal;
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
  if (!isRefused(kind, reach)) return undefined;
  const mend =
    kind === "private" ? "; if it is meant to be inside your network, set allowPrivate for this host" : "";
  return new CodedError(
    "registry-refused",
    `will not connect to ${quote(hostname)}: its address ${quote(address)} is ${kind === "private" ? "private" : "reserved for metadata services"}${mend}`,
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
