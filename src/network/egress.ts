/**
 * Arithmetic of ports and egress. A link is rated in bits per second, a bill is written in bytes: every function says
 * which of the two it takes.
 */

const bitsPerByte = 8;
const bytesPerGB = 1e9;
const bytesPerEB = 1e18;
/** A year of 365 days, s. */
const secondsPerYear = 8760 * 3600;
const monthsPerYear = 12;

/** Price of `bytes` that leave a site, USD. */
export function egressUsd(bytes: number, usdPerGB: number): number {
  return (bytes / bytesPerGB) * usdPerGB;
}

/** Load of a port, Gbit/s, when `perS` responses of `bytes` each leave it every second. */
export function portLoadGbps(perS: number, bytes: number): number {
  return (perS * bytes * bitsPerByte) / 1e9;
}

/** Egress that a data centre of `powerGw` is built for, Tbit/s, at `tbpsPerGw` of its chip generation. */
export function egressCapacityTbps(powerGw: number, tbpsPerGw: number): number {
  return powerGw * tbpsPerGw;
}

/**
 * Divides a total over equal nodes. Splitting changes the size of a port, the distance and the price class; the total
 * stays what it was.
 *
 * @throws RangeError when `nodes` is not a positive whole number.
 */
export function splitOverNodes(totalTbps: number, nodes: number): { perNodeTbps: number; totalTbps: number } {
  if (!Number.isInteger(nodes) || nodes < 1)
    throw new RangeError(`nodes must be a whole number of at least 1, not ${nodes}`);
  return { perNodeTbps: totalTbps / nodes, totalTbps };
}

/** Volume of a link that runs flat out for a month, EB. */
export function exabytesPerMonth(tbps: number): number {
  return (((tbps * 1e12) / bitsPerByte) * secondsPerYear) / monthsPerYear / bytesPerEB;
}

/** How traffic is paid for: by volume (cloud egress) or by rented rate (IP transit, waves). */
export type EgressPrice = { readonly usdPerGB: number } | { readonly usdPerMbpsMonth: number };

/** Cost of running `tbps` flat out for a year, USD. The class of the price, not the volume, drives it. */
export function egressUsdPerYear(tbps: number, price: EgressPrice): number {
  if ("usdPerGB" in price) return egressUsd(((tbps * 1e12) / bitsPerByte) * secondsPerYear, price.usdPerGB);
  return tbps * 1e6 * price.usdPerMbpsMonth * monthsPerYear;
}
