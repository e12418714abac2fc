/**
 * Moves that open a site where nothing stands because it serves more cheaply, or serves at all, what others serve now. Where
 * a limit leaves no room for it (most sites, a budget), the open sites that lose least by being shut make room, wherever in
 * the world they are: that is what searches of one neighbourhood cannot trade.
 */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { evict } from "./mend-plan.ts";
import { negligible, type PlanState } from "./plan-state.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { buyForRow, placeRow, type MoveTables } from "./row-moves.ts";
import type { Steps } from "../problem/steps.ts";

/** Sites shut at most to make room for one. */
const mostShut = 3;
/** Candidates that gained nothing in a row after which the rest, which promise less, are left. */
const patience = 40;
/** Rows for which modules are bought elsewhere when a site is shut: so many, and more where many modules go. */
const purchasesPerMove = 12;
const purchasesPerModule = 4;
const mostPurchases = 400;

/** A place in its periods, the last first, from one on, and what serving more from it then promises, USD. */
interface Candidate {
  readonly sites: readonly number[];
  readonly usd: number;
}

/** Opens sites, the most promising first, and keeps what makes the plan cheaper by more than `leastUsd`. */
export function* openWhatPays(
  state: PlanState,
  tables: MoveTables,
  leastUsd: number,
  stop: () => boolean,
): Steps<void> {
  const nowUsd = costOfRows(state);
  const candidates = promising(state, tables, nowUsd);
  if (candidates.length === 0) return;
  const losses = lossesOf(state, tables);
  const room = limitsBySite(state, tables);
  let failures = 0;
  for (const candidate of candidates) {
    yield;
    if (stop() || failures >= patience) return;
    failures = open(state, tables, candidate, { nowUsd, losses, room, leastUsd }) ? 0 : failures + 1;
  }
}

/** What serving each row costs now, its modules at their whole price, penalties included; USD/year. */
function costOfRows({ problem, share, unserved }: PlanState): Float64Array {
  const { rows } = problem;
  const nowUsd = new Float64Array(rows.count);
  for (let row = 0; row < rows.count; row++) nowUsd[row] = costOfRow({ problem, share, unserved }, row);
  return nowUsd;
}

function costOfRow(
  { problem, share, unserved }: Pick<PlanState, "problem" | "share" | "unserved">,
  row: number,
): number {
  const { rows, arcs, pools } = problem;
  let usd = Math.max(0, unserved[row]!) * rows.unservedUsd[row]!;
  for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
    if (share[arc]! > 0) usd += share[arc]! * (arcs.usd[arc]! + arcs.load[arc]! * pools.usd[arcs.pool[arc]!]!);
  }
  return usd;
}

/** Places that promise to save more than they cost, the best first: what opens in one period is open in the later ones. */
function promising(state: PlanState, tables: MoveTables, nowUsd: Float64Array): Candidate[] {
  const promiseUsd = promises(state, nowUsd);
  const found: Candidate[] = [];
  for (const here of sitesOfPlaces(state.problem)) {
    let [usd, mostUsd, first] = [0, tables.negligibleUsd, -1];
    for (let i = here.length - 1; i >= 0; i--) {
      usd += promiseUsd[here[i]!]!;
      if (usd > mostUsd) [mostUsd, first] = [usd, i];
    }
    if (first >= 0) found.push({ sites: here.slice(first).reverse(), usd: mostUsd });
  }
  return found.sort((a, b) => b.usd - a.usd || a.sites[0]! - b.sites[0]!);
}

/** The sites of every place, in the order of their periods. */
function sitesOfPlaces({ sites }: PlanProblem): number[][] {
  if (sites.place === undefined) return Array.from({ length: sites.count }, (_, site) => [site]);
  const found: number[][] = [];
  for (const [site, place] of sites.place.entries()) (found[place] ??= []).push(site);
  return found;
}

/**
 * What serving more from each site promises to save beyond what opening it costs, USD/year; below 0 where it saves too little. Read
 * row by row, in the order of the arcs: most of them save nothing.
 */
