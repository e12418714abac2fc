/**
 * A lower bound on the cost of any plan, without a solver. Serving a row is no longer required but paid for, coupling
 * limits are no longer required but charged (`priced-problem.ts`); then every site decides alone (`site-bound.ts`). The
 * prices are improved by a bundle of what earlier prices showed (`price-bundle.ts`), whose averaged choices also tell the
 * search for plans where capacity ought to stand.
 */
import { limitSize, type CouplingLimit } from "../problem/coupling-limit.ts";
import { firstPrices } from "./first-prices.ts";
import { isOpeningLimit, raiseForOpenings } from "./opening-prices.ts";
import { createPriceBundle } from "./price-bundle.ts";
import { createPricedProblem } from "./priced-problem.ts";
import { noTies, type PlanProblem } from "../problem/problem.ts";
import type { SiteBounder } from "./site-cuts.ts";
import type { SiteView } from "../problem/site-view.ts";
import { atOnce, type Steps } from "../problem/steps.ts";

export interface LagrangianOptions {
  readonly iterations: number;
  /** Ends when the bound has grown by less than this share over `stallWindow` evaluations; never when left out. */
  readonly stallRatio?: number;
  readonly stallWindow?: number;
  /** Prices of rows and limits to begin with; a guess from costs when left out. */
  readonly from?: { readonly rowPrice: Float64Array; readonly limitPrice: Float64Array };
  readonly stop: () => boolean;
  /** Whether somebody waits for what there is: the best prices are then certified as they are, without fitting cuts again. */
  readonly isCancelled?: () => boolean;
  readonly onBound?: (boundUsd: number) => void;
  /** Asked after every evaluation for work to do in between with what is known by then: a plan may be rounded from it. */
  readonly meanwhile?: (known: () => KnownChoices) => Steps<void> | undefined;
}

/** What an unfinished search for prices knows: the best prices so far and the choices averaged under them. */
export type KnownChoices = Pick<LagrangianResult, "rowPrice" | "limitPrice" | "modules" | "open" | "modulePrice">;

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
  /** What one Gbit/s of ports is worth per site there, USD/year. */
  readonly portPrice: Float64Array;
  /** What each site that stays shut would have to earn more to open, 0 where it is open, USD/year. */
  readonly spareUsd: Float64Array;
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
/** A limit's price moves faster while its limit pulls the same way after every gain, and more slowly when it has gone too far. */
const steady = 2;
const turned = 0.5;
/** The work ends when less than this share of the bound can still be gained. */
const smallestGain = 1e-6;
/** A foresight below nothing is that of planes not yet weighed out: shorter steps are weighed more easily. Tried so often. */
const weighings = 4;
const refinementsPerSite = 2;
const usualStallWindow = 40;
/** Effort spent on fitting the cuts to the best prices at the end. */
const closingRefinements = 4;
const closingRounds = 4;
/** Share of the bound that fitting them may leave. */
const closingTolerance = 1e-7;

/**
 * What every plan costs alike, USD: nothing may serve these rows. However much that is, it says nothing about how far the prices
 * of the others have come.
 */
function givenWhateverIsPlanned({ rows, arcs }: PlanProblem, { most }: SiteView): number {
  let usd = 0;
  for (let row = 0; row < rows.count; row++) {
    let arc = arcs.starts[row]!;
    while (arc < arcs.starts[row + 1]! && most[arcs.pool[arc]!] === 0) arc++;
    if (arc === arcs.starts[row + 1]) usd += rows.unservedUsd[row]!;
  }
  return usd;
}

/** The bound, computed at once. */
export function lagrangianBound(problem: PlanProblem, view: SiteView, options: LagrangianOptions): LagrangianResult {
  return atOnce(boundSteps(problem, view, options));
}

