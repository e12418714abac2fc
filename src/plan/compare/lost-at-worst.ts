import type { PlanDocument } from "../document/plan-document.ts";
import { failuresOf } from "../world/resilience.ts";

/** The failure that leaves most requests with nowhere to go. */
export interface WorstLoss {
  /** Named as in `Failover.failures`. */
  readonly failure: string;
  /** Of the requests served at the peak. */
  readonly ratio: number;
}

/**
 * What the failure that takes most leaves with nowhere to go, in one period. A plan that survives leaves none where any other
 * place of the world could take them over; what nobody could is lost with its place, and counts here.
 *
 * @returns null where the survival of failures was not asked for, or nothing is served.
 */
export function worstLoss({
  world,
  period,
  deployment,
  failover,
}: Pick<PlanDocument, "world" | "period" | "deployment" | "failover">): WorstLoss | null {
  const failures = failuresOf(world);
  const servedPerS = deployment.flows.reduce((sum, { peakPerS }) => sum + peakPerS, 0);
  if (failures.length === 0 || servedPerS === 0) return null;
  const flowsOf = Map.groupBy(deployment.flows, ({ pool }) => deployment.pools[pool]!.site);
  const movesOf = Map.groupBy(
    (failover?.moves ?? []).filter((move) => move.period === period),
    ({ failure }) => failure,
  );
  const lostPerS = failures.map(({ sites }, index) => {
    const there = [...new Set(sites)].flatMap((site) => flowsOf.get(site) ?? []);
    const moves = movesOf.get(index) ?? [];
    const sum = (entries: readonly { readonly peakPerS: number }[]): number =>
      entries.reduce((total, { peakPerS }) => total + peakPerS, 0);
    return sum(there) - sum(moves);
  });
  const most = lostPerS.reduce((worst, lost, index) => (lost > lostPerS[worst]! ? index : worst), 0);
  const ratio = lostPerS[most]! / servedPerS;
  return { failure: failures[most]!.name, ratio: ratio < negligible ? 0 : Math.min(1, ratio) };
}

/** The worst of all periods that a plan covers. */
export interface Survival extends WorstLoss {
  /** Position in `World.periods`. */
  readonly period: number;
}

/** The same over all periods; null where the survival of failures was not asked for, or nothing is served in any. */
export function survivalOf({ world, period, deployment, failover, horizon }: PlanDocument): Survival | null {
  const periods = horizon ? horizon.periods : [{ period, deployment }];
  const losses = periods.flatMap((one) => {
    const loss = worstLoss({ world, ...(failover && { failover }), ...one });
    return loss === null ? [] : [{ ...loss, period: one.period }];
  });
  if (losses.length === 0) return null;
  return losses.reduce((most, loss) => (loss.ratio > most.ratio + negligible ? loss : most));
}

/** The share alone. */
export function lostAtWorst(plan: PlanDocument): number | null {
  return worstLoss(plan)?.ratio ?? null;
}

/** What a solver's tolerance leaves. */
const negligible = 1e-6;
