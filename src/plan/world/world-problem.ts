/**
 * Turns one period of a world into a `PlanProblem`. Eligibility, rates and per-request costs come from the routing policy,
 * yearly costs of modules and sites from finance; this file only multiplies and arranges.
 */
import type { World } from "../../catalog/index.ts";
import {
  backhaulUsdPerPeakRequest,
  installedCount,
  installedModuleAnnualUsd,
  isAlwaysOpen,
  mayClose,
  missedRequestUsd,
  missedTrainingUsd,
  moduleAnnualUsd,
  mustBeClosed,
  secondsPerYear,
  siteAnnualUsd,
  trainingEnergyAnnualUsd,
} from "../../finance/index.ts";
import {
  arcTableSteps,
  compilePolicy,
  trainingRate,
  usdPerRequest,
  type ArcTable,
  type Policy,
} from "../../route/index.ts";
import { auxiliaryPools, upgradedKw, type AuxiliaryPool } from "../problem/auxiliary-pools.ts";
import { moduleOfSpot, siteOfSpot } from "../problem/spots.ts";
import { worldLimits } from "./world-limits.ts";
import { mergeRows } from "../problem/merge-rows.ts";
import { elapsedYears, fleetKey, isDelivered, livesUntil } from "../problem/period-terms.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { reserveLoads } from "./reserve-loads.ts";
import { atOnce, inWords, type Steps } from "../problem/steps.ts";
import { plannedPortGbps } from "../problem/planned-port.ts";

/** A problem and what its rows, pools and arcs mean in the world. Sites keep their positions. */
export interface WorldProblem {
  readonly world: World;
  readonly period: number;
  readonly policy: Policy;
  readonly problem: PlanProblem;
  /** Position in `world.modules` of each pool; -1 for the auxiliary pools, which come last. */
  readonly poolModule: Int32Array;
  /** 1 where the pool's modules train; they serve no requests. */
  readonly poolTrains: Uint8Array;
  /** 1 where the pool's modules are those that stand there already; what is bought is a pool of its own. */
  readonly poolInstalled: Uint8Array;
  /** What the pools from `firstAuxiliary` on stand for. */
  readonly auxiliary: readonly AuxiliaryPool[];
  readonly firstAuxiliary: number;
  /** Rows below this are demand, the others training. */
  readonly demandRowCount: number;
  /** Demand rows of the world behind problem row r: `members[memberStarts[r]]` to `members[memberStarts[r + 1] - 1]`. */
  readonly memberStarts: Int32Array;
  readonly members: Int32Array;
  /** Engine layout of each demand arc (position in the policy's `Serving.options`). */
  readonly arcOption: Uint8Array;
}

/**
 * @param period Position in `world.periods`.
 * @param also Pools to have even where nothing could use them, by `fleetKey`.
 * @param from First period in which what is in service may have been bought: the period itself where it is planned alone.
 */
export function worldProblem(
  world: World,
  period: number,
  also: ReadonlySet<number> = new Set(),
  from = period,
): WorldProblem {
  return atOnce(worldProblemSteps(world, period, also, from));
}

