import type { Command } from "commander";
import { parseFactors, parseSeeds, positiveWhole, timeWindow, wholeNumber } from "../terminal/option-values.ts";
import { parseRules, ruleOption, withSimulationFlags } from "./simulation-flags.ts";

/** Adds the commands that simulate. */
export function addSimulationCommands(command: (spec: string, description: string) => Command): void {
  withSimulationFlags(command("simulate <plan>", "run a plan under traffic, with the routing policy of the gateway"))
    .addOption(ruleOption())
    .option("--seed <number>", "seed of all lots", wholeNumber, 1)
    .option("--by-area-hour", "attainment by workload, area and hour in the result")
    .option("--out <file>", "write the result document here")
    .option("--csv <folder>", "write the result as CSV tables here")
    .option("--chrome-trace <file>", "write the stages of requests here, for chrome://tracing or Perfetto")
    .option(
      "--trace-window <from-to>",
      "with --chrome-trace: requests sent between two times, for example 60s-70s",
      timeWindow,
    )
    .option("--json", "print the result document on stdout instead of the summary")
    .option("--strict", "end with exit code 99 when an objective is missed")
    .action(async (file, options) => (await import("./simulate.ts")).simulatePlan(file, options));

  withSimulationFlags(command("sweep <plan>", "simulate a plan under a grid of rules, rates, faults and seeds"))
    .option("--seeds <list>", "seeds, for example 1..5 or 1,2,7", parseSeeds, parseSeeds("1..5"))
    .option("--rules <list>", "routing rules to set side by side, separated by commas; all for every one", parseRules)
    .option("--rate-factors <list>", "factors on all demand, for example 0.8,1,1.2", parseFactors)
    .option("--fault-sets <file>", "YAML or JSON: named lists of faults, one case each; an empty list is a quiet day")
    .option("--threads <number>", "worker threads; as many as the machine has cores when left out", positiveWhole)
    .option("--nats <url>", "instead of threads: hand the cases to `disperse sweep-worker` on any number of machines")
    .option("--journal <file>", "results so far; a sweep that was stopped goes on from here", "sweep.jsonl")
    .option("--fresh", "throw the journal away and begin anew")
    .option("--out <file>", "write the summary and all cases as JSON here")
    .option("--csv <folder>", "write cases and summary as CSV tables here")
    .option("--json", "print the summary as JSON on stdout instead of a table")
    .action(async (file, options) => (await import("./sweep.ts")).sweep(file, options));

  command("sweep-worker", "simulate cases of a sweep that another machine hands out through NATS")
    .requiredOption("--nats <url>", "server, for example nats://10.0.0.1:4222")
    .option("--threads <number>", "worker threads; as many as the machine has cores when left out", positiveWhole)
    .option("--once", "end when no sweep is waiting")
    .action(async (options) => (await import("./sweep-worker.ts")).sweepWorker(options));
}
