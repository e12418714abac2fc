import type { Deployment } from "../../route/index.ts";
import type { Tier, World } from "../../catalog/index.ts";

/** What can go wrong, when, and where. Times in seconds since the start; a fault without an end lasts. */
export type Fault =
  /** Everything there crashes: requests in progress are lost, new ones find nobody. */
  | (FaultSpan & { readonly kind: "down"; readonly where: FaultScope })
  /** Takes no new requests and finishes what it has, as before maintenance. */
  | (FaultSpan & { readonly kind: "drain"; readonly where: FaultScope })
  /** Steps take `factor` times as long. */
  | (FaultSpan & { readonly kind: "slow"; readonly where: FaultScope; readonly factor: number })
  /** Load reports stop; the policy decides on the last ones until they are too old to be believed. */
  | (FaultSpan & { readonly kind: "stale"; readonly where: FaultScope })
  /**
   * The way to the sites is bad: round trips take `factor` times as long and their ports carry a `factor`th. The policy
   * is not told: it goes by distance.
   */
  | (FaultSpan & { readonly kind: "link"; readonly where: FaultScope; readonly factor: number })
  /** The sites are cut off from the world: only users next to them reach them, and those reach nothing else. */
  | (FaultSpan & { readonly kind: "cut"; readonly where: FaultScope })
  /**
   * The sites are cut off from the control network alone: no reports and no heartbeats pass. The world takes them for
   * dead; users next to them are served on by what the sites know themselves.
   */
  | (FaultSpan & { readonly kind: "control"; readonly where: FaultScope })
  /** The areas send `factor` times as many requests. */
  | (FaultSpan & { readonly kind: "crowd"; readonly areas: AreaScope; readonly factor: number });

export interface FaultSpan {
  readonly fromS: number;
  readonly toS?: number;
}

/** Which sites, each condition narrowing the choice; nothing given means all. */
export interface FaultScope {
  readonly sites?: readonly string[];
  readonly tier?: Tier;
  readonly country?: string;
  /** Only engines on this module, as in a recall of a chip. */
  readonly module?: string;
  /** Zone of `World.limits.zones`. */
  readonly zone?: string;
  /** A single pool, and of it a single engine, counted from 0. */
  readonly pool?: string;
  readonly engine?: number;
}

/** Which areas and workloads a crowd comes from; nothing given means all. */
export interface AreaScope {
  readonly areas?: readonly string[];
  readonly country?: string;
  readonly workload?: string;
}

/** Positions of the pools a scope covers. Names that match nothing match no pool. */
export function poolsWithin(world: World, deployment: Deployment, scope: FaultScope): number[] {
  const zone = scope.zone === undefined ? null : world.limits.zones.find((entry) => entry.id === scope.zone);
  return deployment.pools.flatMap((pool, position) => {
    const site = world.sites[pool.site]!;
    const covered =
      (scope.sites === undefined || scope.sites.includes(site.id)) &&
      (scope.tier === undefined || scope.tier === site.tier) &&
      (scope.country === undefined || scope.country === site.country) &&
      (scope.module === undefined || scope.module === world.modules[pool.module]!.id) &&
      (scope.pool === undefined || scope.pool === pool.id) &&
      (zone === null || (zone?.sites.includes(pool.site) ?? false));
    return covered ? [position] : [];
  });
}

/** Weight of each demand row in a crowd: 1 inside the scope, 0 outside. */
export function rowsWithin(world: World, scope: AreaScope): Float64Array {
  return Float64Array.from(world.demand, (row) => {
    const area = world.areas[row.area]!;
    const covered =
      (scope.areas === undefined || scope.areas.includes(area.id)) &&
      (scope.country === undefined || scope.country === area.country) &&
      (scope.workload === undefined || scope.workload === world.workloads[row.workload]!.id);
    return covered ? 1 : 0;
  });
}
