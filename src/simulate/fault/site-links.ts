import type { World } from "../../catalog/index.ts";
import { makeRecords } from "../chance/records.ts";

/**
 * The ports of the sites: bytes wait in line when more are sent than a port carries. Requests and answers have a line
 * each, worked off at the port's rate. Answers join the line when their request is sent, as engines finish out of order;
 * over spans longer than an answer that is the same load.
 */
export class SiteLinks {
  /** One record per site, a line of memory each: `portFloat` says what is where. */
  readonly #ports: Float64Array;

  constructor(world: World) {
    this.#ports = makeRecords(world.sites.length, portSize).float;
    for (const [position, site] of world.sites.entries()) {
      const bytesPerMs = (site.portGbps * 1e9) / 8 / 1000;
      const port = position * portSize;
      this.#ports[port + portFloat.factor] = 1;
      this.#ports[port + portFloat.bytesPerMs] = bytesPerMs;
      this.#ports[port + portFloat.rate] = bytesPerMs;
    }
  }

  /** How many times as long round trips to a site take; 1 = as always. */
  factorOf(site: number): number {
    return this.#ports[site * portSize + portFloat.factor]!;
  }

  /** What waits at `nowMs` has waited at the old rate. */
  stretch(site: number, factor: number, nowMs: number): void {
    const port = site * portSize;
    for (const line of [portFloat.in, portFloat.out]) this.#join(port, line, 0, nowMs);
    this.#ports[port + portFloat.factor] = factor;
    this.#ports[port + portFloat.rate] = this.#ports[port + portFloat.bytesPerMs]! / factor;
  }

  /** Time until a request of so many bytes is in, ms. */
  receiveMs(site: number, bytes: number, nowMs: number): number {
    return (
      this.#join(site * portSize, portFloat.in, bytes, nowMs) + bytes / this.#ports[site * portSize + portFloat.rate]!
    );
  }

  /** Time until the port begins to send an answer of so many bytes, ms. */
  sendMs(site: number, bytes: number, nowMs: number): number {
    return this.#join(site * portSize, portFloat.out, bytes, nowMs);
  }

  /** Puts bytes in a line and says how long the line was, ms. */
  #join(port: number, line: number, bytes: number, nowMs: number): number {
    const ports = this.#ports;
    const rate = ports[port + portFloat.rate]!;
    const waiting = port + line;
    const left = Math.max(0, ports[waiting]! - (nowMs - ports[waiting + 1]!) * rate);
    ports[waiting] = left + bytes;
    ports[waiting + 1] = nowMs;
    return left > 0 ? left / rate : 0;
  }
}

/** Doubles of a port; `rate` is bytes/ms as stretched. A line has two: the bytes that waited when it was last looked at, and when that was, ms. */
const portFloat = { factor: 0, bytesPerMs: 1, in: 2, out: 4, rate: 6 } as const;
const portSize = 8;
