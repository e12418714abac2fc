/** What serving more, and serving it in time more often, costs: the front of cost and attainment. */
import type { World } from "../../catalog/index.ts";
import { figuresOf, type PlanFigures, type PlanWorld } from "../document/plan-figures.ts";
import { scalePenalty } from "./sensitivity-parameters.ts";

export interface ParetoPoint {
  /** Factor on the penalty of unserved demand under which the plan was made. */
  readonly penaltyFactor: number;
  /** Share of served requests that must keep the first-token budget, of every workload; null = as the scenario says. */
  readonly attainmentRatio: number | null;
  /** Share of all peak requests, served or not, for which the plan promises the first token within its budget. */
  readonly attainedRatio: number;
  readonly figures: PlanFigures;
  /** Another point attains as much for less, or more for the same: by another attainment, or where gaps are left open. */
  readonly dominated: boolean;
}

/** Steps of about three from a tenth of the penalty to thirty times of it. */
export const paretoFactors: readonly number[] = [0.1, 0.3, 1, 3, 10, 30];

/** From half of the requests in time to nearly all. */
export const paretoAttainments: readonly number[] = [0.5, 0.7, 0.8, 0.9, 0.95, 0.99];

/**
 * Plans under each factor, and under each attainment. Cost is that of building and running, without penalties: penalties
 * are the price that traces the front, not money spent. A stricter attainment reaches fewer users, a laxer one promises
 * less to each: both are in `attainedRatio`.
 *
 * @returns Points by rising attained share; those the user did not wait for, or without a plan, are left out.
 */
export async function paretoFront(
  world: World,
  planWorld: PlanWorld,
  factors: readonly number[] = paretoFactors,
  attainments: readonly number[] = paretoAttainments,
): Promise<ParetoPoint[]> {
  const asked = [
    ...[...factors].sort((a, b) => a - b).map((penaltyFactor) => ({ penaltyFactor, attainmentRatio: null })),
    ...[...attainments].sort((a, b) => a - b).map((attainmentRatio) => ({ penaltyFactor: 1, attainmentRatio })),
  ];
  const points: Omit<ParetoPoint, "dominated">[] = [];
  for (const { penaltyFactor, attainmentRatio } of asked) {
    const changed =
      attainmentRatio === null ? scalePenalty(world, penaltyFactor) : withAttainment(world, attainmentRatio);
    const label =
      attainmentRatio === null ? `penalty × ${penaltyFactor}` : `${Math.round(attainmentRatio * 100)} % in time`;
    const plan = await planWorld(changed, label);
    if (plan === null) break;
    const figures = figuresOf(plan);
    if (figures === null) continue;
    points.push({ penaltyFactor, attainmentRatio, attainedRatio: attainedBy(changed, figures), figures });
  }
  return points
    .map((point) => ({ ...point, dominated: points.some((other) => beats(other, point)) }))
    .sort((a, b) => a.attainedRatio - b.attainedRatio || a.penaltyFactor - b.penaltyFactor);
}

/** Two plans of the same kind differ by what rounding leaves of their sums; neither then beats the other. */
const roundingRatio = 1e-7;

/** As much or more for as little or less, and one of them noticeably. */
function beats(a: Omit<ParetoPoint, "dominated">, b: Omit<ParetoPoint, "dominated">): boolean {
  const moreRatio = a.attainedRatio - b.attainedRatio;
  const lessUsd = b.figures.buildAndRunUsdPerYear - a.figures.buildAndRunUsdPerYear;
  const slackUsd = roundingRatio * Math.max(1, Math.abs(b.figures.buildAndRunUsdPerYear));
  if (moreRatio < -roundingRatio || lessUsd < -slackUsd) return false;
  return moreRatio > roundingRatio || lessUsd > slackUsd;
}

function withAttainment(world: World, attainmentRatio: number): World {
  return {
    ...world,
    workloads: world.workloads.map((workload) => ({ ...workload, ttft: { ...workload.ttft, attainmentRatio } })),
  };
}

/** Weighted with the peak requests of each workload over the whole horizon. */
function attainedBy(world: World, { servedByWorkload }: PlanFigures): number {
  let [asked, attained] = [0, 0];
  for (const { workload, peakPerS } of world.demand) {
    const total = peakPerS.reduce((sum, value) => sum + value, 0);
    asked += total;
    attained += total * servedByWorkload[workload]!.servedRatio * world.workloads[workload]!.ttft.attainmentRatio;
  }
  return asked > 0 ? attained / asked : 1;
}
