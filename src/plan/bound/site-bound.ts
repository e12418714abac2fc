/**
 * The least a site can cost when demand is paid for instead of required: rows offer their price, the site takes what pays.
 *
 * With prices μ for the module time of its pools and π for its ports, a row served over arc a leaves
 * `price(row) − usd − load · μ − gbps · π`; D(μ, π) sums what the best arc of each row leaves, where positive. For every
 * count N of modules the site costs at least `(c − μ) · N − D − π · ports`, whatever μ and π are. Where models do not all fit
 * together, a module's accelerators earn by their room too, at prices ν, and D is less what each model takes (`engine-pass.ts`).
 * So each stored price vector is a cut, and the least over all counts of the highest cut is a valid bound: over whole counts where the site is
 * small enough to list them, over all counts otherwise.
 */
import { placesBySite } from "../problem/engine-slots.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { createCountLister, leastOverFractions, wholePools } from "./site-counts.ts";
import { cutsPerSite, type SiteBounder, type SiteCuts, type SiteOutcome } from "./site-cuts.ts";
import { createSiteMix, type SiteMix } from "./site-mix.ts";
import { createSitePass } from "./site-pass.ts";
import type { SiteView } from "../problem/site-view.ts";

/** Module counts are whole as far as their combinations at a site stay within this, the dearest modules first. */
const listedCounts = 160;
/** Passes after which a cut that has not decided anything is dropped. */
const idlePasses = 8;
/** Most steps of a search along a line of prices, and the error, as a share of the money at stake, at which it stops. */
const searchSteps = 10;
const searchTolerance = 1e-4;

/** Most cuts added for the counts of a site at once, and the error, as a share of the money at stake, that may stay. */
const settlingSteps = 12;
/** Counts settled in turn per refinement: cuts for one show that another is better. */
const countsPerRefinement = 4;
const settled = 1e-7;

/** Where the room of accelerators stands among what a site has. */
interface SiteRooms {
  /** Places of each site, and 1 where the models of one of them do not all fit together. */
  readonly places: Uint8Array;
  readonly isScarce: Uint8Array;
  /** Place of each pool among those of its site, by position in `view.pool`, -1 where it has none; accelerators of a module. */
  readonly place: Int32Array;
  readonly accelerators: Float64Array;
}

function roomsOfSites(problem: PlanProblem, view: SiteView): SiteRooms {
  const rooms = {
    places: new Uint8Array(problem.sites.count),
    isScarce: new Uint8Array(problem.sites.count),
    place: new Int32Array(view.pool.length).fill(-1),
    accelerators: new Float64Array(view.pool.length),
  };
  const { engines } = problem;
  if (engines === undefined) return rooms;
  const at = new Int32Array(problem.pools.count);
  for (const [position, pool] of view.pool.entries()) at[pool] = position;
  for (const [site, places] of placesBySite(problem, engines).entries()) {
    rooms.places[site] = places.length;
    for (const [place, position] of places.entries()) {
      const { pools, accelerators, isScarce } = engines.places[position]!;
      if (isScarce) rooms.isScarce[site] = 1;
      for (const pool of pools) {
        rooms.place[at[pool]!] = place;
        rooms.accelerators[at[pool]!] = accelerators;
      }
    }
  }
  return rooms;
}

