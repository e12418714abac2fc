import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { planScenario, type PlanDocument, type PlanWorld } from "../../src/plan/index.ts";
import type { World } from "../../src/catalog/index.ts";

/** A planner for small worlds that proves its optima, for tests; close it when done. */
export function provingPlanner(): {
  readonly planWorld: PlanWorld;
  readonly plan: (world: World) => Promise<PlanDocument>;
  readonly close: () => Promise<void>;
} {
  const solver = createHighsSolver();
  const options = { relativeGap: 0, timeLimitS: 30, compare: false };
  const plan = (world: World) => planScenario(world, { solver, nowMs: () => 0 }, options);
  return { plan, planWorld: plan, close: () => solver.close() };
}
