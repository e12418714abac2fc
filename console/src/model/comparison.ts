import type { Board } from "./board.ts";
import { percent, usd } from "./format.ts";
import { isFirstPeriod, periodIds } from "./period.ts";

/** The plan against the centralised alternative in a few words. */
export function centralisedComparison({ plan }: Board): string {
  const central = plan.alternatives.centralised;
  if (!isFirstPeriod(plan)) return `In ${plan.world.periods[plan.period]!.id}, of ${periodIds(plan).length} periods`;
  if (!central || plan.objectiveUsdPerYear === null) return "No centralised alternative was planned.";
  const delta = central.objectiveUsdPerYear - plan.objectiveUsdPerYear;
  if (Math.abs(delta) < 1e-6 * central.objectiveUsdPerYear) return "The same as the centralised alternative.";
  const share = percent(Math.abs(delta) / central.objectiveUsdPerYear);
  const without = plan.world.limits.resilience === undefined ? "" : ", which survives no failure";
  return `${share} ${delta > 0 ? "less" : "more"} than centralised, ${usd(central.objectiveUsdPerYear)}${without}`;
}
