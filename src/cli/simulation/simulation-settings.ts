import type { World } from "../../catalog/index.ts";
import {
  defaultAutoscaling,
  defaultSimulationOptions,
  type Fault,
  type SimulationOptions,
} from "../../simulate/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { parseFault, parseRandomFaults } from "./parse-fault.ts";
import { readFaultFile } from "./read-faults.ts";
import type { SimulationFlags } from "./simulation-flags.ts";

/** Options of the simulation from the flags; rule and seed are the verb's own. */
export function optionsOf(flags: SimulationFlags, world: World): Partial<SimulationOptions> {
  requireWorkloads(world, flags.conversations?.workloads ?? [], "--conversations");
  requireWorkloads(world, flags.answerCache?.workloads ?? [], "--answer-cache");
  return {
    durationS: flags.seconds,
    warmUpS: flags.warmUp,
    // A day in minutes is 1,440 windows; a fortnight would be too many to look at.
    windowS: flags.window ?? Math.max(60, Math.ceil(flags.seconds / 1440 / 60) * 60),
    startHourUtc: flags.startHour,
    demand: flags.demand,
    rateFactor: flags.rateFactor,
    burstiness: flags.bursty ?? null,
    conversations: flags.conversations ?? null,
    autoscaling: flags.autoscale === undefined ? null : { ...defaultAutoscaling, ...flags.autoscale },
    responseCaching: flags.answerCache ?? null,
    waitingLine:
      flags.waitingLine === false ? null : { ...defaultSimulationOptions.waitingLine!, ...flags.waitingLine },
    snapshotIntervalMs: flags.snapshotInterval,
    snapshotMaxAgeMs: Math.max(1000, 4 * flags.snapshotInterval),
    faults: faultsOf(flags, world),
    randomFaults:
      flags.randomFaults.length === 0 ? null : flags.randomFaults.map((spec) => parseRandomFaults(spec, world)),
  };
}

function faultsOf({ fault, faults }: SimulationFlags, world: World): Fault[] {
  const single = fault.map((spec) => parseFault(spec, world));
  if (faults === undefined) return single;
  return [...single, ...[...readFaultFile(faults, world, "--faults").values()].flat()];
}

/** What is told of faults that begin when nothing is sent any more: they change nothing, and nobody should take comfort in that. */
export function lateFaultNotes(faults: readonly Fault[], durationS: number): string[] {
  const late = faults.filter(({ fromS }) => fromS >= durationS);
  if (late.length === 0) return [];
  const first = Math.min(...late.map(({ fromS }) => fromS));
  const which = late.length === 1 ? "one fault begins" : `${late.length} faults begin`;
  return [`warning: ${which} at ${first} s or later, after the simulated ${durationS} s: give more --seconds`];
}

/** Refuses names of workloads that the world does not have. */
export function requireWorkloads(world: World, names: readonly string[], option: string): void {
  for (const name of names) {
    if (world.workloads.some((entry) => entry.id === name)) continue;
    const known = world.workloads.map((entry) => entry.id).join(", ");
    throw new CommandFailure(exitCodes.invalid, `${option}: the plan has no workload "${name}". It has: ${known}.`);
  }
}
