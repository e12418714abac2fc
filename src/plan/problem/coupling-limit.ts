/**
 * Limits that couple what would otherwise be decided site by site. Every constraint family beyond demand, capacity, power
 * and ports of one site is written as such a limit, so that one mechanism carries all of them through the solver, the
 * bound by prices, the search and the checks.
 */
import type { PlanProblem, ProblemSolution } from "./problem.ts";

/**
 * `Σ siteWeight · open + Σ poolWeight · modules + Σ arcWeight · share + Σ unservedWeight · unserved ≤ upper`. Weights and `upper`
 * may have either sign: a least amount is a limit with all signs turned.
 */
export interface CouplingLimit {
  /** Public name of the constraint, for example `power of zone frankfurt`. */
  readonly name: string;
  /** Its name in every period, where the same limit stands in several. */
  readonly eachPeriod?: string;
  readonly upper: number;
  /**
   * `purchases`: where periods follow each other the limit counts what a period buys and opens, not what stands in it from
   * before. `built`: where one decision for several futures leaves modules idle in some, it counts them too, with whatever is served. What
   * is in service, when left out.
   */
  readonly of?: "purchases" | "built";
  readonly sites: Int32Array;
  readonly siteWeights: Float64Array;
  readonly pools: Int32Array;
  readonly poolWeights: Float64Array;
  /**
   * The pools' weights had they been bought in each earlier period, where prices change what modules from then count. None in what is
   * solved: stacking periods writes it into the weights of earlier pools.
   */
  readonly poolWeightsBoughtIn?: readonly Float64Array[];
  /** Arcs that count with the share of their row they carry; none when left out. */
  readonly arcs?: Int32Array;
  readonly arcWeights?: Float64Array;
  /**
   * Rows that count with the share of them nobody serves; none when left out. Only limits that follow from others have any.
   */
  readonly unserved?: Int32Array;
  readonly unservedWeights?: Float64Array;
  /**
   * `Σ weight · max(0, open(before) − open(now))` comes on top: what a place took of a budget is not had back when it shuts. The bound
   * by prices and the parts of a search leave it out, which only makes them looser; the exact path and all checks of whole plans know it.
   */
  readonly closings?: Closings;
  /**
   * True: it follows from others, or from what whoever asks for the plan makes sure of. It tells bounds and solvers what every
   * plan keeps in the end; the search for plans need not watch it.
   */
  readonly follows?: true;
  /**
   * False: the bound by prices leaves the limit out, which keeps it a bound. For families with a limit per site, where a
   * price each would cost more than it proves. The exact path and all checks know every limit.
   */
  readonly inBound?: false;
  /** A guess at its price, USD/year, where one is known that is good; prices then begin there and move in proportion to it. */
  readonly firstPriceUsd?: number;
}

/** The same places before and after, by position among the sites, and what each of them weighs, more than 0. */
export interface Closings {
  readonly before: Int32Array;
  readonly now: Int32Array;
  readonly weight: Float64Array;
}

/**
 * Left side of a limit for a solution.
 *
 * @param unserved Share of each row that is not served, where limits count it.
 */
export function limitUse(
  limit: CouplingLimit,
  { open, modules, share }: ProblemSolution,
  unserved?: Float64Array,
): number {
  let used = 0;
  for (let i = 0; i < limit.sites.length; i++) used += open[limit.sites[i]!]! * limit.siteWeights[i]!;
  for (let i = 0; i < limit.pools.length; i++) used += modules[limit.pools[i]!]! * limit.poolWeights[i]!;
  const { arcs, arcWeights } = limit;
  if (arcs !== undefined) for (let i = 0; i < arcs.length; i++) used += share[arcs[i]!]! * arcWeights![i]!;
  const { before = [], now, weight } = limit.closings ?? {};
  for (let i = 0; i < before.length; i++) if (open[before[i]!] && !open[now![i]!]) used += weight![i]!;
  for (const [i, row] of (limit.unserved ?? []).entries()) used += unserved![row]! * limit.unservedWeights![i]!;
  return used;
}

