import type { Resolution, ScenarioPath } from "./resolution.ts";
import { checkCountry, unknownName } from "./resolve-reference.ts";
import type { Owner, Site } from "../world/world-places.ts";
import type { PlanLimits } from "../world/world.ts";

type Shares = NonNullable<PlanLimits["shares"]>;

/** Least shares with the positions of the sites that count and of those among which they are measured. */
export function resolveShares(resolution: Resolution, sites: readonly Site[], owners: readonly Owner[]): Shares {
  return resolution.scenario.limits.shares.map((share, index) => {
    const path: ScenarioPath = ["limits", "shares", index];
    for (const [position, id] of share.owners.entries()) {
      const known = owners.map((owner) => owner.id);
      if (!known.includes(id)) unknownName(resolution, [...path, "owners", position], "owner", id, known);
    }
    for (const [position, country] of share.countries.entries())
      checkCountry(resolution, [...path, "countries", position], country);
    const { within } = share;
    if (within !== "*") {
      for (const [position, country] of within.entries())
        checkCountry(resolution, [...path, "within", position], country);
    }
    const among = [...sites.keys()].filter((site) => within === "*" || within.includes(sites[site]!.country));
    const counts = among.filter((site) => {
      const { country, owner } = sites[site]!;
      const owned = share.owners.length === 0 || share.owners.includes(owners[owner]!.id);
      return owned && (share.countries.length === 0 || share.countries.includes(country));
    });
    if (counts.length === 0 && share.least > 0) {
      const message = `no site counts towards \`${share.id}\`, so nothing may be built where it is measured`;
      resolution.warn("DSP_SCENARIO_NOTHING_SELECTED", path, message, "add sites there, or change the rule");
    }
    return { id: share.id, leastRatio: share.least, of: share.of, sites: counts, among };
  });
}
