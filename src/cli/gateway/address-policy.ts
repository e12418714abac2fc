import { BlockList, isIP } from "node:net";

/**
 * Which addresses an upstream's name may resolve to. An address written into the configuration is configured, so only a
 * name needs the word: a name can be made to point inside a network by whoever holds its zone.
 */
export const networks = ["public", "private", "any"] as const;
export type Network = (typeof networks)[number];

/** Loopback, private use, shared address space and unique local addresses (RFC 1122, 1918, 6598, 4193). */
const privateUse = blockList([
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["::1", 128],
  ["fc00::", 7],
]);
/**
 * Link-local addresses, where clouds keep the credentials of a machine (RFC 3927, 4291), "this network", multicast and
 * reserved ranges: no engine lives there.
 */
const neverEngines = blockList([
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["192.0.0.0", 24],
  ["::", 128],
  ["fe80::", 10],
  ["ff00::", 8],
  ["fd00:ec2::254", 128],
]);

/** Why an address must not be reached; null when it may. `written`: it stands in the configuration itself. */
export function addressFault(address: string, network: Network, written: boolean): string | null {
  if (network === "any") return null;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
  if (neverEngines.check(plain, family)) return `${address} is link-local or reserved`;
  if (!written && network === "public" && privateUse.check(plain, family)) return `${address} is a private address`;
  return null;
}

/** The fault of a URL's host, as far as it can be told without asking a name server; null when there is none. */
export function hostFault(url: URL, network: Network): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? null : addressFault(host, network, true);
}

function blockList(ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, isIP(address) === 6 ? "ipv6" : "ipv4");
  return list;
}
