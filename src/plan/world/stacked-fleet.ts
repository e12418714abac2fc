/** Fleets over periods: which pools of different periods are the same, and what is bought as differences of what stands. */
import type { World } from "../../catalog/index.ts";
import { elapsedYears, fleetKey, livesUntil } from "../problem/period-terms.ts";
import type { FleetTies } from "../problem/problem.ts";
import type { WorldProblem } from "./world-problem.ts";

/** Where a period begins in the stacked problem. */
export interface Offsets {
  readonly row: number;
  readonly arc: number;
  readonly pool: number;
}

/** Which pool it is, in every period. */
export function poolKey(
  { world, problem, poolModule, poolTrains, auxiliary, firstAuxiliary }: WorldProblem,
  pool: number,
): number {
  if (pool >= firstAuxiliary) {
    const { site, ...rest } = auxiliary[pool - firstAuxiliary]!;
    // Below zero, so that it meets no pool of servers.
    return -1 - (site + world.sites.length * (rest.kind === "upgrade" ? rest.upgrade : 0));
  }
  return fleetKey(world, problem.pools.site[pool]!, poolModule[pool]!, poolTrains[pool] === 1);
}

/** Pools in their periods, and what is bought as differences of what stands. */
export interface Fleet {
  /**
   * What a stacked pool's period buys, as `Σ weight · modules`: itself, and the same pool in earlier periods. Null for
   * modules that are not bought.
   */
  purchase(pool: number): readonly { readonly pool: number; readonly weight: number }[] | null;
  /** The same pool in another period; -1 when it has none. */
  inPeriod(pool: number, period: number): number;
  /** Whether what a stacked pool's period buys still serves in a later one. */
  lives(pool: number, period: number): boolean;
}

/** Pools of which a period has what it buys and what stands from before. */
function isBought({ poolInstalled, auxiliary, firstAuxiliary }: WorldProblem, pool: number): boolean {
  return pool < firstAuxiliary ? !poolInstalled[pool] : auxiliary[pool - firstAuxiliary]!.kind === "upgrade";
}

export function fleetOf(world: World, periods: readonly WorldProblem[], first: readonly Offsets[]): Fleet {
  const positions = periods.map((planned, period) => {
    const at = new Map<number, number>();
    for (const pool of planned.poolModule.keys()) {
      if (isBought(planned, pool)) at.set(poolKey(planned, pool), first[period]!.pool + pool);
    }
    return at;
  });
  const weightsOf = world.modules.map((module) => purchaseWeights(world, module.lifeYears));
  const lasting = purchaseWeights(world, Infinity);
  const periodOf = (pool: number): number => {
    let period = periods.length - 1;
    while (first[period]!.pool > pool) period--;
    return period;
  };
  return {
    inPeriod(pool, period) {
      const own = periodOf(pool);
      return positions[period]!.get(poolKey(periods[own]!, pool - first[own]!.pool)) ?? -1;
    },
    lives(pool, period) {
      const own = periodOf(pool);
      const module = periods[own]!.poolModule[pool - first[own]!.pool]!;
      return module < 0 || livesUntil(world, world.modules[module]!.lifeYears, own, period);
    },
    purchase(pool) {
      const period = periodOf(pool);
      const planned = periods[period]!;
      const local = pool - first[period]!.pool;
      if (!isBought(planned, local)) return null;
      const key = poolKey(planned, local);
      const weights = local < planned.firstAuxiliary ? weightsOf[planned.poolModule[local]!]! : lasting;
      return weights[period]!.flatMap((weight, before) => {
        const at = weight === 0 ? undefined : positions[before]!.get(key);
        return at === undefined ? [] : [{ pool: at, weight }];
      });
    },
  };
}

/**
 * What is bought in each period as weights on what stands in it and before: standing less what is still alive of earlier
 * purchases, and those in turn as weights on what stood.
 */
function purchaseWeights(world: World, lifeYears: number): number[][] {
  const bought: number[][] = [];
  for (const period of world.periods.keys()) {
    const weights = world.periods.map((_, other) => (other === period ? 1 : 0));
    for (const [before, earlier] of bought.entries()) {
      if (elapsedYears(world, period) - elapsedYears(world, before) >= lifeYears - 1e-9) continue;
      for (const [i, weight] of earlier.entries()) weights[i]! -= weight;
    }
    bought.push(weights);
  }
  return bought;
}

/** Nothing is bought less than not at all. */
export function tiesOf(periods: readonly WorldProblem[], first: readonly Offsets[], fleet: Fleet): FleetTies {
  const starts = [0];
  const pool: number[] = [];
  const weight: number[] = [];
  for (const [period, { problem }] of periods.entries()) {
    if (period === 0) continue;
    for (let local = 0; local < problem.pools.count; local++) {
      const parts = fleet.purchase(first[period]!.pool + local);
      if (parts === null || parts.length < 2) continue;
      for (const part of parts) {
        pool.push(part.pool);
        weight.push(-part.weight);
      }
      starts.push(pool.length);
    }
  }
  return {
    count: starts.length - 1,
    starts: Int32Array.from(starts),
    pool: Int32Array.from(pool),
    weight: Float64Array.from(weight),
  };
}
