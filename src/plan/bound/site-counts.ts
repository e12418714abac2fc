/** Least cost over the module counts of one site, given what the cuts of `site-bound.ts` say about each count. */
import type { PlanProblem } from "../problem/problem.ts";
import type { SiteView } from "../problem/site-view.ts";

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

/**
 * Which pools of each site are bounded over whole counts, by position in `view.pool`: the dearest first, as long as their
 * combinations stay within `most`. A module that is cheap against its site loses little by being counted in parts.
 */
export function wholePools({ pools }: PlanProblem, view: SiteView, most: number): Uint8Array {
  const whole = new Uint8Array(view.pool.length);
  for (let site = 0; site + 1 < view.poolStarts.length; site++) {
    const here = Array.from(view.pool.subarray(view.poolStarts[site]!, view.poolStarts[site + 1]!), (p, i) => ({
      p,
      i,
    }));
    here.sort((a, b) => pools.usd[b.p]! - pools.usd[a.p]! || a.i - b.i);
    let combinations = 1;
    for (const { p, i } of here) {
      const counts = view.most[p]! - Math.min(pools.minCount[p]!, view.most[p]!) + 1;
      if (combinations * counts > most) continue;
      combinations *= counts;
      whole[view.poolStarts[site]! + i] = 1;
    }
  }
  return whole;
}

/**
 * Makes a function that finds the least, over the counts of a site within power, of the highest cut: whole counts of the
 * pools that `whole` says, and for each of them the others in parts, as each cut likes them best.
 */
export function createCountLister(
  { pools, sites }: PlanProblem,
  view: SiteView,
  whole: Uint8Array,
  mostCuts: number,
): (
  site: number,
  poolUsd: Float64Array,
  cuts: CountCuts,
  into: { value: number; cut: number; readonly modules: Float64Array },
) => void {
  const at = new Float64Array(view.widest);
  const least = new Float64Array(view.widest);
  const weights = new Float64Array(view.widest * mostCuts);
  /** 1 where a cut gains by having more of a pool that is counted in parts. */
  const gains = new Uint8Array(mostCuts);
  const listed = new Int32Array(view.widest);
  const parts = new Int32Array(view.widest);

  const taken = new Uint8Array(view.widest);

  /** What the pools counted in parts add to a cut when `room` kW are left. */
  function partsOf(from: number, size: number, k: number, partCount: number, room: number): number {
    let total = 0;
    let left = Math.max(0, room);
    for (let j = 0; j < partCount; j++) taken[j] = weights[k * size + parts[j]!]! < 0 ? 0 : 1;
    // Best gain per kW first; parts are few, so they are looked for in turn.
    for (;;) {
      let pick = -1;
      let best = -1;
      for (let j = 0; j < partCount; j++) {
        if (taken[j]) continue;
        const kw = pools.kw[view.pool[from + parts[j]!]!]!;
        const ratio = kw > 0 ? -weights[k * size + parts[j]!]! / kw : Infinity;
        if (ratio > best) {
          best = ratio;
          pick = j;
        }
      }
      if (pick < 0) return total;
      taken[pick] = 1;
      const i = parts[pick]!;
      const p = view.pool[from + i]!;
      const span = view.most[p]! - least[i]!;
      const more = pools.kw[p]! > 0 ? Math.min(span, left / pools.kw[p]!) : span;
      total += more * weights[k * size + i]!;
      left -= more * pools.kw[p]!;
    }
  }

  return (site, poolUsd, { count, prices, first, width, constants }, into) => {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    let kw = 0;
    let standing = 0;
    let listedCount = 0;
    let partCount = 0;
    for (let i = 0; i < size; i++) {
      const p = view.pool[from + i]!;
      at[i] = least[i] = Math.min(pools.minCount[p]!, view.most[p]!);
      kw += at[i]! * pools.kw[p]!;
      standing += at[i]!;
      if (whole[from + i]) listed[listedCount++] = i;
      else parts[partCount++] = i;
      for (let k = 0; k < count; k++) weights[k * size + i] = poolUsd[p]! - prices[first + k * width + i]!;
    }
    for (let k = 0; k < count; k++) {
      gains[k] = 0;
      for (let j = 0; j < partCount; j++) if (weights[k * size + parts[j]!]! < 0) gains[k] = 1;
    }
    into.value = Infinity;
    // All whole counts in turn, like an odometer.
    for (;;) {
      if (kw <= sites.kw[site]! * (1 + 1e-9)) {
        let highest = -Infinity;
        let which = 0;
        for (let k = 0; k < count; k++) {
          let value = constants[k]!;
          for (let i = 0; i < size; i++) value += weights[k * size + i]! * at[i]!;
          if (gains[k]) value += partsOf(from, size, k, partCount, sites.kw[site]! - kw);
          if (value > highest) {
            highest = value;
            which = k;
          }
        }
        // Without modules nothing is served and nothing is spent, whatever the cuts know.
        if (highest < 0 && standing === 0 && partCount === 0) highest = 0;
        if (highest < into.value) {
          into.value = highest;
          into.cut = which;
          for (let i = 0; i < size; i++) into.modules[i] = at[i]!;
        }
      }
      let j = 0;
      for (; j < listedCount; j++) {
        const i = listed[j]!;
        const p = view.pool[from + i]!;
        if (at[i]! < view.most[p]!) {
          at[i]!++;
          standing++;
          kw += pools.kw[p]!;
          break;
        }
        kw -= (at[i]! - least[i]!) * pools.kw[p]!;
        standing -= at[i]! - least[i]!;
        at[i] = least[i]!;
      }
      if (j === listedCount) return;
    }
  };
}
