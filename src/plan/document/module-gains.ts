/**
 * What further modules would save in a plan while everything else stays as planned: of what stands already by the dual of its
 * capacity, of what could stand by what requests cost today, and of neither more than all requests cost now beyond what they would cost
 * with room for everybody. None of these ever stands too low, so neither do the savings.
 */
import { isAlwaysOpen, secondsPerYear } from "../../finance/index.ts";
import { documentSolution } from "./document-solution.ts";
import type { PlanDocument } from "./plan-document.ts";
import { problemRows } from "./row-use.ts";
import { unservedShares } from "../problem/problem.ts";
import { worldProblem, type WorldProblem } from "../world/world-problem.ts";
import { plannedPortGbps } from "../problem/planned-port.ts";

/** A kind of module at a site, of which there may be more. */
export interface ModuleGain {
  readonly site: number;
  readonly module: number;
  readonly trains: boolean;
  /** Cost of one of them, USD/year. */
  readonly costUsdPerYear: number;
  /** Whether the site is open in the plan. */
  readonly open: boolean;
  /** Cost of the site being open, where it is not; 0 where it is, USD/year. */
  readonly openUsdPerYear: number;
  /** What one more, two more, … save at most before they are paid for, as long as the last saves what it costs; at least one entry. */
  readonly savedUsdPerYear: readonly number[];
}

/** Shares below this are rounding. */
const noticeableShare = 1e-6;
/** Use of a port from which what comes over it may cost more than its arc says. */
const fullPort = 0.999;
/** More of a kind than this at a time are not looked at. */
const mostAtOnce = 1000;

/** All that the period of the plan could have more of, by site. */
export function moduleGains(
  plan: PlanDocument,
  planned: WorldProblem = worldProblem(plan.world, plan.period),
): ModuleGain[] {
  const { problem, poolModule, poolTrains, poolInstalled } = planned;
  const worth = worthOfPools(plan, planned);
  const prices = rowPrices(plan, planned, worth);
  const most = mostSaved(plan, planned);
  const uses: { load: number; usd: number }[][] = Array.from({ length: problem.pools.count }, () => []);
  for (let row = 0; row < problem.rows.count; row++) {
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      const usd = prices[row]! - problem.arcs.usd[arc]!;
      if (usd > 0) uses[problem.arcs.pool[arc]!]!.push({ load: problem.arcs.load[arc]!, usd });
    }
  }
  const occupied = new Set([...plan.deployment.pools, ...(plan.deployment.upgrades ?? [])].map(({ site }) => site));
  return Array.from({ length: planned.firstAuxiliary }, (_, pool) => pool).flatMap((pool): ModuleGain[] => {
    // What stands already is had by nobody once more, and what does not come in time by nobody at all.
    if (poolInstalled[pool] || problem.pools.maxCount[pool] === 0) return [];
    const site = problem.pools.site[pool]!;
    const open = occupied.has(site) || isAlwaysOpen(plan.world, site, plan.period);
    const costUsdPerYear = problem.pools.usd[pool]!;
    const dual = worth[pool] ?? Infinity;
    const saved = worth[pool] === null ? savedBy(uses[pool]!, costUsdPerYear) : [dual];
    return [
      {
        site,
        module: poolModule[pool]!,
        trains: poolTrains[pool] === 1,
        costUsdPerYear,
        open,
        openUsdPerYear: open ? 0 : Math.max(0, problem.sites.usd[site]!),
        savedUsdPerYear: noMoreThan(most[pool]!, saved, costUsdPerYear),
      },
    ];
  });
}

/** What one more of the modules that stand and serve saves at most, USD/year, by site and module; null where no more can be had. */
export function gainOfOneMore(gains: readonly ModuleGain[]): (site: number, module: number) => number | null {
  const first = new Map(
    gains.filter(({ trains }) => !trains).map((gain) => [`${gain.site} ${gain.module}`, gain.savedUsdPerYear[0]!]),
  );
  return (site, module) => first.get(`${site} ${module}`) ?? null;
}

/** USD/year of one more module per pool, where the plan tells it; null where none stands that serves. */
function worthOfPools({ world, deployment }: PlanDocument, { problem, poolModule, poolTrains }: WorldProblem) {
  const told = new Map<number, number>();
  for (const { site, module, count, capacityUsdPerModuleS } of deployment.pools) {
    if (count > 0) told.set(site * world.modules.length + module, capacityUsdPerModuleS * secondsPerYear);
  }
  return Array.from({ length: problem.pools.count }, (_, pool) =>
    poolModule[pool]! < 0 || poolTrains[pool]
      ? null
      : (told.get(problem.pools.site[pool]! * world.modules.length + poolModule[pool]!) ?? null),
  );
}

