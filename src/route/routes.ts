import { isPatientAfterLoss } from "./failover-world.ts";
import { failoverWorld } from "./failover-world.ts";
import { reachKm } from "./arcs.ts";
import type { Deployment } from "./deployment.ts";
import type { RouteOrigin } from "./filter.ts";
import { compileLane, offerMap, shortlistPerTier, type Lane, type OfferMap } from "./lane.ts";
import { stakesOf } from "./stakes.ts";
import { type Stakes } from "./stakes.ts";
import { type GroupNames } from "./group.ts";
import { type Group } from "./group.ts";
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
  return new CompiledRoutes(policy, deployment, groups, replicaCount, groupOfReplica);
}

/** A class, so that what every decision reads are fields: an object literal with a getter is a dictionary to be looked up in. */
class CompiledRoutes implements Routes {
  readonly policy: Policy;
  readonly deployment: Deployment;
  readonly groups: readonly Group[];
  readonly replicaCount: number;
  readonly groupOfReplica: Int32Array;
  readonly replicasOfGroup: Int32Array;
  readonly poolOfGroup: Int32Array;
  readonly namesOfGroup: readonly GroupNames[];
  readonly #maps: (OfferMap | undefined)[] = [];
  readonly #stakes: (Stakes | undefined)[] = [];
  readonly #reaches: (Float64Array | undefined)[] = [];
  readonly #lanes: (Lane | undefined)[] = [];
  readonly #wholeLanes: (Lane | undefined)[] = [];
  readonly #shelf = new LaneShelf();
  readonly #isPatient: boolean;
  #afterLoss: Routes | undefined;

  constructor(
    policy: Policy,
    deployment: Deployment,
    groups: readonly Group[],
    replicaCount: number,
    groupOfReplica: Int32Array,
  ) {
    const { world } = policy;
    this.policy = policy;
    this.deployment = deployment;
    this.groups = groups;
    this.replicaCount = replicaCount;
    this.groupOfReplica = groupOfReplica;
    this.replicasOfGroup = Int32Array.from(groups.flatMap((group) => [group.firstReplica, group.replicas]));
    this.poolOfGroup = Int32Array.from(groups, (group) => group.pool);
    this.namesOfGroup = groups.map((group): GroupNames => {
      const { id, name, tier, country } = world.sites[group.site]!;
      return { pool: deployment.pools[group.pool]!.id, site: id, siteName: name, tier, country };
    });
    this.#isPatient = isPatientAfterLoss(world);
  }

  lane(workload: number, area: number, access: number): Lane {
    return (this.#lanes[this.#keyOf(workload, area, access)] ??= this.#compile(
      { workload, area, access },
      shortlistPerTier,
    ));
  }

  wholeLane(workload: number, area: number, access: number): Lane {
    const short = this.lane(workload, area, access);
    if (short.isWhole) return short;
    return (this.#wholeLanes[this.#keyOf(workload, area, access)] ??= this.#compile(
      short.origin,
      Number.POSITIVE_INFINITY,
    ));
  }

  get afterLoss(): Routes | null {
    if (!this.#isPatient) return null;
    const { world, period } = this.policy;
    return (this.#afterLoss ??= compileRoutes(compilePolicy(failoverWorld(world), period), this.deployment));
  }

  #keyOf(workload: number, area: number, access: number): number {
    const { world } = this.policy;
    return (workload * world.areas.length + area) * world.accessTypes.length + access;
  }

  #compile(origin: RouteOrigin, perTier: number): Lane {
    const { policy } = this;
    const { world } = policy;
    const { workload, access } = origin;
    const reach = (this.#reaches[workload * world.accessTypes.length + access] ??= reachKm(policy, workload, access));
    const stake = (this.#stakes[workload] ??= stakesOf(world.workloads[workload]!));
    const map = (this.#maps[workload] ??= offerMap(
      policy,
      compileOffers(policy, this.deployment, this.groups, workload),
      this.groups.length,
      stake,
    ));
    return compileLane(policy, origin, map, stake, reach, perTier, this.#shelf);
  }
}
