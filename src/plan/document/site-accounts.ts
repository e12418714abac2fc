/** The books of one site of a plan: what was bought, what it earns and spends in a year, what is borrowed. */
import {
  annualCostUsd,
  backhaulUsdPerPeakRequest,
  byAssetClass,
  installedModuleAnnualUsd,
  isAlwaysOpen,
  mayClose,
  moduleAnnualUsd,
  modulesInService,
  requestUsd,
  residualUsd,
  secondsPerYear,
  siteAnnualUsd,
  trainingEnergyAnnualUsd,
  type Asset,
  type AssetClass,
  type ModulesInService,
} from "../../finance/index.ts";
import type { PlanDocument } from "./plan-document.ts";

export interface SiteAccounts {
  readonly site: number;
  readonly waccRatio: number;
  readonly assets: readonly Asset[];
  readonly revenueUsd: number;
  /** Energy, egress, backhaul, maintenance and the fixed cost of being open; no capital. */
  readonly opexUsd: number;
  /** Payments still due on what an earlier plan bought and this one keeps. */
  readonly dueUsd: number;
  /** What the assets cost per year at the owner's cost of capital, by class. */
  readonly capitalUsd: Readonly<Record<AssetClass, number>>;
  readonly borrowedUsd: number;
  /** Interest and repayment of a year, level over each asset's life. */
  readonly serviceUsd: number;
  readonly interestUsd: number;
}

/** Books of every site at which a plan of one period costs or earns anything, in the order of positions. */
export function siteAccounts(plan: PlanDocument): SiteAccounts[] {
  const { world, deployment, period } = plan;
  const modules = Map.groupBy(modulesInService(world, deployment, period), ({ site }) => site);
  const flows = Map.groupBy(deployment.flows, ({ pool }) => deployment.pools[pool]!.site);
  const training = Map.groupBy(plan.training, ({ pool }) => deployment.pools[pool]!.site);
  return [...world.sites.keys()].flatMap((site) => {
    const standing = modules.get(site) ?? [];
    const upgrades = (deployment.upgrades ?? []).filter((entry) => entry.site === site);
    const occupied = standing.some(({ count }) => count > 0) || upgrades.length > 0;
    const place = world.sites[site]!;
    if (!occupied && !isAlwaysOpen(world, site, period)) {
      if (!mayClose(place) || siteAnnualUsd(world, site).closedUsd === 0) return [];
      const capexUsd = place.closingCostUsd ?? 0;
      const closing: Asset = { assetClass: "closing", capexUsd, lifeYears: place.buildLifeYears, firstYear: 1 };
      return [closeBooks(plan, site, { assets: [closing], revenueUsd: 0, opexUsd: 0, dueUsd: 0 })];
    }
    const books = openSite(plan, site);
    for (const { upgrade } of upgrades) books.buy("upgrades", place.upgrades![upgrade]!.priceUsd, place.buildLifeYears);
    for (const entry of standing) addModules(plan, entry, books);
    for (const { row, meanPerS, peakPerS, energyKwhPerRequest } of flows.get(site) ?? []) {
      const { workload } = world.demand[row]!;
      const perYear = meanPerS * secondsPerYear;
      books.opexUsd += perYear * requestUsd(world, workload, site, energyKwhPerRequest).totalUsd;
      books.opexUsd += peakPerS * backhaulUsdPerPeakRequest(world, workload, site);
      books.revenueUsd += perYear * world.workloads[workload]!.priceUsdPerRequest;
    }
    for (const { training: run, pflops } of training.get(site) ?? []) {
      books.revenueUsd += pflops * (world.training[run]!.priceUsdPerPflopYear ?? 0);
    }
    return [closeBooks(plan, site, books)];
  });
}

class Books {
  readonly assets: Asset[] = [];
  revenueUsd = 0;
  opexUsd = 0;
  dueUsd = 0;

  buy(assetClass: AssetClass, capexUsd: number, lifeYears: number): void {
    if (capexUsd !== 0) this.assets.push({ assetClass, capexUsd, lifeYears, firstYear: 1 });
  }
}

