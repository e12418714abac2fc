import type { World } from "../catalog/index.ts";

/**
 * The ports of the sites: bytes wait in line when more are sent than a port carries. Requests and answers have a line
 * each, worked off at the port's rate. Answers join the line when their request is sent, as engines finish out of order;
 * over spans longer than an answer that is the same load.
 */
export class SiteLinks {
  /** How many times as long round trips to each site take; 1 = as always. */
  readonly factor: Float64Array;
  readonly #bytesPerMs: Float64Array;
  readonly #in: Lines;
  readonly #out: Lines;

  constructor(world: World) {
    const n = world.sites.length;
    this.factor = new Float64Array(n).fill(1);
    this.#bytesPerMs = Float64Array.from(world.sites, (site) => (site.portGbps * 1e9) / 8 / 1000);
    this.#in = lines(n);
    this.#out = lines(n);
  }

  /** Time until a request of so many bytes is in, ms. */
  receiveMs(site: number, bytes: number, nowMs: number): number {
    return this.#join(this.#in, site, bytes, nowMs) + bytes / this.#rate(site);
  }

  /** Time until the port begins to send an answer of so many bytes, ms. */
  sendMs(site: number, bytes: number, nowMs: number): number {
    return this.#join(this.#out, site, bytes, nowMs);
  }

  #rate(site: number): number {
    return this.#bytesPerMs[site]! / this.factor[site]!;
  }

  /** Puts bytes in a line and says how long the line was, ms. */
  #join({ bytes: waiting, atMs }: Lines, site: number, bytes: number, nowMs: number): number {
    const rate = this.#rate(site);
    const left = Math.max(0, waiting[site]! - (nowMs - atMs[site]!) * rate);
    waiting[site] = left + bytes;
    atMs[site] = nowMs;
    return left / rate;
  }
}

interface Lines {
  readonly bytes: Float64Array;
  readonly atMs: Float64Array;
}

function lines(n: number): Lines {
  return { bytes: new Float64Array(n), atMs: new Float64Array(n) };
}
