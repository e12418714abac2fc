/**
 * A plan as an investment: cash flow, present value, rate of return, payback, debt and depreciation per site, tier and owner
 * and in all, and how the plan's objective is made of them.
 */
import { tiers, type Tier } from "../../catalog/index.ts";
import {
  assetClasses,
  byAssetClass,
  depreciationByClass,
  grossMargin,
  internalRate,
  moduleAnnualUsd,
  npvUsd,
  paybackYears,
  secondsPerYear,
  type AssetClass,
  type InternalRate,
} from "../../finance/index.ts";
import { gainOfOneMore, moduleGains } from "./module-gains.ts";
import { everyPeriod } from "./period-view.ts";
import type { PlanDocument } from "./plan-document.ts";
import { cashflowsOf, siteAccounts, type SiteAccounts } from "./site-accounts.ts";

export interface Investment {
  /** Site id, tier, or `all`. */
  readonly name: string;
  readonly tier: Tier | null;
  readonly capexUsd: Readonly<Record<AssetClass, number>>;
  readonly revenueUsdPerYear: number;
  /** Energy, egress, backhaul, maintenance and the fixed cost of open sites; no capital. */
  readonly opexUsdPerYear: number;
  /** Payments still due on what an earlier plan bought and this one keeps. */
  readonly dueUsdPerYear: number;
  readonly debt: DebtPosition;
  /** Straight line, in the first year of service. */
  readonly depreciationUsd: Readonly<Record<AssetClass, number>>;
  /** (revenue − opex − payments due − depreciation) / revenue in the first year; null without revenue. */
  readonly grossMarginRatio: number | null;
  /** At the end of years 0, 1, …; year 0 is the purchase, the last year holds what assets are still worth. */
  readonly cashflowsUsd: readonly number[];
  /** At each site owner's cost of capital. */
  readonly npvUsd: number;
  readonly irr: InternalRate;
  /** Undiscounted; null when the money does not come back. */
  readonly paybackYears: number | null;
}

/** What lenders give and are paid. */
export interface DebtPosition {
  readonly borrowedUsd: number;
  /** Interest and repayment of a year, level over each asset's life. */
  readonly serviceUsdPerYear: number;
  /** In the first year. */
  readonly interestUsd: number;
  /** (revenue − opex) / service; null without debt. */
  readonly coverageRatio: number | null;
}

/** The plan's cost of a year put together from the accounts. */
export interface CostStatement {
  /** What assets cost per year at their owners' cost of capital. */
  readonly capitalUsdPerYear: Readonly<Record<AssetClass, number>>;
  readonly dueUsdPerYear: number;
  readonly opexUsdPerYear: number;
  /** Priced, not paid; in a plan that seeks the most value, revenue that is missed. */
  readonly unservedUsdPerYear: number;
  readonly totalUsdPerYear: number;
  /** What the plan says it costs: the same. */
  readonly objectiveUsdPerYear: number;
}

/** What an owner's sites do for the whole mesh: the base of a settlement between owners. */
export interface OwnerAccount {
  readonly owner: string;
  readonly requestsPerYear: number;
  /** Of all requests served. */
  readonly servedRatio: number;
  readonly revenueUsdPerYear: number;
  /** Capital, payments due, upkeep, energy and traffic of the owner's sites. */
  readonly costUsdPerYear: number;
  /** The price per request at which serving for others leaves the owner neither gain nor loss; null without requests. */
  readonly breakEvenUsdPerRequest: number | null;
}

/** Where more of the same would save most: the plan's duals against prices. */
export interface NextModule {
  readonly site: string;
  readonly module: string;
  /** What one more would save at most, before it is paid for, USD/year. */
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
  readonly statement: CostStatement;
  /** Best first; only where something is scarce. */
  readonly nextModules: readonly NextModule[];
}

/**
 * Revenue is what users pay per request served and for training. Demand stays as planned in every year. Assets
 * are replaced when their life ends, counted in whole years. At the end an asset is worth the payments its remaining life
 * saves, so that without revenue the present value is minus the plan's yearly cost of these sites over the same years.
 *
 * @param years Whole years looked at, at least 1.
 */
