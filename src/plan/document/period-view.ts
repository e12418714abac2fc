/** One period of a plan of several, as a plan document of its own. */
import { isAlwaysOpen } from "../../finance/index.ts";
import { enginePredictions, type Deployment } from "../../route/index.ts";
import type { HorizonPeriod, PlanDocument } from "./plan-document.ts";
import { siteLoads } from "./describe-period.ts";
import { idleModules } from "../world/idle-modules.ts";

/**
 * The document as it stands in a period: what is in service, what it costs a year and what is proven of it. Limits over
 * several sites are known for the first period only.
 *
 * @throws RangeError when the plan does not cover the period.
 */
export function viewPeriod(plan: PlanDocument, period: number): PlanDocument {
  if (period === plan.period) return { ...plan, horizon: null, value: null };
  const entry = plan.horizon?.periods.find((candidate) => candidate.period === period);
  if (entry === undefined) throw new RangeError(`the plan does not cover period ${period}`);
  const { status, objectiveUsdPerYear, bestBoundUsdPerYear, relativeGap, deployment, cost, training, unserved } = entry;
  const { untrained: _ofTheFirst, ...whole } = plan;
  return {
    ...whole,
    period,
    status,
    objectiveUsdPerYear,
    bestBoundUsdPerYear,
    relativeGap,
    deployment,
    predictions: enginePredictions(plan.world, deployment),
    cost,
    training,
    unserved,
    sites: siteLoads({ world: plan.world, period }, deployment),
    limits: [],
    purchases: entry.purchases,
    opened: openedIn(plan, entry),
    idle: idleModules(plan.world, deployment, period),
    horizon: null,
    value: null,
  };
}

/** Sites that a period opens and upgrades it buys: what was not there in the period before. */
export function openedIn(
  { world, horizon }: PlanDocument,
  { period, deployment }: HorizonPeriod,
): NonNullable<PlanDocument["opened"]> {
  const openAt = ({ pools, upgrades = [] }: Deployment, at: number): number[] => {
    const used = new Set([...pools, ...upgrades].map(({ site }) => site));
    return [...world.sites.keys()].filter((site) => used.has(site) || isAlwaysOpen(world, site, at));
  };
  const before = horizon?.periods.find((entry) => entry.period === period - 1);
  const earlier = new Set(before === undefined ? [] : openAt(before.deployment, before.period));
  const stood = before?.deployment.upgrades ?? [];
  return {
    sites: openAt(deployment, period).filter((site) => !earlier.has(site)),
    upgrades: (deployment.upgrades ?? []).filter(
      ({ site, upgrade }) => !stood.some((entry) => entry.site === site && entry.upgrade === upgrade),
    ),
  };
}

/** Every period the plan covers, in order. */
export function everyPeriod(plan: PlanDocument): PlanDocument[] {
  if (!plan.horizon) return [plan];
  return plan.horizon.periods.map((entry) => viewPeriod(plan, entry.period));
}

/** The plan as it stands at the end of its horizon. */
export function lastPeriod(plan: PlanDocument): PlanDocument {
  return everyPeriod(plan).at(-1)!;
}