export function createSiteBounder(problem: PlanProblem, view: SiteView): SiteBounder {
  const { pools, sites, rows } = problem;
  const portAt = view.widest;
  const roomAt = portAt + 1;
  const passes = createSitePass(problem, view);
  const width = roomAt + passes.rooms;
  const rooms = roomsOfSites(problem, view);
  const cuts: SiteCuts = {
    prices: new Float64Array(sites.count * cutsPerSite * width),
    portAt,
    places: rooms.places,
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
  /** 1 where one module carries all there is to serve: its time is worth nothing, and one cut says what the site costs. */
  const neverFull = new Uint8Array(sites.count);
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
    let load = 0;
    for (let a = view.starts[s]!; a < view.starts[s + 1]!; a++) load += view.load[a]!;
    neverFull[s] = fitted[s] === 0 && load <= 1 + 1e-9 && passes.rooms === 0 ? 1 : 0;
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
  // Resources of a mix: time per pool, ports, room per place, and where modules are counted in parts also power and the pools' ends.
  const powerAt = width;
  const capAt = width + 1;
  const wholeMix = createSiteMix(width, cutsPerSite + settlingSteps);
  const partMix = createSiteMix(capAt + view.widest, cutsPerSite + settlingSteps + view.widest);
  const stock = new Float64Array(capAt + view.widest);
  const way = new Float64Array(stock.length);
  const wayOf = new Int32Array(cutsPerSite);
  const boughtAs = new Int32Array(view.widest);

  function combine(site: number, poolUsd: Float64Array, into: SiteOutcome): void {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    const count = cuts.count[site]!;
    const first = site * cutsPerSite * width;
    if (listed[site]) {
      for (let k = 0; k < count; k++) constants[k] = -surplus[k]!;
      const earning = passes.rooms === 0 ? { prices: cuts.prices, first } : { prices: earningsOf(site), first: 0 };
      leastOverCounts(site, poolUsd, { ...earning, width, count, constants }, into);
      return;
    }
    into.value = -Infinity;
    for (let k = 0; k < count; k++) {
      const at = first + k * width;
      for (let i = 0; i < size; i++) {
        scratch[i] = poolUsd[view.pool[from + i]!]! - cuts.prices[at + i]! - roomEarns(from + i, cuts.prices, at);
      }
      const value = leastOverFractions(problem, view, site, scratch, tried) - surplus[k]!;
      if (value > into.value) {
        into.value = value;
        into.cut = k;
      }
    }
  }

  /** What a module's accelerators earn by the room on them, USD/year; `i` is a position in `view.pool`. */
  function roomEarns(i: number, prices: Float64Array, at: number): number {
    return rooms.place[i]! < 0 ? 0 : rooms.accelerators[i]! * prices[at + roomAt + rooms.place[i]!]!;
  }
  /** What a module of each pool earns under each cut of a site, by its time and its room. */
  function earningsOf(site: number): Float64Array {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    for (let k = 0; k < cuts.count[site]!; k++) {
      const at = (site * cutsPerSite + k) * width;
      for (let i = 0; i < size; i++) {
        earning[k * width + i] = cuts.prices[at + i]! + roomEarns(from + i, cuts.prices, at);
      }
    }
    return earning;
  }
  const earning = new Float64Array(passes.rooms === 0 ? 0 : cutsPerSite * width);

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

  /**
   * Begins a mix of what the site takes under its cuts, for the whole counts that decide. Modules counted in parts are bought
   * in the mix itself, as many as power and pool leave room for.
   */
  function beginMix(site: number, poolUsd: Float64Array, outcome: SiteOutcome): void {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    const mix = mixOf(site);
    stock.fill(Infinity);
    if (portBinds[site]) stock[portAt] = sites.gbps[site]!;
    if (rooms.isScarce[site]) stock.fill(0, roomAt, roomAt + cuts.places[site]!);
    let room = sites.kw[site]!;
    for (let i = 0; i < size; i++) {
      const p = view.pool[from + i]!;
      stock[i] = whole[from + i] ? outcome.modules[i]! : leastOf(p);
      room -= stock[i]! * pools.kw[p]!;
      if (rooms.place[from + i]! >= 0)
        stock[roomAt + rooms.place[from + i]!]! += stock[i]! * rooms.accelerators[from + i]!;
      if (!whole[from + i]) stock[capAt + i] = view.most[p]! - leastOf(p);
    }
    stock[powerAt] = powerBinds[site] ? Math.max(0, room) : Infinity;
    mix.begin(stock);
    for (let k = 0; k < cuts.count[site]!; k++) wayOf[k] = addWay(site, k);
    for (let i = 0; i < size; i++) {
      if (whole[from + i]) continue;
      const p = view.pool[from + i]!;
      way.fill(0);
      way[i] = -1;
      if (rooms.place[from + i]! >= 0) way[roomAt + rooms.place[from + i]!] = -rooms.accelerators[from + i]!;
      way[powerAt] = pools.kw[p]!;
      way[capAt + i] = 1;
      boughtAs[i] = mix.add(-poolUsd[p]!, way, 0, 0);
    }
  }
  function addWay(site: number, k: number): number {
    way.fill(0);
    for (let i = 0; i < width; i++) way[i] = usage[k * width + i]!;
    return mixOf(site).add(worthOf(site, k), way, 0);
  }
  function mixOf(site: number): SiteMix {
    return allWhole[site] ? wholeMix : partMix;
  }
  /** Modules of a pool that stand whatever is decided. */
  function leastOf(p: number): number {
    return Math.min(pools.minCount[p]!, view.most[p]!);
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
  function mixAt(site: number, poolUsd: Float64Array, outcome: SiteOutcome): void {
    beginMix(site, poolUsd, outcome);
    const mix = mixOf(site);
    mix.solve();
    outcome.mixCount = 0;
    for (let k = 0; k < cuts.count[site]!; k++) {
      const weight = mix.weight(wayOf[k]!);
      if (!(weight > 1e-9)) continue;
      outcome.mixCut[outcome.mixCount] = k;
      outcome.mixWeight[outcome.mixCount++] = weight;
    }
    const from = view.poolStarts[site]!;
    for (let i = 0; i < view.poolStarts[site + 1]! - from; i++) {
      if (!whole[from + i]) outcome.modules[i] = leastOf(view.pool[from + i]!) + mix.weight(boughtAs[i]!);
    }
  }
  /**
   * Puts the prices of the mix into `tried`.
   *
   * @returns What modules cost at these prices and the counts that decide, with what there is of power and ports, beyond what
   * their time earns, USD/year.
   */
  function readPrices(site: number, poolUsd: Float64Array, outcome: SiteOutcome): number {
    const from = view.poolStarts[site]!;
    const size = view.poolStarts[site + 1]! - from;
    const { prices } = mixOf(site);
    const power = allWhole[site] ? 0 : prices[powerAt]!;
    for (let i = 0; i < width; i++) tried[i] = prices[i]!;
    let usd = tried[portAt]! > 0 ? -tried[portAt]! * sites.gbps[site]! : 0;
    if (power > 0) usd -= power * stock[powerAt]!;
    for (let i = 0; i < size; i++) {
      const p = view.pool[from + i]!;
      const byRoom = roomEarns(from + i, tried, 0);
      if (whole[from + i]) usd += (poolUsd[p]! - tried[i]! - byRoom) * outcome.modules[i]!;
      else {
        const short = prices[capAt + i]!;
        // Time of modules that need not stand is worth what they cost: less would only invite what cannot be had for it.
        if (leastOf(p) === 0) tried[i] = Math.max(tried[i]!, poolUsd[p]! + power * pools.kw[p]! + short - byRoom);
        usd += (poolUsd[p]! - tried[i]! - byRoom) * leastOf(p);
        if (short > 0) usd -= short * stock[capAt + i]!;
      }
    }
    return usd;
  }
  /**
   * Adds cuts until what is known of the counts that decide is exact.
   *
   * @returns Whether that raised what the site costs at those counts.
   */
  function settle(site: number, rowPrice: Float64Array, poolUsd: Float64Array, outcome: SiteOutcome): boolean {
    beginMix(site, poolUsd, outcome);
    const mix = mixOf(site);
    const tolerance = settled * Math.max(1, Math.abs(outcome.value), surplus[outcome.cut]!);
    for (let step = 0; step < settlingSteps; step++) {
      const rest = mix.solve();
      const usd = readPrices(site, poolUsd, outcome);
      const left = passes.pass(site, rowPrice, tried, 0, triedUsage, 0);
      const last = left - rest <= tolerance;
      if (last && usd - left <= outcome.value + tolerance) return false;
      const k = placeFor(site, outcome.cut);
      if (k < 0) return false;
      const at = (site * cutsPerSite + k) * width;
      for (let i = 0; i < width; i++) {
        cuts.prices[at + i] = tried[i]!;
        usage[k * width + i] = triedUsage[i]!;
      }
      surplus[k] = left + (tried[portAt]! > 0 ? tried[portAt]! * sites.gbps[site]! : 0);
      cuts.idle[site * cutsPerSite + k] = 0;
      wayOf[k] = addWay(site, k);
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
      if (k === keep || mixOf(site).weight(wayOf[k]!) > 0) continue;
      if (place < 0 || cuts.idle[site * cutsPerSite + k]! > cuts.idle[site * cutsPerSite + place]!) place = k;
    }
    if (place >= 0) mixOf(site).drop(wayOf[place]!);
    return place;
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
      if (neverFull[site] && !portBinds[site]) {
        cuts.count[site] = 1;
        measure(site, rowPrice, 0);
        combine(site, poolUsd, into);
        into.mixCut[0] = 0;
        into.mixWeight[0] = 1;
        into.mixCount = into.modules[0]! > 0 ? 1 : 0;
        return;
      }
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
      for (let step = 0; step < refinements * countsPerRefinement; step++) {
        // A site that stays shut adds nothing, however tight its cuts; one where something stands cannot.
        if (!held[site] && siteUsd + into.value >= 0) break;
        if (!settle(site, rowPrice, poolUsd, into)) break;
        combine(site, poolUsd, into);
      }
      mixAt(site, poolUsd, into);
      cuts.idle[site * cutsPerSite + into.cut] = 0;
      for (let i = 0; i < into.mixCount; i++) cuts.idle[site * cutsPerSite + into.mixCut[i]!] = 0;
    },
    takes(site, rowPrice, cut, into, from) {
      return passes.takes(site, rowPrice, cuts.prices, (site * cutsPerSite + cut) * width, into, from);
    },
  };
}
