/**
 * What a plan is worth: what it earns, what it costs, and the present value of the difference, computed in two ways that
 * share nothing but the prices. The annuity form charges every year its part of what stands; the cash form pays for
 * everything once and keeps what it is still worth at the end, each asset at its own price and age.
 */
import type { World } from "../../catalog/index.ts";
import {
  isAlwaysOpen,
  moduleAnnualUsd,
  residualUsd,
  secondsPerYear,
  siteAnnualUsd,
  type CostBreakdown,
} from "../../finance/index.ts";
import { keptBySpot } from "../world/idle-modules.ts";
import { elapsedYears } from "../problem/period-terms.ts";
import type { PlanDocument, PlanValue } from "./plan-document.ts";
import { spotAt } from "../problem/spots.ts";

interface Part {
  readonly period: number;
  readonly fromYears: number;
  readonly years: number;
  readonly deployment: PlanDocument["deployment"];
  readonly cost: CostBreakdown;
  readonly training: PlanDocument["training"];
}

const capitalItems = ["accelerators", "building", "opening", "upgrades", "closing"] as const;

export function planValue(
  document: Pick<
    PlanDocument,
    "world" | "period" | "deployment" | "cost" | "training" | "horizon" | "bestBoundUsdPerYear"
  >,
): PlanValue | null {
  const { world, period, deployment, cost, training, horizon } = document;
  if (cost === null) return null;
  const parts: Part[] =
    horizon === null
      ? [{ period, fromYears: 0, years: world.periods[period]!.lengthYears, deployment, cost, training }]
      : horizon.periods.map((entry) => ({
          period: entry.period,
          fromYears: elapsedYears(world, entry.period),
          years: world.periods[entry.period]!.lengthYears,
          deployment: entry.deployment,
          cost: entry.cost,
          training: entry.training,
        }));
  const rate = world.finance.waccRatio;
  const years = parts.reduce((sum, part) => sum + part.years, 0);
  let [revenueUsd, runningUsd, capitalUsd, potentialUsd] = [0, 0, 0, 0];
  for (const part of parts) {
    const weight = presentYears(part.fromYears, part.years, rate);
    revenueUsd += weight * revenueOf(world, part);
    potentialUsd += weight * potentialOf(world, part.period);
    const capital = capitalItems.reduce((sum, item) => sum + part.cost.byItem[item], 0);
    capitalUsd += weight * capital;
    runningUsd += weight * (spentOf(part.cost) - capital);
  }
  const first = parts[0]!;
  const earned = revenueOf(world, first);
  const cash = cashCapital(world, parts, rate, years);
  const objective = world.objective ?? "min-cost";
  const bound = horizon === null ? document.bestBoundUsdPerYear! * presentYears(0, years, rate) : horizon.boundUsd;
  return {
    objective,
    years,
    discountRatio: rate,
    revenueUsd,
    runningUsd,
    npvUsd: revenueUsd - runningUsd - capitalUsd,
    npvCashUsd: revenueUsd - runningUsd - cash.paidUsd,
    residualUsd: cash.residualUsd,
    marginRatio: earned > 0 ? (earned - spentOf(first.cost)) / earned : null,
    bestNpvUsd: objective === "max-npv" ? potentialUsd - bound : null,
  };
}

/** Money that is spent: all items but what is not served. */
function spentOf({ byItem, totalUsdPerYear }: CostBreakdown): number {
  return totalUsdPerYear - byItem.unserved - byItem["training-unserved"];
}

/** Present value of a dollar a year for some years, paid in the middle of each. */
function presentYears(from: number, years: number, rate: number): number {
  let total = 0;
  for (let year = 0; year < years; year++) {
    const part = Math.min(1, years - year);
    total += part * (1 + rate) ** -(from + year + part / 2);
  }
  return total;
}

function revenueOf(world: World, { deployment, training }: Part): number {
  let usd = 0;
  for (const flow of deployment.flows) {
    usd += flow.meanPerS * secondsPerYear * world.workloads[world.demand[flow.row]!.workload]!.priceUsdPerRequest;
  }
  for (const entry of training) usd += entry.pflops * (world.training[entry.training]!.priceUsdPerPflopYear ?? 0);
  return usd;
}

/** Revenue if everything were served, USD/year. */
function potentialOf(world: World, period: number): number {
  let usd = 0;
  for (const { workload, meanPerS } of world.demand) {
    usd += meanPerS[period]! * secondsPerYear * world.workloads[workload]!.priceUsdPerRequest;
  }
  for (const { pflops, priceUsdPerPflopYear = 0 } of world.training) usd += pflops[period]! * priceUsdPerPflopYear;
  return usd;
}

/** Something bought, of which some may be given up again. */
interface Lot {
  readonly boughtYears: number;
  readonly lifeYears: number;
  readonly waccRatio: number;
  usd: number;
}

