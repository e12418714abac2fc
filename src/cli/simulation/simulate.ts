import { resolve } from "node:path";
import type { RoutingRule, Simulation, SimulationResult } from "../../simulate/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { requireFolder, writeTables } from "../terminal/write-tables.ts";
import { inPeriod } from "../document/period-option.ts";
import { readPlan } from "../document/read-plan.ts";
import { openTraces, traceNotes, traceSpecs } from "./read-traces.ts";
import { runSimulation } from "./run-simulation.ts";
import type { SimulationFlags } from "./simulation-flags.ts";
import { lateFaultNotes, optionsOf } from "./simulation-settings.ts";
import { objectiveKept, simulationSummary } from "./simulation-summary.ts";
import { simulationTables } from "./simulation-tables.ts";
import { requireOther, requireWritable, writeResult } from "../terminal/write-file.ts";

export interface SimulateOptions extends SimulationFlags {
  readonly seed: number;
  readonly rule: RoutingRule;
  readonly byAreaHour?: boolean;
  readonly out?: string;
  readonly csv?: string;
  readonly chromeTrace?: string;
  readonly traceWindow?: { readonly fromS: number; readonly toS: number };
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** Requests written into a Chrome trace at most: viewers take a few hundred thousand events. */
const tracedRequests = 20_000;

/** `disperse simulate`: traffic over a plan; `--strict` turns a missed objective into exit code 99. */
export async function simulatePlan(file: string, options: SimulateOptions): Promise<void> {
  const plan = inPeriod(readPlan(file), options.period);
  const { world, deployment } = plan;
  if (options.traceWindow !== undefined && options.chromeTrace === undefined) {
    throw new CommandFailure(exitCodes.invalid, "--trace-window says what to record: give --chrome-trace as well.");
  }
  if (options.traceWindow && options.traceWindow.fromS >= options.seconds) {
    const window = `${options.traceWindow.fromS} s`;
    throw new CommandFailure(
      exitCodes.invalid,
      `--trace-window begins at ${window}, after the simulated ${options.seconds} s: nothing would be recorded.`,
    );
  }
  // Before any work is done: a long run must not end with a file that cannot be written.
  const simulationOptions = optionsOf(options, world);
  const window = options.traceWindow ?? { fromS: 0, toS: options.seconds };
  const specs = traceSpecs(options, world);
  const inputs = [file, ...specs.map(({ path }) => path), ...(options.faults === undefined ? [] : [options.faults])];
  for (const path of [options.out, options.chromeTrace]) {
    if (path === undefined) continue;
    requireOther(path, inputs);
    requireWritable(path, false, "choose another name");
  }
  if (options.csv !== undefined) requireFolder(options.csv, "--csv");
  const say = (line: string): boolean => process.stderr.write(`${line}\n`);
  const opened = await openTraces(specs, say);
  for (const note of traceNotes(opened, specs, world, options.seconds)) say(note);
  for (const note of lateFaultNotes(simulationOptions.faults ?? [], options.seconds)) say(note);
  let result: SimulationResult;
  let simulation: Simulation;
  let wasStopped: boolean;
  try {
    ({ result, simulation, wasStopped } = await runSimulation({
      world,
      deployment,
      options: {
        ...simulationOptions,
        seed: options.seed,
        rule: options.rule,
        byAreaHour: options.byAreaHour === true || options.csv !== undefined,
        bySiteWindow: options.out !== undefined || options.csv !== undefined,
        traceWindow: options.chromeTrace === undefined ? null : { ...window, maxRequests: tracedRequests },
      },
      traces: opened.traces,
    }));
  } finally {
    opened.close();
  }
  // First, so that a full disk takes nobody's summary away.
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${simulationSummary(result, plan)}\n`);
  if (options.out !== undefined) writeResult(options.out, `${JSON.stringify(result)}\n`);
  if (options.csv !== undefined) writeTables(options.csv, simulationTables(result, world), "--csv");
  if (options.chromeTrace !== undefined) {
    writeResult(options.chromeTrace, `${JSON.stringify(simulation.chromeTrace())}\n`);
    process.stderr.write(`${resolve(options.chromeTrace)}: open it at https://ui.perfetto.dev or chrome://tracing\n`);
  }
  if (wasStopped) process.exitCode = exitCodes.interrupted;
  else if (options.strict && !result.workloads.every(objectiveKept)) process.exitCode = exitCodes.objectiveMissed;
}
