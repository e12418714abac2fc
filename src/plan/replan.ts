/** A world in which what an old plan built stands already, so that planning it again changes as little as pays. */
import type { World } from "../catalog/index.ts";
import type { PlanDocument } from "./plan-document.ts";

export interface StandingWorld {
  readonly world: World;
  /** What the old plan has and the new world does not know or forbids, in words. */
  readonly lost: readonly string[];
}

/**
 * Sites and modules of `plan` stand in `world`: their capital is spent, so what stays costs upkeep and power only. A site
 * that was opened may be closed again unless the world forces it.
 *
 * @param movePriceRatio Price of every change, as a share of the purchase price of each module that comes to a place where
 * it did not stand, and of each opening: 0 plans without regard for what moves, a high price leaves all where it is.
 * Maintenance stays as it was.
 */
export function standOn(world: World, plan: PlanDocument, movePriceRatio: number): StandingWorld {
  const lost: string[] = [];
  const siteAt = new Map(world.sites.map((site, index) => [site.id, index]));
  const moduleAt = new Map(world.modules.map((module, index) => [module.id, index]));
  const standing = world.sites.map((site) => new Map(site.installed.map((entry) => [entry.module, entry.count])));
  const occupied = new Set<number>();
  for (const pool of plan.deployment.pools) {
    const [siteId, moduleId] = [plan.world.sites[pool.site]!.id, plan.world.modules[pool.module]!.id];
    const [site, module] = [siteAt.get(siteId), moduleAt.get(moduleId)];
    const count = pool.count + pool.trainingCount;
    if (site === undefined || module === undefined) {
      lost.push(
        `${count} × ${moduleId} at ${siteId}: the scenario has no such ${site === undefined ? "site" : "module"}`,
      );
      continue;
    }
    if (world.sites[site]!.status === "forbidden") {
      lost.push(`${count} × ${moduleId} at ${siteId}: the scenario forbids the site`);
      continue;
    }
    occupied.add(site);
    standing[site]!.set(module, Math.max(count, standing[site]!.get(module) ?? 0));
  }
  const { finance } = world;
  const dearer = 1 + movePriceRatio;
  return {
    lost,
    world: {
      ...world,
      finance: {
        ...finance,
        acceleratorPriceFactor: finance.acceleratorPriceFactor * dearer,
        maintenanceRatioPerYear: finance.maintenanceRatioPerYear / dearer,
      },
      sites: world.sites.map((site, index) => ({
        ...site,
        openingCapexUsd: occupied.has(index) ? 0 : site.openingCapexUsd * dearer,
        installed: [...standing[index]!].sort(([a], [b]) => a - b).map(([module, count]) => ({ module, count })),
      })),
    },
  };
}

/** What a plan of such a world pays for moves, USD/year; part of its cost. */
export function movesUsdPerYear({ cost }: PlanDocument, movePriceRatio: number): number {
  const { accelerators, opening } = cost?.byItem ?? { accelerators: 0, opening: 0 };
  return ((accelerators + opening) * movePriceRatio) / (1 + movePriceRatio);
}