export function financeReport(plan: PlanDocument, years: number): FinanceReport {
  const { world } = plan;
  const sites = siteAccounts(plan);
  return {
    years,
    ...together(plan, sites, years),
    bySite: sites.map((entry) => {
      const { id, tier } = world.sites[entry.site]!;
      return investment(id, tier, [entry], years);
    }),
    owners: ownerAccounts(plan, sites),
    statement: statementOf(plan, sites),
    nextModules: nextModules(plan),
  };
}

/** What a period of a plan returns, in all, by tier and by owner, as if what stands in it had just been bought and lasted. */
export interface PeriodReturn extends Pick<FinanceReport, "years" | "all" | "byTier" | "byOwner"> {
  /** Period id. */
  readonly period: string;
}

/** Every period of a plan as an investment; none where there is no plan. See `financeReport`. */
export function returnsOf(plan: PlanDocument, years: number): PeriodReturn[] {
  if (!plan.cost) return [];
  return everyPeriod(plan).map((view) => ({
    period: plan.world.periods[view.period]!.id,
    years,
    ...together(view, siteAccounts(view), years),
  }));
}

function together(
  { world }: PlanDocument,
  sites: readonly SiteAccounts[],
  years: number,
): Pick<FinanceReport, "all" | "byTier" | "byOwner"> {
  const ofTier = (tier: Tier): SiteAccounts[] => sites.filter((entry) => world.sites[entry.site]!.tier === tier);
  const ofOwner = (owner: number): SiteAccounts[] => sites.filter((entry) => world.sites[entry.site]!.owner === owner);
  return {
    all: investment("all", null, sites, years),
    byTier: tiers.map((tier) => investment(tier, tier, ofTier(tier), years)),
    byOwner: world.owners.map(({ id }, owner) => investment(id, null, ofOwner(owner), years)),
  };
}

/** Site by site, what capital, running and payments due come to; with the penalties, the objective. */
function statementOf({ cost, objectiveUsdPerYear }: PlanDocument, sites: readonly SiteAccounts[]): CostStatement {
  const sum = (value: (entry: SiteAccounts) => number): number =>
    sites.reduce((total, entry) => total + value(entry), 0);
  const capitalUsdPerYear = byAssetClass((each) => sum((entry) => entry.capitalUsd[each]));
  const [dueUsdPerYear, opexUsdPerYear] = [sum((entry) => entry.dueUsd), sum((entry) => entry.opexUsd)];
  const unservedUsdPerYear = (cost?.byItem.unserved ?? 0) + (cost?.byItem["training-unserved"] ?? 0);
  const capital = assetClasses.reduce((total, each) => total + capitalUsdPerYear[each], 0);
  return {
    capitalUsdPerYear,
    dueUsdPerYear,
    opexUsdPerYear,
    unservedUsdPerYear,
    totalUsdPerYear: capital + dueUsdPerYear + opexUsdPerYear + unservedUsdPerYear,
    objectiveUsdPerYear: objectiveUsdPerYear ?? 0,
  };
}

function ownerAccounts({ world, deployment }: PlanDocument, sites: readonly SiteAccounts[]): OwnerAccount[] {
  const accounts = world.owners.map(() => ({ requestsPerYear: 0, revenueUsdPerYear: 0, costUsdPerYear: 0 }));
  for (const flow of deployment.flows) {
    const account = accounts[world.sites[deployment.pools[flow.pool]!.site]!.owner]!;
    account.requestsPerYear += flow.meanPerS * secondsPerYear;
  }
  for (const { site, revenueUsd, opexUsd, dueUsd, capitalUsd } of sites) {
    const account = accounts[world.sites[site]!.owner]!;
    account.revenueUsdPerYear += revenueUsd;
    account.costUsdPerYear += opexUsd + dueUsd + assetClasses.reduce((sum, each) => sum + capitalUsd[each], 0);
  }
  const all = accounts.reduce((sum, { requestsPerYear }) => sum + requestsPerYear, 0);
  return accounts.map((account, owner) => ({
    owner: world.owners[owner]!.id,
    ...account,
    servedRatio: all > 0 ? account.requestsPerYear / all : 0,
    breakEvenUsdPerRequest: account.requestsPerYear > 0 ? account.costUsdPerYear / account.requestsPerYear : null,
  }));
}

