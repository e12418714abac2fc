/** A plan as an investment: cash flow, present value, rate of return, payback and depreciation per site, tier and in all. */
import { tiers, type Tier, type World } from "../catalog/index.ts";
import {
  depreciationByClass,
  grossMargin,
  internalRate,
  isAlwaysOpen,
  moduleAnnualUsd,
  npvUsd,
  paybackYears,
  requestUsd,
  residualUsd,
  secondsPerYear,
  siteAnnualUsd,
  trainingEnergyAnnualUsd,
  type Asset,
  type AssetClass,
  type InternalRate,
} from "../finance/index.ts";
import type { PlanDocument } from "./plan-document.ts";

export interface Investment {
  /** Site id, tier, or `all`. */
  readonly name: string;
  readonly tier: Tier | null;
  readonly capexUsd: Readonly<Record<AssetClass, number>>;
  readonly revenueUsdPerYear: number;
  /** Energy, egress, maintenance and the fixed cost of open sites; no capital. */
  readonly opexUsdPerYear: number;
  /** Straight line, in the first year of service. */
  readonly depreciationUsd: Readonly<Record<AssetClass, number>>;
  /** (revenue − opex − depreciation) / revenue in the first year; null without revenue. */
  readonly grossMarginRatio: number | null;
  /** At the end of years 0, 1, …; year 0 is the purchase, the last year holds what assets are still worth. */
  readonly cashflowsUsd: readonly number[];
  /** At each site owner's cost of capital. */
  readonly npvUsd: number;
  readonly irr: InternalRate;
  /** Undiscounted; null when the money does not come back. */
  readonly paybackYears: number | null;
}

/** What an owner's sites do for the whole mesh: the base of a settlement between owners. */
export interface OwnerAccount {
  readonly owner: string;
  readonly requestsPerYear: number;
  /** Of all requests served. */
  readonly servedRatio: number;
  readonly revenueUsdPerYear: number;
  /** Annuities, upkeep, energy and traffic of the owner's sites. */
  readonly costUsdPerYear: number;
  /** The price per request at which serving for others leaves the owner neither gain nor loss; null without requests. */
  readonly breakEvenUsdPerRequest: number | null;
}

/** Where more of the same would save most: the plan's duals against prices. */
export interface NextModule {
  readonly site: string;
  readonly module: string;
  /** What one more would save before it is paid for, USD/year. */
  readonly savesUsdPerYear: number;
  readonly costsUsdPerYear: number;
  /** Saved per dollar spent. */
  readonly returnRatio: number;
}

export interface FinanceReport {
  readonly years: number;
  readonly all: Investment;
  readonly byTier: readonly Investment[];
  readonly byOwner: readonly Investment[];
  readonly bySite: readonly Investment[];
  readonly owners: readonly OwnerAccount[];
  /** Best first; only where something is scarce. */
  readonly nextModules: readonly NextModule[];
}

/**
 * Revenue is what users pay per request served; training earns nothing here. Demand stays as planned in every year. Assets
 * are replaced when their life ends, counted in whole years. At the end an asset is worth the payments its remaining life
 * saves, so that without revenue the present value is minus the plan's yearly cost of these sites over the same years.
 *
 * @param years Whole years looked at, at least 1.
 */
export function financeReport(plan: PlanDocument, years: number): FinanceReport {
  const { world, deployment } = plan;
  const open = new Set(deployment.pools.map((pool) => pool.site));
  for (const site of world.sites.keys()) if (isAlwaysOpen(world, site, plan.period)) open.add(site);
  const sites = [...open].sort((a, b) => a - b).map((site) => accountsOf(plan, site, years));
  const ofTier = (tier: Tier): SiteAccounts[] => sites.filter((entry) => world.sites[entry.site]!.tier === tier);
  const ofOwner = (owner: number): SiteAccounts[] => sites.filter((entry) => world.sites[entry.site]!.owner === owner);
  return {
    years,
    all: investment("all", null, sites, years),
    byTier: tiers.map((tier) => investment(tier, tier, ofTier(tier), years)),
    byOwner: world.owners.map(({ id }, owner) => investment(id, null, ofOwner(owner), years)),
    bySite: sites.map((entry) => {
      const { id, tier } = world.sites[entry.site]!;
      return investment(id, tier, [entry], years);
    }),
    owners: ownerAccounts(plan),
    nextModules: nextModules(plan),
  };
}

function ownerAccounts({ world, deployment, cost }: PlanDocument): OwnerAccount[] {
  const accounts = world.owners.map(() => ({ requestsPerYear: 0, revenueUsdPerYear: 0, costUsdPerYear: 0 }));
  for (const flow of deployment.flows) {
    const account = accounts[world.sites[deployment.pools[flow.pool]!.site]!.owner]!;
    const perYear = flow.meanPerS * secondsPerYear;
    account.requestsPerYear += perYear;
    account.revenueUsdPerYear += perYear * world.workloads[world.demand[flow.row]!.workload]!.priceUsdPerRequest;
  }
  for (const { site, usdPerYear } of cost?.bySite ?? [])
    accounts[world.sites[site]!.owner]!.costUsdPerYear += usdPerYear;
  const all = accounts.reduce((sum, { requestsPerYear }) => sum + requestsPerYear, 0);
  return accounts.map((account, owner) => ({
    owner: world.owners[owner]!.id,
    ...account,
    servedRatio: all > 0 ? account.requestsPerYear / all : 0,
    breakEvenUsdPerRequest: account.requestsPerYear > 0 ? account.costUsdPerYear / account.requestsPerYear : null,
  }));
}

