import type { World } from "../../catalog/index.ts";
import type { Deployment } from "../../route/index.ts";
import { poolsWithin, type Fault, type FaultScope } from "./fault.ts";
import { RandomStream } from "../chance/random.ts";

/** Faults at random: exponential times between failures and to repair, for each unit by itself. */
export interface RandomFaults {
  readonly meanHoursBetweenFailures: number;
  readonly meanHoursToRepair: number;
  readonly where: FaultScope;
  /** What happens; a crash when left out. */
  readonly kind?: Exclude<Fault["kind"], "crowd">;
  /** What fails as one: every site by itself when left out. */
  readonly unit?: FaultUnit;
  /** For kinds with a factor; 2 when left out. */
  readonly factor?: number;
}

export const faultUnits = ["site", "engine", "zone", "tier"] as const;
export type FaultUnit = (typeof faultUnits)[number];

/** Draws a schedule of faults; every unit has its own stream, so adding a site leaves the others' fate alone. */
export function drawFaults(
  world: World,
  deployment: Deployment,
  random: RandomFaults,
  durationS: number,
  seed: number,
): Fault[] {
  const { kind = "down", unit = "site", factor = 2 } = random;
  return unitsOf(world, deployment, random.where, unit).flatMap(({ name, where }) => {
    const stream = new RandomStream(seed, `faults/${kind}/${unit}/${name}`);
    const faults: Fault[] = [];
    let fromS = stream.exponential() * random.meanHoursBetweenFailures * 3600;
    while (fromS < durationS) {
      const toS = fromS + Math.max(1e-3, stream.exponential() * random.meanHoursToRepair * 3600);
      faults.push(
        kind === "slow" || kind === "link" ? { kind, where, fromS, toS, factor } : { kind, where, fromS, toS },
      );
      fromS = toS + stream.exponential() * random.meanHoursBetweenFailures * 3600;
    }
    return faults;
  });
}

function unitsOf(
  world: World,
  deployment: Deployment,
  where: FaultScope,
  unit: FaultUnit,
): { readonly name: string; readonly where: FaultScope }[] {
  const pools = poolsWithin(world, deployment, where).map((position) => deployment.pools[position]!);
  const sites = [...new Set(pools.map((pool) => world.sites[pool.site]!))];
  switch (unit) {
    case "site":
      return sites.map(({ id }) => ({ name: id, where: { ...where, sites: [id] } }));
    case "tier":
      return [...new Set(sites.map((site) => site.tier))].map((tier) => ({ name: tier, where: { ...where, tier } }));
    case "zone":
      return world.limits.zones.map(({ id }) => ({ name: id, where: { ...where, zone: id } }));
    case "engine":
      return pools.flatMap((pool) => {
        const engines = pool.groups.reduce((sum, group) => sum + Math.max(0, group.replicas), 0);
        return Array.from({ length: engines }, (_, engine) => ({
          name: `${pool.id}#${engine}`,
          where: { ...where, pool: pool.id, engine },
        }));
      });
  }
}
