import type { World } from "../../src/catalog/index.ts";
import type { Deployment } from "../../src/route/index.ts";

/** A deployment with one engine of every workload on every module of every site, wherever or not that makes sense. */
export function deployEverywhere(
  world: World,
  only: (site: number, module: number) => boolean = () => true,
): Deployment {
  return {
    period: 0,
    flows: [],
    pools: world.sites.flatMap((site, s) =>
      world.modules.flatMap((module, m) =>
        only(s, m)
          ? [
              {
                id: `${site.id}/${module.id}`,
                site: s,
                module: m,
                count: 1,
                trainingCount: 0,
                capacityUsdPerModuleS: 0,
                groups: world.workloads.map((_workload, workload) => ({
                  workloads: [workload],
                  tensorParallel: 1,
                  replicas: 2,
                  speedRatio: 1,
                  plannedPerS: 1,
                })),
              },
            ]
          : [],
      ),
    ),
  };
}
