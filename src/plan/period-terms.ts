/** How one period of a horizon is planned: by itself, after earlier ones, or as a bound on what any plan does in it. */
import type { World } from "../catalog/index.ts";
import { spotAt } from "./spots.ts";

/**
 * `alone`: as if it were the only one. `following`: what was bought earlier stays, and nothing is bought that a later
 * period could not power. `stacked`: one of several planned together; what ties them is written where they are stacked.
 */
export type PeriodTerms =
  | { readonly kind: "alone" }
  /** Modules bought before this period that are still in service, by `fleetKey`. */
  | { readonly kind: "following"; readonly carried: ReadonlyMap<number, number> }
  | { readonly kind: "stacked" };

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

/** Power in a period; when later periods follow, only what none of them takes away again. */
export function lastingKw(powerKw: readonly number[], period: number, terms: PeriodTerms): number {
  return terms.kind === "following" ? Math.min(...powerKw.slice(period)) : powerKw[period]!;
}
