/**
 * The least a site can cost when demand is paid for instead of required: rows offer their price, the site takes what pays.
 *
 * With prices μ for the module time of its pools and π for its ports, a row served over arc a leaves
 * `price(row) − usd − load · μ − gbps · π`; D(μ, π) sums what the best arc of each row leaves, where positive. For every
 * count N of modules the site costs at least `(c − μ) · N − D − π · ports`, whatever μ and π are. So each stored price
 * vector is a cut, and the least over all counts of the highest cut is a valid bound: over whole counts where the site is
 * small enough to list them, over all counts otherwise.
 */
import type { PlanProblem } from "./problem.ts";
import { createCountLister, leastOverFractions, wholePools } from "./site-counts.ts";
import { cutsPerSite, type SiteBounder, type SiteCuts, type SiteOutcome } from "./site-cuts.ts";
import { createSiteMix } from "./site-mix.ts";
import { createSitePass } from "./site-pass.ts";
import type { SiteView } from "./site-view.ts";

/** Module counts are whole as far as their combinations at a site stay within this, the dearest modules first. */
const listedCounts = 160;
/** Passes after which a cut that has not decided anything is dropped. */
const idlePasses = 30;
/** Most steps of a search along a line of prices, and the error, as a share of the money at stake, at which it stops. */
const searchSteps = 10;
const searchTolerance = 1e-4;

/** Most cuts added for the counts of a site at once, and the error, as a share of the money at stake, that may stay. */
const settlingSteps = 12;
/** Counts settled in turn per refinement: cuts for one show that another is better. */
const countsPerRefinement = 4;
const settled = 1e-7;