function promises(state: PlanState, nowUsd: Float64Array): Float64Array {
  const { rows, arcs, pools, sites } = state.problem;
  const promiseUsd = new Float64Array(sites.count);
  const kw = new Float64Array(sites.count);
  /** What the row at hand saves at most, at the sites where it saves anything. */
  const saved = new Float64Array(sites.count);
  const touched: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    const now = nowUsd[row]!;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const pool = arcs.pool[arc]!;
      const savedUsd = now - arcs.usd[arc]! - arcs.load[arc]! * pools.usd[pool]!;
      if (!(savedUsd > 0) || pools.maxCount[pool] === 0) continue;
      const site = pools.site[pool]!;
      const before = saved[site]!;
      if (savedUsd <= before) continue;
      if (before === 0) {
        touched.push(site);
        kw[site]! += arcs.load[arc]! * pools.kw[pool]!;
      }
      promiseUsd[site]! += savedUsd - before;
      saved[site] = savedUsd;
    }
    for (const site of touched) saved[site] = 0;
    touched.length = 0;
  }
  for (let site = 0; site < sites.count; site++) {
    if (kw[site]! > sites.kw[site]!) promiseUsd[site]! *= sites.kw[site]! / kw[site]!;
    if (state.standing[site] === 0 && sites.forced[site] === 0) promiseUsd[site]! -= sites.usd[site]!;
  }
  return promiseUsd;
}

interface Saving {
  readonly row: number;
  readonly arc: number;
  readonly savedUsd: number;
}

/** What each row would save by being served at the site over its best arc there, where it saves anything. */
function savingRows(state: PlanState, tables: MoveTables, site: number, nowUsd: Float64Array): Saving[] {
  const { arcs, pools } = state.problem;
  const best = new Map<number, Saving>();
  for (const pool of tables.poolsOfSite[site]!) {
    if (pools.maxCount[pool] === 0) continue;
    const { starts, arc: arcsOf } = tables.byPool;
    for (let j = starts[pool]!; j < starts[pool + 1]!; j++) {
      const arc = arcsOf[j]!;
      const row = tables.rowOf[arc]!;
      const savedUsd = nowUsd[row]! - arcs.usd[arc]! - arcs.load[arc]! * pools.usd[pool]!;
      if (savedUsd > 0 && savedUsd > (best.get(row)?.savedUsd ?? 0)) best.set(row, { row, arc, savedUsd });
    }
  }
  return [...best.values()];
}

/**
 * What the plan would lose, at the least, by shutting each site that may be shut, with the same place in all periods before;
 * Infinity elsewhere. USD/year.
 */
function lossesOf(state: PlanState, tables: MoveTables): Float64Array {
  const { rows, arcs, pools, sites } = state.problem;
  const losses = new Float64Array(sites.count).fill(Infinity);
  for (let site = 0; site < sites.count; site++) {
    if (state.standing[site]! > 0 && sites.forced[site] === 0) losses[site] = -sites.usd[site]!;
  }
  for (let pool = 0; pool < pools.count; pool++) {
    losses[pools.site[pool]!]! -= state.modules[pool]! * pools.usd[pool]!;
    if (pools.minCount[pool]! > 0) losses[pools.site[pool]!] = Infinity;
  }
  for (let row = 0; row < rows.count; row++) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const share = state.share[arc]!;
      const site = pools.site[arcs.pool[arc]!]!;
      if (!(share > 0) || losses[site] === Infinity) continue;
      let elsewhereUsd = rows.unservedUsd[row]!;
      for (let i = arcs.starts[row]!; i < arcs.starts[row + 1]!; i++) {
        const other = tables.ranked[i]!;
        const pool = arcs.pool[other]!;
        if (pools.site[pool] === site || !(state.modules[pool]! > 0)) continue;
        elsewhereUsd = Math.min(elsewhereUsd, arcs.usd[other]! + arcs.load[other]! * pools.usd[pool]!);
        break;
      }
      losses[site]! += share * (elsewhereUsd - arcs.usd[arc]!);
    }
  }
  for (const here of sitesOfPlaces(state.problem)) {
    for (const [i, site] of here.entries()) {
      // Where nothing stood before, nothing is lost by that.
      if (i > 0 && state.standing[here[i - 1]!]! > 0) losses[site]! += losses[here[i - 1]!]!;
    }
  }
  return losses;
}

