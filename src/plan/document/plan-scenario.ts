/** Plans a world: one period, or a horizon of several. */
import type { World } from "../../catalog/index.ts";
import type { PlanDocument } from "./plan-document.ts";
import { planHorizon } from "./plan-horizon.ts";
import type { PlanOptions, PlanTools } from "../problem/plan-options.ts";
import { planPeriod } from "./plan-period.ts";

/**
 * @returns The plan document; `status` says how the search ended. Nothing about the world makes it throw: a world without
 * any possible plan gives `infeasible` with the clashing limits. Of several periods the document describes the first, and
 * `horizon` all of them.
 * @throws Error when the plan's cost recomputed by finance differs from the objective, which is a fault of the program.
 */
export async function planScenario(world: World, tools: PlanTools, options: PlanOptions = {}): Promise<PlanDocument> {
  if (options.period === undefined && world.periods.length > 1) return planHorizon(world, tools, options);
  return planPeriod(world, options.period ?? 0, tools, options);
}
