import { tiers } from "../catalog/index.ts";
import type { RouteOrigin } from "./filter.ts";
import type { Stakes } from "./stakes.ts";
import { farthestKm } from "./latency.ts";
import type { Offer } from "./offers.ts";
import { chordToBox, nodeInts, placeTree, type PlaceTree } from "./place-tree.ts";
import { chordSquared, relationOf, type Policy } from "./policy.ts";

/** Figures of one offer, by position within its `offerSize` numbers; they lie side by side, sorted by place. */
export const offerFigure = {
  /** Unit vector of its site. */
  x: 0,
  y: 1,
  z: 2,
  /** Positions in the workload's offers, in `World.sites` and in `World.modules`. */
  offer: 3,
  site: 4,
  module: 5,
  capacityUsdPerModuleS: 6,
  /** Position of its layout in the policy's `Serving.options`; -1 = whichever the policy chooses. */
  layout: 7,
  /** Of that layout. */
  egressUsd: 8,
  energyUsd: 9,
  prefillMs: 10,
  perTokenMs: 11,
  /** Position in the routes' groups. */
  group: 12,
} as const;
export const offerSize = 13;

/** The offers of one tier for one workload, by place. */
export interface OfferRegion {
  readonly tree: PlaceTree;
  /** In the order of the tree. */
  readonly figures: Float64Array;
  /** What the cheapest offer costs before any network time, USD. */
  readonly floorUsd: number;
}

/** The offers of a workload, a region for each of `tiers`. */
export function mapOffers(policy: Policy, offers: readonly Offer[], stakes: Stakes): OfferRegion[] {
  return tiers.map((tier) => {
    const positions = [...offers.keys()].filter((position) => offers[position]!.tier === tier);
    const floorUsd = positions.reduce(
      (least, position) =>
        offers[position]!.terms.reduce(
          (floor, { egressUsd, energyUsd, prefillMs }) =>
            Math.min(floor, egressUsd + energyUsd + stakes.latencyUsdPerMs * prefillMs),
          least,
        ),
      Number.POSITIVE_INFINITY,
    );
    const vectorOf = (position: number) => {
      const { site } = offers[position]!.group;
      return policy.siteVectors.subarray(site * 3, site * 3 + 3);
    };
    const tree = placeTree(positions, vectorOf);
    const figures = new Float64Array(positions.length * offerSize);
    for (const [place, position] of tree.order.entries()) {
      const { index, group, layout, terms } = offers[position]!;
      const { site, module, capacityUsdPerModuleS } = group;
      const { egressUsd = 0, energyUsd = 0, prefillMs = 0, perTokenMs = 0 } = terms[layout] ?? {};
      const money = [capacityUsdPerModuleS, layout, egressUsd, energyUsd, prefillMs, perTokenMs];
      figures.set([...vectorOf(position), position, site, module, ...money, index], place * offerSize);
    }
    return { tree, figures, floorUsd };
  });
}

const relationCount = 3;

/**
 * Walks the offers of one tier that can matter to a lane, near ones before far ones. Most sites of a large mesh are
 * beyond the reach of the budget, or so far that the cheapest offer of the tier would cost more there than what the
 * shortlist already holds; by the straight line through the Earth whole regions are passed over at once.
 */
export class Horizon {
  readonly #policy: Policy;
  readonly #origin: RouteOrigin;
  readonly #stakes: Stakes;
  readonly #region: OfferRegion;
  /** Squared chords by relation: beyond them the budget is spent on the way, or the shortlist has cheaper ones. */
  readonly #bids: Float64Array;
  /** The largest of them, so that most sites need no relation. */
  #farthest: number;
  /** Nodes still to be looked at, the nearest last, and how far each is. */
  readonly #open: number[] = [];
  readonly #openChords: number[] = [];
  /** What is left of the leaf that is being walked. */
  #next = 0;
  #end = 0;
  readonly #x: number;
  readonly #y: number;
  readonly #z: number;

