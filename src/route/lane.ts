import { normalCdf } from "../network/index.ts";
import { emptyJudgement, judge, type RouteOrigin } from "./filter.ts";
import { Horizon, mapOffers, offerFigure, type OfferRegion } from "./horizon.ts";
import { atDistance } from "./latency.ts";
import type { Offer, OfferTerms } from "./offers.ts";
import type { Policy } from "./policy.ts";
import { laneTerm, termsAt, type Choices, type LaneShelf } from "./lane-terms.ts";
import { listRejections, type Rejection } from "./rejections.ts";
import { Shortlist } from "./shortlist.ts";
import type { Stakes } from "./stakes.ts";

/** The eligible groups of one origin, cheapest first, in typed arrays that `choose` walks without allocating. */
export interface Lane extends Choices {
  /** False for a shortlist: more groups are eligible, and `Routes.wholeLane` has them. */
  readonly isWhole: boolean;
  readonly origin: RouteOrigin;
  readonly group: Int32Array;
  /** Money of one request at a candidate, USD. */
  moneyOf(index: number): { readonly egressUsd: number; readonly energyUsd: number };
  /** Refusals by law, tier, memory and latency, nearest sites first, at most `rejectionsKept`; found when first read. */
  readonly rejected: readonly Rejection[];
}

/**
 * Groups kept per tier in a shortlist. A mesh of thousands of sites has tens of thousands of origins; listing every
 * eligible site for each would take gigabytes, and a request hardly ever goes beyond the first few. The best of every
 * tier are kept, so that the loss of a tier does not empty the list.
 */
export const shortlistPerTier = 16;

/** What the lanes of a workload are compiled from. */
export interface OfferMap {
  readonly offers: readonly Offer[];
  /** Position in the offers by group; -1 where the group does not serve the workload. */
  readonly ofGroup: Int32Array;
  readonly regions: readonly OfferRegion[];
  /** What the candidates of a lane are collected in; nothing stays there. */
  readonly shortlist: Shortlist;
}

export function offerMap(policy: Policy, offers: readonly Offer[], groups: number, stakes: Stakes): OfferMap {
  const ofGroup = new Int32Array(groups).fill(-1);
  for (const [position, { index }] of offers.entries()) ofGroup[index] = position;
  return {
    offers,
    ofGroup,
    regions: mapOffers(policy, offers, stakes),
    shortlist: new Shortlist((offer, other) => offers[offer]!.name < offers[other]!.name),
  };
}

/** The lane of an origin: at most `perTier` groups of each tier, the cheapest. */
export function compileLane(
  policy: Policy,
  origin: RouteOrigin,
  map: OfferMap,
  stakes: Stakes,
  reachKm: Float64Array,
  perTier: number,
  shelf: LaneShelf,
): Lane {
  const { offers, shortlist } = map;
  shortlist.clear();
  for (const region of map.regions) {
    shortlist.beginTier(perTier);
    listCheapest(policy, origin, offers, stakes, region, reachKm, shortlist);
  }
  shortlist.merge();
  const shelved = shelf.take(shortlist.count);
  shortlist.copyTo(shelved);
  return new CompiledLane(policy, origin, map, stakes, shelved, shortlist.isWhole);
}

/** So many better candidates are found before the horizon is drawn in anew, which takes as long as a look at one. */
const drawInEvery = 4;

