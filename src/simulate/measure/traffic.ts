import type { World } from "../../catalog/index.ts";

/** Requests served between the users of a country and a site, or all of a site's, and their bytes. */
export interface Carried {
  readonly requests: number;
  /** To the site. */
  readonly bytesIn: number;
  /** From the site. */
  readonly bytesOut: number;
}

/**
 * Requests served by site, country of the users and workload: one count per request, from which the bytes of every link
 * and every site follow. The counts of a site lie side by side, as most sites serve few countries.
 */
export class Traffic {
  /** Countries users are in. */
  readonly origins: readonly string[];
  readonly #world: World;
  /** Streams: what users in one country ask of one workload. */
  readonly #streams: number;
  readonly #served: Float64Array;

  constructor(world: World) {
    this.#world = world;
    this.origins = [...new Set(world.areas.map((area) => area.country))].toSorted();
    this.#streams = this.origins.length * world.workloads.length;
    this.#served = new Float64Array(this.#streams * world.sites.length);
  }

  /** Stream of each row of `World.demand`; the workload of a stream is the rest of dividing it by how many there are. */
  streamOfRow(): Int32Array {
    const { areas, demand, workloads } = this.#world;
    const positions = new Map(this.origins.map((country, position) => [country, position]));
    return Int32Array.from(demand, ({ area, workload }) => {
      return positions.get(areas[area]!.country)! * workloads.length + workload;
    });
  }

  count(stream: number, site: number): void {
    const at = site * this.#streams + stream;
    this.#served[at] = this.#served[at]! + 1;
  }

  between(origin: number, site: number): Carried {
    const { workloads } = this.#world;
    return this.#carried(site, origin * workloads.length, (origin + 1) * workloads.length);
  }

  of(site: number): Carried {
    return this.#carried(site, 0, this.#streams);
  }

  #carried(site: number, firstStream: number, endStream: number): Carried {
    const { workloads } = this.#world;
    let requests = 0;
    let bytesIn = 0;
    let bytesOut = 0;
    for (let stream = firstStream; stream < endStream; stream++) {
      const served = this.#served[site * this.#streams + stream]!;
      const { requestBytes, responseBytes } = workloads[stream % workloads.length]!;
      requests += served;
      bytesIn += served * requestBytes;
      bytesOut += served * responseBytes;
    }
    return { requests, bytesIn, bytesOut };
  }
}
