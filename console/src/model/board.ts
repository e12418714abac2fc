/**
 * The plan as the console shows it: every list the views need, computed once. Rates are requests per second at the
 * peak, money is USD per year.
 */
import { tiers, type Site, type Tier, type World } from "../../../src/catalog/index.ts";
import { distanceKm } from "../../../src/network/index.ts";
import type { PlanDocument } from "../../../src/plan/index.ts";
import { siteCostByItem } from "./site-cost.ts";

export interface SiteModule {
  readonly id: string;
  readonly name: string;
  readonly count: number;
  readonly trainingCount: number;
}

/** Traffic a site takes for one workload. */
export interface WorkloadLoad {
  readonly workload: number;
  readonly peakPerS: number;
  readonly replicas: number;
  readonly areas: number;
  readonly farthestKm: number;
}

export interface SiteView {
  /** Position in `World.sites`. */
  readonly index: number;
  readonly site: Site;
  readonly open: boolean;
  readonly modules: readonly SiteModule[];
  readonly accelerators: number;
  /** Facility power with every module under load. */
  readonly powerKw: number;
  readonly powerLimitKw: number;
  readonly peakPerS: number;
  readonly egressGbps: number;
  readonly loads: readonly WorkloadLoad[];
  readonly usdPerYear: number;
  readonly flows: readonly FlowView[];
}

export interface FlowView {
  /** Position in `World.demand`. */
  readonly row: number;
  readonly area: number;
  readonly site: number;
  readonly workload: number;
  readonly peakPerS: number;
  readonly km: number;
}

export interface AreaView {
  readonly index: number;
  readonly peakPerS: number;
  readonly servedPerS: number;
}

export interface WorkloadView {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly budgetMs: number;
  readonly peakPerS: number;
  /** Shares of the peak demand, 0 to 1. */
  readonly servedRatio: number;
  readonly physicsRatio: number;
}

export interface CostShare {
  readonly key: string;
  readonly usdPerYear: number;
}

export interface Board {
  readonly plan: PlanDocument;
  readonly world: World;
  /** Position-aligned with `World.sites`. */
  readonly sites: readonly SiteView[];
  /** Open sites, dearest first. */
  readonly openSites: readonly SiteView[];
  readonly areas: readonly AreaView[];
  readonly flows: readonly FlowView[];
  readonly workloads: readonly WorkloadView[];
  readonly servedRatio: number;
  readonly physicsRatio: number;
  readonly openByTier: Readonly<Record<Tier, number>>;
  readonly costByItem: readonly CostShare[];
}

export function buildBoard(plan: PlanDocument): Board {
  const { world } = plan;
  const flows = flowViews(plan);
  const sites = siteViews(plan, flows);
  const openSites = sites
    .filter((view) => view.open)
    .toSorted((a, b) => b.usdPerYear - a.usdPerYear || a.index - b.index);
  const workloads = workloadViews(plan, flows);
  const peakPerS = sum(workloads, (workload) => workload.peakPerS);
  const share = (of: (workload: WorkloadView) => number) =>
    peakPerS === 0 ? 0 : sum(workloads, (workload) => of(workload) * workload.peakPerS) / peakPerS;
  return {
    plan,
    world,
    sites,
    openSites,
    areas: areaViews(world, flows, plan.period),
    flows,
    workloads,
    servedRatio: peakPerS === 0 ? 1 : share((workload) => workload.servedRatio),
    physicsRatio: share((workload) => workload.physicsRatio),
    openByTier: countByTier(openSites),
    costByItem: shares(plan.cost?.byItem ?? {}),
  };
}

/** Cost items of one site; computed when asked, since a plan may have thousands of sites. */
export function siteCosts(board: Board, view: SiteView): CostShare[] {
  return shares(siteCostByItem(board.plan, view.index));
}

/** Non-zero entries, largest first. */
export function shares(record: Readonly<Record<string, number>>): CostShare[] {
  return Object.entries(record)
    .map(([key, usdPerYear]) => ({ key, usdPerYear }))
    .filter((share) => share.usdPerYear > 0)
    .toSorted((a, b) => b.usdPerYear - a.usdPerYear);
}

function flowViews({ world, deployment }: PlanDocument): FlowView[] {
  return deployment.flows.map((flow) => {
    const demand = world.demand[flow.row]!;
    const { site } = deployment.pools[flow.pool]!;
    return {
      row: flow.row,
      area: demand.area,
      site,
      workload: demand.workload,
      peakPerS: flow.peakPerS,
      km: distanceKm(world.areas[demand.area]!, world.sites[site]!),
    };
  });
}

