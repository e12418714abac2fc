import { annualCost } from "../../../src/finance/index.ts";
import type { PlanDocument } from "../../../src/plan/index.ts";

/**
 * What one site's share of the plan is spent on, USD/year by item: the house's own recomputation of cost, applied to a
 * world with this site alone. Penalties for unserved demand belong to no site and are left out.
 */
export function siteCostByItem({ world, deployment, period }: PlanDocument, site: number): Record<string, number> {
  const poolPositions = new Map<number, number>();
  const pools = deployment.pools.flatMap((pool, position) => {
    if (pool.site !== site) return [];
    poolPositions.set(position, poolPositions.size);
    return [{ ...pool, site: 0 }];
  });
  const flows = deployment.flows.flatMap((flow) => {
    const pool = poolPositions.get(flow.pool);
    return pool === undefined ? [] : [{ ...flow, pool }];
  });
  const alone = { ...world, sites: [world.sites[site]!] };
  const { unserved: _, "training-unserved": __, ...items } = annualCost(alone, { pools, flows }, period).byItem;
  return items;
}
