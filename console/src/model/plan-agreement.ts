import type { Tier } from "../../../src/catalog/index.ts";
import { differenceCause, type DifferenceCause, type SimulationResult } from "../../../src/simulate/index.ts";
import type { Board } from "./board.ts";

export interface AgreementRow {
  readonly site: string;
  readonly name: string;
  readonly tier: Tier;
  readonly planned: number;
  readonly completed: number;
  /** (completed − planned) / planned; null where nothing was planned. */
  readonly difference: number | null;
  /** What explains the difference; chance where it is within three standard deviations of a Poisson count. */
  readonly explainedBy: DifferenceCause | "chance" | "not planned" | "kept for failures";
}

/** Planned and simulated requests by site, the largest first. */
export function agreementBySite(board: Board, result: SimulationResult): AgreementRow[] {
  const sums = new Map<number, { planned: number; completed: number }>();
  const poolOf = new Map(board.plan.deployment.pools.map((pool) => [pool.id, pool]));
  for (const entry of result.agreement.pools) {
    const pool = poolOf.get(entry.pool);
    if (pool === undefined) continue;
    const sum = sums.get(pool.site) ?? { planned: 0, completed: 0 };
    sum.planned += entry.plannedRequests;
    sum.completed += entry.completedRequests;
    sums.set(pool.site, sum);
  }
  const explanation = (planned: number, completed: number): AgreementRow["explainedBy"] => {
    if (planned === 0) return board.plan.failover === undefined ? "not planned" : "kept for failures";
    const isChance = Math.abs(completed - planned) <= 3 * Math.sqrt(planned);
    return isChance ? "chance" : differenceCause(result.agreement, completed > planned);
  };
  return [...sums]
    .filter(([, { planned, completed }]) => planned > 0 || completed > 0)
    .map(([position, { planned, completed }]): AgreementRow => {
      const site = board.world.sites[position]!;
      return {
        site: site.id,
        name: site.name,
        tier: site.tier,
        planned,
        completed,
        difference: planned > 0 ? (completed - planned) / planned : null,
        explainedBy: explanation(planned, completed),
      };
    })
    .toSorted((a, b) => Math.max(b.planned, b.completed) - Math.max(a.planned, a.completed));
}
