import type { World } from "../catalog/index.ts";
import { compileLatencyTable, relations, type LatencyTable } from "./latency.ts";
import { compileResidency, type ResidencyTable } from "./residency.ts";
import { compileServing, type Serving } from "./serving.ts";
import { compileStanding } from "./standing.ts";

/** A world prepared for decisions: every table that eligibility and cost need, computed once. */
export interface Policy {
  readonly world: World;
  readonly period: number;
  readonly residency: ResidencyTable;
  /** Country positions (in `residency.countries`) of sites and areas. */
  readonly siteCountry: Int32Array;
  readonly areaCountry: Int32Array;
  /** Unit vectors on the sphere, three numbers per place: distances become dot products. */
  readonly siteVectors: Float64Array;
  readonly areaVectors: Float64Array;
  /** 1 when the module may be installed at the site's country: `module * sites + site`. */
  readonly exportAllowed: Uint8Array;
  /** `workload * modules + module`: see `servingAt`. */
  readonly serving: readonly Serving[];
  /** What speaks against a module at a site whatever the origin: see `compileStanding`. */
  readonly standing: Uint8Array;
  /** Data class position of a workload in `residency.dataClasses`. */
  readonly dataClassOf: Int32Array;
  /** Continent of each country position; "" when unknown. */
  readonly continentOf: readonly string[];
  /** Round-trip table of (workload, access, relation), made when first asked for. */
  latency(workload: number, access: number, relation: number): LatencyTable;
}

/** What modules can do is the same in every period, and takes most of the time that a policy does. */
const servings = new WeakMap<World, readonly Serving[]>();

function servingOf(world: World, residency: ResidencyTable): readonly Serving[] {
  const known = servings.get(world);
  if (known !== undefined) return known;
  const found = world.workloads.flatMap((workload) =>
    world.modules.map((module) => compileServing(world, residency, workload, module)),
  );
  servings.set(world, found);
  return found;
}

/** Prepares `world` for decisions in one of its periods. Pure; costs some milliseconds per workload × module. */
export function compilePolicy(world: World, period = 0): Policy {
  const residency = compileResidency(world);
  const countryOf = (country: string) => residency.indexOf.get(country)!;
  const continents = new Map(world.jurisdictions.map((entry) => [entry.country, entry.continent]));
  const tables: (LatencyTable | undefined)[] = [];
  const exportAllowed = compileExport(world);
  const serving = servingOf(world, residency);
  return {
    world,
    period,
    residency,
    siteCountry: Int32Array.from(world.sites, (site) => countryOf(site.country)),
    areaCountry: Int32Array.from(world.areas, (area) => countryOf(area.country)),
    siteVectors: unitVectors(world.sites),
    areaVectors: unitVectors(world.areas),
    exportAllowed,
    serving,
    standing: compileStanding(world, exportAllowed, serving),
    dataClassOf: Int32Array.from(world.workloads, (workload) => residency.dataClasses.indexOf(workload.dataClass)),
    continentOf: residency.countries.map((country) => continents.get(country) ?? ""),
    // Asked for every (origin, site) pair, so the answer is a position in a list and not a search.
    latency(workload, access, relation) {
      const position = (workload * world.accessTypes.length + access) * relations.length + relation;
      return (tables[position] ??= compileTable(world, workload, access, relation));
    },
  };
}

/** What `module` can do for `workload`, wherever it stands. */
export function servingAt({ world, serving }: Policy, workload: number, module: number): Serving {
  return serving[workload * world.modules.length + module]!;
}

function compileTable(world: World, workload: number, access: number, relation: number): LatencyTable {
  return compileLatencyTable(world, access, relations[relation]!, world.workloads[workload]!.ttft.attainmentRatio);
}

function unitVectors(places: readonly { latitude: number; longitude: number }[]): Float64Array {
  const vectors = new Float64Array(places.length * 3);
  for (const [index, place] of places.entries()) {
    const latitude = (place.latitude * Math.PI) / 180;
    const longitude = (place.longitude * Math.PI) / 180;
    vectors[index * 3] = Math.cos(latitude) * Math.cos(longitude);
    vectors[index * 3 + 1] = Math.cos(latitude) * Math.sin(longitude);
    vectors[index * 3 + 2] = Math.sin(latitude);
  }
  return vectors;
}

/** A country that no jurisdiction describes gets no controlled chip: undecidable means no. */
function compileExport(world: World): Uint8Array {
  const allowed = new Uint8Array(world.modules.length * world.sites.length);
  const jurisdictions = new Map(world.jurisdictions.map((entry) => [entry.country, entry]));
  for (const [m, { accelerator }] of world.modules.entries()) {
    for (const [s, site] of world.sites.entries()) {
      const law = jurisdictions.get(site.country);
      // Small chips are below the limits of a licence regime as well as of a restricted one.
      const threshold = law?.exportThreshold ?? null;
      const ok =
        law?.exportControl === "open" ||
        (threshold !== null &&
          accelerator.totalProcessingPerformance < threshold.totalProcessingPerformance &&
          accelerator.dramGBps < threshold.dramGBps);
      allowed[m * world.sites.length + s] = ok ? 1 : 0;
    }
  }
  return allowed;
}

/** Mean Earth radius, km (IUGG). */
const earthRadiusKm = 6371.0088;

/** Great-circle distance between an area and a site, km. */
export function areaSiteKm(policy: Policy, area: number, site: number): number {
  const a = policy.areaVectors;
  const b = policy.siteVectors;
  const dx = a[area * 3]! - b[site * 3]!;
  const dy = a[area * 3 + 1]! - b[site * 3 + 1]!;
  const dz = a[area * 3 + 2]! - b[site * 3 + 2]!;
  // The chord form stays exact for places a few metres apart, where the arc cosine of a dot product does not.
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(dx * dx + dy * dy + dz * dz) / 2));
}

/** Square of the straight line through the Earth between two places `km` apart, in Earth radii. */
export function chordSquared(km: number): number {
  return (2 * Math.sin(Math.min(km / (2 * earthRadiusKm), Math.PI / 2))) ** 2;
}

/** Position in `relations` of an area and a site. */
export function relationOf(policy: Policy, area: number, site: number): number {
  const origin = policy.areaCountry[area]!;
  const host = policy.siteCountry[site]!;
  if (origin === host) return 0;
  const continent = policy.continentOf[origin]!;
  return continent !== "" && continent === policy.continentOf[host] ? 1 : 2;
}
