import { tiers } from "../catalog/index.ts";
import type { RouteOrigin } from "./filter.ts";
import type { Offer, Stakes } from "./lane.ts";
import { farthestKm } from "./latency.ts";
import { chordSquared, relationOf, type Policy } from "./policy.ts";

/** Where the offers of a workload stand, side by side, and what holds for all of them. */
export interface OfferMap {
  /** Position in `World.sites` and in `tiers`, by offer. */
  readonly site: Int32Array;
  readonly tier: Uint8Array;
  /** What the cheapest offer of each tier costs before any network time, USD. */
  readonly floorUsd: Float64Array;
}

export function mapOffers(offers: readonly Offer[], stakes: Stakes): OfferMap {
  const floorUsd = new Float64Array(tiers.length).fill(Number.POSITIVE_INFINITY);
  for (const { tier, terms } of offers) {
    const at = tiers.indexOf(tier);
    for (const { egressUsd, energyUsd, prefillMs } of terms) {
      floorUsd[at] = Math.min(floorUsd[at]!, egressUsd + energyUsd + stakes.latencyUsdPerMs * prefillMs);
    }
  }
  return {
    site: Int32Array.from(offers, ({ group }) => group.site),
    tier: Uint8Array.from(offers, ({ tier }) => tiers.indexOf(tier)),
    floorUsd,
  };
}

const relationCount = 3;

/**
 * Walks the offers that can matter to a lane. Most sites of a large mesh are beyond the reach of the budget, or so far
 * that the cheapest offer of their tier would cost more there than what the shortlist already holds; telling them by the
 * straight line through the Earth takes a few multiplications, where judging one takes hundreds.
 */
export class Horizon {
  /** Whether an offer within reach was passed over because the shortlist has cheaper ones. */
  hasOutbid = false;

  readonly #policy: Policy;
  readonly #origin: RouteOrigin;
  readonly #stakes: Stakes;
  readonly #map: OfferMap;
  /** Squared chords by relation: beyond them the budget is spent on the way. */
  readonly #reach: Float64Array;
  /** Squared chords by tier and relation: beyond them the shortlist has cheaper ones. */
  readonly #bids: number[] = [];
  /** The largest of each tier, so that most sites need no relation. */
  readonly #farthest: Float64Array;

  /** `reachKm`: the farthest distance the budget allows, by relation. */
  constructor(policy: Policy, origin: RouteOrigin, stakes: Stakes, map: OfferMap, reachKm: Float64Array) {
    this.#policy = policy;
    this.#origin = origin;
    this.#stakes = stakes;
    this.#map = map;
    this.#reach = reachKm.map(widened);
    for (let tier = 0; tier < tiers.length; tier++) this.#bids.push(...this.#reach);
    this.#farthest = new Float64Array(tiers.length).fill(Math.max(...this.#reach));
  }

  /** Position of the next offer from `from` on that has to be looked at; the number of offers when there is none. */
  next(from: number): number {
    const { site, tier } = this.#map;
    const { areaVectors, siteVectors } = this.#policy;
    const farthest = this.#farthest;
    const area = this.#origin.area * 3;
    const x = areaVectors[area]!;
    const y = areaVectors[area + 1]!;
    const z = areaVectors[area + 2]!;
    const n = site.length;
    for (let offer = from; offer < n; offer++) {
      const at = site[offer]! * 3;
      const dx = x - siteVectors[at]!;
      const dy = y - siteVectors[at + 1]!;
      const dz = z - siteVectors[at + 2]!;
      const squared = dx * dx + dy * dy + dz * dz;
      if (squared <= farthest[tier[offer]!]! && this.#matters(offer, squared)) return offer;
      if (!this.hasOutbid) this.hasOutbid = this.#isWithinReach(offer, squared);
    }
    return n;
  }

  /** What is kept of the tier costs `worstUsd` at most: nothing may be so far that the way alone costs more. */
  drawIn(tier: number, worstUsd: number): void {
    const leftMs = (worstUsd - this.#map.floorUsd[tier]!) / this.#stakes.latencyUsdPerMs;
    let farthest = -1;
    for (let relation = 0; relation < relationCount; relation++) {
      const at = tier * relationCount + relation;
      const { mu } = this.#policy.latency(this.#origin.workload, this.#origin.access, relation);
      const km = leftMs > 0 ? farthestKm(mu, Math.log(leftMs) + 1e-9) : -1;
      this.#bids[at] = Math.min(this.#bids[at]!, widened(km));
      farthest = Math.max(farthest, this.#bids[at]!);
    }
    this.#farthest[tier] = farthest;
  }

  #matters(offer: number, squared: number): boolean {
    const relation = relationOf(this.#policy, this.#origin.area, this.#map.site[offer]!);
    return squared <= this.#bids[this.#map.tier[offer]! * relationCount + relation]!;
  }

  #isWithinReach(offer: number, squared: number): boolean {
    return squared <= this.#reach[relationOf(this.#policy, this.#origin.area, this.#map.site[offer]!)]!;
  }
}

/** A squared chord and a hair's breadth more, as its arithmetic and that of the distance round differently. */
function widened(km: number): number {
  return km < 0 ? -1 : chordSquared(km) * (1 + 1e-9) + 1e-12;
}
