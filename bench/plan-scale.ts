/**
 * How planning grows with size, on real cities: time, proven gap and memory.
 *
 *     npm run -s bench -- plan-scale [50x200] [200x1000] [1000x5000] [4442x9062] [--gap 0.01] [--time-limit 180]
 *                                    [--exact] [--seed 1] [--verbose]
 *
 * A size is edge sites × demand areas, the largest cities of the world first; regional and core candidates are added. Three
 * workloads, three kinds of servers, and every family of constraints of one period: power of sites and of zones, ports,
 * budget, most sites, supply, forced sites, residency, export rules, training in the core. Prints one JSON object per size.
 * `--exact` gives the whole model to HiGHS instead, for comparison; its abort or time-out is an outcome like any other.
 */
import { parseArgs } from "node:util";
import { createHighsSolver } from "../src/adapters/solver-highs/index.ts";
import {
  recomputeBound,
  solveExact,
  solveProblem,
  worldProblem,
  type PlanProblem,
  type ProblemSolution,
} from "../src/plan/index.ts";
import { worldOf } from "./scale-world.ts";

/**
 * What a clock on two idle cores would show at the least: the processor time of the main thread, or half that of all.
 * For machines that are busy with something else.
 */
function processorMs(): number {
  const main = process.threadCpuUsage();
  const all = process.cpuUsage();
  return Math.max(main.user + main.system, (all.user + all.system) / 2) / 1000;
}

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

export async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      gap: { type: "string", default: "0.01" },
      "time-limit": { type: "string", default: "180" },
      seed: { type: "string", default: "1" },
      exact: { type: "boolean", default: false },
      clock: { type: "string", default: "wall" },
      verbose: { type: "boolean", default: false },
    },
  });
  const clock = values.clock === "cpu" ? processorMs : (): number => performance.now();
  const seconds = (sinceMs: number): number => Number(((clock() - sinceMs) / 1000).toFixed(2));
  for (const size of positionals.length > 0 ? positionals : ["50x200", "200x1000", "1000x5000", "4442x9062"]) {
    const [sites = 0, areas = 0] = size.split("x").map(Number);
    const world = worldOf(sites, areas, 1);
    const buildStarted = clock();
    const { problem } = worldProblem(world, 0);
    const buildS = seconds(buildStarted);
    const solver = createHighsSolver({ threads: 2 });
    const started = clock();
    let peakBytes = process.memoryUsage().rss;
    const watch = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage().rss)), 250);
    const result = await (values.exact ? solveExact : solveProblem)(
      problem,
      { solver, nowMs: clock },
      {
        relativeGap: Number(values.gap),
        timeLimitS: Number(values["time-limit"]),
        seed: Number(values.seed),
        onProgress: (point) => {
          peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
          if (values.verbose) process.stderr.write(`${JSON.stringify(point)}\n`);
        },
      },
    );
    clearInterval(watch);
    const solveS = seconds(started);
    await solver.close();
    const checkStarted = clock();
    const recomputed = result.certificate === undefined ? null : recomputeBound(problem, result.certificate);
    const report = {
      size,
      sites: world.sites.length,
      areas: world.areas.length,
      rows: problem.rows.count,
      arcs: problem.arcs.pool.length,
      pools: problem.pools.count,
      method: result.method,
      status: result.status,
      objectiveUsdPerYear: result.objectiveUsd,
      bestBoundUsdPerYear: result.bestBoundUsd,
      gap: result.relativeGap,
      unservedUsdPerYear: unservedUsd(problem, result.solution),
      gapOfServable: (result.objectiveUsd - result.bestBoundUsd) / (result.objectiveUsd - unservableUsd(problem)),
      buildSeconds: buildS,
      seconds: solveS,
      certificateBoundUsdPerYear: recomputed,
      certificateSeconds: recomputed === null ? null : seconds(checkStarted),
      peakMemoryMB: Math.round(peakBytes / 1e6),
      message: result.message,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
}
