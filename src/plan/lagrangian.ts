/**
 * A lower bound on the cost of any plan, without a solver. Serving a row is no longer required but paid for, coupling
 * limits are no longer required but charged; then every site decides alone (`site-bound.ts`). The prices are improved by
 * the volume algorithm (Barahona and Anbil 2000): steps along the averaged violation, whose averaged choices also tell
 * the search for plans where capacity ought to stand.
 */
import { arcLimitsOf, limitSize } from "./coupling-limit.ts";
import { noTies, type PlanProblem } from "./problem.ts";
import { createSiteBounder, cutsPerSite, type SiteBounder, type SiteOutcome } from "./site-bound.ts";
import type { SiteView } from "./site-view.ts";

export interface LagrangianOptions {
  readonly iterations: number;
  /** Ends when the bound has grown by less than this share over a while; never when left out. */
  readonly stallRatio?: number;
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
  /** Averaged choices: share per arc (in the view's order), modules per pool, openness per site. */
  readonly share: Float32Array;
  readonly modules: Float64Array;
  readonly open: Float64Array;
  /** What one module's time is worth per pool at the best bound, USD/year. */
  readonly modulePrice: Float64Array;
  /** What each site adds to the bound; at most 0 where nothing is forced. */
  readonly siteValue: Float64Array;
  readonly bounder: SiteBounder;
  readonly iterations: number;
}

