/** The few figures by which plans are compared. */
import { tiers, type Tier, type World } from "../catalog/index.ts";
import type { CostItem } from "../finance/index.ts";
import type { PlanDocument, PlanStatus } from "./plan-document.ts";

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
  /** Share of peak requests served, over all workloads; 1 without demand. */
  readonly servedRatio: number;
  readonly servedByWorkload: readonly { readonly workload: string; readonly servedRatio: number }[];
  /** Sites that hold modules. */
  readonly openSites: readonly { readonly tier: Tier; readonly count: number }[];
}

/** Null when the plan is infeasible. */
export function figuresOf(plan: PlanDocument): PlanFigures | null {
  const { objectiveUsdPerYear, bestBoundUsdPerYear, relativeGap, cost, world, deployment, period } = plan;
  if (objectiveUsdPerYear === null || bestBoundUsdPerYear === null || relativeGap === null || cost === null)
    return null;
  const asked = new Float64Array(world.workloads.length);
  const served = new Float64Array(world.workloads.length);
  for (const row of world.demand) asked[row.workload]! += row.peakPerS[period]!;
  for (const flow of deployment.flows) served[world.demand[flow.row]!.workload]! += flow.peakPerS;
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 1);
  const used = new Set(deployment.pools.map((pool) => pool.site));
  const unservedUsdPerYear = cost.byItem.unserved + cost.byItem["training-unserved"];
  return {
    status: plan.status,
    objectiveUsdPerYear,
    bestBoundUsdPerYear,
    relativeGap,
    buildAndRunUsdPerYear: objectiveUsdPerYear - unservedUsdPerYear,
    unservedUsdPerYear,
    capexUsd: cost.capex.totalUsd,
    byItem: cost.byItem,
    servedRatio: ratio(sum(served), sum(asked)),
    servedByWorkload: world.workloads.map((workload, index) => ({
      workload: workload.id,
      servedRatio: ratio(served[index]!, asked[index]!),
    })),
    openSites: tiers.map((tier) => ({
      tier,
      count: [...used].filter((site) => world.sites[site]!.tier === tier).length,
    })),
  };
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

/** USD in words, for sentences; results carry the plain numbers. */
export function money(usd: number): string {
  return `$${Math.abs(usd).toLocaleString("en-US", { maximumFractionDigits: 0 })}`;
}
