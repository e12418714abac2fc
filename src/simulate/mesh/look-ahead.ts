import type { Routes } from "../../route/index.ts";
import type { Fleet } from "../engine/fleet.ts";
import * as packedPlaces from "./packed-places.ts";
import * as requestsAhead from "./requests-ahead.ts";
import type { RowLanes } from "./row-lanes.ts";
import type { SiteLinks } from "../fault/site-links.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { aheadCount } = requestsAhead;
const { groupFloat, groupSize } = packedPlaces;

/** So many candidates of every lane are read ahead: most decisions look at no more. */
const candidates = 2;
/** Where more engines than these stand for one group nobody knows which ones a decision will draw. */
const mostReplicas = 2;

/** With fewer groups than these what requests ask for lies in the caches anyway. */
const manyGroups = 1000;

/**
 * Reads what the next requests will ask for, before they come. A decision on a large mesh reads lines of memory that no
 * cache of the processor holds, one after the other, and waits for each; read for some dozens of requests in a row the
 * waits overlap. What is read is thrown away, so nothing changes but the pace.
 */
export class LookAhead {
  readonly #routes: Routes;
  readonly #lanes: RowLanes;
  readonly #groups: Float64Array;
  readonly #links: SiteLinks;
  readonly #fleet: Fleet;
  readonly #group = new Int32Array(aheadCount * candidates);
  readonly #replica = new Int32Array(aheadCount * candidates * mostReplicas);
  /** Kept so that no compiler takes the reads for idle. */
  seen = 0;

  constructor(routes: Routes, lanes: RowLanes, groups: Float64Array, links: SiteLinks, fleet: Fleet) {
    this.#routes = routes;
    this.#lanes = lanes;
    this.#groups = groups;
    this.#links = links;
    this.#fleet = fleet;
  }

  /** The next requests are of the first `count` of these rows of the demand. */
  read(rows: Int32Array, count: number, nowMs: number): void {
    if (this.#routes.groups.length < manyGroups) return;
    let seen = 0;
    const groups = this.#lanes.firstGroups(rows, count, this.#group);
    const { replicasOfGroup } = this.#routes;
    let replicas = 0;
    for (let at = 0; at < groups; at++) {
      const group = this.#group[at]!;
      seen += this.#groups[group * groupSize]!;
      const count = replicasOfGroup[2 * group + 1]!;
      if (count > mostReplicas) continue;
      for (let i = 0; i < count; i++) this.#replica[replicas++] = replicasOfGroup[2 * group]! + i;
    }
    for (let at = 0; at < groups; at++) {
      seen += this.#links.factorOf(this.#groups[this.#group[at]! * groupSize + groupFloat.site]!);
    }
    this.seen = seen + this.#fleet.touch(this.#replica, replicas, nowMs);
  }
}
