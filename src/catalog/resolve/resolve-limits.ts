import { networkModel } from "../fact/network-model.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import { waccRatio } from "../fact/prices-finance.ts";
import { checkCountry, unknownName } from "./resolve-reference.ts";
import { resolveShares } from "./resolve-shares.ts";
import { absurdPowerKw, connectedFrom } from "./resolve-site-terms.ts";
import type { TrainingDemand } from "../world/world-demand.ts";
import type { ServerModule } from "../world/world-engines.ts";
import type { NetworkModel, Owner, Site } from "../world/world-places.ts";
import type { Period, PlanLimits } from "../world/world.ts";

/** Periods in order; their ids are the years they begin in, `2027`, or `2027.5` for the middle of a year. */
export function resolvePeriods(resolution: Resolution): readonly Period[] {
  const { startYear, periods, periodLength } = resolution.scenario.horizon;
  let begin = startYear;
  return Array.from({ length: periods }, (_, index) => {
    const lengthYears = periodLength[index]!;
    const period = { id: String(Number(begin.toFixed(2))), startYear: Math.floor(begin), lengthYears };
    begin += lengthYears;
    return period;
  });
}

/** Owners in the order written; one hyperscaler when the scenario names none. */
export function resolveOwners(resolution: Resolution, modules: readonly ServerModule[]): readonly Owner[] {
  const { owners, finance } = resolution.scenario;
  const unlimited = Array.from({ length: resolution.periodCount }, () => null);
  const resolved = Object.entries(owners).map(([id, { kind, wacc, budget, debt, allotments }]): Owner => {
    const equityWacc = wacc ?? (finance.ownersWacc === "kind" ? waccRatio[kind].value : finance.wacc);
    return {
      id,
      kind,
      // What is borrowed costs its interest, the rest what the owner asks for.
      waccRatio: debt === null ? equityWacc : (1 - debt.share) * equityWacc + debt.share * debt.rate,
      capexBudgetUsd: budget ?? unlimited,
      ...(debt !== null && {
        debt: { shareRatio: debt.share, ratePerYear: debt.rate, leastCoverage: debt.coverage },
      }),
      ...(Object.keys(allotments).length > 0 && { allotments: allotmentsOf(resolution, id, modules) }),
    };
  });
  if (resolved.length > 0) return resolved;
  return [{ id: "operator", kind: "hyperscaler", waccRatio: finance.wacc, capexBudgetUsd: unlimited }];
}

function allotmentsOf(resolution: Resolution, owner: string, modules: readonly ServerModule[]) {
  return Object.entries(resolution.scenario.owners[owner]!.allotments).flatMap(([id, perPeriod]) => {
    const module = modules.findIndex((entry) => entry.id === id);
    const known = modules.map((entry) => entry.id);
    if (module < 0) unknownName(resolution, ["owners", owner, "allotments", id], "module", id, known);
    return module < 0 ? [] : [{ module, perPeriod }];
  });
}

/** Training demand with growth written out by period. */
export function resolveTraining(resolution: Resolution, elapsedYears: readonly number[]): readonly TrainingDemand[] {
  return resolution.scenario.training.map((entry, index) => {
    if (entry.countries !== "*") {
      for (const [position, country] of entry.countries.entries()) {
        checkCountry(resolution, ["training", index, "countries", position], country);
      }
    }
    return {
      id: entry.id,
      pflops: entry.compute.map((pflops, period) => pflops * (1 + entry.growth) ** elapsedYears[period]!),
      mfuRatio: entry.mfu,
      precision: entry.precision,
      countries: entry.countries,
      unservedUsdPerPflopYear: entry.unservedPenalty,
      ...(entry.price !== null && { priceUsdPerPflopYear: entry.price }),
      ...(entry.campus === "single" && { singleCampus: true }),
    };
  });
}

function zoneSites(
  resolution: Resolution,
  path: ScenarioPath,
  sites: readonly Site[],
  positions: ReadonlyMap<string, number>,
) {
  const zone = resolution.scenario.limits.zones[Number(path.at(-1))]!;
  const members = new Set<number>();
  for (const [index, id] of zone.sites.entries()) {
    const position = positions.get(id);
    if (position === undefined) unknownName(resolution, [...path, "sites", index], "site", id, [...positions.keys()]);
    else members.add(position);
  }
  for (const [index, country] of zone.countries.entries()) {
    if (!checkCountry(resolution, [...path, "countries", index], country)) continue;
    for (const [position, site] of sites.entries()) if (site.country === country) members.add(position);
  }
  return [...members].toSorted((a, b) => a - b);
}

/** Limits of the whole plan, zones with the positions of their sites. */
export function resolveLimits(resolution: Resolution, sites: readonly Site[], owners: readonly Owner[]): PlanLimits {
  const { headroom, portHeadroom, maxSites, budget, zones, shares, resilience } = resolution.scenario.limits;
  const positions = new Map(sites.map((site, index) => [site.id, index]));
  return {
    headroomRatio: headroom,
    portHeadroomRatio: portHeadroom,
    maxSites,
    budgetUsd: budget ?? Array.from({ length: resolution.periodCount }, () => null),
    zones: zones.map((zone, index) => {
      const path: ScenarioPath = ["limits", "zones", index];
      const members = zoneSites(resolution, path, sites, positions);
      if (members.length === 0) {
        const message = `the zone \`${zone.id}\` holds no site, so its limit has no effect`;
        resolution.warn("DSP_SCENARIO_NOTHING_SELECTED", path, message, "name sites, or countries with sites");
      }
      if (zone.powerLimit.some((power) => power > absurdPowerKw)) {
        const message = "the power limit is above 100 GW, more than all data centres of the world draw";
        resolution.error("DSP_SCENARIO_OUT_OF_RANGE", [...path, "powerLimit"], message, "check the unit: kW, MW or GW");
      }
      const powerLimitKw = connectedFrom(resolution, zone.connection, zone.powerLimit);
      return { id: zone.id, sites: members, powerLimitKw };
    }),
    ...(shares.length > 0 && { shares: resolveShares(resolution, sites, owners) }),
    ...(resilience !== null && resilience !== "none" && { resilience }),
  };
}

/** The catalogue's fit of round trips, with what the scenario replaces. */
export function resolveNetwork(resolution: Resolution): NetworkModel {
  const { floor, sameCountry, sameContinent, betweenContinents } = resolution.scenario.network;
  const fit = (own: typeof sameCountry, known: NetworkModel["sameCountry"]) =>
    own ? { scaleMs: own.scale, exponent: own.exponent } : known;
  return {
    sameCountry: fit(sameCountry, networkModel.sameCountry),
    sameContinent: fit(sameContinent, networkModel.sameContinent),
    betweenContinents: fit(betweenContinents, networkModel.betweenContinents),
    floorMs: floor ?? networkModel.floorMs,
    spread: networkModel.spread,
  };
}
