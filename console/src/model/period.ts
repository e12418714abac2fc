/** The periods of a plan, and the plan as it stands in one of them. */
import type { PlanDocument } from "../../../src/plan/index.ts";

/** Ids of the periods a plan covers, in order; one for a plan of a single period. */
export function periodIds({ world, period, horizon }: PlanDocument): string[] {
  const periods = horizon ? horizon.periods.map((entry) => entry.period) : [period];
  return periods.map((index) => world.periods[index]!.id);
}

/**
 * The plan in the period with this id, or as it is when it has no such period. What is known for the first period only,
 * the alternative it was compared with and the use of limits, is left out of the others.
 */
export function planInPeriod(plan: PlanDocument, id: string | null): PlanDocument {
  const entry = plan.horizon?.periods.find(({ period }) => plan.world.periods[period]!.id === id);
  if (!entry || entry.period === plan.period) return plan;
  const { period, status, objectiveUsdPerYear, bestBoundUsdPerYear, relativeGap } = entry;
  const { deployment, cost, training, unserved } = entry;
  const money = { objectiveUsdPerYear, bestBoundUsdPerYear, relativeGap, cost };
  const unknown = { sites: [], limits: [], untrained: [], alternatives: { centralised: null }, verdict: null };
  return { ...plan, period, status, ...money, deployment, training, unserved, ...unknown };
}

/** Whether the plan is shown in the period that is simulated and served. */
export function isFirstPeriod(plan: PlanDocument): boolean {
  return periodIds(plan)[0] === plan.world.periods[plan.period]!.id;
}
