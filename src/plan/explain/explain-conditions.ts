/**
 * Limits that are conditions rather than amounts, for `explain limit`: what an owner must earn for its lenders, a parent that
 * must be open, the reserve for what may fail. Their use is a share of what they allow, and a statement says it in words.
 */
import { isAlwaysOpen } from "../../finance/index.ts";
import { compilePolicy, emptyJudgement, failoverWorld, judge } from "../../route/index.ts";
import type { WorldLimit } from "./world-limit.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { failuresOf } from "../world/resilience.ts";
import { siteAccounts } from "../document/site-accounts.ts";

/** Debt asks for less coverage by so much of the service it may take when it is tried. */
const debtStep = 0.1;

/** Debt service, parents and reserves of the plan's world and period. */
export function conditionLimitsOf(plan: PlanDocument): WorldLimit[] {
  return [...debts(plan), ...parents(plan), ...reserves(plan)];
}

/** Used is the service of debt as a share of what is earned; at most 1 over the least coverage may be. */
function debts(plan: PlanDocument): WorldLimit[] {
  const { world } = plan;
  return world.owners.flatMap(({ id, debt }, index): WorldLimit[] => {
    const least = debt?.leastCoverage ?? null;
    if (least === null || least <= 0) return [];
    const books = (view: PlanDocument): { serviceUsd: number; earnedUsd: number } => {
      const own = siteAccounts(view).filter(({ site }) => world.sites[site]!.owner === index);
      return {
        serviceUsd: own.reduce((sum, entry) => sum + entry.serviceUsd, 0),
        earnedUsd: own.reduce((sum, entry) => sum + entry.revenueUsd - entry.opexUsd, 0),
      };
    };
    return [
      {
        name: `debt service of ${id}`,
        unit: "share",
        upper: 1 / least,
        step: debtStep / least,
        relax: (w, by) => ({
          ...w,
          owners: w.owners.map((it, at) =>
            at === index ? { ...it, debt: { ...it.debt!, leastCoverage: 1 / (1 / least + by) } } : it,
          ),
        }),
        takes: () => 0,
        used: (view) => {
          const { serviceUsd, earnedUsd } = books(view);
          return serviceUsd === 0 ? 0 : serviceUsd / Math.max(earnedUsd, 1e-9);
        },
        statement: (view) => {
          const { serviceUsd, earnedUsd } = books(view);
          if (serviceUsd === 0) return `${id} owes nothing in this plan.`;
          return `${id} earns ${(earnedUsd / serviceUsd).toFixed(2)} times the service of its debt; at least ${least} is asked.`;
        },
      },
    ];
  });
}

/** Used where the site is open; allowed where its parent is. */
function parents({ world, period }: PlanDocument): WorldLimit[] {
  return world.sites.flatMap((place, index): WorldLimit[] => {
    if (place.needsParent !== true || place.parent === undefined) return [];
    const parent = world.sites[place.parent]!;
    const isOpen = ({ deployment }: PlanDocument, site: number): boolean =>
      isAlwaysOpen(world, site, period) ||
      deployment.pools.some((pool) => pool.site === site && pool.count + pool.trainingCount > 0) ||
      (deployment.upgrades ?? []).some((entry) => entry.site === site);
    return [
      {
        name: `parent of ${place.id}`,
        unit: "sites",
        upper: 1,
        step: 1,
        lifted: true,
        relax: (w) => ({
          ...w,
          sites: w.sites.map((it, at) => (at === index ? { ...it, needsParent: false } : it)),
        }),
        takes: () => 0,
        // Where the parent is shut the site may not open, whether it would or not.
        used: (view) => (isOpen(view, place.parent!) ? 0 : 1),
        statement: (view) => {
          const open = isOpen(view, place.parent!);
          if (!open) return `${parent.id}, the parent of ${place.id}, is shut, so ${place.id} may not open.`;
          const own = isOpen(view, index) ? "is open" : "could open";
          return `${parent.id}, the parent of ${place.id}, is open, so ${place.id} ${own}.`;
        },
      },
    ];
  });
}

/**
 * Used is the share of the places that take over which is busy after a failure, where that is most; only failures that move
 * requests are listed.
 */
function reserves(plan: PlanDocument): WorldLimit[] {
  const { world, period, deployment } = plan;
  const moves = (plan.failover?.moves ?? []).filter((move) => move.period === period);
  if (moves.length === 0) return [];
  const judgement = emptyJudgement();
  const loadIn = (policy: ReturnType<typeof compilePolicy>, row: number, pool: number, peakPerS: number): number => {
    const { site, module } = deployment.pools[pool]!;
    if (judge(policy, world.demand[row]!, site, module, judgement) !== null) return 0;
    return peakPerS / (judgement.perModulePerS * world.limits.headroomRatio);
  };
  const busy = new Float64Array(deployment.pools.length);
  const normal = compilePolicy(world, period);
  for (const { row, pool, peakPerS } of deployment.flows) busy[pool]! += loadIn(normal, row, pool, peakPerS);
  const patient = compilePolicy(failoverWorld(world), period);
  return failuresOf(world).flatMap((failure, index): WorldLimit[] => {
    const own = moves.filter((move) => move.failure === index);
    if (own.length === 0) return [];
    const added = new Map<number, number>();
    for (const { row, pool, peakPerS } of own) {
      added.set(pool, (added.get(pool) ?? 0) + loadIn(patient, row, pool, peakPerS));
    }
    let fullest = { pool: -1, ratio: 0 };
    for (const [pool, load] of added) {
      const ratio = (busy[pool]! + load) / deployment.pools[pool]!.count;
      if (ratio > fullest.ratio) fullest = { pool, ratio };
    }
    const peakPerS = own.reduce((sum, move) => sum + move.peakPerS, 0);
    const places = new Set([...added.keys()].map((pool) => deployment.pools[pool]!.site)).size;
    return [
      {
        name: `reserve for the loss of ${failure.name}`,
        unit: "share",
        upper: 1,
        step: 1,
        lifted: true,
        relax: (w) => {
          const { resilience: _asked, ...limits } = w.limits;
          return { ...w, limits };
        },
        takes: () => 0,
        used: () => fullest.ratio,
        statement: () =>
          `The loss of ${failure.name} moves ${Number(peakPerS.toPrecision(3))} requests/s to ${places} other ${places === 1 ? "place" : "places"}; the fullest of their pools, ${deployment.pools[fullest.pool]!.id}, is then busy to ${(fullest.ratio * 100).toFixed(1)} % of what is planned for it. The reserve is one for all failures, so planning without it drops them all.`,
      },
    ];
  });
}