/** The bound, evaluation by evaluation, for callers that have other things to hear in between. */
export function* boundSteps(problem: PlanProblem, view: SiteView, options: LagrangianOptions): Steps<LagrangianResult> {
  const { rows, pools, sites, limits } = problem;
  const ties = problem.ties ?? noTies;
  const priced = createPricedProblem(problem, view);
  const { bounder, firstLimit, firstTie, size, slope } = priced;
  const prices = new Float64Array(size);
  prices.set(firstPrices(problem));
  const totalUsd = prices.reduce((sum, price) => sum + price, 0);
  const givenUsd = givenWhateverIsPlanned(problem, view);
  const atStakeUsd = (usd: number): number => Math.max(Math.abs(usd - givenUsd), 1e-3 * (totalUsd - givenUsd));
  const upper = new Float64Array(size).fill(Infinity);
  upper.set(rows.unservedUsd);
  const scale = prices.slice();
  /** By how much each limit was overrun after the gain before. */
  const pull = new Float64Array(limits.length);
  if (options.from === undefined) {
    raiseForOpenings(problem, priced, prices);
    for (const [l, { firstPriceUsd = 0 }] of limits.entries()) prices[firstLimit + l]! += firstPriceUsd;
  } else {
    prices.set(options.from.rowPrice);
    prices.set(options.from.limitPrice, firstLimit);
  }
  let value = priced.evaluate(prices, refinementsPerSite);
  bounder.remember();
  options.onBound?.(value);
  for (const [l, limit] of limits.entries()) {
    // A limit that is left out keeps a price of 0.
    if (limit.inBound !== false) scale[firstLimit + l] = scaleOfLimit(limit);
    if (limit.firstPriceUsd !== undefined) scale[firstLimit + l] = scaleOfPrice * limit.firstPriceUsd;
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
    const smallUsd = smallestGain * atStakeUsd(bundle.value);
    let foreseenUsd = bundle.propose(prices);
    for (let again = 0; again < weighings && foreseenUsd < 0; again++) {
      bundle.shorten();
      foreseenUsd = bundle.propose(prices);
    }
    if (foreseenUsd <= smallUsd) break;
    value = priced.evaluate(prices, refinementsPerSite);
    if (value > bundle.value) bounder.remember();
    if (bundle.learn(value, slope, priced.chosen)) options.onBound?.(bundle.value);
    if (iteration % (options.stallWindow ?? usualStallWindow) === 0) {
      const gained = bundle.value - boundBefore;
      if (options.stallRatio !== undefined && gained <= options.stallRatio * Math.abs(bundle.value - givenUsd)) break;
      boundBefore = bundle.value;
    }
    const work = options.meanwhile?.(known);
    if (work !== undefined) yield* work;
  }

  // The cuts have moved on since the best bound was met: they are made to fit its prices again, and what they then prove
  // is the bound that can be certified.
  bounder.recall();
  const best = bundle.prices;
  const hurries = (): boolean => options.isCancelled?.() === true;
  let certified = priced.evaluate(best, hurries() ? 0 : closingRefinements);
  // What is left to gain is weighed against what an evaluation takes: none is added for rounding alone.
  const enoughUsd = bundle.value - closingTolerance * Math.abs(bundle.value - givenUsd);
  for (let round = 0; round < closingRounds && certified < enoughUsd && !hurries(); round++) {
    yield undefined;
    certified = priced.evaluate(best, closingRefinements);
  }
  // Whoever reads the view after this reads plain costs.
  priced.leave();
  return {
    ...known(),
    boundUsd: certified,
    tiePrice: best.slice(firstTie),
    portPrice: priced.portPrice,
    spareUsd: priced.spareUsd,
    siteValue: priced.siteValue,
    bounder,
    iterations: iteration,
  };

  function known(): KnownChoices {
    const averaged = new Float64Array(pools.count + sites.count);
    bundle.average(averaged);
    return {
      rowPrice: bundle.prices.slice(0, firstLimit),
      limitPrice: bundle.prices.slice(firstLimit, firstTie),
      modules: averaged.slice(0, pools.count),
      open: averaged.slice(pools.count),
      modulePrice: priced.modulePrice,
    };
  }
  function scaleOfLimit(limit: CouplingLimit): number {
    if (isOpeningLimit(limit)) {
      // What lets a site open is worth about what the site earns.
      const [site] = limit.sites;
      return limitScaleOfPrice * (Math.abs(priced.siteValue[site!]!) + Math.abs(sites.usd[site!]!));
    }
    return (limitScaleOfPrice * totalUsd) / limitSize(limit, view.most) ** 2;
  }
  function rescale(at: Float64Array): void {
    let ofRows = 0;
    for (let r = 0; r < rows.count; r++) {
      scale[r] = Math.max(scale[r]!, scaleOfPrice * at[r]!);
      ofRows += scale[r]! * slope[r]! ** 2;
    }
    for (let l = 0; l < limits.length; l++) {
      const before = pull[l]!;
      const now = (pull[l] = slope[firstLimit + l]!);
      // No limit by itself is given more of the step than all rows together.
      const isSmall = scale[firstLimit + l]! * now ** 2 < ofRows;
      if (now * before < 0) scale[firstLimit + l]! *= turned;
      else if (now * before > 0 && (now > 0 || at[firstLimit + l]! > 0) && isSmall) scale[firstLimit + l]! *= steady;
    }
    // A tie's price moves by what its module costs, and less per module where many stand.
    for (let f = 0; f < ties.count; f++) {
      const pool = ties.pool[ties.starts[f + 1]! - 1]!;
      scale[firstTie + f] = (tieScaleOfPrice * pools.usd[pool]!) / (1 + priced.chosen[pool]!);
    }
  }
}