/**
 * What serving the whole of each row saves at most as things stand, USD/year: what leaving it costs, or the least way that stands
 * there for more of it. A way over a full port is none.
 */
function rowPrices(plan: PlanDocument, planned: WorldProblem, worth: readonly (number | null)[]): Float64Array {
  const { problem, demandRowCount } = planned;
  const { arcs, pools, rows } = problem;
  const isFull = new Set(
    plan.sites
      .filter(({ site, egressGbps }) => egressGbps >= plannedPortGbps(plan.world, plan.world.sites[site]!) * fullPort)
      .map(({ site }) => site),
  );
  for (const [site, gbps] of backhaulOf(plan)) {
    if (gbps >= (plan.world.sites[site]!.backhaulGbps ?? Infinity) * fullPort) isFull.add(site);
  }
  const prices = rows.unservedUsd.slice();
  for (const { row, unserved } of problemRows(plan, planned)) {
    if (unserved > noticeableShare) continue;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const pool = arcs.pool[arc]!;
      if (worth[pool] === null || isFull.has(pools.site[pool]!)) continue;
      prices[row] = Math.min(prices[row]!, arcs.usd[arc]! + arcs.load[arc]! * worth[pool]!);
    }
  }
  const trained = new Float64Array(plan.world.training.length);
  for (const { training, pflops } of plan.training) trained[training]! += pflops;
  for (const [training, { pflops }] of plan.world.training.entries()) {
    // Energy of training is in its modules, so what runs already would gain nothing by more of them.
    if (trained[training]! >= pflops[plan.period]! * (1 - noticeableShare)) prices[demandRowCount + training] = 0;
  }
  return prices;
}

function backhaulOf({ world, deployment }: PlanDocument): Map<number, number> {
  const used = new Map<number, number>();
  for (const { row, pool, peakPerS } of deployment.flows) {
    const gbps = (peakPerS * (world.workloads[world.demand[row]!.workload]!.backhaulBytes ?? 0) * 8) / 1e9;
    const { site } = deployment.pools[pool]!;
    used.set(site, (used.get(site) ?? 0) + gbps);
  }
  return used;
}

/**
 * What all rows together cost now, unserved or on their way, beyond the cheapest way of each over what stands or over the pool, per pool,
 * USD/year: more than that no number of its modules saves.
 */
function mostSaved(plan: PlanDocument, planned: WorldProblem): Float64Array {
  const { arcs, rows, pools } = planned.problem;
  const { modules, share } = documentSolution(planned, plan);
  const unserved = unservedShares(planned.problem, share);
  const most = new Float64Array(pools.count);
  let elsewhere = 0;
  for (let row = 0; row < rows.count; row++) {
    let spentUsd = unserved[row]! * rows.unservedUsd[row]!;
    let leastUsd = rows.unservedUsd[row]!;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      spentUsd += share[arc]! * arcs.usd[arc]!;
      if (modules[arcs.pool[arc]!]! > 0) leastUsd = Math.min(leastUsd, arcs.usd[arc]!);
    }
    elsewhere += Math.max(0, spentUsd - leastUsd);
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      most[arcs.pool[arc]!]! += Math.max(0, Math.min(spentUsd, leastUsd) - arcs.usd[arc]!);
    }
  }
  return most.map((usd) => usd + elsewhere);
}

/** Savings of one, two, … as far as each of them still saves what it costs; at least one entry. */
function noMoreThan(most: number, savedUsd: readonly number[], costUsd: number): number[] {
  const capped = savedUsd.map((usd) => Math.min(usd, most));
  const end = capped.findIndex((usd, i) => i > 0 && usd - capped[i - 1]! <= costUsd);
  return end < 0 ? capped : capped.slice(0, end);
}

/** Whole rows and parts of them into one module, two modules, …: what saves most for its room first. */
function savedBy(uses: readonly { readonly load: number; readonly usd: number }[], costUsd: number): number[] {
  const best = uses.toSorted((a, b) => b.usd * a.load - a.usd * b.load);
  const saved: number[] = [];
  let [sum, next, taken] = [0, 0, 0];
  for (let count = 1; count <= mostAtOnce; count++) {
    const before = sum;
    let room = 1;
    while (next < best.length && room > 0) {
      const { load, usd } = best[next]!;
      const share = load > 0 ? Math.min(1 - taken, room / load) : 1 - taken;
      sum += share * usd;
      room -= share * load;
      taken += share;
      if (taken < 1 - 1e-12) break;
      [next, taken] = [next + 1, 0];
    }
    if (count > 1 && sum - before <= costUsd) break;
    saved.push(sum);
  }
  return saved;
}