/** The limits that a site's opening or modules count in, and how much. */
interface SiteLimits {
  /** Use of limit `l` by what stands at the site. */
  use(l: number, site: number): number;
  /** Pools that make room under limit `l`, the cheapest first. */
  helpers(l: number): readonly number[];
}

function limitsBySite(state: PlanState, tables: MoveTables): SiteLimits {
  const weights = new Map<number, { readonly sites: Float64Array; readonly pools: Map<number, number> }>();
  const of = (
    limit: CouplingLimit,
    l: number,
  ): { readonly sites: Float64Array; readonly pools: Map<number, number> } => {
    let known = weights.get(l);
    if (known === undefined) {
      const sites = new Float64Array(state.problem.sites.count);
      for (const [i, site] of limit.sites.entries()) sites[site]! += limit.siteWeights[i]!;
      known = { sites, pools: new Map(Array.from(limit.pools, (pool, i) => [pool, limit.poolWeights[i]!])) };
      weights.set(l, known);
    }
    return known;
  };
  const helpers = new Map<number, readonly number[]>();
  return {
    helpers(l) {
      const limit = state.problem.limits[l];
      if (limit === undefined) return [];
      let known = helpers.get(l);
      if (known === undefined) {
        const { usd } = state.problem.pools;
        const places = Array.from(limit.pools.keys()).filter((i) => limit.poolWeights[i]! < 0);
        places.sort(
          (a, b) => usd[limit.pools[b]!]! / limit.poolWeights[b]! - usd[limit.pools[a]!]! / limit.poolWeights[a]!,
        );
        known = places.map((i) => limit.pools[i]!);
        helpers.set(l, known);
      }
      return known;
    },
    use(l, site) {
      const { sites, pools } = of(state.problem.limits[l]!, l);
      let use = state.standing[site]! > 0 ? sites[site]! : 0;
      for (const pool of tables.poolsOfSite[site]!) use += state.modules[pool]! * (pools.get(pool) ?? 0);
      return use;
    },
  };
}

interface Moves {
  readonly nowUsd: Float64Array;
  readonly losses: Float64Array;
  readonly room: SiteLimits;
  readonly leastUsd: number;
}

/** Opens a place, shutting others where limits ask for it; takes it back where the plan does not become cheaper. */
function open(state: PlanState, tables: MoveTables, { sites, usd }: Candidate, moves: Moves): boolean {
  const { nowUsd, losses, leastUsd } = moves;
  state.checkpoint();
  const before = state.costUsd;
  const broken = state.brokenLimits;
  const moved: number[] = [];
  const shut: Shut = { sites: [], modules: 0, rows: moved };
  const emptied = new Set<number>();
  for (const site of sites) {
    const savings = savingRows(state, tables, site, nowUsd).sort((a, b) => b.savedUsd - a.savedUsd || a.row - b.row);
    const first = savings[0];
    if (first === undefined || !makeRoom(state, tables, state.problem.arcs.pool[first.arc]!, moves, shut)) continue;
    for (const saving of savings) moveTo(state, saving, moves, emptied);
    for (const { row } of savings) moved.push(row);
  }
  for (const pool of emptied) sell(state, pool);
  for (const row of moved) if (state.unserved[row]! > negligible) placeRow(state, tables, row);
  const most = Math.min(mostPurchases, Math.max(purchasesPerMove, purchasesPerModule * shut.modules));
  let purchases = 0;
  for (const row of moved) {
    if (state.unserved[row]! <= 1e-6 || purchases >= most) continue;
    buyForRow(state, tables, row);
    purchases++;
  }
  if (before - state.costUsd > leastUsd && state.brokenLimits <= broken) {
    for (const row of new Set(moved)) nowUsd[row] = costOfRow(state, row);
    return true;
  }
  // Whoever was to make room is worth more to the plan than it seemed.
  for (const site of shut.sites) losses[site] = Math.max(losses[site]!, usd + state.costUsd - before);
  state.rollback();
  return false;
}

