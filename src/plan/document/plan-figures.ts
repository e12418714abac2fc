/** The few figures by which plans are compared. */
import { tiers, type Tier, type World } from "../../catalog/index.ts";
import { costItems, moduleAnnualUsd, siteAnnualUsd, type CostItem } from "../../finance/index.ts";
import { everyPeriod, openedIn } from "./period-view.ts";
import type { Horizon, PlanDocument, PlanStatus } from "./plan-document.ts";

/**
 * Plans a world and gives the document; null when no more planning is wished for (the user has stopped). Whoever makes it
 * chooses solver, time limit and gap. `label` says for whom it is, for progress.
 */
export type PlanWorld = (world: World, label: string) => Promise<PlanDocument | null>;

export interface PlanFigures {
  readonly status: PlanStatus;
  readonly objectiveUsdPerYear: number;
  readonly bestBoundUsdPerYear: number;
  readonly relativeGap: number;
  /** The objective without penalties for what is not served. */
  readonly buildAndRunUsdPerYear: number;
  readonly unservedUsdPerYear: number;
  /** Paid once. */
  readonly capexUsd: number;
  readonly byItem: Readonly<Record<CostItem, number>>;
  readonly byTier: readonly { readonly tier: Tier; readonly usdPerYear: number }[];
  /** Share of peak requests served, over all workloads; 1 without demand. */
  readonly servedRatio: number;
  readonly servedByWorkload: readonly { readonly workload: string; readonly servedRatio: number }[];
  /** Sites that hold modules. */
  readonly openSites: readonly { readonly tier: Tier; readonly count: number }[];
}

/**
 * Of a plan of several periods, money per year is levelised (what, paid every year of the horizon, is worth the same), shares
 * are weighted likewise, capital is all that is bought, and sites are those in use at the end.
 *
 * @returns Null when the plan is infeasible.
 */
