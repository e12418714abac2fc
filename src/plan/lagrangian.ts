/**
 * A lower bound on the cost of any plan, without a solver. Serving a row is no longer required but paid for, coupling
 * limits are no longer required but charged (`priced-problem.ts`); then every site decides alone (`site-bound.ts`). The
 * prices are improved by a bundle of what earlier prices showed (`price-bundle.ts`), whose averaged choices also tell the
 * search for plans where capacity ought to stand.
 */
import { limitSize, type CouplingLimit } from "./coupling-limit.ts";
import { isOpeningLimit, raiseForOpenings } from "./opening-prices.ts";
import { createPriceBundle } from "./price-bundle.ts";
import { createPricedProblem } from "./priced-problem.ts";
import { noTies, type PlanProblem } from "./problem.ts";
import type { SiteBounder } from "./site-cuts.ts";
import type { SiteView } from "./site-view.ts";

export interface LagrangianOptions {
  readonly iterations: number;
  /** Ends when the bound has grown by less than this share over a while; never when left out. */
  readonly stallRatio?: number;
  /** Prices of rows and limits to begin with; a guess from costs when left out. */
  readonly from?: { readonly rowPrice: Float64Array; readonly limitPrice: Float64Array };
  readonly stop: () => boolean;
  readonly onBound?: (boundUsd: number) => void;
}

export interface LagrangianResult {
  readonly boundUsd: number;
  /** What serving each row is worth at the best bound, USD/year. */
  readonly rowPrice: Float64Array;
  /** What one unit of each coupling limit is worth, USD/year. */
  readonly limitPrice: Float64Array;
  /** What it would be worth to take one module away again after it was bought, per tie, USD/year. */
  readonly tiePrice: Float64Array;
  /** Averaged choices: modules per pool, openness per site. */
  readonly modules: Float64Array;
  readonly open: Float64Array;
  /** What one module's time is worth per pool at the best bound, USD/year. */
  readonly modulePrice: Float64Array;
  /** What each site adds to the bound; at most 0 where nothing is forced. */
  readonly siteValue: Float64Array;
  readonly bounder: SiteBounder;
  readonly iterations: number;
}

/** First gain aimed at, as a share of the bound; and the longest first step, as a share of a price per whole row missed. */
const firstGain = 0.05;
/** The same where good prices are known. */
const firstGainFrom = 0.01;
const longestStep = 1;
/** Prices move in proportion to their size; a price that has grown moves faster. */
const scaleOfPrice = 0.7;
const limitScaleOfPrice = 0.2;
const tieScaleOfPrice = 0.3;
/** The work ends when less than this share of the bound can still be gained. */
const smallestGain = 1e-6;
const refinementsPerSite = 2;
const stallWindow = 40;
/** Effort spent on fitting the cuts to the best prices at the end. */
const closingRefinements = 4;
const closingRounds = 4;

