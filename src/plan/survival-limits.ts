/**
 * What every plan keeps that survives failures, before any plan is looked at. The inequalities of `resilience.ts` are found where
 * plans break them, one by one, and relaxations get round them by opening places in part: a reserve at a twentieth of a place
 * costs next to nothing. These are written out from the start, for the solver, for bounds and for certificates:
 *
 * - Two places for whoever is served: where requests go when their place is lost, something stands. So of the places that may
 *   serve a row or take it over at least two are open, or the row is left out; and nobody is served from a place while all others
 *   that could take them over are shut.
 * - What remains carries everything: without the places of a failure, the modules elsewhere have time for all that is served by
 *   such modules, in whole modules; and the fewer places share it, the more stands in reserve.
 */
import type { CouplingLimit } from "./coupling-limit.ts";
import type { Stage } from "./examine-failures.ts";
import { limitRow } from "./limit-rows.ts";
import { groupedBy, placeLimits, reserveLimits, type Reach } from "./reserve-limits.ts";
import type { FailoverTable, Failure } from "./resilience.ts";
import { siteOfSpot, spotAt } from "./spots.ts";

/** With more places to go, that all others are shut is not what a plan suffers from. */
const mostShut = 8;

/** By how much places and rows have to be shifted in a problem of several periods. */
interface Shift {
  readonly row: number;
  readonly arc: number;
  readonly pool: number;
  readonly site: number;
}

/**
 * The limits of all periods, in an order that depends on nothing but the world. Kinds that were added later stand behind those of
 * all periods, so that documents which know only the first ones still name the right limits.
 */
export function survivalLimits(
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
): CouplingLimit[] {
  let [row, site] = [0, 0];
  const periods = stages.map(({ planned: { problem }, arc, pool }, stage) => {
    const shift = { row, arc, pool, site };
    row += problem.rows.count;
    site += problem.sites.count;
    return { table: tables[stage]!, reaches: reachesOf(tables[stage]!), shift };
  });
  return [
    ...periods.flatMap(({ table, reaches, shift }) =>
      shifted([...openingLimits(table, reaches), ...reserveLimits(table, failures, reaches)], shift),
    ),
    ...periods.flatMap(({ table, reaches, shift }) => shifted(placeLimits(table, reaches), shift)),
  ];
}

function shifted(limits: readonly CouplingLimit[], shift: Shift): CouplingLimit[] {
  return limits.map((limit) => ({
    ...limit,
    follows: true,
    sites: limit.sites.map((at) => at + shift.site),
    pools: limit.pools.map((at) => at + shift.pool),
    ...(limit.arcs !== undefined && { arcs: limit.arcs.map((at) => at + shift.arc) }),
    ...(limit.unserved !== undefined && { unserved: limit.unserved.map((at) => at + shift.row) }),
  }));
}

function reachesOf({ planned, refuges, poolsOfSpot }: FailoverTable): Reach[] {
  const { problem, world, demandRowCount, poolModule } = planned;
  const { starts, pool } = problem.arcs;
  return Array.from({ length: demandRowCount }, (_, row) => {
    const arcs = new Map<number, number[]>();
    for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
      const site = problem.pools.site[pool[arc]!]!;
      // Where nothing can stand nobody is served.
      if (!poolsOfSpot.has(spotAt(world, site, poolModule[pool[arc]!]!))) continue;
      const here = arcs.get(site);
      if (here === undefined) arcs.set(site, [arc]);
      else here.push(arc);
    }
    const sites = new Set(refuges[row]!.map(({ spot }) => siteOfSpot(world, spot)));
    return { row, arcs, refuges: [...sites].sort((a, b) => a - b) };
  }).filter(({ arcs }) => arcs.size > 0);
}

/** Two open places for whoever is served, one limit for all rows with the same places: served as one, they are worth the same. */
function openingLimits({ planned: { problem, world } }: FailoverTable, reaches: readonly Reach[]): CouplingLimit[] {
  const limits: CouplingLimit[] = [];
  for (const rows of groupedBy(reaches, ({ arcs, refuges }) => `${[...arcs.keys()].join()}|${refuges.join()}`)) {
    const [{ arcs, refuges }] = rows as [Reach];
    const others = (site: number): number[] => refuges.filter((other) => other !== site);
    const worth = rows.map(({ row }) => Math.max(problem.rows.unservedUsd[row]!, Number.MIN_VALUE));
    const totalWorth = worth.reduce((sum, usd) => sum + usd, 0);
    // A place whose requests nobody else could take over is lost with them, and needs nothing beside it.
    if ([...arcs.keys()].every((site) => others(site).length > 0)) {
      const places = [...new Set([...arcs.keys(), ...refuges])].sort((a, b) => a - b);
      const open = places.map((site) => [site, -1] as const);
      const left = rows.map(({ row }, i) => [row, (-2 * worth[i]!) / totalWorth] as const);
      limits.push(limitRow({ name: "two places for whoever is served", upper: -2, sites: open, unserved: left }));
    }
    if (refuges.length > mostShut) continue;
    for (const site of arcs.keys()) {
      const elsewhere = others(site);
      if (elsewhere.length === 0) continue;
      const served = rows.flatMap((reach, i) =>
        reach.arcs.get(site)!.map((arc) => [arc, worth[i]! / totalWorth] as const),
      );
      const open = elsewhere.map((other) => [other, -1] as const);
      limits.push(
        limitRow({
          name: `a place beside ${world.sites[site]!.id}`,
          upper: 0,
          sites: open,
          arcs: served,
          inBound: false,
        }),
      );
    }
  }
  return limits;
}
