/** Limits that set one part of the plan against another: least shares of what stands, and what debt service must be earned. */
import type { World } from "../../catalog/index.ts";
import {
  annualCostUsd,
  hasPriceVintages,
  installedModuleAnnualUsd,
  moduleAnnualUsd,
  secondsPerYear,
  siteAnnualUsd,
  trainingEnergyAnnualUsd,
} from "../../finance/index.ts";
import { rowsOfArcs } from "../problem/formulate.ts";
import type { LimitRow, Weighed } from "../problem/limit-rows.ts";
import { poolsThat, type LimitSource } from "./limit-source.ts";

/** How much a module counts towards a least share. */
export function shareWeight(world: World, of: "power" | "modules" | "compute", site: number, module: number): number {
  const { powerKw, acceleratorCount, accelerator } = world.modules[module]!;
  if (of === "modules") return 1;
  if (of === "power") return powerKw * world.sites[site]!.pue;
  // Processing performance counts arithmetic of every number format alike; in thousands it keeps numbers near 1.
  return (acceleratorCount * accelerator.totalProcessingPerformance) / 1000;
}

/** least · Σ weight · modules (all) ≤ Σ weight · modules (that count). */
export function shareRows(source: LimitSource): LimitRow[] {
  const { world, problem, poolModule } = source;
  return (world.limits.shares ?? []).map(({ id, leastRatio, of, sites, among }) => {
    const counts = new Set(sites);
    const measured = new Set(among);
    const pools = poolsThat(source, (pool) => measured.has(problem.pools.site[pool]!)).map((pool) => {
      const site = problem.pools.site[pool]!;
      const weight = shareWeight(world, of, site, poolModule[pool]!);
      return [pool, weight * (leastRatio - (counts.has(site) ? 1 : 0))] as const;
    });
    return { name: `least share ${id}`, upper: 0, pools };
  });
}

/** coverage · debt service + running cost ≤ revenue, per owner that asks for it; all USD/year. */
export function coverageRows(source: LimitSource): LimitRow[] {
  const { world, period, problem, poolModule, poolInstalled, poolTrains, auxiliary, firstAuxiliary } = source;
  const { pools, arcs } = problem;
  const rowOf = rowsOfArcs(problem);
  return world.owners.flatMap((owner, index) => {
    const { debt } = owner;
    if (debt === undefined || debt.leastCoverage === null) return [];
    const { shareRatio, ratePerYear, leastCoverage } = debt;
    const service = (capexUsd: number, lifeYears: number): number =>
      leastCoverage * shareRatio * annualCostUsd(capexUsd, ratePerYear, lifeYears);
    const owns = (site: number): boolean => world.sites[site]!.owner === index;
    const servers = poolsThat(source, (pool) => owns(pools.site[pool]!));
    const serverUsd = (pool: number, bought: number): number => {
      const site = pools.site[pool]!;
      const module = poolModule[pool]!;
      const price = poolInstalled[pool]
        ? installedModuleAnnualUsd(world, site, module, period)
        : moduleAnnualUsd(world, site, module, bought);
      const training = poolTrains[pool] ? trainingEnergyAnnualUsd(world, site, module) : 0;
      const debtUsd =
        service(price.acceleratorsCapexUsd, world.modules[module]!.lifeYears) +
        service(price.buildingCapexUsd, world.sites[site]!.buildLifeYears);
      return price.maintenanceUsd + price.idleEnergyUsd + training + debtUsd;
    };
    const upgrades = auxiliary.flatMap((pool, i) => {
      if (pool.kind !== "upgrade" || !owns(pool.site)) return [];
      const { upgrades: list, buildLifeYears } = world.sites[pool.site]!;
      return [[firstAuxiliary + i, service(list![pool.upgrade]!.priceUsd, buildLifeYears)] as const];
    });
    const sites = [...world.sites.keys()].filter(owns).map((site) => {
      const { fixedOpexUsd, openingCapexUsd } = siteAnnualUsd(world, site);
      return [site, fixedOpexUsd + service(openingCapexUsd, world.sites[site]!.buildLifeYears)] as const;
    });
    const earning: (readonly [number, number])[] = [];
    for (let arc = 0; arc < arcs.pool.length; arc++) {
      if (owns(pools.site[arcs.pool[arc]!]!)) earning.push([arc, arcs.usd[arc]! - revenueUsd(source, rowOf[arc]!)]);
    }
    const poolsIfBought = (bought: number): Weighed => [
      ...servers.map((pool) => [pool, serverUsd(pool, bought)] as const),
      ...upgrades,
    ];
    // What was bought at another price is owed and kept up at that price.
    const earlier = hasPriceVintages(world) ? Array.from({ length: period }, (_, bought) => bought) : [];
    const poolsBoughtIn = earlier.map(poolsIfBought);
    const name = `debt service of ${owner.id}`;
    return [{ name, upper: 0, sites, pools: poolsIfBought(period), arcs: earning, poolsBoughtIn, of: "built" }];
  });
}

/** What a row brings in when all of it is served, USD/year. */
export function revenueUsd(
  {
    world,
    period,
    demandRowCount,
    rowWorkload,
    rowMeanPerS,
  }: Pick<LimitSource, "world" | "period" | "demandRowCount" | "rowWorkload" | "rowMeanPerS">,
  row: number,
): number {
  if (row >= demandRowCount) {
    const training = world.training[row - demandRowCount]!;
    return (training.priceUsdPerPflopYear ?? 0) * training.pflops[period]!;
  }
  return world.workloads[rowWorkload[row]!]!.priceUsdPerRequest * rowMeanPerS[row]! * secondsPerYear;
}