function openSite({ world }: PlanDocument, site: number): Books {
  const { buildLifeYears, openingCapexUsd: openingUsd, standing } = world.sites[site]!;
  const price = siteAnnualUsd(world, site);
  const books = new Books();
  books.buy("opening", price.openingCapexUsd, buildLifeYears);
  if (price.movesUsd !== 0) books.buy("moves", openingUsd * (world.finance.movePriceRatio ?? 0), buildLifeYears);
  // What an earlier plan opened is paid off like a new site, but not paid for again.
  if (standing === true) books.dueUsd += price.openingUsd;
  books.opexUsd += price.fixedOpexUsd;
  return books;
}

function addModules({ world, period }: PlanDocument, entry: ModulesInService, books: Books): void {
  const { site, module, count, training, kept, bought } = entry;
  const { buildLifeYears } = world.sites[site]!;
  const { lifeYears } = world.modules[module]!;
  const there = installedModuleAnnualUsd(world, site, module, period);
  books.dueUsd += kept * (there.acceleratorsUsd + there.buildingUsd);
  books.opexUsd += kept * there.maintenanceUsd + count * there.idleEnergyUsd;
  books.opexUsd += training * trainingEnergyAnnualUsd(world, site, module);
  for (const lot of bought) {
    const price = moduleAnnualUsd(world, site, module, lot.period);
    books.buy("accelerators", lot.count * price.acceleratorsCapexUsd, lifeYears);
    books.buy("building", lot.count * price.buildingCapexUsd, buildLifeYears);
    books.buy("moves", lot.count * price.acceleratorsCapexUsd * (world.finance.movePriceRatio ?? 0), lifeYears);
    books.opexUsd += lot.count * price.maintenanceUsd;
  }
}

/** Lenders share in what is bought, not in closing a place or moving to it. */
const lentOn: readonly AssetClass[] = ["accelerators", "building", "opening", "upgrades"];

function closeBooks(
  { world }: PlanDocument,
  site: number,
  books: Pick<SiteAccounts, "assets" | "revenueUsd" | "opexUsd" | "dueUsd">,
): SiteAccounts {
  const { waccRatio, debt } = world.owners[world.sites[site]!.owner]!;
  const capitalUsd = byAssetClass(() => 0);
  let [borrowedUsd, serviceUsd] = [0, 0];
  for (const { assetClass, capexUsd, lifeYears } of books.assets) {
    capitalUsd[assetClass] += annualCostUsd(capexUsd, waccRatio, lifeYears);
    if (debt === undefined || !lentOn.includes(assetClass)) continue;
    borrowedUsd += debt.shareRatio * capexUsd;
    serviceUsd += annualCostUsd(debt.shareRatio * capexUsd, debt.ratePerYear, lifeYears);
  }
  const { assets, revenueUsd, opexUsd, dueUsd } = books;
  const interestUsd = borrowedUsd * (debt?.ratePerYear ?? 0);
  return { site, waccRatio, assets, revenueUsd, opexUsd, dueUsd, capitalUsd, borrowedUsd, serviceUsd, interestUsd };
}

/**
 * Money of a site at the ends of years 0, 1, …: assets are replaced when their life ends, counted in whole years, and the
 * last year holds what they are still worth.
 */
export function cashflowsOf(accounts: SiteAccounts, years: number): number[] {
  const { assets, revenueUsd, opexUsd, dueUsd, waccRatio } = accounts;
  const flows = Array.from({ length: years + 1 }, (_, year) => (year === 0 ? 0 : revenueUsd - opexUsd - dueUsd));
  for (const { capexUsd, lifeYears } of assets) {
    let boughtIn = 0;
    for (let vintage = 1; boughtIn < years; vintage++) {
      flows[boughtIn]! -= capexUsd;
      const next = Math.max(boughtIn + 1, Math.round(vintage * lifeYears));
      if (next >= years) {
        flows[years]! += residualUsd(capexUsd, waccRatio, lifeYears, years - boughtIn);
        break;
      }
      boughtIn = next;
    }
  }
  return flows;
}