/** Constants of the volume algorithm, as measured to work on generated meshes of 200 to 4,400 sites. */
const firstStep = 1;
const stepGrowth = 1.1;
const stepShrink = 0.66;
const failuresBeforeShrink = 10;
const targetAbove = 0.05;
const firstAveraging = 0.1;
const averagingShrink = 0.85;
const averagingEvery = 100;
/** Longest step, as a share of a row's price per whole row missed. */
const longestStep = 1;
/** Prices move in proportion to their size; a price that has grown moves faster. */
const scaleOfPrice = 0.7;
const tieScaleOfPrice = 0.3;
const smallestStep = 1e-5;
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
  const { rows, arcs, pools, sites, limits } = problem;
  const bounder = createSiteBounder(problem, view);
  const scale = firstPrices(problem);
  const worth = rows.unservedUsd;
  let total = 0;
  for (let r = 0; r < rows.count; r++) total += scale[r]!;
  const ties = problem.ties ?? noTies;
  const sizeOf = Float64Array.from(limits, (limit) => limitSize(limit, view.most));
  // A limit that is left out keeps a price of 0.
  const limitScale = Float64Array.from(limits, (limit, l) =>
    limit.inBound === false ? 0 : (0.2 * total) / sizeOf[l]!,
  );
  const arcLimits = arcLimitsOf(problem, (limit) => limit.inBound !== false);

  const best = Float64Array.from(scale);
  const bestLimit = new Float64Array(limits.length);
  const bestTie = new Float64Array(ties.count);
  const price = best.slice();
  const limitPrice = bestLimit.slice();
  const tiePrice = bestTie.slice();
  const poolUsd = new Float64Array(pools.count);
  const siteUsd = new Float64Array(sites.count);
  const served = new Float64Array(rows.count);
  const averageServed = new Float64Array(rows.count);
  const limitUse = new Float64Array(limits.length);
  const averageUse = new Float64Array(limits.length);
  const tieUse = new Float64Array(ties.count);
  const averageTie = new Float64Array(ties.count);
  const share = new Float32Array(arcs.pool.length);
  const modules = new Float64Array(pools.count);
  const open = new Float64Array(sites.count);
  const chosen = new Int32Array(sites.count);
  /** Arcs the sites use at the prices evaluated last: under the deciding cut, then under the one blended with it. */
  const taken = new Int32Array(2 * arcs.pool.length);
  const takenAt = new Int32Array(2 * sites.count);
  const takenEnd = new Int32Array(sites.count);
  const modulePrice = pools.usd.slice();
  const siteValue = new Float64Array(sites.count);
  const other = new Int32Array(sites.count);
  const otherWeight = new Float64Array(sites.count);
  const nowModules = new Float64Array(pools.count);
  const outcome: SiteOutcome = {
    value: 0,
    cut: 0,
    otherCut: -1,
    otherWeight: 0,
    modules: new Float64Array(view.widest + 1),
  };

  /** Bound at the current prices; fills `served`, `limitUse`, `tieUse`, `chosen` and `nowModules`. */
  function evaluate(refinements: number): number {
    let bound = problem.constantUsd ?? 0;
    for (let r = 0; r < rows.count; r++) bound += price[r]!;
    if (arcLimits !== null) chargeArcs();
    poolUsd.set(pools.usd);
    siteUsd.set(sites.usd);
    for (const [l, limit] of limits.entries()) {
      bound -= limitPrice[l]! * limit.upper;
      if (limitPrice[l] === 0) continue;
      for (let i = 0; i < limit.pools.length; i++) poolUsd[limit.pools[i]!]! += limitPrice[l]! * limit.poolWeights[i]!;
      for (let i = 0; i < limit.sites.length; i++) siteUsd[limit.sites[i]!]! += limitPrice[l]! * limit.siteWeights[i]!;
    }
    for (let f = 0; f < ties.count; f++) {
      if (tiePrice[f] === 0) continue;
      for (let i = ties.starts[f]!; i < ties.starts[f + 1]!; i++) {
        poolUsd[ties.pool[i]!]! += tiePrice[f]! * ties.weight[i]!;
      }
    }
    served.fill(0);
    nowModules.fill(0);
    limitUse.fill(0);
    let used = 0;
    for (let s = 0; s < sites.count; s++) {
      chosen[s] = -1;
      if (view.poolStarts[s] === view.poolStarts[s + 1]) {
        if (sites.forced[s]) bound += siteUsd[s]!;
        continue;
      }
      bounder.evaluate(s, price, poolUsd, siteUsd[s]!, refinements, outcome);
      const cost = siteUsd[s]! + outcome.value;
      const first = view.poolStarts[s]!;
      for (let i = first; i < view.poolStarts[s + 1]!; i++) {
        const at = (s * cutsPerSite + outcome.cut) * bounder.cuts.width + i - first;
        modulePrice[view.pool[i]!] = bounder.cuts.prices[at]!;
      }
      siteValue[s] = 0;
      if (!(cost < 0) && !sites.forced[s] && !mustHold(s)) continue;
      bound += cost;
      siteValue[s] = cost;
      chosen[s] = outcome.cut;
      const from = view.poolStarts[s]!;
      for (let i = from; i < view.poolStarts[s + 1]!; i++) nowModules[view.pool[i]!] = outcome.modules[i - from]!;
      other[s] = outcome.otherCut;
      otherWeight[s] = outcome.otherWeight;
      takenAt[2 * s] = used;
      used = takeAll(s, outcome.cut, 1 - outcome.otherWeight, used);
      takenAt[2 * s + 1] = used;
      if (outcome.otherCut >= 0) used = takeAll(s, outcome.otherCut, outcome.otherWeight, used);
      takenEnd[s] = used;
    }
    for (const [l, limit] of limits.entries()) {
      let use = limitUse[l]!;
      for (let i = 0; i < limit.pools.length; i++) use += limit.poolWeights[i]! * nowModules[limit.pools[i]!]!;
      for (let i = 0; i < limit.sites.length; i++) use += chosen[limit.sites[i]!]! >= 0 ? limit.siteWeights[i]! : 0;
      limitUse[l] = use;
    }
    for (let f = 0; f < ties.count; f++) {
      let use = 0;
      for (let i = ties.starts[f]!; i < ties.starts[f + 1]!; i++) use += ties.weight[i]! * nowModules[ties.pool[i]!]!;
      tieUse[f] = use;
    }
    return bound;
  }
  function takeAll(site: number, cut: number, weight: number, from: number): number {
    const end = bounder.takes(site, price, cut, taken, from);
    for (let i = from; i < end; i++) served[view.row[taken[i]!]!]! += weight;
    if (arcLimits === null) return end;
    for (let i = from; i < end; i++) {
      const arc = view.arc[taken[i]!]!;
      for (let j = arcLimits.starts[arc]!; j < arcLimits.starts[arc + 1]!; j++) {
        limitUse[arcLimits.limit[j]!]! += weight * arcLimits.weight[j]!;
      }
    }
    return end;
  }
  /** Puts the prices of limits on the arcs that count in them. */
  function chargeArcs(): void {
    for (const { arcs: counted, inBound } of limits) {
      if (counted === undefined || inBound === false) continue;
      for (const arc of counted) view.usd[view.position[arc]!] = arcs.usd[arc]!;
    }
    for (const [l, limit] of limits.entries()) {
      if (limit.arcs === undefined || limitPrice[l] === 0) continue;
      for (let i = 0; i < limit.arcs.length; i++) {
        view.usd[view.position[limit.arcs[i]!]!]! += limitPrice[l]! * limit.arcWeights![i]!;
      }
    }
  }
  const held = new Uint8Array(sites.count);
  for (let p = 0; p < pools.count; p++) if (pools.minCount[p]! > 0) held[pools.site[p]!] = 1;
  function mustHold(site: number): boolean {
    return held[site] === 1;
  }

  function average(weight: number): void {
    const keep = 1 - weight;
    for (let a = 0; a < share.length; a++) share[a]! *= keep;
    for (let p = 0; p < pools.count; p++) modules[p] = keep * modules[p]! + weight * nowModules[p]!;
    for (let r = 0; r < rows.count; r++) averageServed[r] = keep * averageServed[r]! + weight * served[r]!;
    for (let l = 0; l < limits.length; l++) averageUse[l] = keep * averageUse[l]! + weight * limitUse[l]!;
    for (let f = 0; f < ties.count; f++) averageTie[f] = keep * averageTie[f]! + weight * tieUse[f]!;
    for (let s = 0; s < sites.count; s++) {
      open[s] = keep * open[s]! + (chosen[s]! >= 0 ? weight : 0);
      if (chosen[s]! < 0) continue;
      const middle = takenAt[2 * s + 1]!;
      const part = weight * (1 - otherWeight[s]!);
      for (let i = takenAt[2 * s]!; i < middle; i++) share[taken[i]!]! += part;
      const rest = weight * otherWeight[s]!;
      for (let i = middle; i < takenEnd[s]!; i++) share[taken[i]!]! += rest;
    }
  }

  let bestBound = evaluate(2);
  bounder.remember();
  average(1);
  options.onBound?.(bestBound);
  let step = firstStep;
  let boundBefore = -Infinity;
  let failures = 0;
  let averaging = firstAveraging;
  let iteration = 1;
  for (; iteration < options.iterations && step > smallestStep; iteration++) {
    yield undefined;
    if (options.stop()) break;
    let norm = 0;
    for (let r = 0; r < rows.count; r++) norm += scale[r]! * directionOf(r) ** 2;
    for (let l = 0; l < limits.length; l++) norm += limitScale[l]! * limitDirectionOf(l) ** 2;
    for (let f = 0; f < ties.count; f++) norm += tieScale(f) * tieDirectionOf(f) ** 2;
    if (!(norm > 0)) break;
    const length = Math.min(
      longestStep * step,
      (step * targetAbove * Math.max(Math.abs(bestBound), 1e-3 * total)) / norm,
    );
    for (let r = 0; r < rows.count; r++) {
      price[r] = Math.min(worth[r]!, Math.max(0, best[r]! + length * scale[r]! * directionOf(r)));
    }
    for (let l = 0; l < limits.length; l++) {
      limitPrice[l] = Math.max(0, bestLimit[l]! + length * limitScale[l]! * limitDirectionOf(l));
    }
    for (let f = 0; f < ties.count; f++) {
      tiePrice[f] = Math.max(0, bestTie[f]! + length * tieScale(f) * tieDirectionOf(f));
    }
    const bound = evaluate(2);
    average(averaging);
    if (bound > bestBound) {
      if (bound > bestBound + 1e-5 * Math.abs(bestBound)) failures = 0;
      bestBound = bound;
      best.set(price);
      bounder.remember();
      for (let r = 0; r < rows.count; r++) scale[r] = Math.max(scale[r]!, scaleOfPrice * price[r]!);
      bestLimit.set(limitPrice);
      bestTie.set(tiePrice);
      step = Math.min(2, step * stepGrowth);
      options.onBound?.(bestBound);
    } else if (++failures >= failuresBeforeShrink) {
      step *= stepShrink;
      failures = 0;
    }
    if (iteration % stallWindow === 0) {
      if (options.stallRatio !== undefined && bestBound - boundBefore <= options.stallRatio * Math.abs(bestBound))
        break;
      boundBefore = bestBound;
    }
    if (iteration % averagingEvery === 0) averaging *= averagingShrink;
  }

  // The cuts have moved on since the best bound was met: they are made to fit its prices again, and what they then prove
  // is the bound that can be certified.
  price.set(best);
  limitPrice.set(bestLimit);
  tiePrice.set(bestTie);
  bounder.recall();
  let certified = evaluate(closingRefinements);
  for (let round = 0; round < closingRounds && certified < bestBound; round++) certified = evaluate(closingRefinements);
  // Whoever reads the view after this reads plain costs.
  if (arcLimits !== null) for (let a = 0; a < view.arc.length; a++) view.usd[a] = arcs.usd[view.arc[a]!]!;
  return {
    boundUsd: certified,
    rowPrice: best,
    limitPrice: bestLimit,
    tiePrice: bestTie,
    share,
    modules,
    open,
    modulePrice,
    siteValue,
    bounder,
    iterations: iteration,
  };

  /** Averaged shortfall of a row; a price at its end does not move further. */
  function directionOf(row: number): number {
    const missing = 1 - averageServed[row]!;
    if (missing > 0 && best[row]! >= worth[row]!) return 0;
    if (missing < 0 && best[row]! <= 0) return 0;
    return missing;
  }
  function limitDirectionOf(l: number): number {
    const relative = (averageUse[l]! - limits[l]!.upper) / sizeOf[l]!;
    if (relative < 0 && bestLimit[l] === 0) return 0;
    return relative;
  }
  function tieDirectionOf(f: number): number {
    return averageTie[f]! < 0 && bestTie[f] === 0 ? 0 : averageTie[f]!;
  }
  /** A tie's price moves by what its module costs, and less per module where many stand. */
  function tieScale(f: number): number {
    const pool = ties.pool[ties.starts[f + 1]! - 1]!;
    return (tieScaleOfPrice * pools.usd[pool]!) / (1 + modules[pool]!);
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
