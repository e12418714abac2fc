/** Whether a plan survives what it says it survives: every failure, with where its requests go, without a solver. */
import { compilePolicy, emptyJudgement, failoverWorld, judge } from "../../route/index.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { failoverTable, failureLimit, failuresOf, refugesOf, type Failure } from "../world/resilience.ts";
import { siteOfSpot } from "../problem/spots.ts";
import { survivalLimits, survivalLimitsAtSize } from "../world/survival-limits.ts";
import { tolerance, type Report } from "./verify-terms.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** Checks the failover of one period; `deployment` is that period's. */
export function checkFailover(
  document: PlanDocument,
  planned: WorldProblem,
  deployment: PlanDocument["deployment"],
  report: Report,
): void {
  const { world, period } = planned;
  const failures = failuresOf(world);
  if (failures.length === 0) {
    // What survives failures costs more, so the limits that follow from that would prove too much of a world that asks for nothing.
    if (document.failover) report("failover", "belongs to no wish of the world: it asks for no failure to be survived");
    return;
  }
  if (!document.failover) {
    report("failover", "is missing: that the plan survives failures cannot be checked");
    return;
  }
  checkNames(document, failures, report);
  const table = failoverTable(planned);
  const policy = compilePolicy(failoverWorld(world), period);
  const normal = planned.policy;
  const judgement = emptyJudgement();
  const rowOf = new Map<number, number>();
  for (let row = 0; row < planned.demandRowCount; row++) {
    for (let i = planned.memberStarts[row]!; i < planned.memberStarts[row + 1]!; i++)
      rowOf.set(planned.members[i]!, row);
  }
  const busy = new Float64Array(deployment.pools.length);
  for (const flow of deployment.flows) {
    const pool = deployment.pools[flow.pool]!;
    if (judge(normal, world.demand[flow.row]!, pool.site, pool.module, judgement) !== null) continue;
    busy[flow.pool]! += flow.peakPerS / (judgement.perModulePerS * world.limits.headroomRatio);
  }
  const overfull = (used: number, count: number): boolean => !(used <= count + tolerance * Math.max(1, count));
  const fullBefore = deployment.pools.flatMap((pool, i) => (overfull(busy[i]!, pool.count) ? [i] : []));
  const flowsOf = Map.groupBy(deployment.flows, ({ pool }) => deployment.pools[pool]!.site);
  const movesOf = Map.groupBy(document.failover.moves.entries(), ([, move]) => move.failure);
  for (const [index, failure] of failures.entries()) {
    const lost = new Set(failure.sites);
    const needed = new Map<number, number>();
    const coming = new Map<number, number>(fullBefore.map((pool) => [pool, 0]));
    for (const flow of failure.sites.flatMap((site) => flowsOf.get(site) ?? [])) {
      // What no place in the world could take over is lost with its own.
      const refuge = refugesOf(table, rowOf.get(flow.row)!).some(({ spot }) => !lost.has(siteOfSpot(world, spot)));
      if (refuge) needed.set(flow.row, (needed.get(flow.row) ?? 0) + flow.peakPerS);
    }
    for (const [i, move] of movesOf.get(index) ?? []) {
      if (move.period !== period) continue;
      const where = `failover.moves[${i}]`;
      const pool = deployment.pools[move.pool];
      const origin = world.demand[move.row];
      if (pool === undefined || origin === undefined || !(move.peakPerS >= 0)) {
        report(where, "names no demand, no pool or no rate of the plan");
        continue;
      }
      if (lost.has(pool.site)) report(where, `${pool.id} is lost with ${failure.name}`);
      const reason = judge(policy, origin, pool.site, pool.module, judgement);
      if (reason !== null) report(where, `${pool.id} may not take it over: ${reason}`);
      else {
        const modules = move.peakPerS / (judgement.perModulePerS * world.limits.headroomRatio);
        coming.set(move.pool, (coming.get(move.pool) ?? 0) + modules);
      }
      needed.set(move.row, (needed.get(move.row) ?? 0) - move.peakPerS);
    }
    for (const [row, peakPerS] of needed) {
      if (Math.abs(peakPerS) <= tolerance * Math.max(1, world.demand[row]!.peakPerS[period]!)) continue;
      report(
        "failover",
        `the loss of ${failure.name} leaves demand row ${row} with ${peakPerS} requests/s nowhere to go`,
      );
    }
    for (const [i, modules] of coming) {
      const { id, site, count } = deployment.pools[i]!;
      const used = busy[i]! + modules;
      if (lost.has(site) || !overfull(used, count)) continue;
      report("failover", `the loss of ${failure.name} needs ${used} modules of ${id}, ${count} stand`);
    }
  }
}

/** Failures by their names, and moves that belong to one of them in a period of the plan. */
function checkNames(document: PlanDocument, failures: readonly Failure[], report: Report): void {
  const { failover, horizon, period } = document;
  const names = failover!.failures;
  if (names.length !== failures.length || failures.some(({ name }, i) => names[i] !== name)) {
    report("failover.failures", `are not those of the world: ${failures.map(({ name }) => name).join(", ")}`);
  }
  const planned = new Set(horizon?.periods.map((entry) => entry.period) ?? [period]);
  for (const [i, move] of failover!.moves.entries()) {
    if (planned.has(move.period) && failures[move.failure] !== undefined) continue;
    report(`failover.moves[${i}]`, "belongs to no failure or to no period of the plan");
  }
}

/** The problem with the limits that the document's prices of failures stand for; any prices are valid ones. */
export function withFailureCuts(
  document: PlanDocument,
  problem: PlanProblem,
  stages: readonly { readonly planned: WorldProblem; readonly arc: number; readonly pool: number }[],
): PlanProblem {
  const { world } = document;
  const failures = failuresOf(world);
  if (!document.failover || failures.length === 0) return problem;
  const tables = stages.map(({ planned }) => failoverTable(planned));
  const limits = document.failover.cuts.map(({ period, failure, prices, shut = [] }) => {
    const stage = stages.findIndex(({ planned }) => planned.period === period);
    if (stage < 0 || failures[failure] === undefined || !prices.every(([, price]) => price >= 0 && price < Infinity)) {
      throw new RangeError("a price of a failure is not one of this world");
    }
    if (!shut.every((site) => world.sites[site] !== undefined))
      throw new RangeError("a shut place is none of this world");
    const limit = failureLimit(tables[stage]!, failures[failure], new Map(prices), shut);
    return {
      ...limit,
      sites: limit.sites.map((site) => site + stage * world.sites.length),
      pools: limit.pools.map((at) => at + stages[stage]!.pool),
      ...(limit.arcs !== undefined && { arcs: limit.arcs.map((at) => at + stages[stage]!.arc) }),
    };
  });
  // Plans written before know fewer of them, the first ones.
  const { derived = 0, derivedAs } = document.failover;
  const all = derivedAs === "large" ? survivalLimitsAtSize(stages, tables) : survivalLimits(stages, tables, failures);
  const known = all.slice(0, derived);
  return { ...problem, limits: [...problem.limits, ...known, ...limits] };
}
