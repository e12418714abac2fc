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
import { geonamesPlaces } from "../src/adapters/places-geonames/index.ts";
import { createHighsSolver } from "../src/adapters/solver-highs/index.ts";
import { resolveWorld, type World } from "../src/catalog/index.ts";
import {
  recomputeBound,
  solveExact,
  solveProblem,
  worldProblem,
  type PlanProblem,
  type ProblemSolution,
} from "../src/plan/index.ts";
import { parseScenario } from "../src/scenario/index.ts";

/** Published so that a figure can be repeated: everything about the instance follows from the size. */
function scenarioText(sites: number, areas: number): string {
  const share = areas / 9062;
  return `apiVersion: disperse/v1
kind: Scenario
metadata: { name: scale-${sites}x${areas} }
workloads:
  gaming:
    model: qwen3-0.6b
    precision: fp8
    engine: trtllm
    inputTokens: { mean: 96 tok, cv: 0.5 }
    outputTokens: { mean: 24 tok, cv: 0.6 }
    prefixHit: 50 %
    ttft: { budget: 25 ms, attainment: 80 % }
    dataClass: public
    responseSize: 60 kB
    unservedPenalty: 0.002 USD/req
    access: { fibre: 100 % }
    demand: { users: 0.2 %, perUser: 300 req/day, peakToMean: 2.5 }
  ecommerce:
    model: qwen3-0.6b
    precision: fp8
    engine: trtllm
    inputTokens: { mean: 256 tok, cv: 0.6 }
    outputTokens: { mean: 16 tok, cv: 0.5 }
    ttft: { budget: 40 ms, attainment: 80 % }
    dataClass: public
    responseSize: 8 kB
    unservedPenalty: 0.001 USD/req
    access: { fibre: 100 % }
    demand: { users: 1 %, perUser: 40 req/day, peakToMean: 2.2 }
  assistant:
    model: qwen3-32b
    precision: fp8
    engine: vllm
    inputTokens: { mean: 1100 tok, cv: 1.0 }
    outputTokens: { mean: 220 tok, cv: 0.9 }
    prefixHit: 30 %
    ttft: { budget: 500 ms, attainment: 90 % }
    dataClass: public
    responseSize: 30 kB
    unservedPenalty: 0.02 USD/req
    tiers: [core, regional]
    access: { fibre: 100 % }
    demand: { users: 2 %, perUser: 12 req/day, peakToMean: 1.8 }
training:
  - { id: foundation, compute: ${(400 * share).toFixed(3)} PFLOP/s, mfu: 40 %, countries: [US, SE, FI, NO] }
areas:
  - select: { cities: { populationAbove: 50000, limit: ${areas} } }
sites:
  - { select: { cities: { populationAbove: 100000, limit: ${sites} } }, tier: edge, powerLimit: 60 kW, port: 40 Gbit/s }
  - { select: { cloudRegions: { limit: ${Math.max(6, Math.round(140 * share))} } }, tier: regional, powerLimit: 4 MW }
  - { id: core-us, tier: core, country: US, latitude: 39.0, longitude: -94.6, powerLimit: 100 MW, status: forced }
  - { id: core-se, tier: core, country: SE, latitude: 65.58, longitude: 22.15, powerLimit: 100 MW }
modules: [l4x1, rtx-pro-6000x8, h200x8]
limits:
  maxSites: ${Math.max(20, Math.round(0.6 * sites))}
  budget: ${Math.round(20_000 * share + 400)}M USD
  zones: [{ id: nordic, countries: [SE, NO, FI], powerLimit: 60 MW }]
`;
}

function worldOf(sites: number, areas: number): World {
  const text = scenarioText(sites, areas);
  const parsed = parseScenario("scale.yaml", (path) => (path === "scale.yaml" ? text : null));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems.slice(0, 3), null, 1));
  const resolved = resolveWorld(parsed.parsed, geonamesPlaces());
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems.slice(0, 3), null, 1));
  return resolved.world;
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
      verbose: { type: "boolean", default: false },
    },
  });
  const clock = (): number => performance.now();
  const seconds = (sinceMs: number): number => Number(((clock() - sinceMs) / 1000).toFixed(2));
  for (const size of positionals.length > 0 ? positionals : ["50x200", "200x1000", "1000x5000", "4442x9062"]) {
    const [sites = 0, areas = 0] = size.split("x").map(Number);
    const world = worldOf(sites, areas);
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
