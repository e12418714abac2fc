import type { World } from "../catalog/index.ts";
import { CostLedger, type CostBreakdown } from "./cost-ledger.ts";
import {
  backhaulUsdPerPeakRequest,
  installedCount,
  installedModuleAnnualUsd,
  isAlwaysOpen,
  mayClose,
  missedRequestUsd,
  missedTrainingUsd,
  moduleAnnualUsd,
  requestUsd,
  secondsPerYear,
  siteAnnualUsd,
  trainingEnergyAnnualUsd,
  upgradeAnnualUsd,
} from "./unit-prices.ts";

/** The part of a deployment that money depends on; positions refer to the world and to `pools`. */
export interface DeploymentLike {
  readonly pools: readonly {
    readonly site: number;
    readonly module: number;
    readonly count: number;
    readonly trainingCount: number;
  }[];
  readonly flows: readonly {
    readonly row: number;
    readonly pool: number;
    readonly meanPerS: number;
    /** Only what is priced by the peak needs it: backhaul. */
    readonly peakPerS?: number;
    readonly energyKwhPerRequest: number;
  }[];
  /** Upgrades of power that stand, by position in the site's own list. */
  readonly upgrades?: readonly { readonly site: number; readonly upgrade: number }[];
  /** When modules in service were bought; of those not listed as many as were installed stood before, the rest is bought in the period. */
  readonly vintages?: readonly {
    readonly site: number;
    readonly module: number;
    readonly period: number;
    readonly count: number;
  }[];
  /** Which demand the training modules work for. Without it they go to the costliest demand that may use them. */
  readonly training?: readonly { readonly demand: number; readonly pool: number; readonly modules: number }[];
}

/**
 * Recomputes from the world what a deployment costs in a year of `period`, USD:
 *
 * - each module bought: annuity of price × accelerator price factor over its life at the site owner's cost of capital,
 *   maintenance, annuity of building for its power, and idle power × PUE × 8760 h × electricity;
 * - each module that was there: maintenance and idle power, and what of its price is still paid off; modules in service
 *   up to the number installed count as these, the rest as bought;
 * - each module bought and each site opened where an earlier plan did not have it: the price of the move;
 * - each training module: besides, the power between idle and full load, around the clock;
 * - each open site (with a module in service or an upgrade, `existing` or `forced`): annuity of opening, fixed operating cost; each
 *   `existing` site that was closed: annuity of closing; each upgrade of power: annuity of its price;
 * - each request served, at the mean rate: egress of its response, energy above idling × PUE × electricity; at the peak:
 *   its traffic to the site's parent;
 * - each request not served, at the mean rate: its penalty; each PFLOP/s of training not provided: its penalty. In a plan
 *   that seeks the most value: their price instead.
 *
 * Sums run in the order of positions, so that listing pools or flows differently gives the same digits.
 */
export function annualCost(world: World, deployment: DeploymentLike, period: number): CostBreakdown {
  const ledger = new CostLedger(world);
  const standing = modulesInService(world, deployment, period);
  for (const { site, module, count, kept, bought, training } of standing) {
    const price = installedModuleAnnualUsd(world, site, module, period);
    ledger.add("accelerators", kept * price.acceleratorsUsd, site, module);
    ledger.add("building", kept * price.buildingUsd, site, module);
    ledger.add("maintenance", kept * price.maintenanceUsd, site, module);
    ledger.add("energy", count * price.idleEnergyUsd, site, module);
    for (const lot of bought) {
      const each = moduleAnnualUsd(world, site, module, lot.period);
      ledger.add("accelerators", lot.count * each.acceleratorsUsd, site, module);
      ledger.addCapex("accelerators", lot.count * each.acceleratorsCapexUsd, site);
      ledger.add("building", lot.count * each.buildingUsd, site, module);
      ledger.addCapex("building", lot.count * each.buildingCapexUsd, site);
      ledger.add("maintenance", lot.count * each.maintenanceUsd, site, module);
      ledger.add("moves", lot.count * each.movesUsd, site, module);
    }
    if (training > 0) ledger.add("energy", training * trainingEnergyAnnualUsd(world, site, module), site, module);
    ledger.count(module, count);
  }

  const occupied = new Set(standing.filter((entry) => entry.count > 0).map((entry) => entry.site));
  for (const { site } of deployment.upgrades ?? []) occupied.add(site);
  for (const [site, place] of world.sites.entries()) {
    const price = siteAnnualUsd(world, site);
    if (!occupied.has(site) && !isAlwaysOpen(world, site, period)) {
      if (mayClose(place)) ledger.add("closing", price.closedUsd, site, null);
      continue;
    }
    ledger.add("opening", price.openingUsd, site, null);
    ledger.add("moves", price.movesUsd, site, null);
    ledger.addCapex("opening", price.openingCapexUsd, site);
    ledger.add("fixedOpex", price.fixedOpexUsd, site, null);
  }

  const upgrades = (deployment.upgrades ?? []).toSorted((a, b) => a.site - b.site || a.upgrade - b.upgrade);
  for (const { site, upgrade } of upgrades) {
    ledger.add("upgrades", upgradeAnnualUsd(world, site, upgrade), site, null);
    ledger.addCapex("upgrades", world.sites[site]!.upgrades![upgrade]!.priceUsd, site);
  }

  const served = new Float64Array(world.demand.length);
  for (const flow of sortedFlows(deployment)) {
    const pool = deployment.pools[flow.pool]!;
    const price = requestUsd(world, world.demand[flow.row]!.workload, pool.site, flow.energyKwhPerRequest);
    const perYear = flow.meanPerS * secondsPerYear;
    ledger.add("egress", perYear * price.egressUsd, pool.site, pool.module);
    ledger.add("energy", perYear * price.energyUsd, pool.site, pool.module);
    const backhaul = backhaulUsdPerPeakRequest(world, world.demand[flow.row]!.workload, pool.site);
    if (backhaul > 0) ledger.add("backhaul", (flow.peakPerS ?? 0) * backhaul, pool.site, pool.module);
    served[flow.row]! += flow.meanPerS;
  }
  for (const [row, demand] of world.demand.entries()) {
    const missing = Math.max(0, demand.meanPerS[period]! - served[row]!);
    const penalty = missedRequestUsd(world, demand.workload);
    ledger.add("unserved", missing * secondsPerYear * penalty, null, null);
  }
  const provided = trainingProvided(world, deployment, period);
  for (const [index, demand] of world.training.entries()) {
    const missing = Math.max(0, demand.pflops[period]! - provided[index]!);
    ledger.add("training-unserved", missing * missedTrainingUsd(world, index), null, null);
  }
  return ledger.close(period);
}

