import type { Owner, Site, World } from "../catalog/index.ts";
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
  /** Price of coming to a place where an earlier plan did not have it. */
  readonly movesUsd: number;
  readonly totalUsd: number;
  /** Paid once, USD. */
  readonly acceleratorsCapexUsd: number;
  /** Paid once, USD. */
  readonly buildingCapexUsd: number;
}

/**
 * Price of a module bought in `period`, USD: its own price of that period × the factors on all modules, with memory dearer or
 * cheaper by its share.
 */
export function modulePriceUsd(world: World, module: number, period = 0): number {
  const { priceUsd, pricePerPeriodUsd, memoryShareRatio = 0 } = world.modules[module]!;
  const { acceleratorPriceFactor, modulePriceFactorPerPeriod, memoryPriceFactorPerPeriod } = world.finance;
  const memoryFactor = memoryPriceFactorPerPeriod?.[period] ?? 1;
  const factor = acceleratorPriceFactor * (modulePriceFactorPerPeriod?.[period] ?? 1);
  return (pricePerPeriodUsd?.[period] ?? priceUsd) * factor * (1 + memoryShareRatio * (memoryFactor - 1));
}

/** Whether what a module costs depends on when it is bought. */
export function hasPriceVintages({ modules, finance }: World): boolean {
  const varies = (series: readonly number[] | undefined): boolean =>
    series !== undefined && series.some((value) => value !== series[0]);
  if (varies(finance.modulePriceFactorPerPeriod) || varies(finance.memoryPriceFactorPerPeriod)) return true;
  return modules.some((module) => varies(module.pricePerPeriodUsd));
}

/** A module bought for a site in `period`, in service for inference. */
export function moduleAnnualUsd(world: World, site: number, module: number, period = 0): ModulePrice {
  const place = world.sites[site]!;
  const server = world.modules[module]!;
  const { waccRatio } = world.owners[place.owner]!;
  const acceleratorsCapexUsd = modulePriceUsd(world, module, period);
  const buildingCapexUsd = place.buildUsdPerKw * server.powerKw;
  const acceleratorsUsd = annualCostUsd(acceleratorsCapexUsd, waccRatio, server.lifeYears);
  return summed({
    acceleratorsUsd,
    movesUsd: acceleratorsUsd * (world.finance.movePriceRatio ?? 0),
    buildingUsd: annualCostUsd(buildingCapexUsd, waccRatio, place.buildLifeYears),
    maintenanceUsd: acceleratorsCapexUsd * world.finance.maintenanceRatioPerYear,
    idleEnergyUsd: energyUsd(place, server.idlePowerKw * hoursPerYear),
    acceleratorsCapexUsd,
    buildingCapexUsd,
  });
}

/** Modules of one kind that stood at a site before anything was planned. */
export function installedCount(world: World, site: number, module: number): number {
  return world.sites[site]!.installed.reduce((sum, entry) => (entry.module === module ? sum + entry.count : sum), 0);
}

/**
 * A module that stands at the site already: what of its capital is spent costs nothing more, so it costs maintenance and
 * idle power. Where only part of the modules are still paid off, each counts as their average.
 */
export function installedModuleAnnualUsd(world: World, site: number, module: number, period = 0): ModulePrice {
  const bought = moduleAnnualUsd(world, site, module, period);
  const dueRatio = world.sites[site]!.installed.find((entry) => entry.module === module)?.dueRatio ?? 0;
  return summed({
    ...bought,
    acceleratorsUsd: bought.acceleratorsUsd * dueRatio,
    buildingUsd: bought.buildingUsd * dueRatio,
    movesUsd: 0,
    acceleratorsCapexUsd: 0,
    buildingCapexUsd: 0,
  });
}

/** Power a training run adds to a module's idle power, around the clock, USD per year. */
export function trainingEnergyAnnualUsd(world: World, site: number, module: number): number {
  const server = world.modules[module]!;
  return energyUsd(world.sites[site]!, (server.powerKw - server.idlePowerKw) * hoursPerYear);
}

function summed(parts: Omit<ModulePrice, "totalUsd">): ModulePrice {
  const { acceleratorsUsd, buildingUsd, maintenanceUsd, idleEnergyUsd, movesUsd } = parts;
  return { ...parts, totalUsd: acceleratorsUsd + buildingUsd + maintenanceUsd + idleEnergyUsd + movesUsd };
}