/** Present value of what is paid for assets less what they are worth when given up and at the end. */
function cashCapital(
  world: World,
  parts: readonly Part[],
  rate: number,
  years: number,
): { paidUsd: number; residualUsd: number } {
  const lots = new Map<string, Lot[]>();
  let paidUsd = 0;
  // On average half a year lies between paying and serving, as it does between paying annuities and the year's middle.
  const present = (usd: number, atYears: number): number => usd * (1 + rate) ** -(atYears - 0.5);
  const worth = ({ usd, waccRatio, lifeYears, boughtYears }: Lot, atYears: number): number =>
    residualUsd(usd, waccRatio, lifeYears, atYears - boughtYears);
  for (const part of parts) {
    const now = part.fromYears;
    const levels = levelsOf(world, part);
    for (const [key, level] of levels) {
      const known = (lots.get(key) ?? []).filter((lot) => now - lot.boughtYears < lot.lifeYears - 1e-9);
      lots.set(key, known);
      const standing = known.reduce((sum, lot) => sum + lot.usd / level.unitUsd(lot), 0);
      const more = level.units - standing;
      if (more > 1e-9) {
        const usd = more * level.nowUsd;
        paidUsd += present(usd, now);
        known.push({ boughtYears: now, lifeYears: level.lifeYears, waccRatio: level.waccRatio, usd });
      }
      giveUp(known, -more, level.unitUsd, (lot, usd) => (paidUsd -= present(worth({ ...lot, usd }, now), now)));
    }
    for (const [key, known] of lots) {
      if (levels.has(key)) continue;
      for (const lot of known) paidUsd -= present(worth(lot, now), now);
      lots.set(key, []);
    }
  }
  let left = 0;
  for (const lot of [...lots.values()].flat()) left += worth(lot, years);
  return { paidUsd: paidUsd - present(left, years), residualUsd: left };
}

/** Takes units away, the oldest first. */
function giveUp(
  lots: Lot[],
  count: number,
  unitUsd: (lot: Lot) => number,
  sell: (lot: Lot, usd: number) => void,
): void {
  let left = count;
  for (const lot of lots) {
    if (!(left > 1e-9)) return;
    const each = unitUsd(lot);
    const units = Math.min(lot.usd / each, left);
    sell(lot, units * each);
    lot.usd -= units * each;
    left -= units;
  }
}

interface Level {
  readonly units: number;
  /** Price of a unit bought now, and of one of an earlier lot. */
  readonly nowUsd: number;
  readonly unitUsd: (lot: Lot) => number;
  readonly lifeYears: number;
  readonly waccRatio: number;
}

/** What stands in a period and was paid for, by what it is. */
function levelsOf(world: World, { period, deployment }: Part): Map<string, Level> {
  const levels = new Map<string, Level>();
  const vintageAt = (years: number): number => {
    let p = 0;
    while (p + 1 < world.periods.length && elapsedYears(world, p + 1) <= years + 1e-9) p++;
    return p;
  };
  const add = (key: string, site: number, units: number, unitUsd: number): void => {
    if (units * unitUsd === 0) return;
    const { owner, buildLifeYears } = world.sites[site]!;
    const { waccRatio } = world.owners[owner]!;
    const total = (levels.get(key)?.units ?? 0) + units;
    levels.set(key, { units: total, nowUsd: unitUsd, unitUsd: () => unitUsd, lifeYears: buildLifeYears, waccRatio });
  };
  const once = (key: string, site: number, usd: number): void => add(key, site, 1, usd);
  const open = new Set<number>();
  const keptAt = keptBySpot(world, deployment, period);
  for (const pool of deployment.pools) {
    const { site, module } = pool;
    const units = pool.count + pool.trainingCount - keptAt.get(spotAt(world, site, module))!;
    if (pool.count + pool.trainingCount > 0) open.add(site);
    if (units === 0) continue;
    const price = moduleAnnualUsd(world, site, module, period);
    const priceAt = (years: number): number =>
      moduleAnnualUsd(world, site, module, vintageAt(years)).acceleratorsCapexUsd;
    levels.set(`module ${site} ${module}`, {
      units,
      nowUsd: price.acceleratorsCapexUsd,
      unitUsd: (lot) => (deployment.vintages === undefined ? price.acceleratorsCapexUsd : priceAt(lot.boughtYears)),
      lifeYears: world.modules[module]!.lifeYears,
      waccRatio: world.owners[world.sites[site]!.owner]!.waccRatio,
    });
    // Buildings are had by the dollar, whatever stands in them.
    add(`building ${site}`, site, units * price.buildingCapexUsd, 1);
  }
  for (const { site, upgrade } of deployment.upgrades ?? []) {
    open.add(site);
    once(`upgrade ${site} ${upgrade}`, site, world.sites[site]!.upgrades![upgrade]!.priceUsd);
  }
  for (const site of world.sites.keys()) {
    if (open.has(site) || isAlwaysOpen(world, site, period)) {
      once(`opening ${site}`, site, siteAnnualUsd(world, site).openingCapexUsd);
    } else {
      const place = world.sites[site]!;
      if (siteAnnualUsd(world, site).closedUsd !== 0) once(`closing ${site}`, site, place.closingCostUsd ?? 0);
    }
  }
  return levels;
}
