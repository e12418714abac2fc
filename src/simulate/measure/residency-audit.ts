import type { World } from "../../catalog/index.ts";

/**
 * Checks where data went, by a reading of the law of its own: it looks at the world's rules and not at the policy, so a
 * mistake in the policy cannot hide here. A data class without a rule in the country of origin may not leave it.
 */
export class ResidencyAudit {
  readonly #sites: number;
  /** `row * sites + site` is too large to hold, so by origin country, workload and site: 1 = allowed. */
  readonly #allowed: Uint8Array;
  readonly #originOfRow: Int32Array;

  constructor(world: World) {
    this.#sites = world.sites.length;
    const countries = [...new Set(world.areas.map((area) => area.country))];
    const positions = new Map(countries.map((country, position) => [country, position]));
    const workloads = world.workloads.length;
    this.#originOfRow = Int32Array.from(world.demand, (row) => {
      return positions.get(world.areas[row.area]!.country)! * workloads + row.workload;
    });
    this.#allowed = new Uint8Array(countries.length * workloads * this.#sites);
    for (const [position, country] of countries.entries()) {
      const law = world.jurisdictions.find((entry) => entry.country === country);
      for (const [w, workload] of world.workloads.entries()) {
        const rule = law?.residency.find((entry) => entry.dataClass === workload.dataClass);
        const places = rule === undefined ? null : rule.allowed === "*" ? "*" : new Set(rule.allowed);
        for (const [s, site] of world.sites.entries()) {
          const isAllowed = site.country === country || places === "*" || (places?.has(site.country) ?? false);
          this.#allowed[(position * workloads + w) * this.#sites + s] = isAllowed ? 1 : 0;
        }
      }
    }
  }

  /** Country and workload of each row of `World.demand`, as one number. */
  originOf(row: number): number {
    return this.#originOfRow[row]!;
  }

  /** Whether what comes from `originOf` a row may go to the site. */
  allows(origin: number, site: number): boolean {
    return this.#allowed[origin * this.#sites + site] === 1;
  }
}
