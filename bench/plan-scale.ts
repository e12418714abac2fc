/**
 * How planning grows with size, on real cities: time, proven gap and memory.
 *
 *     npm run -s bench -- plan-scale [50x200] [200x1000] [1000x5000] [4442x9062] [4442x9062x5] [--periods 1] [--gap 0.01]
 *                                    [--time-limit 180] [--survive none|site|zone] [--models 1] [--highs | --exact]
 *                                    [--seed 1] [--clock wall|cpu] [--verbose]
 *
 * A size is edge sites × demand areas, the largest cities of the world first, and × years planned together; regional and
 * core candidates are added. Three workloads, three kinds of servers, and these constraints: power of sites and zones with
 * upgrades, ports, links to parent sites, parents that are named, budgets of two owners, allotments, supply, most sites, forced
 * and existing sites, one that must close by 2029, a sovereign share, least use, residency, export rules, training in the core,
 * prices of memory by year. `--survive` adds survival of the loss of any one site, or zone; it multiplies the work.
 * `--models` has assistants run several models, of 7 to 671 billion parameters, not all of which fit the same accelerators.
 * Prints one JSON object per size. `--highs` gives the whole model to HiGHS as well, with the same limits, and prints a
 * second line; its abort or time-out is an outcome like any other. `--exact` prints that line alone.
 *
 * `--clock cpu` counts processor time instead (of the main thread, or half that of all threads where that is more): what two
 * idle cores would need at the least, on machines that are busy with something else.
 */
import { parseArgs } from "node:util";
import { createHighsSolver } from "../src/adapters/solver-highs/index.ts";
import type { World } from "../src/catalog/index.ts";
import {
  recomputeBound,
  solveExact,
  solvePlan,
  stackPeriods,
  worldProblem,
  type PlanProblem,
  type ProblemSolution,
  type Stage,
} from "../src/plan/index.ts";
import { processorMs } from "./processor-clock.ts";
import { mostModels, worldOf } from "./scale-world.ts";
import { choiceOf, numberOf, UsageFault } from "./usage.ts";

/** Penalties in the objective: a gap means little where they are most of it. */
function unservedUsd(problem: PlanProblem, { share }: ProblemSolution): number {
  let total = 0;
  for (let row = 0; row < problem.rows.count; row++) {
    let served = 0;
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) served += share[arc]!;
    total += Math.max(0, 1 - served) * problem.rows.unservedUsd[row]!;
  }
  return total;
}

/** Penalties that no plan can avoid, because nothing may serve the row. */
function unservableUsd({ rows, arcs }: PlanProblem): number {
  let total = 0;
  for (let row = 0; row < rows.count; row++) {
    if (arcs.starts[row] === arcs.starts[row + 1]) total += rows.unservedUsd[row]!;
  }
  return total;
}

/** The problem of all years, and where each of them begins in it. */
function problemOf(world: World, years: number): { problem: PlanProblem; stages: Stage[] } {
  if (years === 1) {
    const planned = worldProblem(world, 0);
    return { problem: planned.problem, stages: [{ planned, arc: 0, pool: 0 }] };
  }
  const { problem, periods, first } = stackPeriods(world);
  return { problem, stages: periods.map((planned, period) => ({ planned, ...first[period]! })) };
}

/**
 * As `disperse plan` solves it: again and again where failures are to be survived, and with models apart that do not fit together.
 * What is proven may be of a problem that knows more than the one given.
 */
type Solve = (
  ...of: Parameters<typeof solveExact>
) => Promise<Awaited<ReturnType<typeof solveExact>> & { readonly proven?: PlanProblem }>;

function planOf(stages: readonly Stage[]): Solve {
  return async (problem, tools, options) => {
    const { result, fatal, cuts, apart, problem: proven } = await solvePlan(problem, stages, tools, options);
    const isResilient = stages[0]!.planned.world.limits.resilience !== undefined;
    const message = [
      ...(isResilient ? [`${cuts.length} limits from failures`] : []),
      ...fatal.map((name) => `not survived: ${name}`),
      ...(apart === undefined ? [] : [`models stand apart at ${apart.places} places for ${apart.usd.toFixed(0)} USD`]),
      result.message,
    ];
    const told = { ...result, message: message.filter((part) => part !== "").join("; ") };
    if (!isResilient) return { ...told, proven };
    // The prices in a certificate are of the problem with the limits found last.
    const { certificate: _last, ...rest } = told;
    return rest;
  };
}

