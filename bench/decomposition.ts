/**
 * The decomposition against HiGHS on random instances: neither may contradict the other.
 *
 *     npm run -s bench -- decomposition [--instances 30] [--seed 1] [--time-limit 20] [--gap 1e-4]
 *
 * Each instance is a random part of the world of `plan-scale`: 6 to 40 edge sites, 20 to 150 areas, one or two years. Prints
 * one JSON object per instance. `contradiction` is empty when no plan costs less than the other way's bound, both plans keep
 * every limit, the certificate proves no more than the cheaper plan costs, and, where both prove their gap, the optima agree
 * within it. Any contradiction ends the run with exit code 1.
 */
import { parseArgs } from "node:util";
import { createHighsSolver } from "../src/adapters/solver-highs/index.ts";
import {
  checkSolution,
  recomputeBound,
  solveDecomposed,
  solveExact,
  stackPeriods,
  worldProblem,
  type PathOptions,
  type PathTools,
  type PlanProblem,
} from "../src/plan/index.ts";
import { worldOf } from "./scale-world.ts";
import { numberOf } from "./usage.ts";

/** Mulberry32: 32 bits of state are plenty for choosing sizes. */
function randomly(seed: number): (least: number, most: number) => number {
  let state = seed >>> 0;
  return (least, most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return least + Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (most - least + 1));
  };
}

/** Penalties and costs spread at random, so that no two instances decide alike. */
function varied(problem: PlanProblem, draw: (least: number, most: number) => number): PlanProblem {
  const times = (values: Float64Array): Float64Array => values.map((value) => (value * draw(50, 200)) / 100);
  return {
    ...problem,
    rows: { ...problem.rows, unservedUsd: times(problem.rows.unservedUsd) },
    sites: { ...problem.sites, usd: times(problem.sites.usd) },
  };
}

/** Least and most of what a random instance has. */
export interface InstanceSizes {
  readonly sites: readonly [number, number];
  readonly areas: readonly [number, number];
}

const usualSizes: InstanceSizes = { sites: [6, 40], areas: [20, 150] };

/** Solves one random instance both ways. */
export async function compareBoth(
  tools: PathTools,
  options: PathOptions,
  { sites: siteRange, areas: areaRange }: InstanceSizes = usualSizes,
) {
  const slack = 1e-6;
  const { relativeGap, seed } = options;
  const draw = randomly(seed);
  const [sites, areas, years] = [draw(...siteRange), draw(...areaRange), draw(1, 3) === 3 ? 2 : 1];
  const world = worldOf(sites, areas, years);
  const problem = varied(years > 1 ? stackPeriods(world).problem : worldProblem(world, 0).problem, draw);
  const ours = await solveDecomposed(problem, tools, options);
  const theirs = await solveExact(problem, tools, options);
  const certified = recomputeBound(problem, ours.certificate!);
  const least = Math.min(ours.objectiveUsd, theirs.objectiveUsd);
  const contradiction = [
    ...checkSolution(problem, ours.solution).map(({ constraint }) => `the decomposition breaks ${constraint}`),
    ...checkSolution(problem, theirs.solution).map(({ constraint }) => `HiGHS breaks ${constraint}`),
    ...(ours.bestBoundUsd > theirs.objectiveUsd * (1 + slack)
      ? ["the decomposition's bound is above HiGHS' plan"]
      : []),
    ...(theirs.bestBoundUsd > ours.objectiveUsd * (1 + slack)
      ? ["the decomposition's plan is below HiGHS' bound"]
      : []),
    ...(certified > least * (1 + slack) ? ["the certificate proves more than a plan costs"] : []),
    ...(ours.status === "optimal" &&
    theirs.status === "optimal" &&
    Math.abs(ours.objectiveUsd - theirs.objectiveUsd) > (relativeGap + slack) * least
      ? ["both prove their optimum, and the optima differ"]
      : []),
  ];
  const told = ({ status, objectiveUsd, bestBoundUsd, relativeGap: gap }: typeof ours) => ({
    status,
    objectiveUsd,
    boundUsd: bestBoundUsd,
    gap,
  });
  return {
    instance: `${sites}x${areas}x${years}`,
    seed,
    arcs: problem.arcs.pool.length,
    ours: told(ours),
    certificateGap: (ours.objectiveUsd - certified) / ours.objectiveUsd,
    highs: told(theirs),
    contradiction,
  };
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      instances: { type: "string", default: "30" },
      seed: { type: "string", default: "1" },
      "time-limit": { type: "string", default: "20" },
      gap: { type: "string", default: "1e-4" },
    },
  });
  const instances = numberOf(values.instances, "--instances", 30);
  const seed = numberOf(values.seed, "--seed", 1, { least: 0 });
  const timeLimitS = numberOf(values["time-limit"], "--time-limit (seconds)", 20, { least: 0.1, parts: true });
  const relativeGap = numberOf(values.gap, "--gap", 1e-4, { least: 0, most: 1, parts: true });
  const solver = createHighsSolver({ threads: 2 });
  const tools = { solver, nowMs: () => performance.now() };
  for (let instance = 0; instance < instances; instance++) {
    const report = await compareBoth(tools, {
      relativeGap,
      timeLimitS,
      seed: seed + instance,
    });
    process.stdout.write(`${JSON.stringify(report)}\n`);
    if (report.contradiction.length > 0) process.exitCode = 1;
  }
  await solver.close();
}
