import type { Jurisdiction, World } from "../catalog/index.ts";

/** Where data may be processed: `allowed[origin * countries + host]` is 1 when law permits it. */
export interface ResidencyTable {
  readonly countries: readonly string[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** One matrix per data class, in the order of `dataClasses`. */
  readonly dataClasses: readonly string[];
  readonly allowed: readonly Uint8Array[];
}

/**
 * Builds the matrix of permitted (origin, host) country pairs for every data class in use.
 *
 * Fails closed: an origin without a jurisdiction, or a class without a rule there, permits the origin country alone.
 */
export function compileResidency(world: World): ResidencyTable {
  const countries = [
    ...new Set([...world.areas.map((area) => area.country), ...world.sites.map((site) => site.country)]),
  ].sort();
  const indexOf = new Map(countries.map((country, index) => [country, index]));
  const jurisdictions = new Map(world.jurisdictions.map((entry) => [entry.country, entry]));
  const dataClasses = [...new Set(world.workloads.map((workload) => workload.dataClass))].sort();
  const allowed = dataClasses.map((dataClass) => {
    const matrix = new Uint8Array(countries.length * countries.length);
    for (const [origin, country] of countries.entries()) {
      matrix[origin * countries.length + origin] = 1;
      const permitted = residencyRule(jurisdictions.get(country), dataClass)?.allowed ?? [];
      for (const [host, name] of countries.entries()) {
        if (permitted === "*" || permitted.includes(name)) matrix[origin * countries.length + host] = 1;
      }
    }
    return matrix;
  });
  return { countries, indexOf, dataClasses, allowed };
}

/** The rule that governs a data class in a jurisdiction; undefined means that data may not leave. */
export function residencyRule(jurisdiction: Jurisdiction | undefined, dataClass: string) {
  return jurisdiction?.residency.find((rule) => rule.dataClass === dataClass);
}

/** Sentence that names the law behind a refusal. */
export function residencyDetail(world: World, dataClass: string, origin: string, host: string): string {
  const rule = residencyRule(
    world.jurisdictions.find((entry) => entry.country === origin),
    dataClass,
  );
  return rule
    ? `${dataClass} data from ${origin} may not be processed in ${host} (${rule.law}, as of ${rule.asOf})`
    : `no rule is known that lets ${dataClass} data leave ${origin}, so it stays there`;
}

/** Why data of a class from `origin` may not be held in `host`; null when it may. Fails closed like the table. */
export function residencyRefusal(world: World, dataClass: string, origin: string, host: string): string | null {
  const jurisdiction = world.jurisdictions.find((entry) => entry.country === origin);
  const allowed = residencyRule(jurisdiction, dataClass)?.allowed ?? [];
  const permitted = origin === host || allowed === "*" || allowed.includes(host);
  return permitted ? null : residencyDetail(world, dataClass, origin, host);
}
