import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * What kind of place an address is. `metadata`: services of clouds that hand out credentials, and address forms that can hide
 * one; nobody may dial them. `private`: this machine, its networks, and everything that is not routed on the internet.
 */
export type AddressKind = "public" | "private" | "metadata";

const METADATA = blockListOf([
  // Link-local: AWS, Azure, Google, Oracle, DigitalOcean and the credentials endpoints of ECS and EKS.
  "169.254.0.0/16",
  // Azure's wire server and Alibaba's metadata, both outside the link-local range.
  "168.63.129.16/32",
  "100.100.100.200/32",
  "192.0.0.192/32",
  "fd00:ec2::/32",
  "fd20:ce::/32",
  // NAT64, 6to4 and Teredo carry an IPv4 address that the other lists would not see.
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "2002::/16",
  "2001::/32",
  // So do the forms before them: IPv4-translated, and IPv4-compatible for link-local.
  "::ffff:0:0:0/96",
  "::169.254.0.0/112",
]);

const PRIVATE = blockListOf([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/96",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
]);

/**
 * The kind of an IP address; an IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is judged as IPv4. What is no address at all counts
 * as `metadata`: it is not dialled.
 */
export function kindOfAddress(address: string): AddressKind {
  const [bare = ""] = address.split("%");
  const family = isIPv4(bare) ? "ipv4" : isIPv6(bare) ? "ipv6" : undefined;
  if (family === undefined || METADATA.check(bare, family)) return "metadata";
  return PRIVATE.check(bare, family) ? "private" : "public";
}

/** Names that clouds give to their metadata services. */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
]);

/**
 * The kind of a host name, for when nobody here resolves it. Names without a dot and those below the endings that are reserved for
 * networks of one's own are private.
 *
 * @see RFC 6761, RFC 6762, RFC 8375, ICANN resolution 2024.07.29.06 (`internal`)
 */
export function kindOfName(hostname: string): AddressKind {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  if (METADATA_NAMES.has(name)) return "metadata";
  const isLocal = !name.includes(".") || /\.(?:localhost|local|internal|home\.arpa)$/.test(name);
  return isLocal ? "private" : "public";
}

function blockListOf(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", prefix] = subnet.split("/");
    list.addSubnet(network, Number(prefix), isIPv4(network) ? "ipv4" : "ipv6");
  }
  return list;
}
