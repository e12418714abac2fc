/** A world in which what an old plan built stands already, so that planning it again changes as little as pays. */
import type { World } from "../../catalog/index.ts";
import { installedCount } from "../../finance/index.ts";
import { keptBySpot } from "../world/idle-modules.ts";
import { everyPeriod } from "../document/period-view.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { figuresOf } from "../document/plan-figures.ts";
import { spotAt } from "../problem/spots.ts";

export interface StandingWorld {
  readonly world: World;
  /** What the old plan has and the new world does not know or forbids, in words. */
  readonly lost: readonly string[];
}

export interface StandOnOptions {
  /**
   * Price of every module that comes to a place where it did not stand, and of each site newly opened, as a share of what
   * buying and opening costs, on top of that: 0 plans without regard for what moves, a very high one leaves all where it is.
   */
  readonly movePriceRatio: number;
  /**
   * `due`: what stays is paid off as if it were bought now, so that costs compare with those of a fresh plan, and without a
   * price on moves are the same. `spent`: its price is gone whatever is decided, and staying costs upkeep and power only.
   */
  readonly capital: "due" | "spent";
}

/**
 * Sites and modules of `plan` stand in `world`; they are not bought again, so budgets and supply do not count them. A site
 * that was opened may be closed again unless the world forces it, and modules may be taken away.
 *
 * Of a plan of several periods that stands which it has in service when the world's first period begins.
 */
export function standOn(world: World, whole: PlanDocument, { movePriceRatio, capital }: StandOnOptions): StandingWorld {
  const plan = whenBegins(whole, world);
  const lost: string[] = [];
  const siteAt = new Map(world.sites.map((site, index) => [site.id, index]));
  const moduleAt = new Map(world.modules.map((module, index) => [module.id, index]));
  const standing = world.sites.map((site) => new Map(site.installed.map((entry) => [entry.module, entry.count])));
  const occupied = new Set<number>();
  const keptAt = keptBySpot(plan.world, plan.deployment, plan.period);
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
    // What is installed and idle stands beside what was bought, where the scenario still has it.
    const stood = standing[site]!.get(module) ?? 0;
    const bought = count - keptAt.get(spotAt(plan.world, pool.site, pool.module))!;
    const idleToo = bought + Math.min(stood, installedCount(plan.world, pool.site, pool.module));
    standing[site]!.set(module, Math.max(count, stood, idleToo));
  }
  return {
    lost,
    world: {
      ...world,
      finance: { ...world.finance, movePriceRatio },
      sites: world.sites.map((site, index) => {
        const spent = new Map(site.installed.map((entry) => [entry.module, entry.count]));
        const kept = [...standing[index]!]
          .sort(([a], [b]) => a - b)
          .map(([module, count]) => {
            const dueRatio = capital === "due" ? 1 - (spent.get(module) ?? 0) / count : 0;
            return { module, count, ...(dueRatio > 0 && { dueRatio }) };
          });
        if (!occupied.has(index)) return { ...site, installed: kept };
        return {
          ...site,
          installed: kept,
          standing: true,
          ...(capital === "spent" && { openingCapexUsd: 0 }),
        };
      }),
    },
  };
}

/** The plan as it stands when the world's first period begins: before its horizon the first period, beyond it the last. */
function whenBegins(plan: PlanDocument, { periods }: World): PlanDocument {
  const year = periods[0]!.startYear;
  const views = everyPeriod(plan);
  return views.findLast((view) => plan.world.periods[view.period]!.startYear <= year) ?? views[0]!;
}

/** What a plan pays for moves, USD/year, levelised over its periods; part of its cost. */
export function movesUsdPerYear(plan: PlanDocument): number {
  return figuresOf(plan)?.byItem.moves ?? 0;
}
