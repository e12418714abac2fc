/** What is bought when, and what stands then. */
import { tiers, type Tier } from "../../../src/catalog/index.ts";
import { moduleAnnualUsd, siteAnnualUsd } from "../../../src/finance/index.ts";
import type { PlanDocument } from "../../../src/plan/index.ts";
import type { Deployment } from "../../../src/route/index.ts";

export interface PeriodInvestment {
  /** Period id. */
  readonly period: string;
  /** Paid once in this period, USD. */
  readonly capexByTier: Readonly<Record<Tier, number>>;
  /** Modules in service, by chip name. */
  readonly chips: readonly { readonly chip: string; readonly kind: string; readonly accelerators: number }[];
  readonly usdPerYear: number;
}

/** Capital of each period of a plan: modules with their buildings, and the opening of sites that first hold one. */
export function investments(plan: PlanDocument): PeriodInvestment[] {
  const { world, horizon } = plan;
  if (!horizon) {
    const capexByTier = Object.fromEntries(
      tiers.map((tier) => [tier, plan.cost?.capex.byTier.find((entry) => entry.tier === tier)?.usd ?? 0]),
    ) as Record<Tier, number>;
    const period = world.periods[plan.period]!.id;
    return [{ period, capexByTier, chips: chipsOf(plan, plan.deployment), usdPerYear: plan.objectiveUsdPerYear ?? 0 }];
  }
  const opened = new Set<number>();
  return horizon.periods.map((entry) => {
    const capexByTier: Record<Tier, number> = { core: 0, regional: 0, edge: 0 };
    for (const { site, module, count } of entry.purchases) {
      const { tier } = world.sites[site]!;
      const price = moduleAnnualUsd(world, site, module, entry.period);
      capexByTier[tier] += count * (price.acceleratorsCapexUsd + price.buildingCapexUsd);
      if (!opened.has(site)) capexByTier[tier] += siteAnnualUsd(world, site).openingCapexUsd;
      opened.add(site);
    }
    return {
      period: world.periods[entry.period]!.id,
      capexByTier,
      chips: chipsOf(plan, entry.deployment),
      usdPerYear: entry.objectiveUsdPerYear,
    };
  });
}

function chipsOf({ world }: PlanDocument, { pools }: Deployment): PeriodInvestment["chips"] {
  const counts = new Map<string, { kind: string; accelerators: number }>();
  for (const pool of pools) {
    const { accelerator, acceleratorCount } = world.modules[pool.module]!;
    const entry = counts.get(accelerator.name) ?? { kind: accelerator.kind, accelerators: 0 };
    entry.accelerators += (pool.count + pool.trainingCount) * acceleratorCount;
    counts.set(accelerator.name, entry);
  }
  return [...counts].map(([chip, entry]) => ({ chip, ...entry }));
}
