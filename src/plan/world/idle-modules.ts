/** What stands already and is not used. */
import type { World } from "../../catalog/index.ts";
import { modulesInService, type DeploymentLike } from "../../finance/index.ts";
import { spotAt } from "../problem/spots.ts";

/** Modules of one kind that are installed at a site and out of service; they cost nothing in the plan and serve nobody. */
export interface IdleModules {
  /** Positions in `world.sites` and `world.modules`. */
  readonly site: number;
  readonly module: number;
  readonly count: number;
}

/** Of what a deployment of `period` has in service, the modules that stood before, by spot. */
export function keptBySpot(world: World, deployment: DeploymentLike, period: number): Map<number, number> {
  const standing = modulesInService(world, deployment, period);
  return new Map(standing.map(({ site, module, kept }) => [spotAt(world, site, module), kept]));
}

/** Installed modules that a deployment of `period` leaves out of service, by site and kind. */
export function idleModules(world: World, deployment: DeploymentLike, period: number): IdleModules[] {
  const used = keptBySpot(world, deployment, period);
  return world.sites.flatMap(({ installed }, site) => {
    const counts = new Map<number, number>();
    for (const { module, count } of installed) counts.set(module, (counts.get(module) ?? 0) + count);
    return [...counts]
      .sort((a, b) => a[0] - b[0])
      .map(([module, there]) => ({
        site,
        module,
        count: there - (used.get(spotAt(world, site, module)) ?? 0),
      }))
      .filter(({ count }) => count > 0);
  });
}
