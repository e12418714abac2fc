/**
 * Decisions of whole numbers that are no servers: upgrades of a site's power, and where a training run that may not be
 * split stands. They are pools that serve nobody and only make room under a limit, so every way of solving knows them.
 */
import type { World } from "../../catalog/index.ts";
import { upgradeAnnualUsd } from "../../finance/index.ts";
import { arrivesWithin } from "./period-terms.ts";

export type AuxiliaryPool =
  | { readonly kind: "upgrade"; readonly site: number; readonly upgrade: number; readonly usd: number }
  | { readonly kind: "campus"; readonly site: number; readonly training: number; readonly usd: number };

/** Whether an upgrade ordered at the beginning of the horizon gives power before `period` ends. */
export function isUpgraded(world: World, site: number, upgrade: number, period: number): boolean {
  return arrivesWithin(world, world.sites[site]!.upgrades![upgrade]!.leadTimeYears, period);
}

/**
 * Upgrades by site, then campuses by training and site.
 *
 * @param campuses Sites at which each single-campus training could run.
 */
export function auxiliaryPools(
  world: World,
  period: number,
  campuses: ReadonlyMap<number, readonly number[]>,
): AuxiliaryPool[] {
  const found: AuxiliaryPool[] = [];
  for (const [site, place] of world.sites.entries()) {
    if (place.status === "forbidden") continue;
    for (const upgrade of (place.upgrades ?? []).keys()) {
      if (!isUpgraded(world, site, upgrade, period)) continue;
      found.push({ kind: "upgrade", site, upgrade, usd: upgradeAnnualUsd(world, site, upgrade) });
    }
  }
  for (const [training, sites] of campuses) {
    for (const site of sites) found.push({ kind: "campus", site, training, usd: 0 });
  }
  return found;
}

/** The site's power when everything that can be had by then is bought, kW. */
export function upgradedKw(world: World, site: number, baseKw: number, period: number): number {
  let kw = baseKw;
  for (const [upgrade, { addedKw }] of (world.sites[site]!.upgrades ?? []).entries()) {
    if (isUpgraded(world, site, upgrade, period)) kw += addedKw;
  }
  return kw;
}