function nextModules(plan: PlanDocument): NextModule[] {
  const { world, period, deployment } = plan;
  const scarce = deployment.pools.filter((pool) => pool.capacityUsdPerModuleS > 0);
  // A price of the last module is no saving of the next one where nearly everybody is served.
  const savedBy = gainOfOneMore(scarce.length === 0 ? [] : moduleGains(plan));
  return scarce
    .flatMap(({ site, module }): NextModule[] => {
      const savesUsdPerYear = savedBy(site, module);
      if (savesUsdPerYear === null) return [];
      const costsUsdPerYear = moduleAnnualUsd(world, site, module, period).totalUsd;
      return [
        {
          site: world.sites[site]!.id,
          module: world.modules[module]!.id,
          savesUsdPerYear,
          costsUsdPerYear,
          returnRatio: savesUsdPerYear / costsUsdPerYear,
        },
      ];
    })
    .sort((a, b) => b.returnRatio - a.returnRatio || (a.site < b.site ? -1 : 1));
}

/** What is left of assets at the end would otherwise pass for a return. */
const noReturn: InternalRate = { status: "none", statement: "nothing is earned, so no rate balances what is spent" };

function investment(name: string, tier: Tier | null, sites: readonly SiteAccounts[], years: number): Investment {
  const sum = (value: (entry: SiteAccounts) => number): number =>
    sites.reduce((total, entry) => total + value(entry), 0);
  const assets = sites.flatMap((entry) => entry.assets);
  const books = depreciationByClass(assets, 1);
  const depreciationUsd = byAssetClass((assetClass) => books[assetClass].depreciationUsd);
  const revenueUsdPerYear = sum((entry) => entry.revenueUsd);
  const opexUsdPerYear = sum((entry) => entry.opexUsd);
  const dueUsdPerYear = sum((entry) => entry.dueUsd);
  const written = assetClasses.reduce((total, each) => total + depreciationUsd[each], 0);
  const flows = sites.map((entry) => cashflowsOf(entry, years));
  const cashflowsUsd = Array.from({ length: years + 1 }, (_, year) =>
    flows.reduce((total, flow) => total + flow[year]!, 0),
  );
  const serviceUsdPerYear = sum((entry) => entry.serviceUsd);
  return {
    name,
    tier,
    capexUsd: byAssetClass((assetClass) =>
      assets.reduce((total, asset) => (asset.assetClass === assetClass ? total + asset.capexUsd : total), 0),
    ),
    revenueUsdPerYear,
    opexUsdPerYear,
    dueUsdPerYear,
    debt: {
      borrowedUsd: sum((entry) => entry.borrowedUsd),
      serviceUsdPerYear,
      interestUsd: sum((entry) => entry.interestUsd),
      coverageRatio: serviceUsdPerYear > 0 ? (revenueUsdPerYear - opexUsdPerYear) / serviceUsdPerYear : null,
    },
    depreciationUsd,
    grossMarginRatio: grossMargin(revenueUsdPerYear, opexUsdPerYear + dueUsdPerYear + written),
    cashflowsUsd,
    npvUsd: flows.reduce((total, flow, i) => total + npvUsd(flow, sites[i]!.waccRatio), 0),
    irr: revenueUsdPerYear > 0 ? internalRate(cashflowsUsd) : noReturn,
    // Where nothing was spent there is nothing to pay back.
    paybackYears: cashflowsUsd.some((flow) => flow < 0) ? paybackYears(cashflowsUsd) : null,
  };
}