export function figuresOf(plan: PlanDocument): PlanFigures | null {
  const { objectiveUsdPerYear, bestBoundUsdPerYear, relativeGap, cost, world, horizon } = plan;
  if (objectiveUsdPerYear === null || bestBoundUsdPerYear === null || relativeGap === null || cost === null)
    return null;
  const views = everyPeriod(plan);
  const weights = views.map((_, index) => horizon?.periods[index]!.discountedYears ?? 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const levelised = (value: (view: PlanDocument) => number): number =>
    views.length === 1
      ? value(plan)
      : views.reduce((sum, view, index) => sum + weights[index]! * value(view), 0) / total;
  const byItem = Object.fromEntries(
    costItems.map((item) => [item, levelised((view) => view.cost!.byItem[item])]),
  ) as Record<CostItem, number>;
  const used = new Set(views.at(-1)!.deployment.pools.map((pool) => pool.site));
  const objective = horizon ? horizon.presentCostUsd / total : objectiveUsdPerYear;
  const unservedUsdPerYear = byItem.unserved + byItem["training-unserved"];
  const served = (workload: number | null): number => {
    const asked = levelised((view) => peakPerS(view, workload).asked);
    return asked > 0 ? levelised((view) => peakPerS(view, workload).served) / asked : 1;
  };
  return {
    status: plan.status,
    objectiveUsdPerYear: objective,
    bestBoundUsdPerYear: horizon ? horizon.boundUsd / total : bestBoundUsdPerYear,
    relativeGap: horizon?.relativeGap ?? relativeGap,
    buildAndRunUsdPerYear: objective - unservedUsdPerYear,
    unservedUsdPerYear,
    capexUsd: horizon ? boughtUsd(plan, horizon) : cost.capex.totalUsd,
    byItem,
    byTier: tiers.map((tier) => ({
      tier,
      usdPerYear: levelised((view) => view.cost!.byTier.find((entry) => entry.tier === tier)?.usdPerYear ?? 0),
    })),
    servedRatio: served(null),
    servedByWorkload: world.workloads.map((workload, index) => ({ workload: workload.id, servedRatio: served(index) })),
    openSites: tiers.map((tier) => ({
      tier,
      count: [...used].filter((site) => world.sites[site]!.tier === tier).length,
    })),
  };
}

/** Requests/s at the peak, of one workload or of all. */
function peakPerS(
  { world, deployment, period }: PlanDocument,
  workload: number | null,
): { readonly asked: number; readonly served: number } {
  const counts = (row: number): boolean => workload === null || world.demand[row]!.workload === workload;
  let [asked, served] = [0, 0];
  for (const [row, demand] of world.demand.entries()) if (counts(row)) asked += demand.peakPerS[period]!;
  for (const flow of deployment.flows) if (counts(flow.row)) served += flow.peakPerS;
  return { asked, served };
}

/** What all purchases, openings and upgrades of a horizon cost when they are made, USD. */
function boughtUsd(plan: PlanDocument, { periods }: Horizon): number {
  const { world } = plan;
  let usd = 0;
  for (const entry of periods) {
    for (const { site, module, count } of entry.purchases) {
      const price = moduleAnnualUsd(world, site, module, entry.period);
      usd += count * (price.acceleratorsCapexUsd + price.buildingCapexUsd);
    }
    const opened = openedIn(plan, entry);
    for (const site of opened.sites) usd += siteAnnualUsd(world, site).openingCapexUsd;
    for (const { site, upgrade } of opened.upgrades) usd += world.sites[site]!.upgrades![upgrade]!.priceUsd;
  }
  return usd;
}

/** What is known of an optimum: it costs at most `objectiveUsdPerYear` and at least `bestBoundUsdPerYear`. */
export type Proven = Pick<PlanFigures, "objectiveUsdPerYear" | "bestBoundUsdPerYear">;

/** Whether two optima surely differ, whatever the gaps have left open. */
export function surelyApart(a: Proven, b: Proven): boolean {
  return a.bestBoundUsdPerYear > b.objectiveUsdPerYear || b.bestBoundUsdPerYear > a.objectiveUsdPerYear;
}

/** What the optimum of `after` costs more than that of `before`, USD/year. */
export interface ChangeOfOptimum {
  /** Between the two plans found. */
  readonly usdPerYear: number;
  /** Between the two optima, as far as the gaps let one know. */
  readonly atLeastUsdPerYear: number;
  readonly atMostUsdPerYear: number;
}

/**
 * @param after Whether its question is `tighter` than that of `before`, so that its plans are plans of `before` too, or
 * `looser`, so that the reverse holds. Then each knows something of the other, and the gaps hide less.
 */
export function changeOfOptimum(
  before: Proven,
  after: Proven,
  question: "tighter" | "looser" | "other",
): ChangeOfOptimum {
  const [tight, loose] = question === "looser" ? [before, after] : [after, before];
  const related = question !== "other";
  const least = (a: number, b: number): number => (related ? Math.min(a, b) : a);
  const most = (a: number, b: number): number => (related ? Math.max(a, b) : a);
  const looser = {
    objectiveUsdPerYear: least(loose.objectiveUsdPerYear, tight.objectiveUsdPerYear),
    bestBoundUsdPerYear: loose.bestBoundUsdPerYear,
  };
  const tighter = {
    objectiveUsdPerYear: tight.objectiveUsdPerYear,
    bestBoundUsdPerYear: most(tight.bestBoundUsdPerYear, loose.bestBoundUsdPerYear),
  };
  const [from, to] = question === "looser" ? [tighter, looser] : [looser, tighter];
  const atLeast = to.bestBoundUsdPerYear - from.objectiveUsdPerYear;
  const atMost = to.objectiveUsdPerYear - from.bestBoundUsdPerYear;
  return {
    usdPerYear: to.objectiveUsdPerYear - from.objectiveUsdPerYear,
    atLeastUsdPerYear: question === "tighter" ? Math.max(0, atLeast) : atLeast,
    atMostUsdPerYear: question === "looser" ? Math.min(0, atMost) : atMost,
  };
}