function nextModules({ world, period, deployment }: PlanDocument): NextModule[] {
  return deployment.pools
    .filter((pool) => pool.capacityUsdPerModuleS > 0)
    .map((pool) => {
      const savesUsdPerYear = pool.capacityUsdPerModuleS * secondsPerYear;
      const costsUsdPerYear = moduleAnnualUsd(world, pool.site, pool.module, period).totalUsd;
      return {
        site: world.sites[pool.site]!.id,
        module: world.modules[pool.module]!.id,
        savesUsdPerYear,
        costsUsdPerYear,
        returnRatio: savesUsdPerYear / costsUsdPerYear,
      };
    })
    .sort((a, b) => b.returnRatio - a.returnRatio || (a.site < b.site ? -1 : 1));
}

interface SiteAccounts {
  readonly site: number;
  readonly waccRatio: number;
  readonly assets: readonly Asset[];
  readonly revenueUsd: number;
  readonly opexUsd: number;
  readonly cashflowsUsd: readonly number[];
}

function accountsOf(plan: PlanDocument, site: number, years: number): SiteAccounts {
  const { world, deployment } = plan;
  const place = world.sites[site]!;
  const { waccRatio } = world.owners[place.owner]!;
  const { openingCapexUsd, fixedOpexUsd } = siteAnnualUsd(world, site);
  const assets: Asset[] = [
    { assetClass: "opening", capexUsd: openingCapexUsd, lifeYears: place.buildLifeYears, firstYear: 1 },
  ];
  let opexUsd = fixedOpexUsd;
  let revenueUsd = 0;
  for (const pool of deployment.pools) {
    if (pool.site !== site) continue;
    const price = moduleAnnualUsd(world, site, pool.module);
    const count = pool.count + pool.trainingCount;
    const bought = Math.max(0, count - installedCount(world, site, pool.module));
    const { lifeYears } = world.modules[pool.module]!;
    assets.push(
      { assetClass: "accelerators", capexUsd: bought * price.acceleratorsCapexUsd, lifeYears, firstYear: 1 },
      {
        assetClass: "building",
        capexUsd: bought * price.buildingCapexUsd,
        lifeYears: place.buildLifeYears,
        firstYear: 1,
      },
    );
    opexUsd += count * (price.maintenanceUsd + price.idleEnergyUsd);
    opexUsd += pool.trainingCount * trainingEnergyAnnualUsd(world, site, pool.module);
  }
  for (const flow of deployment.flows) {
    if (deployment.pools[flow.pool]!.site !== site) continue;
    const { workload } = world.demand[flow.row]!;
    const perYear = flow.meanPerS * secondsPerYear;
    opexUsd += perYear * requestUsd(world, workload, site, flow.energyKwhPerRequest).totalUsd;
    revenueUsd += perYear * world.workloads[workload]!.priceUsdPerRequest;
  }
  const cashflowsUsd = cashflows(assets, revenueUsd - opexUsd, waccRatio, years);
  return { site, waccRatio, assets, revenueUsd, opexUsd, cashflowsUsd };
}

function installedCount(world: World, site: number, module: number): number {
  return world.sites[site]!.installed.reduce((sum, entry) => (entry.module === module ? sum + entry.count : sum), 0);
}

function cashflows(assets: readonly Asset[], yearlyUsd: number, waccRatio: number, years: number): number[] {
  const flows = Array.from({ length: years + 1 }, (_, year) => (year === 0 ? 0 : yearlyUsd));
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

/** What is left of assets at the end would otherwise pass for a return. */
const noReturn: InternalRate = { status: "none", statement: "nothing is earned, so no rate balances what is spent" };

function investment(name: string, tier: Tier | null, sites: readonly SiteAccounts[], years: number): Investment {
  const sum = (value: (entry: SiteAccounts) => number): number =>
    sites.reduce((total, entry) => total + value(entry), 0);
  const assets = sites.flatMap((entry) => entry.assets);
  const classUsd = (value: (assetClass: AssetClass) => number): Record<AssetClass, number> => ({
    accelerators: value("accelerators"),
    building: value("building"),
    opening: value("opening"),
  });
  const books = depreciationByClass(assets, 1);
  const depreciationUsd = classUsd((assetClass) => books[assetClass].depreciationUsd);
  const revenueUsdPerYear = sum((entry) => entry.revenueUsd);
  const opexUsdPerYear = sum((entry) => entry.opexUsd);
  const written = depreciationUsd.accelerators + depreciationUsd.building + depreciationUsd.opening;
  const cashflowsUsd = Array.from({ length: years + 1 }, (_, year) => sum((entry) => entry.cashflowsUsd[year]!));
  return {
    name,
    tier,
    capexUsd: classUsd((assetClass) =>
      assets.reduce((total, asset) => (asset.assetClass === assetClass ? total + asset.capexUsd : total), 0),
    ),
    revenueUsdPerYear,
    opexUsdPerYear,
    depreciationUsd,
    grossMarginRatio: grossMargin(revenueUsdPerYear, opexUsdPerYear + written),
    cashflowsUsd,
    npvUsd: sum((entry) => npvUsd(entry.cashflowsUsd, entry.waccRatio)),
    irr: revenueUsdPerYear > 0 ? internalRate(cashflowsUsd) : noReturn,
    paybackYears: paybackYears(cashflowsUsd),
  };
}