/** The same in steps. */
export function* worldProblemSteps(
  world: World,
  period: number,
  also: ReadonlySet<number> = new Set(),
  from = period,
): Steps<WorldProblem> {
  const policy = compilePolicy(world, period);
  const table = yield* inWords(arcTableSteps(policy), (share) => `${modelOf(world, period)}, ${percent(share)}`);
  const { memberStarts, members } = mergeRows(world, period, table);
  const pools = collectPools(world, policy, table, also);
  const demandRows = memberStarts.length - 1;

  const trainingArcs = listTrainingArcs(world, period, policy, pools);
  let demandArcs = 0;
  for (let row = 0; row < demandRows; row++) {
    const first = members[memberStarts[row]!]!;
    for (let entry = table.rowStart[first]!; entry < table.rowStart[first + 1]!; entry++) {
      demandArcs += pools.has(table.site[entry]!, table.module[entry]!, false, true) ? 2 : 1;
    }
  }
  const rowCount = demandRows + world.training.length;
  const arcCount = demandArcs + trainingArcs.length;
  const starts = new Int32Array(rowCount + 1);
  const arcPool = new Int32Array(arcCount);
  const arcUsd = new Float64Array(arcCount);
  const arcLoad = new Float64Array(arcCount);
  const arcOption = new Uint8Array(arcCount);
  const unservedUsd = new Float64Array(rowCount);
  const gbps = new Float64Array(rowCount);
  const rowWorkload = new Int32Array(demandRows);
  const rowPeakPerS = new Float64Array(demandRows);
  const rowMeanPerS = new Float64Array(demandRows);

  let at = 0;
  for (let row = 0; row < demandRows; row++) {
    let peakPerS = 0;
    let meanPerS = 0;
    for (let i = memberStarts[row]!; i < memberStarts[row + 1]!; i++) {
      const demand = world.demand[members[i]!]!;
      peakPerS += demand.peakPerS[period]!;
      meanPerS += demand.meanPerS[period]!;
    }
    const first = members[memberStarts[row]!]!;
    rowWorkload[row] = world.demand[first]!.workload;
    rowPeakPerS[row] = peakPerS;
    rowMeanPerS[row] = meanPerS;
    const workload = world.workloads[rowWorkload[row]!]!;
    const perYear = meanPerS * secondsPerYear;
    unservedUsd[row] = missedRequestUsd(world, rowWorkload[row]!) * perYear;
    gbps[row] = (peakPerS * workload.responseBytes * 8) / 1e9;
    for (let entry = table.rowStart[first]!; entry < table.rowStart[first + 1]!; entry++) {
      for (const installed of [false, true]) {
        if (installed && !pools.has(table.site[entry]!, table.module[entry]!, false, true)) continue;
        arcPool[at] = pools.find(table.site[entry]!, table.module[entry]!, false, installed);
        arcUsd[at] = usdPerRequest(policy, table, rowWorkload[row]!, entry) * perYear;
        if (workload.backhaulBytes !== undefined) {
          arcUsd[at]! += backhaulUsdPerPeakRequest(world, rowWorkload[row]!, table.site[entry]!) * peakPerS;
        }
        arcLoad[at] = peakPerS / (table.perModulePerS[entry]! * world.limits.headroomRatio);
        arcOption[at] = table.option[entry]!;
        at++;
      }
    }
    starts[row + 1] = at;
  }
  let next = 0;
  for (const [index, training] of world.training.entries()) {
    const row = demandRows + index;
    unservedUsd[row] = missedTrainingUsd(world, index) * training.pflops[period]!;
    for (; next < trainingArcs.length && trainingArcs[next]!.training === index; next++) {
      arcPool[at] = trainingArcs[next]!.pool;
      arcLoad[at] = trainingArcs[next]!.load;
      at++;
    }
    starts[row + 1] = at;
  }

  const firstAuxiliary = pools.count;
  const auxiliary = auxiliaryPools(world, period, campusSites(world, trainingArcs, pools));
  const poolCount = firstAuxiliary + auxiliary.length;
  const poolUsd = new Float64Array(poolCount);
  const poolKw = new Float64Array(poolCount);
  const maxCount = new Float64Array(poolCount).fill(Infinity);
  for (let pool = 0; pool < pools.count; pool++) {
    const site = pools.site[pool]!;
    const module = pools.module[pool]!;
    const price = pools.installed[pool] ? installedModuleAnnualUsd : moduleAnnualUsd;
    poolUsd[pool] = price(world, site, module, period).totalUsd;
    if (pools.trains[pool]) poolUsd[pool]! += trainingEnergyAnnualUsd(world, site, module);
    poolKw[pool] = world.modules[module]!.powerKw * world.sites[site]!.pue;
    if (pools.installed[pool]) maxCount[pool] = installedCount(world, site, module);
    else if (!isBoughtBy(world, site, module, from, period)) maxCount[pool] = 0;
    if (mustBeClosed(world.sites[site]!, period)) maxCount[pool] = 0;
  }
  for (const [i, { site, usd }] of auxiliary.entries()) {
    poolUsd[firstAuxiliary + i] = usd;
    maxCount[firstAuxiliary + i] = mustBeClosed(world.sites[site]!, period) ? 0 : 1;
  }
  const sites = siteCosts(world, period);
  const poolsAt = (spot: number): number[] =>
    [false, true].flatMap((installed) => {
      const [site, module] = [siteOfSpot(world, spot), moduleOfSpot(world, spot)];
      return pools.has(site, module, false, installed) ? [pools.find(site, module, false, installed)] : [];
    });
  const reserveLoad = reserveLoads({ world, period }, table, poolsAt, poolCount);
  const problem: PlanProblem = {
    rows: { count: rowCount, unservedUsd, gbps },
    arcs: { starts, pool: arcPool, usd: arcUsd, load: arcLoad },
    pools: {
      count: poolCount,
      site: Int32Array.from([...pools.site, ...auxiliary.map((pool) => pool.site)]),
      usd: poolUsd,
      kw: poolKw,
      minCount: new Float64Array(poolCount),
      maxCount,
      isSwitch: Uint8Array.from({ length: poolCount }, (_, pool) =>
        auxiliary[pool - firstAuxiliary]?.kind === "campus" ? 1 : 0,
      ),
      ...(reserveLoad && { reserveLoad }),
    },
    sites: {
      count: world.sites.length,
      usd: sites.usd,
      kw: Float64Array.from(world.sites, ({ powerLimitKw }, site) =>
        upgradedKw(world, site, powerLimitKw[period]!, period),
      ),
      gbps: Float64Array.from(world.sites, (site) => plannedPortGbps(world, site)),
      forced: Uint8Array.from(world.sites, (_, site) => (isAlwaysOpen(world, site, period) ? 1 : 0)),
    },
    limits: [],
    ...(sites.constantUsd !== 0 && { constantUsd: sites.constantUsd }),
  };
  const none = auxiliary.map(() => 0);
  const poolModule = Int32Array.from([...pools.module, ...auxiliary.map(() => -1)]);
  const poolInstalled = Uint8Array.from([...pools.installed, ...none]);
  const poolTrains = Uint8Array.from([...pools.trains, ...none]);
  const meaning = { world, period, poolModule, poolTrains, poolInstalled, auxiliary, firstAuxiliary };
  const rows = { demandRowCount: demandRows, rowWorkload, rowPeakPerS, rowMeanPerS };
  return {
    world,
    period,
    policy,
    problem: { ...problem, limits: worldLimits({ ...meaning, ...rows, problem }) },
    poolModule,
    poolTrains,
    poolInstalled,
    auxiliary,
    firstAuxiliary,
    demandRowCount: demandRows,
    memberStarts,
    members,
    arcOption,
  };
}

