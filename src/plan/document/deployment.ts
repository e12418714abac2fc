/** From the numbers of a solution to what stands where. */
import { secondsPerYear } from "../../finance/index.ts";
import { servingAt, type Deployment, type PlannedFlow, type Pool } from "../../route/index.ts";
import { layOutEngines, layOutWhatFits, type EngineGroup, type EngineNeed } from "../engine/engine-layout.ts";
import { EngineNeeds, type CarriedArc } from "../engine/engine-needs.ts";
import type { ProblemSolution } from "../problem/problem.ts";
import { noReserve, type ReserveMove, type ReserveMoves } from "../engine/reserve-moves.ts";
import { spotAt } from "../problem/spots.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/**
 * @param capacityUsdPerModule What one more module would be worth per pool of the problem, USD/year.
 * @param reserve What comes to a place when another has failed.
 */
export function toDeployment(
  planned: WorldProblem,
  solution: ProblemSolution,
  capacityUsdPerModule: Float64Array,
  reserve: ReserveMoves = noReserve,
): Deployment {
  const { world, period, policy, problem, poolModule, poolTrains, memberStarts, members } = planned;
  const positions = new Map<number, number>();
  const standing: { site: number; module: number; count: number; trainingCount: number; usd: number }[] = [];
  for (let pool = 0; pool < problem.pools.count; pool++) {
    const count = solution.modules[pool]!;
    if (count === 0 || poolModule[pool]! < 0) continue;
    const site = problem.pools.site[pool]!;
    const key = spotAt(world, site, poolModule[pool]!);
    let position = positions.get(key);
    if (position === undefined) {
      position = standing.length;
      positions.set(key, position);
      standing.push({ site, module: poolModule[pool]!, count: 0, trainingCount: 0, usd: 0 });
    }
    const entry = standing[position]!;
    if (poolTrains[pool]) entry.trainingCount += count;
    else {
      entry.count += count;
      entry.usd = Math.max(entry.usd, capacityUsdPerModule[pool]!);
    }
  }

  const flows: PlannedFlow[] = [];
  const needs = new EngineNeeds(planned);
  const carried = standing.map((): CarriedArc[] => []);
  for (let row = 0; row < planned.demandRowCount; row++) {
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      const share = solution.share[arc]!;
      if (share === 0) continue;
      const pool = problem.arcs.pool[arc]!;
      const position = positions.get(spotAt(world, problem.pools.site[pool]!, poolModule[pool]!))!;
      const { workload } = world.demand[members[memberStarts[row]!]!]!;
      const option = servingAt(policy, workload, poolModule[pool]!).options[planned.arcOption[arc]!]!;
      const { energyKwhPerRequest } = option;
      let peakPerS = 0;
      for (let i = memberStarts[row]!; i < memberStarts[row + 1]!; i++) {
        const demand = world.demand[members[i]!]!;
        const flow = share * demand.peakPerS[period]!;
        peakPerS += flow;
        const meanPerS = share * demand.meanPerS[period]!;
        flows.push({ row: members[i]!, pool: position, peakPerS: flow, meanPerS, energyKwhPerRequest });
      }
      carried[position]!.push({ row, arc, share, peakPerS });
    }
  }
  const pools = standing.map((entry, position): Pool => {
    const moves = reserve.get(spotAt(world, entry.site, entry.module)) ?? [];
    const accelerators = entry.count * world.modules[entry.module]!.acceleratorCount;
    return {
      id: `${world.sites[entry.site]!.id}/${world.modules[entry.module]!.id}`,
      site: entry.site,
      module: entry.module,
      count: entry.count,
      trainingCount: entry.trainingCount,
      groups: enginesFor(needs, entry.module, carried[position]!, moves, accelerators, world.limits.headroomRatio),
      capacityUsdPerModuleS: entry.usd / secondsPerYear,
    };
  });
  const upgrades = planned.auxiliary.flatMap((pool, i) =>
    pool.kind === "upgrade" && solution.modules[planned.firstAuxiliary + i]! > 0
      ? [{ site: pool.site, upgrade: pool.upgrade }]
      : [],
  );
  return { period, pools, flows: joined(flows), ...(upgrades.length > 0 && { upgrades }) };
}

/** Engines for what a pool serves and for what failures bring; where both do not fit together, for what it serves. */
function enginesFor(
  needs: EngineNeeds,
  module: number,
  carried: readonly CarriedArc[],
  moves: readonly ReserveMove[],
  accelerators: number,
  headroomRatio: number,
): EngineGroup[] {
  const wanted = needs.of(module, carried);
  const lay = (of: readonly EngineNeed[]) => layOutEngines(of, accelerators, headroomRatio);
  if (moves.length === 0) return lay(wanted) ?? layOutWhatFits(wanted, accelerators, headroomRatio);
  const ready = needs.of(module, carried, moves);
  const groups = lay(ready);
  if (groups !== null) return groups;
  // Models that only failures bring find no room beside the others: they are told as engines that are not there.
  const missing = ready
    .filter(({ engines }) => engines === 0)
    .map(({ workloads, tensorParallel }) => ({
      workloads,
      tensorParallel,
      replicas: 0,
      speedRatio: 1,
      plannedPerS: 0,
    }));
  return [...(lay(wanted) ?? layOutWhatFits(wanted, accelerators, headroomRatio)), ...missing];
}

/** One flow per row and pool: bought and installed modules of a pool serve together. */
function joined(flows: PlannedFlow[]): PlannedFlow[] {
  flows.sort((a, b) => a.row - b.row || a.pool - b.pool);
  const result: PlannedFlow[] = [];
  for (const flow of flows) {
    const last = result.at(-1);
    if (last === undefined || last.row !== flow.row || last.pool !== flow.pool) result.push(flow);
    else {
      const peakPerS = last.peakPerS + flow.peakPerS;
      result[result.length - 1] = { ...last, peakPerS, meanPerS: last.meanPerS + flow.meanPerS };
    }
  }
  return result;
}