/** Cost of a site being open, USD per year. */
export interface SitePrice {
  /** Annuity of the opening cost over the building's life; 0 at a site that exists. */
  readonly openingUsd: number;
  readonly fixedOpexUsd: number;
  /** Price of opening a site that an earlier plan did not have open. */
  readonly movesUsd: number;
  readonly totalUsd: number;
  /** Paid once, USD; 0 at a site that exists or stands. */
  readonly openingCapexUsd: number;
  /** Annuity of closing, paid while an `existing` site is closed; 0 where it may not close. */
  readonly closedUsd: number;
}

export function siteAnnualUsd(world: World, site: number): SitePrice {
  const place = world.sites[site]!;
  const dueUsd = place.status === "existing" ? 0 : place.openingCapexUsd;
  const openingUsd = annualCostUsd(dueUsd, world.owners[place.owner]!.waccRatio, place.buildLifeYears);
  const openingCapexUsd = place.standing === true ? 0 : dueUsd;
  const movesUsd = place.standing === true ? 0 : openingUsd * (world.finance.movePriceRatio ?? 0);
  const fixedOpexUsd = place.fixedOpexUsdPerYear;
  const { waccRatio } = world.owners[place.owner]!;
  const closedUsd = mayClose(place) ? annualCostUsd(place.closingCostUsd ?? 0, waccRatio, place.buildLifeYears) : 0;
  const totalUsd = openingUsd + fixedOpexUsd + movesUsd;
  return { openingUsd, fixedOpexUsd, movesUsd, totalUsd, openingCapexUsd, closedUsd };
}

/** Annuity of an upgrade of a site's power over the building's life, USD/year. */
export function upgradeAnnualUsd(world: World, site: number, upgrade: number): number {
  const place = world.sites[site]!;
  return annualCostUsd(place.upgrades![upgrade]!.priceUsd, world.owners[place.owner]!.waccRatio, place.buildLifeYears);
}

/** Whether the plan may close the site. */
export function mayClose({ status, closingCostUsd, closedFromPeriod }: Site): boolean {
  return status === "existing" && (closingCostUsd !== undefined || closedFromPeriod !== undefined);
}

/** Whether the site has to be closed in `period`. */
export function mustBeClosed({ closedFromPeriod }: Site, period: number): boolean {
  return closedFromPeriod !== undefined && period >= closedFromPeriod;
}

/** Whether the site is open in `period` whatever the plan decides; also where closing it would cost more than it saves. */
export function isAlwaysOpen(world: World, site: number, period: number): boolean {
  const place = world.sites[site]!;
  if (mustBeClosed(place, period)) return false;
  if (place.status === "forced" || (place.status === "existing" && !mayClose(place))) return true;
  const { closedUsd, fixedOpexUsd } = siteAnnualUsd(world, site);
  return mayClose(place) && closedUsd >= fixedOpexUsd;
}

/** Share of an investment that is the owner's own money. */
export function equityRatio({ debt }: Owner): number {
  return 1 - (debt?.shareRatio ?? 0);
}

/** What a request that is not served costs, USD: its penalty, or in a plan that seeks the most value its price. */
export function missedRequestUsd(world: World, workload: number): number {
  const { priceUsdPerRequest, unservedUsdPerRequest } = world.workloads[workload]!;
  return world.objective === "max-npv" ? priceUsdPerRequest : unservedUsdPerRequest;
}

/** What a PFLOP/s of training that is not there costs per year, USD; likewise. */
export function missedTrainingUsd(world: World, training: number): number {
  const { priceUsdPerPflopYear, unservedUsdPerPflopYear } = world.training[training]!;
  return world.objective === "max-npv" ? (priceUsdPerPflopYear ?? 0) : unservedUsdPerPflopYear;
}

/** What one request costs at a site beyond the module's own time, USD. */
export interface RequestPrice {
  readonly egressUsd: number;
  /** Energy above idling, with PUE. */
  readonly energyUsd: number;
  readonly totalUsd: number;
}

/** Traffic of a request between its site and the parent at the peak rate, priced by the peak, USD per request/s and year. */
export function backhaulUsdPerPeakRequest(world: World, workload: number, site: number): number {
  const { backhaulBytes = 0 } = world.workloads[workload]!;
  const { backhaulUsdPerGbpsYear = 0, parent } = world.sites[site]!;
  return parent === undefined ? 0 : ((backhaulBytes * 8) / 1e9) * backhaulUsdPerGbpsYear;
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
