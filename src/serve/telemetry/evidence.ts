import type { World } from "../../catalog/index.ts";
import { residencyDetail, residencyRule } from "../../route/index.ts";
import type { LedgerRow } from "../ledger/ledger.ts";
import { chargeNanoUsd } from "../stream/meter.ts";

/**
 * Checks rows of a ledger against a world's sites, laws and arithmetic, without the gateway that wrote them. The rule is
 * derived anew from the world; what the row says about it must agree. Evidence, not proof: where a machine stands is the
 * operator's word.
 */
export function createAuditor(world: World): (row: LedgerRow) => string | null {
  const sites = new Map(world.sites.map((site) => [site.id, site]));
  const areas = new Map(world.areas.map((area) => [area.id, area]));
  const jurisdictions = new Map(world.jurisdictions.map((entry) => [entry.country, entry]));
  return (row) => {
    const site = sites.get(row.site);
    const area = areas.get(row.area);
    if (!site) return `site ${row.site} is not in the plan`;
    if (!area) return `area ${row.area} is not in the plan`;
    if (site.country !== row.siteCountry) return `site ${row.site} is in ${site.country}, not in ${row.siteCountry}`;
    if (area.country !== row.areaCountry) return `area ${row.area} is in ${area.country}, not in ${row.areaCountry}`;
    if (area.country !== site.country) {
      const rule = residencyRule(jurisdictions.get(area.country), row.dataClass);
      const allowed = rule?.allowed ?? [];
      if (allowed !== "*" && !allowed.includes(site.country))
        return residencyDetail(world, row.dataClass, area.country, site.country);
      if (rule && !row.rule.startsWith(rule.law)) return `the rule "${row.rule}" is not the one in force, ${rule.law}`;
    }
    const tokens = row.inputTokens + row.outputTokens;
    if (row.chargeNanoUsd !== 0 && row.priceNanoUsdPerMTok !== undefined) {
      const due = chargeNanoUsd(row.priceNanoUsdPerMTok, tokens);
      if (row.chargeNanoUsd !== due) return `it charges ${row.chargeNanoUsd} nano-USD where ${due} are due`;
    }
    return null;
  };
}
