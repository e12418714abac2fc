/** What serving more costs: plans under rising prices of leaving a request unserved. */
import type { World } from "../catalog/index.ts";
import { figuresOf, type PlanFigures, type PlanWorld } from "./plan-figures.ts";
import { scalePenalty } from "./sensitivity-parameters.ts";

export interface ParetoPoint {
  /** Factor on the penalty of unserved demand under which the plan was made. */
  readonly penaltyFactor: number;
  readonly figures: PlanFigures;
  /** Another point serves as much for less, or more for the same: possible where gaps are left open. */
  readonly dominated: boolean;
}

/** Steps of about three from a tenth of the penalty to thirty times of it. */
export const paretoFactors: readonly number[] = [0.1, 0.3, 1, 3, 10, 30];

/**
 * Plans under each factor. Cost is that of building and running, without penalties: penalties are the price that traces
 * the front, not money spent.
 *
 * @returns Points by rising served share; those the user did not wait for, or without a plan, are left out.
 */
export async function paretoFront(
  world: World,
  planWorld: PlanWorld,
  factors: readonly number[] = paretoFactors,
): Promise<ParetoPoint[]> {
  const points: { penaltyFactor: number; figures: PlanFigures }[] = [];
  for (const penaltyFactor of [...factors].sort((a, b) => a - b)) {
    const plan = await planWorld(scalePenalty(world, penaltyFactor), `penalty × ${penaltyFactor}`);
    if (plan === null) break;
    const figures = figuresOf(plan);
    if (figures !== null) points.push({ penaltyFactor, figures });
  }
  const beats = (a: PlanFigures, b: PlanFigures): boolean =>
    a.servedRatio >= b.servedRatio &&
    a.buildAndRunUsdPerYear <= b.buildAndRunUsdPerYear &&
    (a.servedRatio > b.servedRatio || a.buildAndRunUsdPerYear < b.buildAndRunUsdPerYear);
  return points
    .map((point) => ({ ...point, dominated: points.some((other) => beats(other.figures, point.figures)) }))
    .sort((a, b) => a.figures.servedRatio - b.figures.servedRatio || a.penaltyFactor - b.penaltyFactor);
}