  /** `reachKm`: the farthest distance the budget allows, by relation. */
  constructor(policy: Policy, origin: RouteOrigin, stakes: Stakes, region: OfferRegion, reachKm: Float64Array) {
    this.#policy = policy;
    this.#origin = origin;
    this.#stakes = stakes;
    this.#region = region;
    this.#bids = reachKm.map(widened);
    this.#farthest = Math.max(...this.#bids);
    const { areaVectors } = policy;
    this.#x = areaVectors[origin.area * 3]!;
    this.#y = areaVectors[origin.area * 3 + 1]!;
    this.#z = areaVectors[origin.area * 3 + 2]!;
    if (region.tree.order.length > 0) this.#push(0);
  }

  /** Where the figures of the next offer begin that has to be looked at; -1 when there is none. */
  next(): number {
    for (;;) {
      while (this.#next < this.#end) {
        const offer = this.#next++ * offerSize;
        const squared = this.#chordTo(offer);
        if (squared <= this.#farthest && this.#isWithin(offer, squared)) return offer;
      }
      if (!this.#openLeaf()) return -1;
    }
  }

  /** What is kept of the tier costs `worstUsd` at most: nothing may be so far that the way alone costs more. */
  drawIn(worstUsd: number): void {
    const leftMs = (worstUsd - this.#region.floorUsd) / this.#stakes.latencyUsdPerMs;
    let farthest = -1;
    for (let relation = 0; relation < relationCount; relation++) {
      const { mu } = this.#policy.latency(this.#origin.workload, this.#origin.access, relation);
      const km = leftMs > 0 ? farthestKm(mu, Math.log(leftMs) + 1e-9) : -1;
      this.#bids[relation] = Math.min(this.#bids[relation]!, widened(km));
      farthest = Math.max(farthest, this.#bids[relation]!);
    }
    this.#farthest = farthest;
  }

  /** Goes down to the nearest leaf left; false when nothing is within the horizon any more. */
  #openLeaf(): boolean {
    const { nodes } = this.#region.tree;
    while (this.#open.length > 0) {
      const node = this.#open.pop()!;
      if (this.#openChords.pop()! > this.#farthest) continue;
      const left = nodes[node * nodeInts + 2]!;
      if (left < 0) {
        this.#next = nodes[node * nodeInts]!;
        this.#end = nodes[node * nodeInts + 1]!;
        return true;
      }
      const right = nodes[node * nodeInts + 3]!;
      const { length } = this.#open;
      this.#push(left);
      this.#push(right);
      if (this.#openChords[length]! < this.#openChords[length + 1]!) this.#swapLastTwo();
    }
    return false;
  }

  #push(node: number): void {
    this.#open.push(node);
    this.#openChords.push(chordToBox(this.#region.tree, node, this.#x, this.#y, this.#z) * (1 - 1e-12));
  }

  #swapLastTwo(): void {
    for (const stack of [this.#open, this.#openChords]) {
      const last = stack.pop()!;
      const before = stack.pop()!;
      stack.push(last, before);
    }
  }

  #chordTo(offer: number): number {
    const { figures } = this.#region;
    const dx = this.#x - figures[offer + offerFigure.x]!;
    const dy = this.#y - figures[offer + offerFigure.y]!;
    const dz = this.#z - figures[offer + offerFigure.z]!;
    return dx * dx + dy * dy + dz * dz;
  }

  #isWithin(offer: number, squared: number): boolean {
    const site = this.#region.figures[offer + offerFigure.site]!;
    return squared <= this.#bids[relationOf(this.#policy, this.#origin.area, site)]!;
  }
}

/** A squared chord and a hair's breadth more, as its arithmetic and that of the distance round differently. */
function widened(km: number): number {
  return km < 0 ? -1 : chordSquared(km) * (1 + 1e-9) + 1e-12;
}
