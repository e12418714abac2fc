import { accessMix, accessTypeOf, accessTypes } from "../fact/access-types.ts";
import { isCountry } from "../fact/countries.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import { unknownName } from "./resolve-reference.ts";
import type { DemandRow, Workload } from "../world/world-demand.ts";
import type { AccessType, Area } from "../world/world-places.ts";
import type { Period } from "../world/world.ts";

const dayS = 86_400;
/** More than this from one area is a slip of units: every inhabitant of the largest city asking ten times a second. */
const absurdPeakPerS = 4e8;

export interface ResolvedDemand {
  readonly accessTypes: readonly AccessType[];
  readonly demand: readonly DemandRow[];
}

/** Rates of one pair of area and workload, over all kinds of access. */
interface Rates {
  readonly peakPerS: readonly number[];
  readonly meanPerS: readonly number[];
}

/** Access types of the scenario, then of the catalogue; positions are given to those that workloads or rows name. */
class AccessTypes {
  readonly used: AccessType[] = [];
  private readonly resolution: Resolution;

  constructor(resolution: Resolution) {
    this.resolution = resolution;
  }

  position(path: ScenarioPath, id: string): number | null {
    const found = this.used.findIndex((type) => type.id === id);
    if (found >= 0) return found;
    const own = this.resolution.scenario.network.access;
    if (Object.hasOwn(own, id)) {
      const { name, median, sigma } = own[id]!;
      return this.used.push({ id, name: name ?? id, medianMs: median, sigma }) - 1;
    }
    const known = accessTypeOf(id);
    if (known) return this.used.push(known) - 1;
    unknownName(this.resolution, path, "access type", id, [...Object.keys(own), ...Object.keys(accessTypes)]);
    return null;
  }
}

/** Shares of the access types of a workload, by position. */
function mixOf(resolution: Resolution, access: AccessTypes, workload: string): readonly [number, number][] {
  const stated = resolution.scenario.workloads[workload]?.access;
  const shares: [string, number][] = stated
    ? Object.entries(stated)
    : Object.entries(accessMix).map(([id, share]) => [id, share.value]);
  const mix: [number, number][] = [];
  for (const [id, share] of shares) {
    const position = access.position(["workloads", workload, "access", id], id);
    if (position !== null && share > 0) mix.push([position, share]);
  }
  return mix;
}

/** Factor of an area: its own when the scenario names it, else that of its country. */
function multiplierOf(multipliers: Readonly<Record<string, number>>, area: Area): number {
  const name = [area.id, area.country].find((key) => Object.hasOwn(multipliers, key));
  return name === undefined ? 1 : multipliers[name]!;
}

function checkMultipliers(resolution: Resolution, areas: readonly Area[]): void {
  const known = new Set([...areas.map((area) => area.id), ...areas.map((area) => area.country)]);
  for (const name of Object.keys(resolution.scenario.areaMultipliers)) {
    if (known.has(name)) continue;
    const message = isCountry(name) ? `no area lies in ${name}` : `there is no area \`${name}\``;
    const hint = "name the id of an area, or the code of a country with areas";
    resolution.warn(
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      ["areaMultipliers", name],
      `${message}, so the factor has no effect`,
      hint,
    );
  }
}

/** Demand that follows the population, by area; null when the workload states none. */
function demandByPopulation(
  resolution: Resolution,
  workload: string,
  areas: readonly Area[],
  growthFactors: readonly number[],
): readonly Rates[] | null {
  const { users, perUser, peak, peakToMean } = resolution.scenario.workloads[workload]!.demand;
  const { areaMultipliers } = resolution.scenario;
  const perHead = users !== null && perUser !== null ? (users * perUser) / dayS : null;
  if (perHead === null && peak === null) return null;
  const population = areas.reduce((sum, area) => sum + area.population, 0);
  if (peak !== null && peak > 0 && population === 0 && areas.length > 0) {
    const hint = "state inhabitants, or give rows in the section `demand`";
    const message = `\`peak\` is divided by population, and no area has any`;
    resolution.error("DSP_SCENARIO_IMPOSSIBLE", ["workloads", workload, "demand", "peak"], message, hint);
    return null;
  }
  return areas.map((area) => {
    const meanPerS =
      perHead === null ? (peak! / peakToMean) * (area.population / population) : perHead * area.population;
    const mean = meanPerS * multiplierOf(areaMultipliers, area);
    return {
      meanPerS: growthFactors.map((factor) => mean * factor),
      peakPerS: growthFactors.map((factor) => mean * factor * peakToMean),
    };
  });
}