function siteViews(plan: PlanDocument, flows: readonly FlowView[]): SiteView[] {
  const { world, deployment } = plan;
  const flowsOf = Map.groupBy(flows, (flow) => flow.site);
  const poolsOf = Map.groupBy(deployment.pools, (pool) => pool.site);
  const costOf = new Map(plan.cost?.bySite.map((cost) => [cost.site, cost.usdPerYear]));
  return world.sites.map((site, index): SiteView => {
    const pools = poolsOf.get(index) ?? [];
    const siteFlows = (flowsOf.get(index) ?? []).toSorted((a, b) => b.peakPerS - a.peakPerS || a.row - b.row);
    return {
      index,
      site,
      open: pools.length > 0,
      modules: pools.map((pool) => ({
        id: pool.id,
        name: world.modules[pool.module]!.name,
        count: pool.count,
        trainingCount: pool.trainingCount,
      })),
      accelerators: sum(
        pools,
        (pool) => (pool.count + pool.trainingCount) * world.modules[pool.module]!.acceleratorCount,
      ),
      powerKw: sum(pools, (pool) => (pool.count + pool.trainingCount) * world.modules[pool.module]!.powerKw * site.pue),
      powerLimitKw: site.powerLimitKw[plan.period] ?? 0,
      peakPerS: sum(siteFlows, (flow) => flow.peakPerS),
      egressGbps: sum(siteFlows, (flow) => (flow.peakPerS * world.workloads[flow.workload]!.responseBytes * 8) / 1e9),
      loads: workloadLoads(siteFlows, pools),
      usdPerYear: costOf.get(index) ?? 0,
      flows: siteFlows,
    };
  });
}

function workloadLoads(flows: readonly FlowView[], pools: PlanDocument["deployment"]["pools"]): WorkloadLoad[] {
  const groups = pools.flatMap((pool) => pool.groups);
  return [...Map.groupBy(flows, (flow) => flow.workload)]
    .map(([workload, list]) => ({
      workload,
      peakPerS: sum(list, (flow) => flow.peakPerS),
      replicas: sum(groups, (group) => (group.workloads.includes(workload) ? group.replicas : 0)),
      areas: new Set(list.map((flow) => flow.area)).size,
      farthestKm: list.reduce((most, flow) => Math.max(most, flow.km), 0),
    }))
    .toSorted((a, b) => b.peakPerS - a.peakPerS);
}

function areaViews(world: World, flows: readonly FlowView[], period: number): AreaView[] {
  const peak = new Float64Array(world.areas.length);
  const served = new Float64Array(world.areas.length);
  for (const row of world.demand) peak[row.area]! += row.peakPerS[period] ?? 0;
  for (const flow of flows) served[flow.area]! += flow.peakPerS;
  return world.areas.map((_, index) => ({ index, peakPerS: peak[index]!, servedPerS: served[index]! }));
}

function workloadViews({ world, period, unserved }: PlanDocument, flows: readonly FlowView[]): WorkloadView[] {
  const peak = new Float64Array(world.workloads.length);
  const served = new Float64Array(world.workloads.length);
  for (const row of world.demand) peak[row.workload]! += row.peakPerS[period] ?? 0;
  for (const flow of flows) served[flow.workload]! += flow.peakPerS;
  return world.workloads.map((workload, index) => ({
    index,
    id: workload.id,
    name: workload.name,
    budgetMs: workload.ttft.budgetMs,
    peakPerS: peak[index]!,
    servedRatio: peak[index]! > 0 ? Math.min(1, served[index]! / peak[index]!) : 1,
    physicsRatio: sum(unserved, (entry) =>
      entry.workload === workload.id && entry.reason === "physics" ? entry.shareOfWorkload : 0,
    ),
  }));
}

function countByTier(openSites: readonly SiteView[]): Record<Tier, number> {
  const counts: Record<Tier, number> = { core: 0, regional: 0, edge: 0 };
  for (const tier of tiers) counts[tier] = openSites.filter((view) => view.site.tier === tier).length;
  return counts;
}

export function sum<T>(list: Iterable<T>, value: (item: T) => number): number {
  let total = 0;
  for (const item of list) total += value(item);
  return total;
}
