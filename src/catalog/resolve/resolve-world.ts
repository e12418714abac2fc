import { orderProblems, type Problem } from "../../scenario/index.ts";
import type { Places } from "../fact/places.ts";
import { checkCountryPrices } from "./check-country-prices.ts";
import { checkPlaces } from "./check-places.ts";
import { checkPlausible } from "./check-plausible.ts";
import { checkPermittedSites } from "./check-permitted-sites.ts";
import { startResolution, type LocatedScenario } from "./resolution.ts";
import { resolveAreas } from "./resolve-areas.ts";
import { elapsedYearsOf, resolveDemand } from "./resolve-demand.ts";
import { resolveModules } from "./resolve-hardware.ts";
import { resolveJurisdictions } from "./resolve-law.ts";
import { resolveLimits, resolveNetwork, resolveOwners, resolvePeriods, resolveTraining } from "./resolve-limits.ts";
import { resolveSites } from "./resolve-sites.ts";
import { resolveWorkloads } from "./resolve-workloads.ts";
import { catalogVersion } from "../fact/version.ts";
import type { FinanceTerms, World } from "../world/world.ts";

export type ResolveResult =
  | { readonly ok: true; readonly world: World; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Turns a parsed scenario into a world of plain numbers: expands selectors over the gazetteer, looks names up in the
 * catalogue, fills in what was left out, and spreads demand over areas, kinds of access and periods.
 *
 * The same scenario, gazetteer and catalogue give the same world, byte for byte. Never throws: what is wrong comes back
 * with its place in the file.
 */
export function resolveWorld(parsed: LocatedScenario, places: Places): ResolveResult {
  const resolution = startResolution(parsed, places);
  const { scenario } = parsed;
  const periods = resolvePeriods(resolution);
  const modules = resolveModules(resolution);
  const owners = resolveOwners(resolution, modules);
  checkCountryPrices(resolution);
  const { workloads, models, engines } = resolveWorkloads(resolution);
  const sites = resolveSites(resolution, owners, modules, periods);
  const areas = resolveAreas(resolution);
  const { accessTypes, demand } = resolveDemand(resolution, workloads, areas, periods);
  const countries = [...sites.map((site) => site.country), ...areas.map((area) => area.country)];
  const jurisdictions = resolveJurisdictions(resolution, countries, workloads);
  const training = resolveTraining(resolution, elapsedYearsOf(periods));
  const limits = resolveLimits(resolution, sites, owners);

  const world: World = {
    format: "disperse/world/v1",
    name: scenario.metadata.name,
    description: scenario.metadata.description,
    catalogVersion,
    ...(scenario.objective !== "min-cost" && { objective: scenario.objective }),
    periods,
    finance: {
      waccRatio: scenario.finance.wacc,
      maintenanceRatioPerYear: scenario.finance.maintenance,
      ...priceFactors(scenario.finance),
    },
    models,
    modules,
    engines,
    accessTypes,
    jurisdictions,
    owners,
    sites,
    areas,
    workloads,
    demand,
    training,
    limits,
    network: resolveNetwork(resolution),
  };
  const failed = () => resolution.problems.some((problem) => problem.severity === "error");
  // Whether law leaves a place to serve from can only be asked of a world that is otherwise whole.
  if (!failed()) checkPermittedSites(resolution, world);
  if (!failed()) {
    checkPlausible(resolution, world);
    checkPlaces(resolution);
  }
  const problems = orderProblems(resolution.problems);
  return failed() ? { ok: false, problems } : { ok: true, world, warnings: problems };
}

/** One factor on all modules, and what differs by period. */
function priceFactors({
  acceleratorPriceFactor,
  memoryPriceFactor,
}: {
  readonly acceleratorPriceFactor: readonly number[];
  readonly memoryPriceFactor: readonly number[];
}): Pick<FinanceTerms, "acceleratorPriceFactor" | "modulePriceFactorPerPeriod" | "memoryPriceFactorPerPeriod"> {
  const first = acceleratorPriceFactor[0]!;
  return {
    acceleratorPriceFactor: first,
    ...(acceleratorPriceFactor.some((factor) => factor !== first) && {
      modulePriceFactorPerPeriod: acceleratorPriceFactor.map((factor) => factor / first),
    }),
    ...(memoryPriceFactor.some((factor) => factor !== 1) && { memoryPriceFactorPerPeriod: memoryPriceFactor }),
  };
}
