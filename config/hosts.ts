import { BlockList, isIP } from "node:net";

const LOOPBACK = blockListOf(["127.0.0.0/8"], ["::1/128"]);
/** Addresses that only mean something on one machine or inside one network. @see RFC 6890 */
const PRIVATE = blockListOf(
  [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
  ],
  ["::/128", "::1/128", "fc00::/7", "fe80::/10"],
);

/** Whether a host, as a URL or a registry name writes it (port and brackets allowed), is this very machine. */
export function isLoopbackHost(host: string): boolean {
  return isLocalName(host) || isListed(LOOPBACK, host);
}

/** Whether a host is, by what is written, an address of this machine or of a private network. A name is not looked up. */
export function isPrivateHost(host: string): boolean {
  return isLocalName(host) || isListed(PRIVATE, host);
}

function isLocalName(host: string): boolean {
  return /^(?:.+\.)?localhost\.?$/i.test(addressOf(host));
}

function isListed(list: BlockList, host: string): boolean {
  const address = addressOf(host);
  switch (isIP(address)) {
    case 4:
      return list.check(address, "ipv4");
    case 6:
      return list.check(address, "ipv6");
    default:
      return false;
  }
}

function addressOf(host: string): string {
  if (isIP(host) !== 0) return host;
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(host);
  return bracketed?.[1] ?? host.replace(/:\d+$/, "");
}

function blockListOf(ipv4: readonly string[], ipv6: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [family, networks] of [["ipv4", ipv4] as const, ["ipv6", ipv6] as const]) {
    for (const network of networks) {
      const [address = "", bits] = network.split("/");
      list.addSubnet(address, Number(bits), family);
    }
  }
  return list;
}
