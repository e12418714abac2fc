import { Simulation, type SimulationInput, type SimulationResult } from "../simulate/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { three } from "./figures.ts";
import { ProgressLine } from "./progress-line.ts";

/** Simulates with a progress line on stderr, yielding to the event loop so that Ctrl-C is heard. */
export async function runSimulation(input: SimulationInput): Promise<SimulationResult> {
  const progress = new ProgressLine();
  let simulation: Simulation;
  try {
    simulation = new Simulation(input);
  } catch (error) {
    if (error instanceof RangeError) throw new CommandFailure(exitCodes.invalid, error.message);
    throw error;
  }
  const slices = 200;
  for (let slice = 1; slice <= slices; slice++) {
    simulation.advance((simulation.durationMs * slice) / slices);
    progress.show(
      `simulating  ${three(simulation.nowMs / 60_000)} of ${three(simulation.durationMs / 60_000)} min  ${simulation.requestsSent} requests`,
    );
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  progress.finish();
  return simulation.result();
}