/** Which model is being built. */
function modelOf({ periods }: World, period: number): string {
  return periods.length === 1 ? "building the model" : `building the model of ${periods[period]!.id}`;
}

function percent(share: number): string {
  return `${Math.floor(100 * share)} %`;
}

/** Cost of being open per site, and what closed ones cost, which is paid whatever is decided and saved by staying open. */
function siteCosts(world: World, period: number): { usd: Float64Array; constantUsd: number } {
  let constantUsd = 0;
  const usd = Float64Array.from(world.sites, (place, site) => {
    const { totalUsd, closedUsd } = siteAnnualUsd(world, site);
    if (!mayClose(place) || isAlwaysOpen(world, site, period)) return totalUsd;
    constantUsd += closedUsd;
    return mustBeClosed(place, period) ? totalUsd : totalUsd - closedUsd;
  });
  return { usd, constantUsd };
}

/** Whether something may be bought between two periods that is in service in the later one. */
function isBoughtBy(world: World, site: number, module: number, from: number, period: number): boolean {
  const { lifeYears } = world.modules[module]!;
  for (let bought = from; bought <= period; bought++) {
    const lasts = livesUntil(world, lifeYears, bought, period) && lastsUntilClosing(world, site, module, bought);
    if (lasts && isDelivered(world, module, bought)) return true;
  }
  return false;
}

