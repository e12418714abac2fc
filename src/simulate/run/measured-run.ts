import type { World } from "../../catalog/index.ts";
import type { Routes } from "../../route/index.ts";
import type { DemandRate } from "../chance/demand-rate.ts";
import type { ScalingUsage } from "../engine/autoscaler.ts";
import type { Measures } from "../measure/measures.ts";
import type { EngineActivity } from "../measure/pool-usage.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** What the result is made from. */
export interface MeasuredRun {
  readonly world: World;
  readonly routes: Routes;
  readonly rate: DemandRate;
  readonly options: SimulationOptions;
  readonly measures: Measures;
  /** End of what was simulated so far, and end of the warm-up, ms. */
  readonly untilMs: number;
  readonly fromMs: number;
  /** Positions of the workloads that follow a trace. */
  readonly traced: ReadonlySet<number>;
  /** Those of them whose requests are not drawn from the workload's own lengths at a steady Poisson rate: all but curves. */
  readonly recorded: ReadonlySet<number>;
  readonly activity: EngineActivity;
  /** How long engines of a group have been stopped, and starts; null without autoscaling. */
  readonly scalingOfGroup: (group: number) => ScalingUsage | null;
}

/** Time that was measured so far, ms. */
export function spanMs({ fromMs, untilMs }: MeasuredRun): number {
  return Math.max(0, untilMs - fromMs);
}
