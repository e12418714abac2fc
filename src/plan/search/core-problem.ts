/**
 * What is left to decide of a problem once its bound and a plan are close: the places that may still be part of a cheaper plan,
 * and for every row the arcs that may pay. Small enough for a solver where the whole is not, and what it proves of the rest holds
 * for the whole.
 */
import { limitsOverArcs } from "../problem/coupling-limit.ts";
import { slotsOverArcs } from "../problem/engine-slots.ts";
import type { LagrangianResult } from "../bound/lagrangian.ts";
import { noTies, usefulModules, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";

/** What prices leave open. */
export interface Fates {
  /** 1 where nothing stands in any plan cheaper than the best. */
  readonly never: Uint8Array;
  /** 1 where something stands in all of them, at sites with one pool. */
  readonly always: Uint8Array;
}

export interface Core {
  /**
   * The problem without what is decided, and with fewer arcs. Behind its own pools and sites stands one whose module costs
   * nothing and is never full; rows are served there for what the cheapest of the arcs they miss costs by itself. So it bounds the whole.
   */
  readonly problem: PlanProblem;
  /** Position in the whole problem of each arc; -1 for those that stand for missing ones. */
  readonly arc: Int32Array;
}

/**
 * A place that at the prices of the bound would have to cost more than the gap, were it open (or shut), stays shut (or open) in
 * every plan cheaper than `bestUsd`.
 *
 * @param problem With the limits the bound prices.
 */
export function fatesOf(problem: PlanProblem, bound: LagrangianResult, bestUsd: number): Fates {
  const { pools, sites } = problem;
  const { poolUsd, siteUsd, arcUsd } = pricedCosts(problem, bound);
  const most = usefulModules(problem);
  const poolsOf: number[][] = Array.from({ length: sites.count }, () => []);
  for (let pool = 0; pool < pools.count; pool++) poolsOf[pools.site[pool]!]!.push(pool);
  const offers = offersBySite(problem, bound, arcUsd);
  const never = new Uint8Array(sites.count);
  const always = new Uint8Array(sites.count);
  for (const [site, here] of poolsOf.entries()) {
    const held = sites.forced[site] === 1 || here.some((pool) => pools.minCount[pool]! > 0);
    const free = here.filter((pool) => most[pool]! > 0);
    if (held || free.length === 0) continue;
    const others = bound.boundUsd - bound.siteValue[site]!;
    const open =
      siteUsd[site]! +
      (here.length === 1
        ? leastOfOne(offers[site]!, poolUsd[here[0]!]!, most[here[0]!]!)
        : leastOfMany(offers[site]!, free, poolUsd, most, bound.modulePrice));
    if (others + open > bestUsd) never[site] = 1;
    else if (here.length === 1 && others > bestUsd) always[site] = 1;
  }
  return { never, always };
}

/** What a row would leave at a site, by pool. */
interface Offer {
  readonly row: number;
  readonly pool: number;
  readonly usd: number;
  readonly load: number;
}

function offersBySite(problem: PlanProblem, bound: LagrangianResult, arcUsd: Float64Array): Offer[][] {
  const { rows, arcs, pools, sites } = problem;
  const offers: Offer[][] = Array.from({ length: sites.count }, () => []);
  for (let row = 0; row < rows.count; row++) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const usd = bound.rowPrice[row]! - arcUsd[arc]!;
      const pool = arcs.pool[arc]!;
      if (usd > 0) offers[pools.site[pool]!]!.push({ row, pool, usd, load: arcs.load[arc]! });
    }
  }
  return offers;
}

/** The least a site with one pool costs with at least one module: modules are filled with what leaves most per load. */
function leastOfOne(offers: readonly Offer[], moduleUsd: number, most: number): number {
  const best = [...offers].sort((a, b) => b.usd * a.load - a.usd * b.load || a.row - b.row);
  let [earned, used, next] = [0, 0, 0];
  let least = Infinity;
  for (let count = 1; count <= most; count++) {
    let room = count - used;
    while (next < best.length && room > 0) {
      const { usd, load } = best[next]!;
      if (load <= room) {
        earned += usd;
        room -= load;
        used += load;
        next++;
      } else break;
    }
    const partly = next < best.length ? (best[next]!.usd * room) / best[next]!.load : 0;
    const usd = moduleUsd * count - earned - partly;
    if (usd >= least) break;
    least = usd;
    // Modules that limits pay for are worth having when there is nothing left to serve.
    if (next === best.length) return moduleUsd < 0 ? least + moduleUsd * (most - count) : least;
  }
  return least;
}

/** No more than what a site with several pools costs with at least one module, from one price of each pool's time. */
function leastOfMany(
  offers: readonly Offer[],
  free: readonly number[],
  poolUsd: Float64Array,
  most: Float64Array,
  modulePrice: Float64Array,
): number {
  const leaves = new Map<number, number>();
  for (const { row, pool, usd, load } of offers) {
    const left = usd - load * modulePrice[pool]!;
    if (left > (leaves.get(row) ?? 0)) leaves.set(row, left);
  }
  let total = 0;
  for (const left of leaves.values()) total -= left;
  let first = Infinity;
  for (const pool of free) {
    const usd = poolUsd[pool]! - modulePrice[pool]!;
    if (usd < 0) total += usd * most[pool]!;
    first = Math.min(first, Math.max(0, usd));
  }
  return total + first;
}