/** Nothing is bought for a site that has to close before it would be used up. */
function lastsUntilClosing(world: World, site: number, module: number, period: number): boolean {
  const { closedFromPeriod } = world.sites[site]!;
  if (closedFromPeriod === undefined) return true;
  return elapsedYears(world, closedFromPeriod) - elapsedYears(world, period) >= world.modules[module]!.lifeYears - 1e-9;
}

/** Sites at which each training that may not be split could run. */
function campusSites(world: World, arcs: readonly TrainingArc[], pools: PoolIndex): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const [training, { singleCampus }] of world.training.entries()) {
    if (singleCampus !== true) continue;
    const sites = new Set(arcs.filter((arc) => arc.training === training).map((arc) => pools.site[arc.pool]!));
    found.set(
      training,
      [...sites].sort((a, b) => a - b),
    );
  }
  return found;
}

/** The pools in use, in the order in which they were first asked for. */
class PoolIndex {
  readonly site: number[] = [];
  readonly module: number[] = [];
  readonly trains: number[] = [];
  readonly installed: number[] = [];
  readonly #positions: Int32Array;
  readonly #modules: number;

  constructor(sites: number, modules: number) {
    this.#modules = modules;
    this.#positions = new Int32Array(sites * modules * 4).fill(-1);
  }

  get count(): number {
    return this.site.length;
  }

  #key(site: number, module: number, trains: boolean, installed: boolean): number {
    return (site * this.#modules + module) * 4 + (trains ? 2 : 0) + (installed ? 1 : 0);
  }

  has(site: number, module: number, trains: boolean, installed: boolean): boolean {
    return this.#positions[this.#key(site, module, trains, installed)]! >= 0;
  }

  find(site: number, module: number, trains: boolean, installed: boolean): number {
    const key = this.#key(site, module, trains, installed);
    if (this.#positions[key]! < 0) {
      this.#positions[key] = this.count;
      this.site.push(site);
      this.module.push(module);
      this.trains.push(trains ? 1 : 0);
      this.installed.push(installed ? 1 : 0);
    }
    return this.#positions[key]!;
  }
}

/** Pools by site, so that what is near in the world is near in memory. */
function collectPools(world: World, policy: Policy, table: ArcTable, also: ReadonlySet<number>): PoolIndex {
  const isAsked = (site: number, module: number, trains: boolean): boolean =>
    also.has(fleetKey(world, site, module, trains));
  const modules = world.modules.length;
  const serves = new Uint8Array(world.sites.length * modules);
  for (let entry = 0; entry < table.site.length; entry++) {
    serves[table.site[entry]! * modules + table.module[entry]!] = 1;
  }
  const pools = new PoolIndex(world.sites.length, modules);
  for (let site = 0; site < world.sites.length; site++) {
    for (let module = 0; module < modules; module++) {
      const uses = [
        serves[site * modules + module] || isAsked(site, module, false) ? [false] : [],
        isAsked(site, module, true) ||
        world.training.some((_, index) => trainingRate(policy, index, site, module).pflops > 0)
          ? [true]
          : [],
      ].flat();
      for (const trains of uses) {
        pools.find(site, module, trains, false);
        if (installedCount(world, site, module) > 0) pools.find(site, module, trains, true);
      }
    }
  }
  return pools;
}

interface TrainingArc {
  readonly training: number;
  readonly pool: number;
  readonly load: number;
}

function listTrainingArcs(world: World, period: number, policy: Policy, pools: PoolIndex): TrainingArc[] {
  const arcs: TrainingArc[] = [];
  for (const [training, demand] of world.training.entries()) {
    const pflops = demand.pflops[period]!;
    if (!(pflops > 0)) continue;
    for (let pool = 0; pool < pools.count; pool++) {
      if (!pools.trains[pool]) continue;
      const rate = trainingRate(policy, training, pools.site[pool]!, pools.module[pool]!);
      if (rate.pflops > 0) arcs.push({ training, pool, load: pflops / rate.pflops });
    }
  }
  return arcs;
}
