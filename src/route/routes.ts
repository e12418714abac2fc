import { failoverWorld, isPatientAfterLoss } from "./after-loss.ts";
import { reachKm } from "./arcs.ts";
import type { Deployment } from "./deployment.ts";
import type { RouteOrigin } from "./filter.ts";
import {
  compileLane,
  offerMap,
  shortlistPerTier,
  stakesOf,
  type Group,
  type GroupNames,
  type Lane,
  type OfferMap,
  type Stakes,
} from "./lane.ts";
import { LaneShelf } from "./lane-terms.ts";
import { compileOffers } from "./offers.ts";
import { compilePolicy, type Policy } from "./policy.ts";

/** A deployment prepared for decisions. */
export interface Routes {
  readonly policy: Policy;
  readonly deployment: Deployment;
  readonly groups: readonly Group[];
  readonly replicaCount: number;
  /** Group of each replica. */
  readonly groupOfReplica: Int32Array;
  /** First replica and number of replicas of each group, two numbers per group. */
  readonly replicasOfGroup: Int32Array;
  readonly poolOfGroup: Int32Array;
  readonly namesOfGroup: readonly GroupNames[];
  /**
   * The lane of an origin, made when first asked for: all eligible groups of a small deployment, the cheapest
   * `shortlistPerTier` of each tier in a large one. When none of a shortlist takes requests, ask `wholeLane`.
   */
  lane(workload: number, area: number, access: number): Lane;
  /** All eligible groups of an origin, however many. */
  wholeLane(workload: number, area: number, access: number): Lane;
  /** The same engines for users whose own are out of service, with the `failover` times as budgets; null where none is longer. */
  readonly afterLoss: Routes | null;
}

export function compileRoutes(policy: Policy, deployment: Deployment): Routes {
  const groups: Group[] = [];
  let replicaCount = 0;
  for (const [pool, entry] of deployment.pools.entries()) {
    for (const group of entry.groups) {
      if (group.replicas < 1) continue;
      groups.push({
        pool,
        site: entry.site,
        module: entry.module,
        workloads: group.workloads,
        tensorParallel: group.tensorParallel,
        firstReplica: replicaCount,
        replicas: group.replicas,
        speedRatio: group.speedRatio,
        ...(group.memoryRatio !== undefined && { memoryRatio: group.memoryRatio }),
        capacityUsdPerModuleS: entry.capacityUsdPerModuleS,
      });
      replicaCount += group.replicas;
    }
  }
  const groupOfReplica = new Int32Array(replicaCount);
  for (const [index, group] of groups.entries()) {
    groupOfReplica.fill(index, group.firstReplica, group.firstReplica + group.replicas);
  }
  const { world } = policy;
  const maps: (OfferMap | undefined)[] = [];
  const stakes: (Stakes | undefined)[] = [];
  const reaches: (Float64Array | undefined)[] = [];
  const lanes: (Lane | undefined)[] = [];
  const shelf = new LaneShelf();
  const wholeLanes: (Lane | undefined)[] = [];
  const keyOf = (workload: number, area: number, access: number) =>
    (workload * world.areas.length + area) * world.accessTypes.length + access;
  const compile = (origin: RouteOrigin, perTier: number) => {
    const { workload, access } = origin;
    const reach = (reaches[workload * world.accessTypes.length + access] ??= reachKm(policy, workload, access));
    const stake = (stakes[workload] ??= stakesOf(world.workloads[workload]!));
    const map = (maps[workload] ??= offerMap(
      policy,
      compileOffers(policy, deployment, groups, workload),
      groups.length,
      stake,
    ));
    return compileLane(policy, origin, map, stake, reach, perTier, shelf);
  };
  const isPatient = isPatientAfterLoss(world);
  let afterLoss: Routes | undefined;
  const routes: Routes = {
    policy,
    deployment,
    groups,
    replicaCount,
    groupOfReplica,
    replicasOfGroup: Int32Array.from(groups.flatMap((group) => [group.firstReplica, group.replicas])),
    poolOfGroup: Int32Array.from(groups, (group) => group.pool),
    namesOfGroup: groups.map((group): GroupNames => {
      const { id, name, tier, country } = world.sites[group.site]!;
      return { pool: deployment.pools[group.pool]!.id, site: id, siteName: name, tier, country };
    }),
    lane(workload, area, access) {
      return (lanes[keyOf(workload, area, access)] ??= compile({ workload, area, access }, shortlistPerTier));
    },
    wholeLane(workload, area, access) {
      const short = routes.lane(workload, area, access);
      if (short.isWhole) return short;
      return (wholeLanes[keyOf(workload, area, access)] ??= compile(short.origin, Number.POSITIVE_INFINITY));
    },
    get afterLoss() {
      if (!isPatient) return null;
      return (afterLoss ??= compileRoutes(compilePolicy(failoverWorld(world), policy.period), deployment));
    },
  };
  return routes;
}
