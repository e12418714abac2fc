import { Simulation } from "./simulation.ts";
import type { SimulationInput } from "./simulation-options.ts";
import type { SimulationResult } from "./simulation-result.ts";

export interface SimulationProgress {
  readonly simulatedS: number;
  readonly durationS: number;
  readonly requestsSent: number;
}

export interface SimulateHooks {
  /** Called a hundred times over the run. */
  readonly onProgress?: (progress: SimulationProgress) => void;
}

/**
 * Simulates a deployment under its world's demand and returns what was measured.
 *
 * @throws RangeError when an option makes no sense or the deployment does not belong to the world.
 */
export function simulate(input: SimulationInput, hooks: SimulateHooks = {}): SimulationResult {
  const simulation = new Simulation(input);
  const slices = 100;
  for (let slice = 1; slice <= slices; slice++) {
    simulation.advance((simulation.durationMs * slice) / slices);
    hooks.onProgress?.({
      simulatedS: simulation.nowMs / 1000,
      durationS: simulation.durationMs / 1000,
      requestsSent: simulation.requestsSent,
    });
  }
  return simulation.result();
}