/** The bound, computed at once. */
export function lagrangianBound(problem: PlanProblem, view: SiteView, options: LagrangianOptions): LagrangianResult {
  const steps = boundSteps(problem, view, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The bound, evaluation by evaluation, for callers that have other things to hear in between. */
export function* boundSteps(
  problem: PlanProblem,
  view: SiteView,
  options: LagrangianOptions,
): Generator<undefined, LagrangianResult> {
  const { rows, pools, sites, limits } = problem;
  const ties = problem.ties ?? noTies;
  const priced = createPricedProblem(problem, view);
  const { bounder, firstLimit, firstTie, size, slope } = priced;
  const prices = new Float64Array(size);
  prices.set(firstPrices(problem));
  const totalUsd = prices.reduce((sum, price) => sum + price, 0);
  const upper = new Float64Array(size).fill(Infinity);
  upper.set(rows.unservedUsd);
  const scale = prices.slice();
  if (options.from === undefined) raiseForOpenings(problem, priced, prices);
  else {
    prices.set(options.from.rowPrice);
    prices.set(options.from.limitPrice, firstLimit);
  }
  let value = priced.evaluate(prices, refinementsPerSite);
  bounder.remember();
  options.onBound?.(value);
  for (const [l, limit] of limits.entries()) {
    // A limit that is left out keeps a price of 0.
    if (limit.inBound !== false) scale[firstLimit + l] = scaleOfLimit(limit);
  }
  rescale(prices);
  let length = 0;
  for (let i = 0; i < size; i++) {
    const atEnd = slope[i]! < 0 ? prices[i]! <= 0 : prices[i]! >= upper[i]!;
    if (!atEnd) length += scale[i]! * slope[i]! ** 2;
  }
  const aimedUsd =
    (options.from === undefined ? firstGain : firstGainFrom) * Math.max(Math.abs(value), 1e-3 * totalUsd);
  const bundle = createPriceBundle(
    { prices, value, slope, carried: priced.chosen },
    upper,
    scale,
    length > 0 ? Math.min(longestStep, aimedUsd / length) : longestStep,
    rescale,
  );
  let boundBefore = -Infinity;
  let iteration = 1;
  for (; iteration < options.iterations; iteration++) {
    yield undefined;
    if (options.stop()) break;
    if (bundle.propose(prices) <= smallestGain * Math.max(Math.abs(bundle.value), 1e-3 * totalUsd)) break;
    value = priced.evaluate(prices, refinementsPerSite);
    if (value > bundle.value) bounder.remember();
    if (bundle.learn(value, slope, priced.chosen)) options.onBound?.(bundle.value);
    if (iteration % stallWindow === 0) {
      const gained = bundle.value - boundBefore;
      if (options.stallRatio !== undefined && gained <= options.stallRatio * Math.abs(bundle.value)) break;
      boundBefore = bundle.value;
    }
  }

  // The cuts have moved on since the best bound was met: they are made to fit its prices again, and what they then prove
  // is the bound that can be certified.
  bounder.recall();
  const best = bundle.prices;
  let certified = priced.evaluate(best, closingRefinements);
  for (let round = 0; round < closingRounds && certified < bundle.value; round++) {
    certified = priced.evaluate(best, closingRefinements);
  }
  // Whoever reads the view after this reads plain costs.
  priced.leave();
  const averaged = new Float64Array(pools.count + sites.count);
  bundle.average(averaged);
  return {
    boundUsd: certified,
    rowPrice: best.slice(0, firstLimit),
    limitPrice: best.slice(firstLimit, firstTie),
    tiePrice: best.slice(firstTie),
    modules: averaged.slice(0, pools.count),
    open: averaged.slice(pools.count),
    modulePrice: priced.modulePrice,
    siteValue: priced.siteValue,
    bounder,
    iterations: iteration,
  };

  function scaleOfLimit(limit: CouplingLimit): number {
    if (isOpeningLimit(limit)) {
      // What lets a site open is worth about what the site earns.
      const [site] = limit.sites;
      return limitScaleOfPrice * (Math.abs(priced.siteValue[site!]!) + Math.abs(sites.usd[site!]!));
    }
    return (limitScaleOfPrice * totalUsd) / limitSize(limit, view.most) ** 2;
  }
  function rescale(at: Float64Array): void {
    for (let r = 0; r < rows.count; r++) scale[r] = Math.max(scale[r]!, scaleOfPrice * at[r]!);
    // A tie's price moves by what its module costs, and less per module where many stand.
    for (let f = 0; f < ties.count; f++) {
      const pool = ties.pool[ties.starts[f + 1]! - 1]!;
      scale[firstTie + f] = (tieScaleOfPrice * pools.usd[pool]!) / (1 + priced.chosen[pool]!);
    }
  }
}

/**
 * A first guess of what serving a row costs: its cheapest arc with the modules it takes, each site's opening and the part
 * of its last module that stands idle spread over all the demand in its reach.
 */
function firstPrices(problem: PlanProblem): Float64Array {
  const { rows, arcs, pools, sites } = problem;
  const reach = new Float64Array(pools.count);
  for (let a = 0; a < arcs.pool.length; a++) reach[arcs.pool[a]!]! += arcs.load[a]!;
  const spread = reach.map((load, p) => {
    const kw = pools.kw[p]!;
    const room = Math.min(pools.maxCount[p]!, kw > 0 ? sites.kw[pools.site[p]!]! / kw : Infinity);
    const used = Math.min(load, Math.max(room, 1e-9));
    const whole = Math.min(Math.ceil(used), room);
    return (sites.usd[pools.site[p]!]! + pools.usd[p]! * whole) / Math.max(used, 1e-9);
  });
  return Float64Array.from({ length: rows.count }, (_, row) => {
    let cheapest = Infinity;
    for (let a = arcs.starts[row]!; a < arcs.starts[row + 1]!; a++) {
      cheapest = Math.min(cheapest, arcs.usd[a]! + arcs.load[a]! * spread[arcs.pool[a]!]!);
    }
    return Math.min(rows.unservedUsd[row]!, 1.1 * cheapest);
  });
}
