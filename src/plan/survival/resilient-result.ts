/** What planning for failures finds, and what a document says of it. */
import type { Deployment } from "../../route/index.ts";
import type { Apart } from "../engine/stand-apart.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { PathResult } from "../problem/solution-path.ts";
import { spotAt } from "../problem/spots.ts";
import type { Failover, FailoverMove, FailureCut, Stage } from "../world/failover-terms.ts";
import { failuresOf } from "../world/resilience.ts";

export interface ResilientResult {
  readonly result: PathResult;
  /** With the limits that were found. */
  readonly problem: PlanProblem;
  /** How many of its limits follow from what has to be survived, before those that plans broke. */
  readonly derived: number;
  /** They are those of large problems. */
  readonly derivedAs?: "large";
  readonly cuts: readonly FailureCut[];
  readonly moves: readonly FailoverMove[];
  /** What the plan does not survive, because no plan was found that does. */
  readonly fatal: readonly string[];
  /** What it took to keep models apart that do not fit together; absent where all do. */
  readonly apart?: Apart;
}

/** What the document says of the failures; `deployments` by period. */
export function failoverOf(
  { derived, derivedAs, cuts, moves }: ResilientResult,
  stages: readonly Stage[],
  deployments: readonly Deployment[],
): { readonly failover?: Failover } {
  const { world } = stages[0]!.planned;
  if (world.limits.resilience === undefined) return {};
  const positions = deployments.map(
    ({ pools }) => new Map(pools.map((pool, i) => [spotAt(world, pool.site, pool.module), i])),
  );
  return {
    failover: {
      failures: failuresOf(world).map((failure) => failure.name),
      derived,
      ...(derivedAs !== undefined && { derivedAs }),
      cuts: cuts.map(({ stage, ...cut }) => ({ period: stages[stage]!.planned.period, ...cut })),
      moves: moves.map(({ stage, failure, row, spot, share }) => {
        const { period, memberStarts, members } = stages[stage]!.planned;
        const demand = members[memberStarts[row]!]!;
        const peakPerS = share * world.demand[demand]!.peakPerS[period]!;
        return { period, failure, row: demand, pool: positions[stage]!.get(spot)!, peakPerS };
      }),
    },
  };
}