/** What is paid with the prices of limits and ties. */
function pricedCosts(
  problem: PlanProblem,
  { limitPrice, tiePrice }: LagrangianResult,
): { poolUsd: Float64Array; siteUsd: Float64Array; arcUsd: Float64Array } {
  const { limits, ties = noTies } = problem;
  const poolUsd = problem.pools.usd.slice();
  const siteUsd = problem.sites.usd.slice();
  const arcUsd = problem.arcs.usd.slice();
  for (const [l, { pools, poolWeights, sites, siteWeights, arcs = [], arcWeights }] of limits.entries()) {
    const price = limitPrice[l]!;
    if (price === 0) continue;
    for (let i = 0; i < pools.length; i++) poolUsd[pools[i]!]! += price * poolWeights[i]!;
    for (let i = 0; i < sites.length; i++) siteUsd[sites[i]!]! += price * siteWeights[i]!;
    for (let i = 0; i < arcs.length; i++) arcUsd[arcs[i]!]! += price * arcWeights![i]!;
  }
  for (let tie = 0; tie < ties.count; tie++) {
    for (let i = ties.starts[tie]!; i < ties.starts[tie + 1]!; i++) {
      poolUsd[ties.pool[i]!]! += tiePrice[tie]! * ties.weight[i]!;
    }
  }
  return { poolUsd, siteUsd, arcUsd };
}

/**
 * @param problem With all limits that tell what every plan keeps: none can be derived of the core.
 * @param keeps Most that an arc of each row may cost, in the problem's money, to be kept. Arcs that carry traffic in `plan` are
 * kept besides, and so are those that help to keep a limit.
 * @param hasStandIns False: nothing stands for missing arcs, so that all its plans are plans of the whole, and it bounds nothing.
 */
export function coreOf(
  problem: PlanProblem,
  { never, always }: Fates,
  keeps: Float64Array,
  { share }: ProblemSolution,
  hasStandIns = true,
): Core {
  const { rows, arcs, pools, sites } = problem;
  const helps = new Uint8Array(arcs.pool.length);
  for (const { arcs: counted = [], arcWeights } of problem.limits) {
    for (let i = 0; i < counted.length; i++) if (arcWeights![i]! < 0) helps[counted[i]!] = 1;
  }
  const kept: number[] = [];
  const starts = new Int32Array(rows.count + 1);
  const standIns: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    let missingUsd = Infinity;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      if (never[pools.site[arcs.pool[arc]!]!] === 1 && share[arc] === 0) continue;
      const usd = arcs.usd[arc]!;
      if (usd <= keeps[row]! || share[arc]! > 0 || helps[arc] === 1) kept.push(arc);
      else missingUsd = Math.min(missingUsd, usd);
    }
    if (hasStandIns && missingUsd < rows.unservedUsd[row]!) {
      kept.push(-1);
      standIns.push(missingUsd);
    }
    starts[row + 1] = kept.length;
  }
  const arc = Int32Array.from(kept);
  const usd = new Float64Array(arc.length);
  for (let i = 0, next = 0; i < arc.length; i++) usd[i] = arc[i]! < 0 ? standIns[next++]! : arcs.usd[arc[i]!]!;
  const maxCount = pools.maxCount.map((most, pool) => (never[pools.site[pool]!] === 1 ? 0 : most));
  // What a limit asks to stand, such as a least number of modules, may serve by arcs that are missing here.
  const useful = usefulModules(problem);
  const asked = new Uint8Array(pools.count);
  for (const limit of problem.limits) {
    for (const [i, pool] of limit.pools.entries()) if (limit.poolWeights[i]! < 0) asked[pool] = 1;
  }
  const minCount = pools.minCount.map((least, pool) => (always[pools.site[pool]!] === 1 ? Math.max(1, least) : least));
  return {
    arc,
    problem: {
      ...problem,
      arcs: {
        starts,
        pool: Int32Array.from(arc, (from) => (from < 0 ? pools.count : arcs.pool[from]!)),
        usd,
        load: Float64Array.from(arc, (from) => (from < 0 ? 0 : arcs.load[from]!)),
      },
      pools: {
        count: pools.count + 1,
        site: Int32Array.of(...pools.site, sites.count),
        usd: behind(pools.usd, 0),
        kw: behind(pools.kw, 0),
        minCount: behind(minCount, 1),
        maxCount: behind(maxCount, 1),
        useful: behind(
          useful.map((most, pool) => most * asked[pool]!),
          1,
        ),
        ...(pools.isSwitch && { isSwitch: Uint8Array.of(...pools.isSwitch, 0) }),
        ...(pools.reserveLoad && { reserveLoad: behind(pools.reserveLoad, 0) }),
      },
      sites: {
        count: sites.count + 1,
        usd: behind(sites.usd, 0),
        kw: behind(sites.kw, Infinity),
        gbps: behind(sites.gbps, Infinity),
        forced: Uint8Array.of(...sites.forced, 0),
      },
      limits: limitsOverArcs(problem.limits, arc, arcs.pool.length),
      ...(problem.engines && { engines: slotsOverArcs(problem.engines, arc) }),
    },
  };
}

function behind(values: Float64Array, last: number): Float64Array {
  return Float64Array.of(...values, last);
}
