import type { World } from "../../catalog/index.ts";
import { annualCost, hoursPerYear } from "../../finance/index.ts";
import { egressUsd } from "../../network/index.ts";
import type { Deployment } from "../../route/index.ts";
import type { PoolUsage } from "./pool-usage.ts";

/** What the simulated span cost, USD: the deployment's standing cost for that long, and what serving added. */
export interface SimulatedMoney {
  /**
   * Capital, maintenance, staff and idle power of the inference modules and their sites, at the prices they were bought at,
   * and what is rented for the planned peak (backhaul), for the span.
   */
  readonly standingUsd: number;
  readonly servingEnergyUsd: number;
  readonly egressUsd: number;
  readonly totalUsd: number;
  /** Null when no token was produced. */
  readonly usdPer1000OutputTokens: number | null;
}

export function simulatedMoney(
  world: World,
  deployment: Deployment,
  usage: readonly PoolUsage[],
  egressBytesOfSite: Float64Array,
  simulatedMs: number,
  outputTokens: number,
): SimulatedMoney {
  const pools = deployment.pools.map((pool) => ({ ...pool, trainingCount: 0 }));
  const open = new Set(pools.filter((pool) => pool.count > 0).map((pool) => pool.site));
  const upgrades = (deployment.upgrades ?? []).filter((entry) => open.has(entry.site));
  // What is priced by the request has its own figures below, by what was simulated.
  const flows = deployment.flows.map((flow) => ({ ...flow, meanPerS: 0 }));
  const { byItem } = annualCost(world, { ...deployment, pools, flows, upgrades }, deployment.period);
  const perYear = Object.entries(byItem)
    .filter(([item]) => item !== "unserved" && item !== "training-unserved")
    .reduce((sum, [, usd]) => sum + usd, 0);
  const standingUsd = (perYear * simulatedMs) / 3_600_000 / hoursPerYear;
  const servingEnergyUsd = deployment.pools.reduce(
    (sum, pool, i) => sum + usage[i]!.servingEnergyKwh * world.sites[pool.site]!.electricityUsdPerKwh,
    0,
  );
  const egress = world.sites.reduce((sum, site, i) => sum + egressUsd(egressBytesOfSite[i]!, site.egressUsdPerGB), 0);
  const totalUsd = standingUsd + servingEnergyUsd + egress;
  return {
    standingUsd,
    servingEnergyUsd,
    egressUsd: egress,
    totalUsd,
    usdPer1000OutputTokens: outputTokens > 0 ? (totalUsd / outputTokens) * 1000 : null,
  };
}
