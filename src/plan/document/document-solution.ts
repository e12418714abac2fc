/**
 * The decisions of a plan document as numbers of its problem. What a document tells beside its decisions is computed from
 * these, when it is written and when it is checked alike, so that both give the same figures to the last digit.
 */
import type { PlanDocument } from "./plan-document.ts";
import { keptBySpot } from "../world/idle-modules.ts";
import type { ProblemSolution } from "../problem/problem.ts";
import { spotAt } from "../problem/spots.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/**
 * What a pool of the deployment has bought and what it found installed are pools of their own in the problem, and the document
 * does not say which of them serves whom: what stood before counts first, and what was bought is busy first.
 */
export function documentSolution(
  planned: WorldProblem,
  { deployment, training }: Pick<PlanDocument, "deployment" | "training">,
): ProblemSolution {
  const { world, period, problem } = planned;
  const { modules, open } = standing(planned, { deployment, training });
  const share = new Float64Array(problem.arcs.pool.length);
  const free = modules.slice();
  const rowOf = new Int32Array(world.demand.length).fill(-1);
  const peak = new Float64Array(planned.demandRowCount);
  for (let row = 0; row < planned.demandRowCount; row++) {
    for (let i = planned.memberStarts[row]!; i < planned.memberStarts[row + 1]!; i++) {
      const member = planned.members[i]!;
      rowOf[member] = row;
      peak[row]! += world.demand[member]!.peakPerS[period]!;
    }
  }
  for (const flow of deployment.flows) {
    const row = rowOf[flow.row]!;
    const pool = deployment.pools[flow.pool]!;
    if (row >= 0) add(row, pool.site, pool.module, flow.peakPerS / peak[row]!);
  }
  for (const { training: run, pool, pflops } of training) {
    const { site, module } = deployment.pools[pool]!;
    add(planned.demandRowCount + run, site, module, pflops / world.training[run]!.pflops[period]!);
  }
  return { open, modules, share };

  /** Puts a share of a row on the pools of a kind at a site: on the bought ones what they carry, on the last the rest. */
  function add(row: number, site: number, module: number, part: number): void {
    const { arcs, pools } = problem;
    const here: number[] = [];
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const pool = arcs.pool[arc]!;
      if (pools.site[pool] === site && planned.poolModule[pool] === module && modules[pool] !== 0) here.push(arc);
    }
    here.sort((a, b) => planned.poolInstalled[arcs.pool[a]!]! - planned.poolInstalled[arcs.pool[b]!]! || a - b);
    let left = part;
    for (const [i, arc] of here.entries()) {
      const pool = arcs.pool[arc]!;
      const load = arcs.load[arc]!;
      const taken = i === here.length - 1 || load <= 0 ? left : Math.min(left, Math.max(0, free[pool]!) / load);
      share[arc]! += taken;
      free[pool]! -= taken * load;
      left -= taken;
    }
  }
}

/** Modules per pool and which sites are open. */
function standing(
  { world, problem, poolModule, poolTrains, poolInstalled, ...planned }: WorldProblem,
  { deployment, training }: Pick<PlanDocument, "deployment" | "training">,
): Pick<ProblemSolution, "modules" | "open"> {
  const modules = new Float64Array(problem.pools.count);
  const open = Uint8Array.from(problem.sites.forced);
  const wanted = deployment.pools.map((pool) => [pool.count, pool.trainingCount]);
  const positionOf = new Map(deployment.pools.map((pool, i) => [spotAt(world, pool.site, pool.module), i]));
  const order = Array.from({ length: problem.pools.count }, (_, pool) => pool).sort(
    (a, b) => poolInstalled[b]! - poolInstalled[a]! || a - b,
  );
  // What was there before may serve or train, but each of them only once.
  const there = keptBySpot(world, deployment, planned.period);
  for (const pool of order) {
    const key = spotAt(world, problem.pools.site[pool]!, poolModule[pool]!);
    const position = positionOf.get(key);
    if (poolModule[pool]! < 0 || position === undefined) continue;
    const left = wanted[position]!;
    const use = poolTrains[pool] ? 1 : 0;
    let count = left[use]!;
    if (poolInstalled[pool]) {
      count = Math.min(count, there.get(key)!);
      there.set(key, there.get(key)! - count);
    }
    modules[pool] = count;
    left[use]! -= count;
    if (count > 0) open[problem.pools.site[pool]!] = 1;
  }
  for (const [i, auxiliary] of planned.auxiliary.entries()) {
    const stands =
      auxiliary.kind === "upgrade"
        ? (deployment.upgrades ?? []).some(
            ({ site, upgrade }) => site === auxiliary.site && upgrade === auxiliary.upgrade,
          )
        : training.some((entry) => {
            return entry.training === auxiliary.training && deployment.pools[entry.pool]!.site === auxiliary.site;
          });
    if (!stands) continue;
    modules[planned.firstAuxiliary + i] = 1;
    open[auxiliary.site] = 1;
  }
  return { modules, open };
}
