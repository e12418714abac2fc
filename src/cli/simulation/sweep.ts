import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { connectNats, createSweepNats, type NatsConnection } from "../../adapters/sweep-nats/index.ts";
import { createSweepThreads } from "../../adapters/sweep-threads/index.ts";
import {
  completeOptions,
  sweepCases,
  type RoutingRule,
  type SweepCase,
  type SweepGrid,
  type SweepJob,
  type SweepOutcome,
  type SweepRunner,
} from "../../simulate/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { onInterrupt } from "../terminal/interrupts.ts";
import { inPeriod } from "../document/period-option.ts";
import { ProgressLine } from "../terminal/progress-line.ts";
import { inFlags } from "./run-simulation.ts";
import { readFaultFile } from "./read-faults.ts";
import { readPlan } from "../document/read-plan.ts";
import { openTraces, traceNotes, traceSpecs } from "./read-traces.ts";
import type { SimulationFlags } from "./simulation-flags.ts";
import { lateFaultNotes, optionsOf } from "./simulation-settings.ts";
import { SweepJournal } from "./sweep-journal.ts";
import { sweepReport, sweepTables, sweepText } from "./sweep-report.ts";
import { requireOther, requireWritable, writeResult } from "../terminal/write-file.ts";
import { requireFolder, writeTables } from "../terminal/write-tables.ts";

export interface SweepOptions extends SimulationFlags {
  readonly seeds: readonly number[];
  readonly rules?: readonly RoutingRule[];
  readonly rateFactors?: readonly number[];
  readonly faultSets?: string;
  readonly threads?: number;
  readonly nats?: string;
  readonly journal: string;
  readonly fresh?: boolean;
  readonly out?: string;
  readonly csv?: string;
  readonly json?: boolean;
}

/** `disperse sweep`: every combination of rules, rates, faults and seeds, each once, however often it is begun again. */
export async function sweep(file: string, options: SweepOptions): Promise<void> {
  const { world, deployment } = inPeriod(readPlan(file), options.period);
  const traces = traceSpecs(options, world);
  if (options.out !== undefined) {
    const sets = [options.faults, options.faultSets].filter((path) => path !== undefined);
    requireOther(options.out, [file, options.journal, ...traces.map(({ path }) => path), ...sets]);
    requireWritable(options.out, false, "choose another name");
  }
  if (options.csv !== undefined) requireFolder(options.csv, "--csv");
  // Traces are opened here once, so that what is wrong with them is said once and before hours of work.
  const opened = await openTraces(traces, (line) => process.stderr.write(`${line}\n`));
  for (const note of traceNotes(opened, traces, world, options.seconds)) process.stderr.write(`${note}\n`);
  opened.close();
  const grid: SweepGrid = {
    seeds: options.seeds,
    ...(options.rules && { rules: options.rules }),
    ...(options.rateFactors && { rateFactors: options.rateFactors }),
    ...(options.faultSets && { faults: Object.fromEntries(readFaultFile(options.faultSets, world, "--fault-sets")) }),
  };
  const cases = sweepCases(grid, optionsOf(options, world));
  for (const entry of cases) checkOptions(entry);
  const late = lateFaultNotes([...new Set(cases.flatMap((entry) => entry.options.faults ?? []))], options.seconds);
  for (const note of late) process.stderr.write(`${note}\n`);
  const question = { world, deployment, traces: traces.map((trace) => ({ ...trace, ...stampOf(trace.path) })) };
  const id = createHash("sha256").update(JSON.stringify(question)).digest("hex").slice(0, 24);
  const journal = SweepJournal.open(options.journal, id, { fresh: options.fresh ?? false });
  const todo = cases.filter((entry) => journal.outcomeOf(entry) === undefined);
  if (todo.length < cases.length) {
    process.stderr.write(`${cases.length - todo.length} of ${cases.length} cases are in ${options.journal} already\n`);
  }
  let wasStopped: boolean;
  try {
    wasStopped = await runCases({ id, world, deployment, traces }, todo, journal, options);
  } finally {
    journal.close();
  }
  const outcomes = cases.flatMap((entry) => journal.outcomeOf(entry) ?? []);
  const report = sweepReport(cases, outcomes);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${sweepText(report)}\n`);
  if (options.out !== undefined) writeResult(options.out, `${JSON.stringify(report)}\n`);
  if (options.csv !== undefined) writeTables(options.csv, sweepTables(report), "--csv");
  if (wasStopped) {
    process.stderr.write(
      `stopped with ${outcomes.length} of ${cases.length} cases done; the same command goes on from there\n`,
    );
    process.exitCode = exitCodes.interrupted;
  } else if (report.failures.length > 0) process.exitCode = exitCodes.invalid;
}

/** Runs what is left to do; whether Ctrl-C ended it early. */
async function runCases(
  job: SweepJob,
  todo: readonly SweepCase[],
  journal: SweepJournal,
  options: SweepOptions,
): Promise<boolean> {
  if (todo.length === 0) return false;
  const runner = await makeRunner(options);
  const abort = new AbortController();
  const forget = onInterrupt(() => abort.abort());
  const progress = new ProgressLine();
  const caseOf = new Map(todo.map((entry) => [entry.id, entry]));
  const beganMs = performance.now();
  let done = 0;
  const show = (): void => {
    const leftS = done > 0 ? ((performance.now() - beganMs) / 1000 / done) * (todo.length - done) : Number.NaN;
    const left = Number.isNaN(leftS) ? "" : `  about ${Math.ceil(leftS)} s left`;
    progress.show(`sweeping  ${done} of ${todo.length} cases${left}`);
  };
  const ticking = setInterval(show, 500);
  try {
    show();
    await runner.run(
      job,
      todo,
      (outcome: SweepOutcome) => {
        const entry = caseOf.get(outcome.id);
        if (entry === undefined) return;
        journal.add(entry, outcome);
        done++;
        show();
      },
      abort.signal,
    );
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `The sweep cannot go on: ${(error as Error).message}`);
  } finally {
    clearInterval(ticking);
    progress.finish();
    forget();
    await runner.close();
  }
  return abort.signal.aborted;
}

async function makeRunner({ nats, threads }: SweepOptions): Promise<SweepRunner> {
  return nats === undefined ? localRunner(threads) : createSweepNats(await natsOrFail(nats));
}

/** The server the user named; ends the command with code 3 when it does not answer. */
export async function natsOrFail(url: string): Promise<NatsConnection> {
  try {
    return await connectNats(url);
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `--nats: ${(error as Error).message}`);
  }
}

/** Threads of this machine; as many as it has cores unless the user says otherwise. */
export function localRunner(threads: number | undefined): SweepRunner {
  return createSweepThreads({
    threads: threads ?? availableParallelism(),
    worker: new URL(
      import.meta.url.endsWith(".ts") ? "./sweep-case-worker.ts" : "./sweep-case-worker.js",
      import.meta.url,
    ),
  });
}

/** Options that make no sense in every case alike are refused before anything runs. */
function checkOptions({ id, options }: SweepCase): void {
  try {
    completeOptions(options);
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `${id}: ${inFlags((error as Error).message)}`);
  }
}

/** A trace that was written anew is another trace. */
function stampOf(path: string): { readonly bytes: number; readonly changedMs: number } {
  const { size, mtimeMs } = statSync(path);
  return { bytes: size, changedMs: mtimeMs };
}
