import type { Site, World } from "../../catalog/index.ts";
import type { Routes } from "../../route/index.ts";
import type { DemandRate } from "../chance/demand-rate.ts";
import { groupSum } from "../measure/group-measures.ts";
import type { Measures } from "../measure/measures.ts";
import type { PoolUsage } from "../measure/pool-usage.ts";

/**
 * What was planned and what happened, pool by pool. The plan's peak flows are scaled to the demand expected in the
 * simulated span, so that a quiet hour is compared with a quiet hour; of a workload that follows a trace, to the number
 * of requests the trace sent.
 */
export interface PlanAgreement {
  readonly plannedRequests: number;
  readonly completedRequests: number;
  /** Share of the planned requests that other pools served than the planned ones; 0 = as planned. */
  readonly movedRatio: number;
  /** Expected requests for which the plan has no capacity. */
  readonly unplannedRequests: number;
  /** What serving adds to idling, with PUE: of the planned requests as the plan prices them, and what happened. */
  readonly plannedServing: ServingEnergy;
  readonly serving: ServingEnergy;
  readonly pools: readonly PoolAgreement[];
}

export interface ServingEnergy {
  readonly kwh: number;
  readonly usd: number;
}

/** What can explain that a pool completed other requests than planned, beyond chance, where something was planned for it. */
export type DifferenceCause = "more demand" | "refused or lost" | "moved";

/**
 * Why pools completed more (or less) than planned. More came than the demand lets expect, and more than moves between pools can
 * account for: a crowd, or a trace. As many less were served nowhere: they were refused, or broke off.
 */
export function differenceCause(agreement: PlanAgreement, isMore: boolean): DifferenceCause {
  const { plannedRequests, completedRequests, movedRatio } = agreement;
  const extra = completedRequests - plannedRequests;
  const isBeyondMoves =
    Math.abs(extra) > 3 * Math.sqrt(plannedRequests) && Math.abs(extra) > movedRatio * plannedRequests;
  if (!isBeyondMoves || extra > 0 !== isMore) return "moved";
  return isMore ? "more demand" : "refused or lost";
}

export interface PoolAgreement {
  readonly pool: string;
  readonly plannedRequests: number;
  readonly completedRequests: number;
  /** (completed - planned) / planned; null when nothing was planned. */
  readonly relativeDifference: number | null;
  /** Difference in standard deviations of a Poisson count: what chance alone explains is within about ±3. */
  readonly standardScore: number | null;
}

export interface AgreementSpan {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Positions of the workloads that follow a trace. */
  readonly traced: ReadonlySet<number>;
}

export function compareWithPlan(
  world: World,
  routes: Routes,
  rate: DemandRate,
  measures: Measures,
  usage: readonly PoolUsage[],
  { fromMs, untilMs, traced }: AgreementSpan,
): PlanAgreement {
  const { deployment } = routes;
  const expected = Float64Array.from(world.demand, (_, row) =>
    untilMs > fromMs ? rate.expected(row, fromMs, untilMs) : 0,
  );
  for (const workload of traced) scaleTo(expected, world, workload, measures.arrived[workload]!);
  const planned = new Float64Array(deployment.pools.length);
  const plannedOfRow = new Float64Array(world.demand.length);
  const plannedKwh = new Float64Array(deployment.pools.length);
  for (const flow of deployment.flows) {
    const peakPerS = world.demand[flow.row]!.peakPerS[deployment.period] ?? 0;
    if (peakPerS <= 0) continue;
    const requests = (expected[flow.row]! * flow.peakPerS) / peakPerS;
    planned[flow.pool]! += requests;
    plannedOfRow[flow.row]! += requests;
    plannedKwh[flow.pool]! += requests * flow.energyKwhPerRequest;
  }
  const completed = new Float64Array(deployment.pools.length);
  for (const [group, { pool }] of routes.groups.entries()) {
    completed[pool]! += measures.groups.totalOf(group, groupSum.completed);
  }
  const pools = deployment.pools.map((pool, position): PoolAgreement => {
    const plannedRequests = planned[position]!;
    const completedRequests = completed[position]!;
    const difference = completedRequests - plannedRequests;
    return {
      pool: pool.id,
      plannedRequests,
      completedRequests,
      relativeDifference: plannedRequests > 0 ? difference / plannedRequests : null,
      standardScore: plannedRequests > 0 ? difference / Math.sqrt(plannedRequests) : null,
    };
  });
  const energyOf = (kwhOf: (pool: number, site: Site) => number): ServingEnergy => {
    let [kwh, usd] = [0, 0];
    for (const [position, pool] of deployment.pools.entries()) {
      const site = world.sites[pool.site]!;
      const drawn = kwhOf(position, site);
      kwh += drawn;
      usd += drawn * site.electricityUsdPerKwh;
    }
    return { kwh, usd };
  };
  const total = planned.reduce((sum, value) => sum + value, 0);
  const surplus = pools.reduce((sum, pool) => sum + Math.max(0, pool.completedRequests - pool.plannedRequests), 0);
  const shortfall = pools.reduce((sum, pool) => sum + Math.max(0, pool.plannedRequests - pool.completedRequests), 0);
  return {
    plannedRequests: total,
    completedRequests: pools.reduce((sum, pool) => sum + pool.completedRequests, 0),
    // Requests that moved leave one pool short and another with a surplus; the smaller of the two sums are moves.
    movedRatio: total > 0 ? Math.min(surplus, shortfall) / total : 0,
    unplannedRequests: expected.reduce((sum, value, row) => sum + Math.max(0, value - plannedOfRow[row]!), 0),
    plannedServing: energyOf((pool, { pue }) => plannedKwh[pool]! * pue),
    serving: energyOf((pool) => usage[pool]!.servingEnergyKwh),
    pools,
  };
}

/** Makes the expected requests of a workload's rows add up to `total`. */
function scaleTo(expected: Float64Array, world: World, workload: number, total: number): void {
  const rows = [...world.demand.keys()].filter((row) => world.demand[row]!.workload === workload);
  const sum = rows.reduce((added, row) => added + expected[row]!, 0);
  for (const row of rows) expected[row] = sum > 0 ? (expected[row]! * total) / sum : 0;
}
