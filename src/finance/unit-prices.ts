import type { Site, World } from "../catalog/index.ts";
import { annualCostUsd } from "./annuity.ts";

/**
 * The prices from which both the planner's objective and the recomputation of a plan's cost are made (invariant: they
 * agree). Everything is USD per year at prices of today, with capital as an annuity over the asset's own life at the
 * cost of capital of the site's owner.
 */

export const hoursPerYear = 8760;
export const secondsPerYear = hoursPerYear * 3600;

/** Cost of one module at a site, USD per year unless said otherwise. */
export interface ModulePrice {
  /** Annuity of price × accelerator price factor over the module's life. */
  readonly acceleratorsUsd: number;
  /** Annuity of the building for its power (IT load, before PUE) over the building's life. */
  readonly buildingUsd: number;
  /** Maintenance ratio × price × factor. */
  readonly maintenanceUsd: number;
  /** Idle power around the clock × PUE. What requests add on top is in `requestUsd`. */
  readonly idleEnergyUsd: number;
  readonly totalUsd: number;
  /** Paid once, USD. */
  readonly acceleratorsCapexUsd: number;
  /** Paid once, USD. */
  readonly buildingCapexUsd: number;
}

/** A module bought for a site, in service for inference. */
export function moduleAnnualUsd(world: World, site: number, module: number): ModulePrice {
  const place = world.sites[site]!;
  const server = world.modules[module]!;
  const { waccRatio } = world.owners[place.owner]!;
  const acceleratorsCapexUsd = server.priceUsd * world.finance.acceleratorPriceFactor;
  const buildingCapexUsd = place.buildUsdPerKw * server.powerKw;
  return summed({
    acceleratorsUsd: annualCostUsd(acceleratorsCapexUsd, waccRatio, server.lifeYears),
    buildingUsd: annualCostUsd(buildingCapexUsd, waccRatio, place.buildLifeYears),
    maintenanceUsd: acceleratorsCapexUsd * world.finance.maintenanceRatioPerYear,
    idleEnergyUsd: energyUsd(place, server.idlePowerKw * hoursPerYear),
    acceleratorsCapexUsd,
    buildingCapexUsd,
  });
}

/** A module that stands at the site already: its capital is spent, so it costs maintenance and idle power. */
export function installedModuleAnnualUsd(world: World, site: number, module: number): ModulePrice {
  const bought = moduleAnnualUsd(world, site, module);
  return summed({ ...bought, acceleratorsUsd: 0, buildingUsd: 0, acceleratorsCapexUsd: 0, buildingCapexUsd: 0 });
}

/** Power a training run adds to a module's idle power, around the clock, USD per year. */
export function trainingEnergyAnnualUsd(world: World, site: number, module: number): number {
  const server = world.modules[module]!;
  return energyUsd(world.sites[site]!, (server.powerKw - server.idlePowerKw) * hoursPerYear);
}

function summed(parts: Omit<ModulePrice, "totalUsd">): ModulePrice {
  const { acceleratorsUsd, buildingUsd, maintenanceUsd, idleEnergyUsd } = parts;
  return { ...parts, totalUsd: acceleratorsUsd + buildingUsd + maintenanceUsd + idleEnergyUsd };
}

/** Cost of a site being open, USD per year. */
export interface SitePrice {
  /** Annuity of the opening cost over the building's life; 0 at a site that exists. */
  readonly openingUsd: number;
  readonly fixedOpexUsd: number;
  readonly totalUsd: number;
  /** Paid once, USD. */
  readonly openingCapexUsd: number;
}

export function siteAnnualUsd(world: World, site: number): SitePrice {
  const place = world.sites[site]!;
  const openingCapexUsd = place.status === "existing" ? 0 : place.openingCapexUsd;
  const openingUsd = annualCostUsd(openingCapexUsd, world.owners[place.owner]!.waccRatio, place.buildLifeYears);
  const fixedOpexUsd = place.fixedOpexUsdPerYear;
  return { openingUsd, fixedOpexUsd, totalUsd: openingUsd + fixedOpexUsd, openingCapexUsd };
}

/** Sites that are open whatever the plan decides. */
export function isAlwaysOpen(site: Site): boolean {
  return site.status === "existing" || site.status === "forced";
}

/** What one request costs at a site beyond the module's own time, USD. */
export interface RequestPrice {
  readonly egressUsd: number;
  /** Energy above idling, with PUE. */
  readonly energyUsd: number;
  readonly totalUsd: number;
}

/** @param energyKwhPerRequest energy above idling at the wall, before PUE (from `perf`). */
export function requestUsd(world: World, workload: number, site: number, energyKwhPerRequest: number): RequestPrice {
  const place = world.sites[site]!;
  const egress = (world.workloads[workload]!.responseBytes / 1e9) * place.egressUsdPerGB;
  const energy = energyUsd(place, energyKwhPerRequest);
  return { egressUsd: egress, energyUsd: energy, totalUsd: egress + energy };
}

/** Price of energy at the wall of the servers, USD: PUE adds what cooling and conversion take. */
function energyUsd(site: Site, wallKwh: number): number {
  return wallKwh * site.pue * site.electricityUsdPerKwh;
}