/** Rows of the section `demand` by workload, then area; each may name one access type. */
type StatedRows = ReadonlyMap<string, ReadonlyMap<number, readonly (Rates & { readonly access: number | null })[]>>;

function statedRows(resolution: Resolution, areas: readonly Area[], access: AccessTypes): StatedRows {
  const { scenario } = resolution;
  const positions = new Map(areas.map((area, index) => [area.id, index]));
  const rows = new Map<string, Map<number, (Rates & { access: number | null })[]>>();
  for (const [index, row] of scenario.demand.entries()) {
    const path: ScenarioPath = ["demand", index];
    const area = positions.get(row.area);
    if (area === undefined) unknownName(resolution, [...path, "area"], "area", row.area, [...positions.keys()]);
    const position = row.access === null ? null : access.position([...path, "access"], row.access);
    const workload = scenario.workloads[row.workload];
    if (area === undefined || !workload || (row.access !== null && position === null)) continue;
    const meanPerS = row.mean ?? row.peak.map((peak) => peak / workload.demand.peakToMean);
    const byArea = rows.get(row.workload) ?? new Map<number, (Rates & { access: number | null })[]>();
    rows.set(row.workload, byArea);
    const entries = byArea.get(area) ?? [];
    byArea.set(area, entries);
    entries.push({ peakPerS: row.peak, meanPerS, access: position });
  }
  return rows;
}

/** Rates by access type of one pair of area and workload. */
function splitByAccess(
  entries: readonly (Rates & { readonly access: number | null })[],
  mix: readonly [number, number][],
): ReadonlyMap<number, Rates> {
  const byAccess = new Map<number, Rates>();
  for (const { peakPerS, meanPerS, access } of entries) {
    const shares = access === null ? mix : ([[access, 1]] as const);
    for (const [position, share] of shares) {
      const before = byAccess.get(position);
      byAccess.set(position, {
        peakPerS: peakPerS.map((rate, period) => rate * share + (before?.peakPerS[period] ?? 0)),
        meanPerS: meanPerS.map((rate, period) => rate * share + (before?.meanPerS[period] ?? 0)),
      });
    }
  }
  return byAccess;
}

/**
 * Demand of every workload from every area over every kind of access, requests/s by period. Rows without any demand are
 * left out. Growth counts whole from the beginning of the first period to the beginning of each.
 */
export function resolveDemand(
  resolution: Resolution,
  workloads: readonly Workload[],
  areas: readonly Area[],
  periods: readonly Period[],
): ResolvedDemand {
  checkMultipliers(resolution, areas);
  const access = new AccessTypes(resolution);
  const mixes = workloads.map((workload) => mixOf(resolution, access, workload.id));
  const stated = statedRows(resolution, areas, access);
  const demand: DemandRow[] = [];
  const elapsedYears = elapsedYearsOf(periods);
  for (const [workload, { id }] of workloads.entries()) {
    const { growth } = resolution.scenario.workloads[id]!.demand;
    const growthFactors = elapsedYears.map((years) => (1 + growth) ** years);
    const byPopulation = demandByPopulation(resolution, id, areas, growthFactors);
    for (const [area, place] of areas.entries()) {
      const entries = stated.get(id)?.get(area) ?? (byPopulation ? [{ ...byPopulation[area]!, access: null }] : []);
      if (entries.some((entry) => entry.peakPerS.some((rate) => rate > absurdPeakPerS))) {
        const message = `the peak of \`${place.id}\` is above ${absurdPeakPerS.toExponential(0)} requests/s`;
        const path = ["workloads", id, "demand"];
        resolution.error("DSP_SCENARIO_OUT_OF_RANGE", path, message, "check users, requests per user and units");
      }
      for (const [position, rates] of splitByAccess(entries, mixes[workload]!)) {
        if (rates.peakPerS.every((rate) => rate <= 0)) continue;
        demand.push({ area, workload, access: position, peakPerS: rates.peakPerS, meanPerS: rates.meanPerS });
      }
    }
  }
  // Rows lie by area, so that everything about one place is together in a plan document.
  demand.sort((a, b) => a.area - b.area || a.workload - b.workload || a.access - b.access);
  return { accessTypes: access.used, demand };
}

/** Years from the beginning of the first period to the beginning of each. */
export function elapsedYearsOf(periods: readonly Period[]): readonly number[] {
  let elapsed = 0;
  return periods.map((period) => {
    const years = elapsed;
    elapsed += period.lengthYears;
    return years;
  });
}