/** Puts the cheapest eligible offers of a region on the shortlist. */
function listCheapest(
  policy: Policy,
  origin: RouteOrigin,
  offers: readonly Offer[],
  stakes: Stakes,
  region: OfferRegion,
  reachKm: Float64Array,
  shortlist: Shortlist,
): void {
  const { budgetMs, missUsd, latencyUsdPerMs } = stakes;
  const { figures } = region;
  const { candidate } = shortlist;
  const judgement = emptyJudgement();
  const horizon = new Horizon(policy, origin, stakes, region, reachKm);
  let found = 0;
  for (let at = horizon.next(); at >= 0; at = horizon.next()) {
    const site = figures[at + offerFigure.site]!;
    const module = figures[at + offerFigure.module]!;
    if (judge(policy, origin, site, module, judgement) !== null) continue;
    const capacityUsdPerModuleS = figures[at + offerFigure.capacityUsdPerModuleS]!;
    const offer = figures[at + offerFigure.offer]!;
    const chosen = figures[at + offerFigure.layout]!;
    const table = policy.latency(origin.workload, origin.access, judgement.relation);
    const capacityUsd = judgement.perModulePerS > 0 ? capacityUsdPerModuleS / judgement.perModulePerS : 0;
    // Those of an unusual layout are looked up; all others stand where the offer's place does.
    const money = chosen >= 0 ? null : offers[offer]!.terms[judgement.option]!;
    const fixedUsd =
      (money?.egressUsd ?? figures[at + offerFigure.egressUsd]!) +
      (money?.energyUsd ?? figures[at + offerFigure.energyUsd]!) +
      capacityUsd;
    const prefillMs = money?.prefillMs ?? figures[at + offerFigure.prefillMs]!;
    const mu = atDistance(table.mu, judgement.km);
    const rttMs = Math.exp(mu);
    const { worstUsd } = shortlist;
    // What a miss may cost comes on top; most sites are out of the running without it.
    if (fixedUsd + latencyUsdPerMs * (rttMs + prefillMs) > worstUsd) {
      shortlist.isWhole = false;
      continue;
    }
    const sigma = atDistance(table.sigma, judgement.km);
    const boundUsd = expectedUsd({ fixedUsd, mu, sigma, rttMs }, prefillMs, budgetMs, missUsd, latencyUsdPerMs);
    candidate[laneTerm.boundUsd] = boundUsd;
    candidate[laneTerm.fixedUsd] = fixedUsd;
    candidate[laneTerm.mu] = mu;
    candidate[laneTerm.sigma] = sigma;
    candidate[laneTerm.rttMs] = rttMs;
    candidate[laneTerm.prefillMs] = prefillMs;
    candidate[laneTerm.perTokenMs] = money?.perTokenMs ?? figures[at + offerFigure.perTokenMs]!;
    candidate[laneTerm.group] = figures[at + offerFigure.group]!;
    if (!shortlist.offer(offer)) continue;
    // While nothing has been left out, what is farther away may still be all there is.
    if (++found % drawInEvery === 0 && !shortlist.isWhole) horizon.drawIn(shortlist.worstUsd);
  }
}

/** Holds no more than decisions read; the rest is found when somebody asks. */
class CompiledLane implements Lane {
  readonly stakes: Stakes;
  readonly terms: Float64Array;
  readonly count: number;
  readonly front: number;
  readonly rest: number;
  readonly isWhole: boolean;
  readonly origin: RouteOrigin;
  readonly #policy: Policy;
  readonly #map: OfferMap;
  #group: Int32Array | undefined;
  #rejected: readonly Rejection[] | undefined;

  constructor(
    policy: Policy,
    origin: RouteOrigin,
    map: OfferMap,
    stakes: Stakes,
    { terms, count, front, rest }: Omit<Choices, "stakes">,
    isWhole: boolean,
  ) {
    this.stakes = stakes;
    this.terms = terms;
    this.count = count;
    this.front = front;
    this.rest = rest;
    this.isWhole = isWhole;
    this.origin = origin;
    this.#policy = policy;
    this.#map = map;
  }

  get group(): Int32Array {
    return (this.#group ??= Int32Array.from({ length: this.count }, (_, index) => this.#groupAt(index)));
  }

  get rejected(): readonly Rejection[] {
    return (this.#rejected ??= listRejections(this.#policy, this.origin, this.#map.offers));
  }

  moneyOf(index: number): OfferTerms {
    const { group, layout, terms } = this.#map.offers[this.#map.ofGroup[this.#groupAt(index)]!]!;
    if (layout >= 0) return terms[layout]!;
    const judgement = emptyJudgement();
    judge(this.#policy, this.origin, group.site, group.module, judgement);
    return terms[judgement.option]!;
  }

  #groupAt(index: number): number {
    return this.terms[termsAt(this, index) + laneTerm.group]!;
  }
}

/** So many deviations above the mean the distribution function is 1 to the last digit of a double. */
const surely = 8.5;

/** Probability that the first token misses `budgetMs` when queue and prefill take `computeMs`. */
export function missRatio(mu: number, sigma: number, budgetMs: number, computeMs: number): number {
  const leftMs = budgetMs - computeMs;
  if (leftMs <= 0) return 1;
  const deviations = (Math.log(leftMs) - mu) / sigma;
  return deviations > surely ? 0 : 1 - normalCdf(deviations);
}

/** Expected cost of a request on a candidate, USD: money spent, plus the miss it risks, plus a little for waiting. */
export function expectedUsd(
  candidate: { fixedUsd: number; mu: number; sigma: number; rttMs: number },
  computeMs: number,
  budgetMs: number,
  missUsd: number,
  latencyUsdPerMs: number,
): number {
  return (
    candidate.fixedUsd +
    missUsd * missRatio(candidate.mu, candidate.sigma, budgetMs, computeMs) +
    latencyUsdPerMs * (candidate.rttMs + computeMs)
  );
}