/**
 * Whether building less or serving less can break the limit, so that the empty way out of a plan is not always open and
 * moves must watch both directions.
 */
export function isTwoSided(limit: CouplingLimit): boolean {
  const negative = (weights: Float64Array): boolean => weights.some((weight) => weight < 0);
  return (
    negative(limit.siteWeights) ||
    negative(limit.poolWeights) ||
    (limit.arcWeights !== undefined && negative(limit.arcWeights))
  );
}

/**
 * The size by which an excess is measured: `upper` where that is a size, otherwise a hundredth of all that could count (a
 * limit such as `in the country ≥ half of all` has 0 on its right).
 */
export function limitSize(limit: CouplingLimit, most: Float64Array): number {
  if (limit.upper > 0) return limit.upper;
  let reach = Math.abs(limit.upper);
  for (let i = 0; i < limit.siteWeights.length; i++) reach += Math.abs(limit.siteWeights[i]!);
  for (let i = 0; i < limit.pools.length; i++) {
    const count = most[limit.pools[i]!]!;
    reach += Math.abs(limit.poolWeights[i]!) * (Number.isFinite(count) ? count : 1);
  }
  if (limit.arcWeights !== undefined) for (const weight of limit.arcWeights) reach += Math.abs(weight);
  return Math.max(Math.abs(limit.upper), reach / 100, 1e-9);
}

/** Limits for a problem that keeps only some arcs; `kept` holds their positions in the whole problem, -1 for those it has not. */
export function limitsOverArcs(
  limits: readonly CouplingLimit[],
  kept: Int32Array | readonly number[],
  arcCount: number,
): readonly CouplingLimit[] {
  if (!limits.some((limit) => limit.arcs !== undefined)) return limits;
  const position = new Int32Array(arcCount).fill(-1);
  for (let i = 0; i < kept.length; i++) if (kept[i]! >= 0) position[kept[i]!] = i;
  return limits.map((limit) => {
    if (limit.arcs === undefined) return limit;
    const stays = Array.from(limit.arcs.keys()).filter((i) => position[limit.arcs![i]!]! >= 0);
    return {
      ...limit,
      arcs: Int32Array.from(stays, (i) => position[limit.arcs![i]!]!),
      arcWeights: Float64Array.from(stays, (i) => limit.arcWeights![i]!),
    };
  });
}

/** The limits of every arc that stands in one and has a price in the bound: arc a has entries `starts[a]` to `starts[a + 1] - 1`. */
export interface ArcLimits {
  readonly starts: Int32Array;
  readonly limit: Int32Array;
  readonly weight: Float64Array;
}

/** @returns null when no limit counts arcs, the usual case, which then costs nothing. */
export function arcLimitsOf(problem: PlanProblem, counts: (limit: CouplingLimit) => boolean): ArcLimits | null {
  const { limits, arcs } = problem;
  if (!limits.some((limit) => limit.arcs !== undefined && limit.arcs.length > 0 && counts(limit))) return null;
  const starts = new Int32Array(arcs.pool.length + 1);
  for (const limit of limits) if (counts(limit)) for (const arc of limit.arcs ?? []) starts[arc + 1]!++;
  for (let arc = 0; arc < arcs.pool.length; arc++) starts[arc + 1]! += starts[arc]!;
  const next = starts.slice();
  const limitOf = new Int32Array(starts[arcs.pool.length]!);
  const weight = new Float64Array(limitOf.length);
  for (const [l, limit] of limits.entries()) {
    if (!counts(limit)) continue;
    for (const [i, arc] of (limit.arcs ?? []).entries()) {
      const at = next[arc]!++;
      limitOf[at] = l;
      weight[at] = limit.arcWeights![i]!;
    }
  }
  return { starts, limit: limitOf, weight };
}
