/**
 * How many modules serving everyone takes, as a whole number. The relaxations that bounds come from buy modules in parts: demand
 * worth 7.01 modules is then served with 7.01, where no plan has fewer than 8 or leaves some of it out. Written out as a limit,
 * the part that is missing is paid for. It matters where few modules do all the work, as in published location problems.
 */
import type { CouplingLimit } from "./coupling-limit.ts";
import type { PlanProblem } from "./problem.ts";

/** Rounding up less than this share of the count says too little to be worth a price. */
const worthRounding = 1e-3;
/** With less than this of a module to round up from, what is unserved would count in thousands. */
const leastPart = 1e-3;

/**
 * With L the load of all rows, each where it is least, f its part beyond whole modules and U the load of what is left unserved:
 * `Σ modules + U / f ≥ ⌈L⌉`. It holds for every plan: with fewer modules than ⌈L⌉, at least f is left out, and as much more as
 * there are modules fewer.
 *
 * @returns null where it would say nothing, and over several periods, where modules stand in one period for another.
 */
export function leastModules(problem: PlanProblem): CouplingLimit | null {
  const { rows, arcs, pools, ties, sites } = problem;
  if (sites.place !== undefined || (ties !== undefined && ties.count > 0)) return null;
  const least = new Float64Array(rows.count);
  const serves = new Uint8Array(pools.count);
  let total = 0;
  for (let row = 0; row < rows.count; row++) {
    const [from, end] = [arcs.starts[row]!, arcs.starts[row + 1]!];
    if (from === end) continue;
    least[row] = Infinity;
    for (let arc = from; arc < end; arc++) {
      serves[arcs.pool[arc]!] = 1;
      least[row] = Math.min(least[row]!, arcs.load[arc]!);
    }
    total += least[row]!;
  }
  const count = Math.ceil(total);
  const part = total - Math.floor(total);
  if (!(part >= leastPart) || count - total < worthRounding * count) return null;
  const ofPools = Array.from(pools.usd.keys()).filter((pool) => serves[pool] === 1);
  const ofRows = Array.from(least.keys()).filter((row) => least[row]! > 0);
  return {
    name: "least modules for all demand",
    follows: true,
    upper: -count,
    sites: new Int32Array(0),
    siteWeights: new Float64Array(0),
    pools: Int32Array.from(ofPools),
    poolWeights: new Float64Array(ofPools.length).fill(-1),
    unserved: Int32Array.from(ofRows),
    unservedWeights: Float64Array.from(ofRows, (row) => -least[row]! / part),
  };
}

/** The problem with that limit behind its own, for a model that a solver gets. */
export function withLeastModules(problem: PlanProblem): PlanProblem {
  const limit = leastModules(problem);
  return limit === null ? problem : { ...problem, limits: [...problem.limits, limit] };
}

/** The problem without limits that follow from others, which nothing needs to watch. */
export function withoutFollowing(problem: PlanProblem): PlanProblem {
  const limits = problem.limits.filter((limit) => limit.follows !== true);
  return limits.length === problem.limits.length ? problem : { ...problem, limits };
}
