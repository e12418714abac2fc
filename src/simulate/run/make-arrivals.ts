import { MergedArrivals, type Arrivals } from "../arrival/arrivals.ts";
import { clientArrivals } from "../arrival/arrivals-clients.ts";
import { PoissonArrivals } from "../arrival/arrivals-poisson.ts";
import { profileArrivals } from "../arrival/arrivals-profiles.ts";
import { TraceArrivals } from "../arrival/arrivals-trace.ts";
import type { ClientProfile } from "../trace/client-profiles.ts";
import { ConversationArrivals } from "../arrival/arrivals-conversations.ts";
import { conversationWorkloads } from "../arrival/conversations.ts";
import type { DemandRate } from "../chance/demand-rate.ts";
import { rowsWithin } from "../fault/fault.ts";
import type { SimulationInput, SimulationOptions, TraceInput } from "./simulation-options.ts";

/** All requests of a simulation as one stream: random ones, recorded ones in the place of some, and crowds on top. */
export function makeArrivals(input: SimulationInput, options: SimulationOptions, rate: DemandRate): Arrivals {
  const { world, traces = [] } = input;
  const durationMs = options.durationS * 1000;
  const { seed } = options;
  const streams = traces.map((trace, position) => recorded(input, options, trace, position));
  const replaced = new Set(traces.map((trace) => trace.workload));
  if (replaced.size < traces.length) throw new RangeError("a workload can follow one trace only");
  // A trace takes the place of its workload's random requests, and so do conversations; the other workloads go on.
  const talking = options.conversations ? conversationWorkloads(world, options.conversations) : new Set<number>();
  const weightsOf = (isOurs: (workload: number) => boolean) =>
    Float64Array.from(world.demand, (row) => (isOurs(row.workload) ? 1 : 0));
  if (options.conversations) {
    const weights = weightsOf((workload) => talking.has(workload) && !replaced.has(workload));
    streams.push(new ConversationArrivals(world, rate, durationMs, options.conversations, seed, weights));
  }
  const hasOthers = replaced.size + talking.size > 0;
  const others = hasOthers ? weightsOf((workload) => !replaced.has(workload) && !talking.has(workload)) : undefined;
  streams.push(
    options.burstiness
      ? clientArrivals(world, rate, durationMs, options.burstiness, seed, others)
      : new PoissonArrivals(world, rate, { fromMs: 0, toMs: durationMs }, seed, "arrivals", others),
  );
  for (const [position, fault] of options.faults.entries()) {
    if (fault.kind !== "crowd" || fault.factor <= 1) continue;
    // A crowd is a second stream on top of the usual one.
    const weights = rowsWithin(world, fault.areas).map((inside) => inside * (fault.factor - 1));
    const span = { fromMs: fault.fromS * 1000, toMs: Math.min(durationMs, (fault.toS ?? options.durationS) * 1000) };
    streams.push(new PoissonArrivals(world, rate, span, seed, `crowd/${position}`, weights));
  }
  const [first, ...rest] = streams;
  return rest.length === 0 ? first! : new MergedArrivals([first!, ...rest]);
}

function recorded(
  { world, deployment }: SimulationInput,
  { durationS, rateFactor, seed }: SimulationOptions,
  { source, workload, loop = false, byTimeZone = false }: TraceInput,
  position: number,
): Arrivals {
  const mapping = { workload, durationMs: durationS * 1000, rateFactor, loop, byTimeZone };
  // Two traces must not draw the same lots.
  const lots = seed + position * 0x9e3779b1;
  if (isProfiles(source)) return profileArrivals(world, deployment.period, source, mapping, lots);
  return new TraceArrivals(world, deployment.period, source, mapping, lots);
}

/** Whether a trace says only how many requests come: Poisson processes, of the workload's own lengths. */
export function isCurve(source: TraceInput["source"]): boolean {
  return (
    isProfiles(source) &&
    source.every(({ lengths, windows }) => lengths.length === 0 && windows.every(({ shape }) => shape === 1))
  );
}

function isProfiles(source: TraceInput["source"]): source is readonly ClientProfile[] {
  return Array.isArray(source);
}
