import { Simulation, type SimulationInput, type SimulationResult } from "../../simulate/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { three } from "../terminal/figures.ts";
import { onInterrupt } from "../terminal/interrupts.ts";
import { ProgressLine } from "../terminal/progress-line.ts";

export interface SimulationRun {
  readonly result: SimulationResult;
  readonly simulation: Simulation;
  /** Whether Ctrl-C ended it early; the result is what was measured until then. */
  readonly wasStopped: boolean;
}

/** Slices are made so long that each takes about this time: Ctrl-C is heard in between. */
const sliceTargetMs = 100;
/** Longest first slice, simulated, and most requests in it: a long span or much traffic must not keep the first Ctrl-C waiting. */
const firstSliceMs = 100;
const firstSliceRequests = 1000;

/** What takes no longer than this needs no progress line. */
const quietMs = 1000;

/** Simulates with a progress line on stderr. The first Ctrl-C ends the run with what has been measured so far. */
export async function runSimulation(input: SimulationInput): Promise<SimulationRun> {
  const progress = new ProgressLine();
  const simulation = makeSimulation(input);
  let wasStopped = false;
  const forget = onInterrupt(() => {
    wasStopped = true;
  });
  const beganMs = performance.now();
  try {
    let sliceMs = Math.min(
      simulation.durationMs / 10_000,
      firstSliceMs,
      (firstSliceRequests / simulation.largestPerS) * 1000,
    );
    while (!simulation.isDone && !wasStopped) {
      const sliceBeganMs = performance.now();
      simulation.advance(simulation.nowMs + sliceMs);
      const tookMs = Math.max(1, performance.now() - sliceBeganMs);
      sliceMs *= Math.min(4, Math.max(0.25, sliceTargetMs / tookMs));
      const tookSoFarMs = performance.now() - beganMs;
      if (tookSoFarMs > quietMs) progress.show(progressText(simulation, tookSoFarMs));
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  } finally {
    forget();
    progress.finish();
  }
  if (wasStopped) {
    process.stderr.write(
      `stopped after ${three(simulation.nowMs / 60_000)} of ${three(simulation.durationMs / 60_000)} min; what was measured until then follows\n`,
    );
  }
  return { result: simulation.result(), simulation, wasStopped };
}

/** Options that make no sense are the user's; everything else is a defect. */
export function makeSimulation(input: SimulationInput): Simulation {
  try {
    return new Simulation(input);
  } catch (error) {
    if (error instanceof RangeError) throw new CommandFailure(exitCodes.invalid, inFlags(error.message));
    throw error;
  }
}

/** A refusal in the words of the command line, where the options of a simulation have flags. */
export function inFlags(message: string): string {
  return message
    .replace(/^simulation option (\w+)/, (whole, name: string) => flagOf[name] ?? whole)
    .replace(/^(?:random faults|\w+)/, (name) =>
      Object.hasOwn(flagAbout, name) ? `${flagAbout[name]}: ${name}` : name,
    );
}
const flagOf: Readonly<Record<string, string>> = {
  durationS: "--seconds",
  warmUpS: "--warm-up",
  windowS: "--window",
  startHourUtc: "--start-hour",
  rateFactor: "--rate-factor",
  waitingLine: "--waiting-line",
  snapshotIntervalMs: "--snapshot-interval",
};
/** Flags of several values, and what a refusal calls them. */
const flagAbout: Readonly<Record<string, string>> = {
  autoscaling: "--autoscale",
  burstiness: "--bursty",
  conversations: "--conversations",
  "random faults": "--random-faults",
  responseCaching: "--answer-cache",
};

function progressText({ nowMs, durationMs, requestsSent }: Simulation, tookMs: number): string {
  const leftS = nowMs > 0 ? ((tookMs / 1000) * (durationMs - nowMs)) / nowMs : 0;
  // The first moments compile lanes and say little about the rest.
  const left = tookMs > 2000 && nowMs > durationMs / 100 ? `  about ${Math.ceil(leftS)} s left` : "";
  return `simulating  ${three(nowMs / 60_000)} of ${three(durationMs / 60_000)} min  ${requestsSent} requests${left}`;
}
