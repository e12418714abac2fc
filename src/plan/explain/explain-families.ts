/** The limits beyond power, ports, money and supply, for `explain limit`: what they are used for and how they give way. */
import type { World } from "../../catalog/index.ts";
import { installedCount } from "../../finance/index.ts";
import type { WorldLimit } from "./world-limit.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { shareWeight } from "../world/share-limits.ts";

/** Shares give way by so much when they are tried. */
const shareStep = 0.1;

const replaced = <T>(items: readonly T[], index: number, change: (item: T) => T): T[] =>
  items.map((item, at) => (at === index ? change(item) : item));

/** Allotments, links to parents, least shares and least uses of the plan's world and period. */
export function familyLimitsOf(plan: PlanDocument): WorldLimit[] {
  return [...allotments(plan), ...backhauls(plan), ...shares(plan), ...leastUses(plan)];
}

function allotments({ world, period }: PlanDocument): WorldLimit[] {
  return world.owners.flatMap((owner, index) =>
    (owner.allotments ?? []).map(({ module, perPeriod }, position): WorldLimit => ({
      name: `allotment of ${world.modules[module]!.id} to ${owner.id}`,
      unit: "modules",
      of: "purchases",
      upper: perPeriod[period]!,
      step: Math.max(1, Math.round(perPeriod[period]! * shareStep)),
      relax: (w, by) => ({
        ...w,
        owners: replaced(w.owners, index, (it) => ({
          ...it,
          allotments: replaced(it.allotments!, position, (entry) => ({
            ...entry,
            perPeriod: entry.perPeriod.map((value, at) => (at === period ? value + by : value)),
          })),
        })),
      }),
      takes: (site, kind) => (kind === module && world.sites[site]!.owner === index ? 1 : 0),
    })),
  );
}

function backhauls({ world }: PlanDocument): WorldLimit[] {
  return world.sites.flatMap((place, index): WorldLimit[] => {
    const { parent, backhaulGbps } = place;
    if (parent === undefined || backhaulGbps === undefined) return [];
    return [
      {
        name: `backhaul of ${place.id}`,
        unit: "Gbit/s",
        upper: backhaulGbps,
        step: Math.max(backhaulGbps * shareStep, 0.001),
        relax: (w, by) => ({
          ...w,
          sites: replaced(w.sites, index, (it) => ({ ...it, backhaulGbps: it.backhaulGbps! + by })),
        }),
        takes: () => 0,
        used: ({ deployment }) =>
          deployment.flows.reduce((sum, flow) => {
            const bytes = world.workloads[world.demand[flow.row]!.workload]!.backhaulBytes ?? 0;
            return deployment.pools[flow.pool]!.site === index ? sum + (flow.peakPerS * bytes * 8) / 1e9 : sum;
          }, 0),
      },
    ];
  });
}

/** Used is what stands elsewhere, as a share; at most 1 less the least share may. */
function shares({ world }: PlanDocument): WorldLimit[] {
  return (world.limits.shares ?? []).map((share, index): WorldLimit => {
    const weigh = ({ deployment }: PlanDocument, sites: ReadonlySet<number>): number =>
      deployment.pools.reduce((sum, { site, module, count, trainingCount }) => {
        const weight = sites.has(site) ? shareWeight(world, share.of, site, module) : 0;
        return sum + weight * (count + trainingCount);
      }, 0);
    const [counts, among] = [new Set(share.sites), new Set(share.among)];
    const nothing = "nothing stands yet that counts, so nothing may be built elsewhere either";
    return {
      name: `least share ${share.id}`,
      unit: "share",
      upper: 1 - share.leastRatio,
      step: Math.min(shareStep, share.leastRatio),
      relax: (w, by) => relaxShare(w, index, by),
      takes: () => 0,
      statement: (plan) => (weigh(plan, among) > 0 ? undefined : nothing),
      used: (plan) => {
        const all = weigh(plan, among);
        return all > 0 ? 1 - weigh(plan, counts) / all : 0;
      },
    };
  });
}

function relaxShare(world: World, index: number, by: number): World {
  const eased = replaced(world.limits.shares!, index, (it) => ({ ...it, leastRatio: Math.max(0, it.leastRatio - by) }));
  return { ...world, limits: { ...world.limits, shares: eased } };
}

/** Used is the idle share of what was bought; at most 1 less the least use may be idle. Known for the first period. */
function leastUses({ world, limits }: PlanDocument): WorldLimit[] {
  return world.sites.flatMap((place, site) =>
    world.modules.flatMap((module, kind): WorldLimit[] => {
      const least = Math.max(place.minUtilizationRatio ?? 0, module.minUtilizationRatio ?? 0);
      const name = `least use of ${module.id} at ${place.id}`;
      if (least === 0 || !limits.some((limit) => limit.name === name)) return [];
      const lower = (value: number | undefined, by: number): number => Math.max(0, (value ?? 0) - by);
      return [
        {
          name,
          unit: "share",
          upper: 1 - least,
          step: Math.min(shareStep, least),
          relax: (w, by) => ({
            ...w,
            sites: replaced(w.sites, site, (it) => ({ ...it, minUtilizationRatio: lower(it.minUtilizationRatio, by) })),
            modules: replaced(w.modules, kind, (it) => ({
              ...it,
              minUtilizationRatio: lower(it.minUtilizationRatio, by),
            })),
          }),
          takes: () => 0,
          used: (plan) => {
            const pool = plan.deployment.pools.find((entry) => entry.site === site && entry.module === kind);
            const coupling = plan.limits.find((limit) => limit.name === name);
            const there = installedCount(plan.world, site, kind);
            const bought = (pool?.count ?? 0) - there;
            // The limit's own left side is least · modules − load.
            return coupling === undefined || !(bought > 0) ? 0 : 1 - least + coupling.used / bought;
          },
        },
      ];
    }),
  );
}
