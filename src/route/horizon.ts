import type { Tier } from "../catalog/index.ts";
import type { RouteOrigin } from "./filter.ts";
import type { Offer, Stakes } from "./lane.ts";
import { farthestKm } from "./latency.ts";
import { chordSquared, relationOf, type Policy } from "./policy.ts";

/** What holds for all lanes of a workload and an access type. */
export interface LaneBounds {
  /** The farthest distance the budget allows, km, by relation. */
  readonly reachKm: Float64Array;
  /** What the cheapest offer of a tier costs before any network time, USD. */
  readonly floorUsd: Readonly<Record<Tier, number>>;
}

/** The least any offer of each tier costs with no network at all, USD. */
export function floorUsdOf(offers: readonly Offer[], stakes: Stakes): Record<Tier, number> {
  const floor = { core: Number.POSITIVE_INFINITY, regional: Number.POSITIVE_INFINITY, edge: Number.POSITIVE_INFINITY };
  for (const { tier, terms } of offers) {
    for (const { egressUsd, energyUsd, prefillMs } of terms) {
      floor[tier] = Math.min(floor[tier], egressUsd + energyUsd + stakes.latencyUsdPerMs * prefillMs);
    }
  }
  return floor;
}

/**
 * How far a site may be to matter to a lane. Most sites of a large mesh are beyond the reach of the budget, or so far
 * that the cheapest offer of their tier would cost more there than what the shortlist already holds; telling them by the
 * straight line through the Earth takes a few multiplications, where judging one takes hundreds.
 */
export class Horizon {
  readonly #policy: Policy;
  readonly #origin: RouteOrigin;
  readonly #stakes: Stakes;
  /** Squared chords by relation: beyond them the budget is spent on the way. */
  readonly #reach: Float64Array;
  /** Squared chords by tier and relation: beyond them the shortlist has cheaper ones. */
  readonly #bids: Record<Tier, Float64Array>;
  /** The largest of each, so that most sites need no relation. */
  readonly #farthest: Record<Tier, number>;
  readonly #farthestReach: number;
  /** What the cheapest offer of a tier costs before any network time, USD. */
  readonly #floorUsd: Readonly<Record<Tier, number>>;

  constructor(policy: Policy, origin: RouteOrigin, stakes: Stakes, bounds: LaneBounds) {
    this.#policy = policy;
    this.#origin = origin;
    this.#stakes = stakes;
    // A hair's breadth more, as this arithmetic and that of the distance round differently.
    this.#reach = bounds.reachKm.map((km) => chordSquared(km) * (1 + 1e-9) + 1e-12);
    this.#bids = { core: this.#reach.slice(), regional: this.#reach.slice(), edge: this.#reach.slice() };
    const farthest = Math.max(...this.#reach);
    this.#farthestReach = farthest;
    this.#farthest = { core: farthest, regional: farthest, edge: farthest };
    this.#floorUsd = bounds.floorUsd;
  }

  /** `reach`: no request gets there in time; `outbid`: the shortlist has cheaper ones; null: it has to be looked at. */
  beyond(site: number, tier: Tier): "reach" | "outbid" | null {
    const { areaVectors, siteVectors } = this.#policy;
    const a = this.#origin.area * 3;
    const b = site * 3;
    const dx = areaVectors[a]! - siteVectors[b]!;
    const dy = areaVectors[a + 1]! - siteVectors[b + 1]!;
    const dz = areaVectors[a + 2]! - siteVectors[b + 2]!;
    const squared = dx * dx + dy * dy + dz * dz;
    if (squared > this.#farthest[tier]) return squared > this.#farthestReach ? "reach" : "outbid";
    const relation = relationOf(this.#policy, this.#origin.area, site);
    if (squared > this.#reach[relation]!) return "reach";
    return squared > this.#bids[tier][relation]! ? "outbid" : null;
  }

  /** What is kept of the tier costs `worstUsd` at most: nothing may be so far that the way alone costs more. */
  drawIn(tier: Tier, worstUsd: number): void {
    const bids = this.#bids[tier];
    const leftMs = (worstUsd - this.#floorUsd[tier]) / this.#stakes.latencyUsdPerMs;
    for (let relation = 0; relation < bids.length; relation++) {
      const { mu } = this.#policy.latency(this.#origin.workload, this.#origin.access, relation);
      const km = leftMs > 0 ? farthestKm(mu, Math.log(leftMs) + 1e-9) : -1;
      bids[relation] = Math.min(bids[relation]!, chordSquared(km) * (1 + 1e-9) + 1e-12);
    }
    this.#farthest[tier] = Math.max(...bids);
  }
}
