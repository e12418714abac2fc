/** Least cost over the module counts of one site, given what the cuts of `site-bound.ts` say about each count. */
import type { PlanProblem } from "./problem.ts";
import type { SiteView } from "./site-view.ts";

/** Cuts of a site: cut k bounds counts N by `constants[k] + Σ (poolUsd − price) · N`. */
export interface CountCuts {
  readonly count: number;
  /** Price of pool i in cut k at `first + k * width + i`. */
  readonly prices: Float64Array;
  readonly first: number;
  readonly width: number;
  readonly constants: Float64Array;
}

/** Least of `weights · N` over fractional counts within power and pool limits; `into` receives N. */
export function leastOverFractions(
  { pools, sites }: PlanProblem,
  view: SiteView,
  site: number,
  weights: Float64Array,
  into: Float64Array,
): number {
  const from = view.poolStarts[site]!;
  const size = view.poolStarts[site + 1]! - from;
  let kw = sites.kw[site]!;
  let total = 0;
  for (let i = 0; i < size; i++) {
    const p = view.pool[from + i]!;
    into[i] = Math.min(pools.minCount[p]!, view.most[p]!);
    kw -= into[i]! * pools.kw[p]!;
    total += into[i]! * weights[i]!;
  }
  // A fractional knapsack: best gain per kW first.
  for (;;) {
    let pick = -1;
    let ratio = 0;
    for (let i = 0; i < size; i++) {
      const p = view.pool[from + i]!;
      if (into[i]! >= view.most[p]! || weights[i]! >= 0) continue;
      if (pools.kw[p]! > 0 && kw <= 1e-12) continue;
      const each = pools.kw[p]! > 0 ? weights[i]! / pools.kw[p]! : -Infinity;
      if (each < ratio) {
        ratio = each;
        pick = i;
      }
    }
    if (pick < 0) return total;
    const p = view.pool[from + pick]!;
    const room = view.most[p]! - into[pick]!;
    const more = pools.kw[p]! > 0 ? Math.min(room, kw / pools.kw[p]!) : room;
    into[pick]! += more;
    kw -= more * pools.kw[p]!;
    total += more * weights[pick]!;
    if (more < room) kw = 0;
  }
}

/** Makes a function that finds the least, over all whole counts within power, of the highest cut. */
export function createCountLister(
  { pools, sites }: PlanProblem,
  view: SiteView,
  mostCuts: number,
): (
  site: number,
  poolUsd: Float64Array,
  cuts: CountCuts,
  into: { value: number; cut: number; readonly modules: Float64Array },
) => void {
  const at = new Float64Array(view.widest);
  const weights = new Float64Array(view.widest * mostCuts);
  return (site, poolUsd, { count, prices, first, width, constants }, into) => {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    let kw = 0;
    let standing = 0;
    for (let i = 0; i < size; i++) {
      const p = view.pool[from + i]!;
      at[i] = Math.min(pools.minCount[p]!, view.most[p]!);
      kw += at[i]! * pools.kw[p]!;
      standing += at[i]!;
      for (let k = 0; k < count; k++) weights[k * size + i] = poolUsd[p]! - prices[first + k * width + i]!;
    }
    into.value = Infinity;
    // All counts in turn, like an odometer.
    for (;;) {
      if (kw <= sites.kw[site]! * (1 + 1e-9)) {
        let highest = -Infinity;
        let which = 0;
        for (let k = 0; k < count; k++) {
          let value = constants[k]!;
          for (let i = 0; i < size; i++) value += weights[k * size + i]! * at[i]!;
          if (value > highest) {
            highest = value;
            which = k;
          }
        }
        // Without modules nothing is served and nothing is spent, whatever the cuts know.
        if (highest < 0 && standing === 0) highest = 0;
        if (highest < into.value) {
          into.value = highest;
          into.cut = which;
          for (let i = 0; i < size; i++) into.modules[i] = at[i]!;
        }
      }
      let i = 0;
      for (; i < size; i++) {
        const p = view.pool[from + i]!;
        if (at[i]! < view.most[p]!) {
          at[i]!++;
          standing++;
          kw += pools.kw[p]!;
          break;
        }
        const least = Math.min(pools.minCount[p]!, view.most[p]!);
        kw -= (at[i]! - least) * pools.kw[p]!;
        standing -= at[i]! - least;
        at[i] = least;
      }
      if (i === size) return;
    }
  };
}