/** What a move has shut so far. */
interface Shut {
  readonly sites: number[];
  modules: number;
  /** Demand that was served there. */
  readonly rows: number[];
}

/** Builds what a limit asks to stand beside, or shuts sites, until one module of the pool fits; false when that does not help. */
function makeRoom(state: PlanState, tables: MoveTables, pool: number, moves: Moves, shut: Shut): boolean {
  const { losses, room } = moves;
  const { limits } = state.problem;
  for (let turn = 0; ; turn++) {
    if (support(state, pool, moves)) return true;
    if (turn === mostShut) return false;
    const blocking = state.blocking(pool);
    if (blocking.length === 0 || blocking.some((l) => l >= limits.length)) return false;
    // One that makes room under all of them, and loses least.
    let victim = -1;
    for (let site = 0; site < losses.length; site++) {
      if (!(losses[site]! < Infinity) || state.standing[site] === 0) continue;
      if (victim >= 0 && losses[site]! >= losses[victim]!) continue;
      if (blocking.every((l) => room.use(l, site) > 0)) victim = site;
    }
    if (victim < 0) return false;
    shut.sites.push(victim);
    for (const other of tables.poolsOfSite[victim]!) {
      if (state.modules[other] === 0) continue;
      shut.modules += state.modules[other]!;
      state.build(other, 0);
      for (let p = other; p >= 0; p = state.earlier[p]!) evict(state, tables, p, shut.rows);
    }
  }
}

/** Modules built at most so that one more of another pool may stand. */
const mostSupporting = 4;

/** Builds modules that let one more of the pool stand (a least share asks for some elsewhere); returns whether it fits then. */
function support(state: PlanState, pool: number, { room }: Moves): boolean {
  for (let turn = 0; turn < mostSupporting; turn++) {
    if (state.fits(pool, 1)) return true;
    const helper = state
      .blocking(pool)
      .flatMap((l) => room.helpers(l))
      .find((other) => other !== pool && state.fits(other, 1));
    if (helper === undefined) return false;
    state.build(helper, state.modules[helper]! + 1);
  }
  return state.fits(pool, 1);
}

/** Serves as much of a row over an arc as it may, buying modules for it there while they fit. */
function moveTo(state: PlanState, { row, arc }: Saving, moves: Moves, emptied: Set<number>): void {
  const { arcs } = state.problem;
  const pool = arcs.pool[arc]!;
  const wanted = arcs.load[arc]! - (state.modules[pool]! - state.load[pool]!);
  if (wanted > negligible || state.modules[pool] === 0) {
    let more = Math.max(1, Math.ceil(wanted - negligible));
    while (more > 0 && !state.fits(pool, more)) more--;
    if (more > 0 || support(state, pool, moves)) state.build(pool, state.modules[pool]! + Math.max(1, more));
  }
  for (let other = arcs.starts[row]!; other < arcs.starts[row + 1]!; other++) {
    if (other === arc || !(state.share[other]! > 0)) continue;
    const part = Math.min(state.share[other]!, state.room(row, arc));
    if (part <= negligible) continue;
    state.serve(row, other, -part);
    state.serve(row, arc, part);
    emptied.add(arcs.pool[other]!);
  }
  const left = Math.min(state.unserved[row]!, state.room(row, arc));
  if (left > negligible) state.serve(row, arc, left);
}

/** Takes away what stands idle in a pool, and what the same pool does not need before either. */
function sell(state: PlanState, pool: number): void {
  const { minCount } = state.problem.pools;
  let count = 0;
  for (let p = pool; p >= 0; p = state.earlier[p]!) {
    count = Math.max(count, minCount[p]!, Math.ceil(state.load[p]! - negligible));
  }
  if (count < state.modules[pool]!) state.build(pool, count);
}
