/** What the periods of a horizon have in common: when things arrive and end, and which modules are the same in several. */
import type { World } from "../../catalog/index.ts";
import { spotAt } from "./spots.ts";

/** Key of modules of one kind and use at a site. */
export function fleetKey(world: World, site: number, module: number, trains: boolean): number {
  return spotAt(world, site, module) * 2 + (trains ? 1 : 0);
}

/** Years from the beginning of the horizon to the beginning of a period. */
export function elapsedYears(world: World, period: number): number {
  let years = 0;
  for (let p = 0; p < period; p++) years += world.periods[p]!.lengthYears;
  return years;
}

/** Whether modules ordered at the beginning of the horizon are in service before `period` ends. */
export function isDelivered(world: World, module: number, period: number): boolean {
  return arrivesWithin(world, world.modules[module]!.leadTimeYears, period);
}

/** Whether what is bought in one period still serves in another. */
export function livesUntil(world: World, lifeYears: number, bought: number, period: number): boolean {
  return elapsedYears(world, period) - elapsedYears(world, bought) < lifeYears - 1e-9;
}

/** What arrives with the last day of a period serves from the next one on. */
export function arrivesWithin(world: World, leadTimeYears: number, period: number): boolean {
  return leadTimeYears < elapsedYears(world, period + 1) - 1e-9;
}