export function createSiteBounder(problem: PlanProblem, view: SiteView): SiteBounder {
  const { pools, sites, rows } = problem;
  const width = view.widest + 1;
  const portAt = view.widest;
  const passes = createSitePass(problem, view);
  const cuts: SiteCuts = {
    prices: new Float64Array(sites.count * cutsPerSite * width),
    count: new Uint8Array(sites.count),
    width,
    idle: new Uint16Array(sites.count * cutsPerSite),
  };
  const whole = wholePools(problem, view, listedCounts);
  const listed = new Uint8Array(sites.count);
  const allWhole = new Uint8Array(sites.count);
  const portBinds = new Uint8Array(sites.count);
  const powerBinds = new Uint8Array(sites.count);
  /** 1 where the first two cuts follow cost and power; a small site with one kind of modules needs only its own search. */
  const fitted = new Uint8Array(sites.count);
  /** 1 where something stands whatever the prices. */
  const held = Uint8Array.from(sites.forced);
  for (let p = 0; p < pools.count; p++) if (pools.minCount[p]! > 0) held[pools.site[p]!] = 1;
  for (let s = 0; s < sites.count; s++) {
    allWhole[s] = 1;
    for (let i = view.poolStarts[s]!; i < view.poolStarts[s + 1]!; i++) {
      if (whole[i]) listed[s] = 1;
      else allWhole[s] = 0;
    }
    fitted[s] = allWhole[s] && view.poolStarts[s + 1]! - view.poolStarts[s]! === 1 ? 0 : 1;
    powerBinds[s] = Number.isFinite(sites.kw[s]!) && passes.mostPowerKw(s) > sites.kw[s]! ? 1 : 0;
    if (Number.isFinite(sites.gbps[s]!)) {
      let gbps = 0;
      for (let a = view.starts[s]!; a < view.starts[s + 1]!; a++) {
        if (a === view.starts[s] || view.row[a] !== view.row[a - 1]) gbps += rows.gbps[view.row[a]!]!;
      }
      portBinds[s] = gbps > sites.gbps[s]! ? 1 : 0;
    }
  }

  const scratch = new Float64Array(width);
  const surplus = new Float64Array(cutsPerSite);
  const usage = new Float64Array(cutsPerSite * width);
  const tried = new Float64Array(width);
  const constants = new Float64Array(cutsPerSite);
  const leastOverCounts = createCountLister(problem, view, whole, cutsPerSite);
  const triedUsage = new Float64Array(width);
  const mix = createSiteMix(width, cutsPerSite + settlingSteps);
  const stock = new Float64Array(width);
  const wayOf = new Int32Array(cutsPerSite);

  function combine(site: number, poolUsd: Float64Array, into: SiteOutcome): void {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    const count = cuts.count[site]!;
    const first = site * cutsPerSite * width;
    if (listed[site]) {
      for (let k = 0; k < count; k++) constants[k] = -surplus[k]!;
      leastOverCounts(site, poolUsd, { prices: cuts.prices, first, width, count, constants }, into);
      for (let i = 0; i < size; i++) {
        if (whole[from + i]) continue;
        const p = view.pool[from + i]!;
        into.modules[i] = Math.max(into.modules[i]!, inParts(site, poolUsd, into.cut, i));
        if (poolUsd[p]! < 0) into.modules[i] = view.most[p]!;
      }
      return;
    }
    into.value = -Infinity;
    for (let k = 0; k < count; k++) {
      const at = first + k * width;
      for (let i = 0; i < size; i++) scratch[i] = poolUsd[view.pool[from + i]!]! - cuts.prices[at + i]!;
      const value = leastOverFractions(problem, view, site, scratch, tried) - surplus[k]!;
      if (value > into.value) {
        into.value = value;
        into.cut = k;
        // What the prices take is the better guess of what stands than a corner of the polytope.
        for (let i = 0; i < size; i++) {
          const p = view.pool[from + i]!;
          into.modules[i] = poolUsd[p]! < 0 ? tried[i]! : Math.min(view.most[p]!, usage[k * width + i]!);
        }
      }
    }
  }

  /**
   * Modules of a pool counted in parts that go with a cut: as many as it takes, and all there can be where their price says
   * that they are short by themselves, beyond what power is worth to every pool.
   */
  function inParts(site: number, poolUsd: Float64Array, k: number, i: number): number {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    const at = (site * cutsPerSite + k) * width;
    const above = (j: number): number => cuts.prices[at + j]! - poolUsd[view.pool[from + j]!]!;
    let perKw = Infinity;
    for (let j = 0; j < size; j++) {
      const kw = pools.kw[view.pool[from + j]!]!;
      if (kw > 0) perKw = Math.min(perKw, Math.max(0, above(j)) / kw);
    }
    const p = view.pool[from + i]!;
    const power = pools.kw[p]! > 0 ? perKw * pools.kw[p]! : 0;
    if (above(i) > power + 1e-6 * Math.max(1, poolUsd[p]!)) return view.most[p]!;
    return Math.min(view.most[p]!, usage[k * width + i]!);
  }

  /** Finds the cut that, blended with the deciding one, makes what the site takes match what stands. */
  function blend(site: number, poolUsd: Float64Array, into: SiteOutcome): void {
    into.mixCount = 1;
    into.mixCut[0] = into.cut;
    into.mixWeight[0] = 1;
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    const first = site * cutsPerSite * width;
    let which = -1;
    let mismatch = 1e-9;
    if (listed[site]) {
      for (let i = 0; i < size; i++) {
        const usd = Math.max(poolUsd[view.pool[from + i]!]!, 1e-9);
        const off = Math.abs(usage[into.cut * width + i]! - into.modules[i]!) * usd;
        if (off > mismatch) {
          mismatch = off;
          which = i;
        }
      }
    }
    const excess = (k: number): number => {
      if (which >= 0) return usage[k * width + which]! - into.modules[which]!;
      let drawn = 0;
      for (let i = 0; i < size; i++) drawn += usage[k * width + i]! * pools.kw[view.pool[from + i]!]!;
      return drawn - sites.kw[site]!;
    };
    const own = excess(into.cut);
    if (own < 0 && which < 0) return;
    let highest = -Infinity;
    let otherCut = -1;
    let weight = 0;
    for (let k = 0; k < cuts.count[site]!; k++) {
      const other = excess(k);
      if (other === 0 || other > 0 === own > 0) continue;
      let value = -surplus[k]!;
      for (let i = 0; i < size; i++) {
        value += (poolUsd[view.pool[from + i]!]! - cuts.prices[first + k * width + i]!) * into.modules[i]!;
      }
      if (value > highest) {
        highest = value;
        otherCut = k;
        weight = own / (own - other);
      }
    }
    if (otherCut < 0) {
      for (let i = 0; i < size; i++) {
        if (whole[from + i]) carry(site, into, i, usage[into.cut * width + i]!);
      }
      return;
    }
    into.mixCount = 2;
    into.mixCut[1] = otherCut;
    into.mixWeight[0] = 1 - weight;
    into.mixWeight[1] = weight;
    for (let i = 0; i < size; i++) {
      if (poolUsd[view.pool[from + i]!]! < 0) continue;
      const mixed = (1 - weight) * usage[into.cut * width + i]! + weight * usage[otherCut * width + i]!;
      if (whole[from + i]) carry(site, into, i, mixed);
      else into.modules[i] = Math.min(view.most[view.pool[from + i]!]!, mixed);
    }
  }

  /** Where counts cost as much as the time they give is worth, any is least; as many stand as carry what is taken. */
  function carry(site: number, into: SiteOutcome, i: number, used: number): void {
    const p = view.pool[view.poolStarts[site]! + i]!;
    if (used > into.modules[i]!) into.modules[i] = Math.min(view.most[p]!, used);
  }

  function measure(site: number, rowPrice: Float64Array, k: number): void {
    const at = (site * cutsPerSite + k) * width;
    surplus[k] =
      passes.pass(site, rowPrice, cuts.prices, at, usage, k * width) +
      (cuts.prices[at + portAt]! > 0 ? cuts.prices[at + portAt]! * sites.gbps[site]! : 0);
  }

  /**
   * Moves the prices `base + t · direction` along t until the site takes `target` of what `direction` weighs, and leaves the
   * two sides of it in `low` (takes more) and `high` (takes no more): between them lies what the site really takes. The next
   * t is where the two cuts meet, so the search ends after finitely many steps and knows how far from exact it is.
   */
  function searchLine(site: number, rowPrice: Float64Array, target: number, unit: number, tolerance: number): void {
    let reach = 1.1;
    for (let step = 0; step < searchSteps; step++) {
      let next: number;
      if (low.known && high.known) {
        next = (high.surplus + high.used * high.t - low.surplus - low.used * low.t) / (high.used - low.used);
        const meeting = target * next + low.surplus - low.used * (next - low.t);
        const best = Math.min(target * low.t + low.surplus, target * high.t + high.surplus);
        if (best - meeting <= tolerance || !(next > low.t) || !(next < high.t)) return;
      } else if (low.known) next = Math.max(reach * low.t, 0.01 * unit);
      else if (high.known && high.t > 0) next = high.t > 1e-3 * unit ? high.t / reach : 0;
      else if (high.known) return;
      else next = 0;
      reach *= reach;
      tryAt(site, rowPrice, next, target);
    }
  }

  function tryAt(site: number, rowPrice: Float64Array, t: number, target: number): void {
    for (let i = 0; i < width; i++) tried[i] = base[i]! + t * direction[i]!;
    const left = passes.pass(site, rowPrice, tried, 0, triedUsage, 0);
    let used = 0;
    for (let i = 0; i < width; i++) used += direction[i]! * triedUsage[i]!;
    offer(t, used, left, target, triedUsage, 0);
  }

  function offer(t: number, used: number, left: number, target: number, usageOf: Float64Array, usageAt: number): void {
    const end = used > target ? low : high;
    if (end.known && (end === low ? t <= end.t : t >= end.t)) return;
    end.known = true;
    end.t = t;
    end.used = used;
    end.surplus = left;
    for (let i = 0; i < width; i++) end.usage[i] = usageOf[usageAt + i]!;
  }
  const low = { known: false, t: 0, used: 0, surplus: 0, usage: new Float64Array(width) };
  const high = { known: false, t: 0, used: 0, surplus: 0, usage: new Float64Array(width) };
  const base = new Float64Array(width);
  const direction = new Float64Array(width);

  /**
   * The cuts of cost plus a price of power, in the first two places: enough for fractional counts, and never worse than
   * what the whole counts of a small site are bounded by.
   *
   * @returns Whether the site may open; if not, one pass was enough to know.
   */
  function fitPower(site: number, rowPrice: Float64Array, poolUsd: Float64Array, siteUsd: number): boolean {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    const at = site * cutsPerSite * width;
    const limit = sites.kw[site]!;
    let unit = 0;
    let earns = false;
    base.fill(0);
    direction.fill(0);
    for (let i = 0; i < size; i++) {
      const p = view.pool[from + i]!;
      // Ties may make modules pay for themselves; a price of their time is never negative.
      base[i] = Math.max(0, poolUsd[p]!);
      if (poolUsd[p]! < 0) earns = true;
      direction[i] = pools.kw[p]!;
      if (pools.kw[p]! > 0) unit = Math.max(unit, poolUsd[p]! / pools.kw[p]!);
    }
    low.known = high.known = false;
    const target = powerBinds[site] ? limit : Infinity;
    const guess = powerBinds[site] ? powerHigh[site]! : 0;
    tryAt(site, rowPrice, guess, target);
    const end = low.known ? low : high;
    const shut = !held[site] && !earns && siteUsd - end.surplus - (guess > 0 ? guess * limit : 0) >= 0;
    if (!shut && powerBinds[site]) {
      if (powerLow[site]! >= 0 && powerLow[site]! !== guess) tryAt(site, rowPrice, powerLow[site]!, target);
      searchLine(site, rowPrice, target, unit, searchTolerance * unit * limit);
    }
    powerHigh[site] = high.known ? high.t : low.t;
    powerLow[site] = low.known ? low.t : -1;
    const main = high.known ? high : low;
    const second = high.known && low.known ? low : main;
    // Where one side is unknown the second place is a copy, so that the places of the other cuts do not move.
    for (const [k, side] of [main, second].entries()) {
      surplus[k] = side.surplus;
      for (let i = 0; i < width; i++) {
        cuts.prices[at + k * width + i] = base[i]! + side.t * direction[i]!;
        usage[k * width + i] = side.usage[i]!;
      }
    }
    cuts.count[site] = Math.max(2, cuts.count[site]!);
    return !shut;
  }
  const powerHigh = new Float64Array(sites.count);
  const powerLow = new Float64Array(sites.count).fill(-1);

  /** Makes the cuts of a small site tighter at the counts that decide. */
  function refineCounts(site: number, rowPrice: Float64Array, poolUsd: Float64Array, outcome: SiteOutcome): boolean {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    const at = (site * cutsPerSite + outcome.cut) * width;
    let worst = -1;
    let target = 0;
    let mismatch = 1e-6;
    let worstUsd = 0;
    for (let i = 0; i < size; i++) {
      const p = view.pool[from + i]!;
      const price = cuts.prices[at + i]!;
      const used = usage[outcome.cut * width + i]!;
      // Modules counted in parts are short only where all there can be are taken.
      const stands = whole[from + i] ? outcome.modules[i]! : inParts(site, poolUsd, outcome.cut, i);
      // A module that costs nothing is still worth what the rows it could serve leave.
      const usd = Math.max(poolUsd[p]!, price, surplus[outcome.cut]! / Math.max(1, used));
      const off = Math.abs(used - stands) * usd;
      if (off > mismatch && !(used < stands && price <= 0)) {
        mismatch = off;
        worst = i;
        worstUsd = usd;
        target = stands;
      }
    }
    if (worst < 0) return false;
    for (let i = 0; i < width; i++) base[i] = i === worst ? 0 : cuts.prices[at + i]!;
    direction.fill(0);
    direction[worst] = 1;
    low.known = high.known = false;
    for (let k = 0; k < cuts.count[site]!; k++) {
      const other = (site * cutsPerSite + k) * width;
      let comparable = true;
      for (let i = 0; i < width; i++) if (i !== worst && cuts.prices[other + i] !== base[i]) comparable = false;
      if (!comparable) continue;
      offer(cuts.prices[other + worst]!, usage[k * width + worst]!, surplus[k]!, target, usage, k * width);
    }
    const knownLow = low.known ? low.t : -1;
    const knownHigh = high.known ? high.t : -1;
    searchLine(site, rowPrice, target, worstUsd, searchTolerance * worstUsd * Math.max(1, target));
    let added = false;
    for (const end of [low, high]) {
      if (!end.known || end.t === (end === low ? knownLow : knownHigh)) continue;
      for (let i = 0; i < width; i++) tried[i] = base[i]! + end.t * direction[i]!;
      store(site, rowPrice, outcome.cut);
      added = true;
    }
    return added;
  }

  /** Begins a mix of what the site takes under its cuts, for the counts that decide. */
  function beginMix(site: number, outcome: SiteOutcome): void {
    const size = view.poolStarts[site + 1]! - view.poolStarts[site]!;
    stock.fill(Infinity);
    for (let i = 0; i < size; i++) stock[i] = outcome.modules[i]!;
    if (portBinds[site]) stock[portAt] = sites.gbps[site]!;
    mix.begin(stock);
    for (let k = 0; k < cuts.count[site]!; k++) wayOf[k] = mix.add(worthOf(site, k), usage, k * width);
  }
  /** What the rows pay that the site takes under a cut, beyond their own cost. */
  function worthOf(site: number, k: number): number {
    const at = (site * cutsPerSite + k) * width;
    let worth = surplus[k]!;
    for (let i = 0; i < width; i++) {
      const price = cuts.prices[at + i]!;
      if (price === 0) continue;
      worth += price * (usage[k * width + i]! - (i === portAt ? sites.gbps[site]! : 0));
    }
    return worth;
  }
  function mixAt(site: number, outcome: SiteOutcome): void {
    beginMix(site, outcome);
    mix.solve();
    outcome.mixCount = 0;
    for (let k = 0; k < cuts.count[site]!; k++) {
      const weight = mix.weight(wayOf[k]!);
      if (!(weight > 1e-9)) continue;
      outcome.mixCut[outcome.mixCount] = k;
      outcome.mixWeight[outcome.mixCount++] = weight;
    }
  }
  /**
   * Adds cuts until what is known of the counts that decide is exact.
   *
   * @returns Whether that raised what the site costs at those counts.
   */
  function settle(site: number, rowPrice: Float64Array, poolUsd: Float64Array, outcome: SiteOutcome): boolean {
    beginMix(site, outcome);
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    const tolerance = settled * Math.max(1, Math.abs(outcome.value), surplus[outcome.cut]!);
    for (let step = 0; step < settlingSteps; step++) {
      const rest = mix.solve();
      tried.set(mix.prices);
      const left = passes.pass(site, rowPrice, tried, 0, triedUsage, 0);
      let exact = -left - (tried[portAt]! > 0 ? tried[portAt]! * sites.gbps[site]! : 0);
      for (let i = 0; i < size; i++) exact += (poolUsd[view.pool[from + i]!]! - tried[i]!) * outcome.modules[i]!;
      const last = left - rest <= tolerance;
      if (last && exact <= outcome.value + tolerance) return false;
      const k = placeFor(site, outcome.cut);
      if (k < 0) return false;
      const at = (site * cutsPerSite + k) * width;
      for (let i = 0; i < width; i++) {
        cuts.prices[at + i] = tried[i]!;
        usage[k * width + i] = triedUsage[i]!;
      }
      surplus[k] = left + (tried[portAt]! > 0 ? tried[portAt]! * sites.gbps[site]! : 0);
      cuts.idle[site * cutsPerSite + k] = 0;
      wayOf[k] = mix.add(worthOf(site, k), usage, k * width);
      if (last) return true;
    }
    return true;
  }
  /** A place for one more cut, that of one that is not in the mix where all are taken; -1 when all matter. */
  function placeFor(site: number, keep: number): number {
    const count = cuts.count[site]!;
    if (count < cutsPerSite) {
      cuts.count[site] = count + 1;
      return count;
    }
    let place = -1;
    for (let k = fitted[site]! ? 2 : 0; k < cutsPerSite; k++) {
      if (k === keep || mix.weight(wayOf[k]!) > 0) continue;
      if (place < 0 || cuts.idle[site * cutsPerSite + k]! > cuts.idle[site * cutsPerSite + place]!) place = k;
    }
    if (place >= 0) mix.drop(wayOf[place]!);
    return place;
  }

  /** Raises or lowers the price of the ports until they are just full. */
  function fitPorts(site: number, rowPrice: Float64Array, outcome: SiteOutcome): void {
    const at = (site * cutsPerSite + outcome.cut) * width;
    for (let i = 0; i < width; i++) base[i] = i === portAt ? 0 : cuts.prices[at + i]!;
    direction.fill(0);
    direction[portAt] = 1;
    let unit = 0;
    for (let a = view.starts[site]!; a < view.starts[site + 1]!; a++) {
      const r = view.row[a]!;
      if (rows.gbps[r]! > 0) unit = Math.max(unit, rowPrice[r]! / rows.gbps[r]!);
    }
    low.known = high.known = false;
    tryAt(site, rowPrice, cuts.prices[at + portAt]!, sites.gbps[site]!);
    searchLine(site, rowPrice, sites.gbps[site]!, unit, searchTolerance * unit * sites.gbps[site]!);
    const t = high.known ? high.t : low.t;
    for (let i = 0; i < width; i++) tried[i] = base[i]! + t * direction[i]!;
    store(site, rowPrice, outcome.cut);
  }

  /** Cuts that have not mattered for long cost a pass each for nothing. */
  function forgetIdle(site: number): void {
    let kept = 2;
    for (let k = 2; k < cuts.count[site]!; k++) {
      const idle = site * cutsPerSite + k;
      if (cuts.idle[idle]! > idlePasses) continue;
      if (kept < k) {
        cuts.prices.copyWithin((site * cutsPerSite + kept) * width, idle * width, (idle + 1) * width);
        cuts.idle[site * cutsPerSite + kept] = cuts.idle[idle]!;
      }
      kept++;
    }
    cuts.count[site] = kept;
  }

  function store(site: number, rowPrice: Float64Array, keep: number): void {
    const count = cuts.count[site]!;
    let place = count;
    if (count === cutsPerSite) {
      place = -1;
      for (let k = fitted[site]! ? 2 : 0; k < count; k++) {
        if (k === keep) continue;
        if (place < 0 || cuts.idle[site * cutsPerSite + k]! > cuts.idle[site * cutsPerSite + place]!) place = k;
      }
    } else cuts.count[site] = count + 1;
    const at = (site * cutsPerSite + place) * width;
    for (let i = 0; i < width; i++) cuts.prices[at + i] = tried[i]!;
    cuts.idle[site * cutsPerSite + place] = 0;
    measure(site, rowPrice, place);
  }

  const kept = {
    prices: cuts.prices.slice(),
    count: cuts.count.slice(),
    high: powerHigh.slice(),
    low: powerLow.slice(),
  };
  return {
    cuts,
    listed,
    remember() {
      kept.prices.set(cuts.prices);
      kept.count.set(cuts.count);
      kept.high.set(powerHigh);
      kept.low.set(powerLow);
    },
    recall() {
      cuts.prices.set(kept.prices);
      cuts.count.set(kept.count);
      powerHigh.set(kept.high);
      powerLow.set(kept.low);
      cuts.idle.fill(0);
    },
    evaluate(site, rowPrice, poolUsd, siteUsd, refinements, into) {
      const from = view.poolStarts[site]!;
      const size = view.poolStarts[site + 1]! - from;
      const first = site * cutsPerSite * width;
      if (fitted[site]) {
        if (!fitPower(site, rowPrice, poolUsd, siteUsd)) {
          into.value = -surplus[0]! - (powerHigh[site]! > 0 ? powerHigh[site]! * sites.kw[site]! : 0);
          into.cut = 0;
          into.mixCount = 0;
          return;
        }
        forgetIdle(site);
      } else if (cuts.count[site] === 0) {
        for (let i = 0; i < size; i++) cuts.prices[first + i] = Math.max(0, poolUsd[view.pool[from + i]!]!);
        cuts.count[site] = 1;
      }
      for (let k = fitted[site] ? 2 : 0; k < cuts.count[site]!; k++) {
        measure(site, rowPrice, k);
        const idle = site * cutsPerSite + k;
        if (cuts.idle[idle]! < 65_000) cuts.idle[idle]!++;
      }
      combine(site, poolUsd, into);
      const turns = allWhole[site] ? refinements * countsPerRefinement : refinements;
      for (let step = 0; step < turns; step++) {
        // A site that stays shut adds nothing, however tight its cuts.
        if (siteUsd + into.value >= 0) break;
        if (allWhole[site]) {
          if (!settle(site, rowPrice, poolUsd, into)) break;
          combine(site, poolUsd, into);
          continue;
        }
        const ports = usage[into.cut * width + portAt]! > sites.gbps[site]!;
        if (portBinds[site] && (ports || cuts.prices[first + into.cut * width + portAt]! > 0)) {
          fitPorts(site, rowPrice, into);
        } else if (!refineCounts(site, rowPrice, poolUsd, into)) break;
        combine(site, poolUsd, into);
      }
      if (allWhole[site]) mixAt(site, into);
      else blend(site, poolUsd, into);
      cuts.idle[site * cutsPerSite + into.cut] = 0;
      for (let i = 0; i < into.mixCount; i++) cuts.idle[site * cutsPerSite + into.mixCut[i]!] = 0;
    },
    takes(site, rowPrice, cut, into, from) {
      return passes.takes(site, rowPrice, cuts.prices, (site * cutsPerSite + cut) * width, into, from);
    },
  };
}
