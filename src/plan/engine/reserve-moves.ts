/** What pools must have ready for the failures that a plan survives: engines of the models that come, not only accelerators. */
import { compilePolicy, emptyJudgement, failoverWorld, judge, servingAt, type Deployment } from "../../route/index.ts";
import type { Failover, FailoverMove } from "../world/failover-terms.ts";
import { moduleOfSpot, siteOfSpot, spotAt } from "../problem/spots.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** Requests that come to a pool when something has failed. */
export interface ReserveMove {
  /** Position of the failure: only one happens at a time. */
  readonly failure: number;
  readonly workload: number;
  /** Modules they keep busy, headroom included. */
  readonly modules: number;
  readonly peakPerS: number;
  /** Accelerators per engine of the kind that serves them best. */
  readonly tensorParallel: number;
}

/** By spot. */
export type ReserveMoves = ReadonlyMap<number, readonly ReserveMove[]>;

export const noReserve: ReserveMoves = new Map();

/** Where requests go in a failure, by demand of the world. */
interface DemandMove {
  readonly failure: number;
  /** Position in `World.demand`. */
  readonly demand: number;
  readonly spot: number;
  readonly peakPerS: number;
}

/** From what the search found for the failures of a period. */
export function reserveOfMoves(planned: WorldProblem, moves: readonly FailoverMove[]): ReserveMoves {
  const { world, period, memberStarts, members } = planned;
  return bySpot(
    planned,
    moves.map(({ failure, row, spot, share }) => {
      const demand = members[memberStarts[row]!]!;
      return { failure, demand, spot, peakPerS: share * world.demand[demand]!.peakPerS[period]! };
    }),
  );
}

/** From what a document says of the failures of its period. */
export function reserveOfDocument(
  planned: WorldProblem,
  failover: Failover | undefined,
  deployment: Deployment,
): ReserveMoves {
  const { world, period } = planned;
  const moves = (failover?.moves ?? []).flatMap(({ period: of, failure, row, pool, peakPerS }): DemandMove[] => {
    const place = deployment.pools[pool];
    if (of !== period || place === undefined || world.demand[row] === undefined) return [];
    return [{ failure, demand: row, spot: spotAt(world, place.site, place.module), peakPerS }];
  });
  return bySpot(planned, moves);
}

function bySpot({ world, period }: WorldProblem, moves: readonly DemandMove[]): ReserveMoves {
  if (moves.length === 0) return noReserve;
  const policy = compilePolicy(failoverWorld(world), period);
  const judgement = emptyJudgement();
  const found = new Map<number, ReserveMove[]>();
  for (const { failure, demand, spot, peakPerS } of moves) {
    const origin = world.demand[demand]!;
    const [site, module] = [siteOfSpot(world, spot), moduleOfSpot(world, spot)];
    if (judge(policy, origin, site, module, judgement) !== null) continue;
    const { tensorParallel } = servingAt(policy, origin.workload, module).options[judgement.option]!;
    const modules = peakPerS / (judgement.perModulePerS * world.limits.headroomRatio);
    const move = { failure, workload: origin.workload, modules, peakPerS, tensorParallel };
    const here = found.get(spot);
    if (here === undefined) found.set(spot, [move]);
    else here.push(move);
  }
  return found;
}
