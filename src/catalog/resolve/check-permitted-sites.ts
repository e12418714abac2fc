import { countryName } from "../fact/countries.ts";
import type { Resolution } from "./resolution.ts";
import type { Workload } from "../world/world-demand.ts";
import type { Jurisdiction } from "../world/world-places.ts";
import type { World } from "../world/world.ts";

/** Most countries a message names. */
const namedCountries = 6;

function permits(jurisdiction: Jurisdiction, workload: Workload, hosts: ReadonlySet<string>): boolean {
  const rule = jurisdiction.residency.find((entry) => entry.dataClass === workload.dataClass);
  if (!rule) return hosts.has(jurisdiction.country);
  if (rule.allowed === "*") return hosts.size > 0;
  return rule.allowed.some((country) => hosts.has(country));
}

/**
 * Says before any planning whether law leaves demand without a single site: an error when nothing of a workload has a
 * place, a warning when some countries have none. Whether a permitted site is also near enough is for the plan to say.
 */
export function checkPermittedSites(resolution: Resolution, world: World): void {
  const jurisdictions = new Map(world.jurisdictions.map((entry) => [entry.country, entry]));
  const origins = world.workloads.map(() => new Set<string>());
  for (const row of world.demand) origins[row.workload]!.add(world.areas[row.area]!.country);
  for (const [index, workload] of world.workloads.entries()) {
    const ofTier = world.sites.filter((site) => workload.tiers.includes(site.tier));
    const hosts = new Set(ofTier.filter(({ status }) => status !== "forbidden").map(({ country }) => country));
    const asking = [...origins[index]!].toSorted();
    const stranded = asking.filter((country) => !permits(jurisdictions.get(country)!, workload, hosts));
    if (stranded.length === 0) continue;
    const path = ["workloads", workload.id];
    const tiers = workload.tiers.join(" or ");
    if (hosts.size === 0) {
      const [fault, hint] =
        ofTier.length === 0
          ? [`there is no ${tiers} site`, "add one, or let it run in other `tiers`"]
          : [`every ${tiers} site is forbidden`, "take `status: forbidden` off one, or add sites"];
      resolution.error("DSP_SCENARIO_IMPOSSIBLE", path, `\`${workload.id}\` can be served nowhere: ${fault}`, hint);
      continue;
    }
    const named = stranded.slice(0, namedCountries).map(countryName).join(", ");
    const more = stranded.length > namedCountries ? ` and ${stranded.length - namedCountries} more` : "";
    const rule = jurisdictions.get(stranded[0]!)!.residency.find((entry) => entry.dataClass === workload.dataClass);
    const message = `no ${tiers} site may serve ${workload.dataClass} data of ${named}${more} (${rule?.law ?? "no rule is known, so data stays"})`;
    const hint = "add sites there, or set a rule under `laws.residency`";
    if (stranded.length === asking.length) {
      resolution.error("DSP_SCENARIO_IMPOSSIBLE", path, `\`${workload.id}\` can be served nowhere: ${message}`, hint);
    } else {
      resolution.warn("DSP_SCENARIO_IMPOSSIBLE", path, `\`${workload.id}\` stays unserved in part: ${message}`, hint);
    }
  }
}
