import { readFileSync } from "node:fs";
import { tiers, type World } from "../catalog/index.ts";
import { parseCsvTrace, parseJsonlTrace, type Fault, type FaultScope, type TraceInput } from "../simulate/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { readPlan } from "./read-plan.ts";
import { runSimulation } from "./run-simulation.ts";
import { objectiveKept, simulationSummary } from "./simulation-summary.ts";
import { writeFile } from "./write-file.ts";

export interface SimulateOptions {
  readonly seconds: number;
  readonly startHour: number;
  readonly seed: number;
  readonly rateFactor: number;
  readonly trace?: string;
  readonly workload?: string;
  readonly fault: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** `disperse simulate`: traffic over a plan; `--strict` turns a missed objective into exit code 99. */
export async function simulatePlan(file: string, options: SimulateOptions): Promise<void> {
  const { world, deployment } = readPlan(file);
  if (options.workload !== undefined && options.trace === undefined) {
    throw new CommandFailure(exitCodes.invalid, "--workload says what a trace stands for: give --trace as well.");
  }
  const trace = options.trace === undefined ? null : readTrace(options.trace, options.workload, world);
  const result = await runSimulation({
    world,
    deployment,
    options: {
      seed: options.seed,
      durationS: options.seconds,
      startHourUtc: options.startHour,
      rateFactor: options.rateFactor,
      faults: options.fault.map((spec) => parseFault(spec, world)),
    },
    ...(trace === null ? {} : { trace }),
  });
  if (options.out !== undefined) writeFile(options.out, `${JSON.stringify(result)}\n`);
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${simulationSummary(result)}\n`);
  if (options.strict && !result.workloads.every(objectiveKept)) process.exitCode = exitCodes.objectiveMissed;
}

function readTrace(path: string, workload: string | undefined, world: World): TraceInput {
  const position = workload === undefined ? 0 : world.workloads.findIndex((entry) => entry.id === workload);
  if (position < 0) {
    const known = world.workloads.map((entry) => entry.id).join(", ");
    throw new CommandFailure(
      exitCodes.invalid,
      `--workload: the plan has no workload "${workload}". It has: ${known}.`,
    );
  }
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new CommandFailure(
      exitCodes.invalid,
      `--trace: ${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}.`,
    );
  }
  const trace = /\.jsonl?$/.test(path) ? parseJsonlTrace(text) : parseCsvTrace(text);
  for (const problem of trace.report.problems) {
    process.stderr.write(`${path}:${problem.firstLine}: ${problem.count} row(s) left out: ${problem.rule}\n`);
  }
  if (trace.requests.length === 0) {
    throw new CommandFailure(
      exitCodes.invalid,
      `--trace: ${path} holds no usable request. Expected the columns TIMESTAMP,ContextTokens,GeneratedTokens, or JSON lines with timestamp, input_length and output_length.`,
    );
  }
  return { trace, workload: position };
}

/** `kind[×factor]:scope@from[+length]`, for example `site:fra@600s+300s`, `tier:edge@0s`, `slow×3:country:DE@60s+60s`. */
function parseFault(spec: string, world: World): Fault {
  const match =
    /^(?:(down|drain|slow|stale|crowd)(?:[x×]([\d.]+))?:)?(site|tier|country|module|zone):([^@]+)@([\d.]+)s?(?:\+([\d.]+)s?)?$/.exec(
      spec,
    );
  if (!match) {
    throw new CommandFailure(
      exitCodes.invalid,
      `--fault: "${spec}" is not understood. Write [down|drain|slow×2|stale|crowd×3:]site|tier|country|module|zone:NAME@FROM+LENGTH, for example site:${world.sites[0]?.id ?? "fra"}@600s+300s.`,
    );
  }
  const [, kind = "down", factorText, dimension, name, from, length] = match as unknown as string[];
  const fromS = Number(from);
  const span = { fromS, ...(length === undefined ? {} : { toS: fromS + Number(length) }) };
  const factor = Number(factorText ?? 2);
  const refuse = (why: string) => new CommandFailure(exitCodes.invalid, `--fault: "${spec}": ${why}`);
  if (factorText !== undefined && kind !== "slow" && kind !== "crowd")
    throw refuse("only slow and crowd take a factor.");
  if (kind === "crowd" && dimension !== "country") {
    throw refuse("a crowd comes from a country, for example crowd×3:country:DE@60s+60s.");
  }
  requireKnown(dimension!, name!, world);
  if (kind === "crowd") return { kind, ...span, factor, areas: { country: name! } };
  const where: FaultScope = dimension === "site" ? { sites: [name!] } : { [dimension!]: name! };
  if (kind === "slow") return { kind, ...span, factor, where };
  return { kind: kind as "down" | "drain" | "stale", ...span, where };
}

function requireKnown(dimension: string, name: string, world: World): void {
  const known: Readonly<Record<string, readonly string[]>> = {
    site: world.sites.map((site) => site.id),
    tier: tiers,
    country: [...new Set([...world.sites, ...world.areas].map((place) => place.country))].sort(),
    module: world.modules.map((module) => module.id),
    zone: world.limits.zones.map((zone) => zone.id),
  };
  if (known[dimension]!.includes(name)) return;
  const some = known[dimension]!.slice(0, 12).join(", ") || "none";
  throw new CommandFailure(exitCodes.invalid, `--fault: the plan has no ${dimension} "${name}". It has: ${some} …`);
}