export async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      periods: { type: "string", default: "1" },
      gap: { type: "string", default: "0.01" },
      "time-limit": { type: "string", default: "180" },
      seed: { type: "string", default: "1" },
      exact: { type: "boolean", default: false },
      highs: { type: "boolean", default: false },
      survive: { type: "string", default: "none" },
      models: { type: "string", default: "1" },
      clock: { type: "string", default: "wall" },
      verbose: { type: "boolean", default: false },
    },
  });
  const periods = numberOf(values.periods, "--periods", 1, { most: 50 });
  const relativeGap = numberOf(values.gap, "--gap", 0.01, { least: 0, most: 1, parts: true });
  const timeLimitS = numberOf(values["time-limit"], "--time-limit (seconds)", 180, { least: 0.1, parts: true });
  const seed = numberOf(values.seed, "--seed", 1, { least: 0 });
  const survive = choiceOf(values.survive, "--survive", ["none", "site", "zone"]);
  const models = numberOf(values.models, "--models", 1, { most: mostModels });
  if (survive !== "none" && (values.exact || values.highs)) {
    throw new UsageFault(
      "--survive plans again after every failure found: there is no one model to give to HiGHS alone",
    );
  }
  const clock =
    choiceOf(values.clock, "--clock", ["wall", "cpu"]) === "cpu" ? processorMs : (): number => performance.now();
  const seconds = (sinceMs: number): number => Number(((clock() - sinceMs) / 1000).toFixed(2));
  const sizes = positionals.length > 0 ? positionals : ["50x200", "200x1000", "1000x5000", "4442x9062"];
  for (const size of sizes) {
    if (!/^[1-9]\d*x[1-9]\d*(x[1-9]\d?)?$/.test(size)) {
      throw new UsageFault(
        `"${size}" is no size: write edge sites x areas, for example 200x1000, or with years 200x1000x5`,
      );
    }
  }
  for (const size of sizes) {
    const [sites = 0, areas = 0, years = periods] = size.split("x").map(Number);
    const world = worldOf(sites, areas, years, survive, models);
    const buildStarted = clock();
    const { problem, stages } = problemOf(world, years);
    const head = {
      size,
      periods: years,
      survive,
      ...(models > 1 && { models }),
      sites: world.sites.length,
      areas: world.areas.length,
      rows: problem.rows.count,
      arcs: problem.arcs.pool.length,
      pools: problem.pools.count,
      limits: problem.limits.length,
      buildSeconds: seconds(buildStarted),
    };
    const ways: { way: string; solve: Solve }[] = [
      ...(values.exact ? [] : [{ way: "disperse", solve: planOf(stages) }]),
      ...(values.exact || values.highs ? [{ way: "HiGHS alone", solve: solveExact }] : []),
    ];
    for (const { way, solve } of ways) {
      const solver = createHighsSolver({ threads: 2 });
      const started = clock();
      const usedBefore = process.cpuUsage();
      let peakBytes = process.memoryUsage().rss;
      const look = (): void => void (peakBytes = Math.max(peakBytes, process.memoryUsage().rss));
      const watch = setInterval(look, 250);
      const result = await solve(
        problem,
        { solver, nowMs: clock },
        {
          relativeGap,
          timeLimitS,
          seed,
          onProgress: (point) => {
            look();
            if (values.verbose) process.stderr.write(`${JSON.stringify(point)}\n`);
          },
        },
      );
      clearInterval(watch);
      const solveS = seconds(started);
      const { user, system } = process.cpuUsage(usedBefore);
      await solver.close();
      const checkStarted = clock();
      const recomputed =
        result.certificate === undefined ? null : recomputeBound(result.proven ?? problem, result.certificate);
      const report = {
        ...head,
        way,
        method: result.method,
        status: result.status,
        // USD/year of one period; present value in USD of several.
        objectiveUsd: result.objectiveUsd,
        bestBoundUsd: result.bestBoundUsd,
        gap: result.relativeGap,
        unservedUsd: unservedUsd(problem, result.solution),
        // The same difference, against costs without the penalties that no plan can avoid.
        gapOfServable: (result.objectiveUsd - result.bestBoundUsd) / (result.objectiveUsd - unservableUsd(problem)),
        clock: values.clock,
        seconds: solveS,
        processorSeconds: Number(((user + system) / 1e6).toFixed(1)),
        processorSecondsPerMillionArcs: Number(((user + system) / problem.arcs.pool.length).toFixed(1)),
        certificateBoundUsd: recomputed,
        certificateGap: recomputed === null ? null : (result.objectiveUsd - recomputed) / result.objectiveUsd,
        certificateSeconds: recomputed === null ? null : seconds(checkStarted),
        peakMemoryMB: Math.round(peakBytes / 1e6),
        message: result.message,
      };
      process.stdout.write(`${JSON.stringify(report)}\n`);
    }
  }
}
