/** What a plan still serves when demand is other than planned and nothing more can be bought. */
import type { World } from "../../catalog/index.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { figuresOf, type PlanFigures, type PlanWorld } from "../document/plan-figures.ts";
import { standOn } from "./replan.ts";
import { scaleDemand } from "./sensitivity-parameters.ts";
import type { Unserved } from "../document/unserved.ts";

export interface Stress {
  readonly demandFactor: number;
  readonly planned: PlanFigures;
  readonly stressed: PlanFigures;
  /** What is left unserved in larger shares than planned. */
  readonly lost: readonly Unserved[];
}

/** Shares that differ by less are the same. */
const noticeableShare = 1e-6;

/** The world in which the plan stands and no module can be bought. */
export function freeze(plan: PlanDocument): World {
  const { world } = standOn(plan.world, plan, { movePriceRatio: 0, capital: "spent" });
  return {
    ...world,
    modules: world.modules.map((module) => ({ ...module, supplyPerPeriod: module.supplyPerPeriod.map(() => 0) })),
  };
}

/**
 * Keeps what stands and plans the flows again under other demand.
 *
 * @returns null when there is no plan to start from, "stopped" when the user stopped before there was one under that demand.
 */
export async function stressPlan(
  plan: PlanDocument,
  demandFactor: number,
  planWorld: PlanWorld,
): Promise<Stress | "stopped" | null> {
  const planned = figuresOf(plan);
  if (planned === null) return null;
  const result = await planWorld(scaleDemand(freeze(plan), demandFactor), `demand × ${demandFactor}, nothing bought`);
  if (result === null) return "stopped";
  const stressed = figuresOf(result);
  if (stressed === null) return null;
  const keyOf = ({ workload, access, reason }: Unserved): string => `${workload} ${access} ${reason}`;
  const before = new Map(plan.unserved.map((entry) => [keyOf(entry), entry.shareOfWorkload]));
  const lost = result.unserved.filter(
    (entry) => entry.shareOfWorkload > (before.get(keyOf(entry)) ?? 0) + noticeableShare,
  );
  return { demandFactor, planned, stressed, lost };
}