/** The oldest first: those are counted as standing when there are more than stand. */
function vintagesOf(deployment: DeploymentLike, site: number, module: number) {
  return (deployment.vintages ?? [])
    .filter((entry) => entry.site === site && entry.module === module)
    .toSorted((a, b) => a.period - b.period);
}

/** Modules of one kind in service at a site. */
export interface ModulesInService {
  readonly site: number;
  readonly module: number;
  readonly count: number;
  /** Of these, those that train. */
  readonly training: number;
  /** Of these, those that were installed before anything was planned. */
  readonly kept: number;
  /** The others by the period they were bought in, the oldest first. */
  readonly bought: readonly { readonly period: number; readonly count: number }[];
}

/**
 * What stands in `period` by site and kind, in the order of positions. Of what is not listed as bought, so much as was installed was there
 * before.
 */
export function modulesInService(world: World, deployment: DeploymentLike, period: number): ModulesInService[] {
  const standing = new Map<number, { site: number; module: number; count: number; training: number }>();
  for (const pool of deployment.pools) {
    const key = pool.site * world.modules.length + pool.module;
    const entry = standing.get(key) ?? { site: pool.site, module: pool.module, count: 0, training: 0 };
    entry.count += pool.count + pool.trainingCount;
    entry.training += pool.trainingCount;
    standing.set(key, entry);
  }
  const sorted = [...standing.entries()].toSorted((a, b) => a[0] - b[0]).map((entry) => entry[1]);
  return sorted.map((entry) => {
    const { site, module, count } = entry;
    const vintages = vintagesOf(deployment, site, module);
    const listed = vintages.reduce((sum, vintage) => sum + vintage.count, 0);
    const kept = Math.min(Math.max(0, count - listed), installedCount(world, site, module));
    let left = count - kept;
    const bought: { period: number; count: number }[] = [];
    for (const vintage of [...vintages, { period, count: Infinity }]) {
      const number = Math.min(left, vintage.count);
      if (number === 0) continue;
      left -= number;
      bought.push({ period: vintage.period, count: number });
    }
    return { ...entry, kept, bought };
  });
}

function sortedFlows(deployment: DeploymentLike): DeploymentLike["flows"] {
  const { pools } = deployment;
  return deployment.flows.toSorted((a, b) => {
    const from = pools[a.pool]!;
    const to = pools[b.pool]!;
    return a.row - b.row || from.site - to.site || from.module - to.module || a.meanPerS - b.meanPerS;
  });
}

/** Useful PFLOP/s per training demand. */
function trainingProvided(world: World, deployment: DeploymentLike, period: number): Float64Array {
  const provided = new Float64Array(world.training.length);
  const rate = (demand: number, pool: DeploymentLike["pools"][number]) => {
    const { accelerator, acceleratorCount } = world.modules[pool.module]!;
    const { mfuRatio, precision, countries } = world.training[demand]!;
    if (countries !== "*" && !countries.includes(world.sites[pool.site]!.country)) return 0;
    return ((accelerator.tflops[precision] ?? 0) * acceleratorCount * mfuRatio) / 1000;
  };
  if (deployment.training) {
    for (const entry of deployment.training) {
      provided[entry.demand]! += entry.modules * rate(entry.demand, deployment.pools[entry.pool]!);
    }
    return provided;
  }
  const left = deployment.pools.map((pool) => pool.trainingCount);
  const order = world.training.keys().toArray();
  order.sort((a, b) => missedTrainingUsd(world, b) - missedTrainingUsd(world, a) || a - b);
  for (const demand of order) {
    for (const [index, pool] of deployment.pools.entries()) {
      const each = rate(demand, pool);
      if (!(each > 0)) continue;
      const wanted = Math.ceil(Math.max(0, world.training[demand]!.pflops[period]! - provided[demand]!) / each - 1e-9);
      const taken = Math.min(left[index]!, wanted);
      left[index]! -= taken;
      provided[demand]! += taken * each;
    }
  }
  return provided;
}
