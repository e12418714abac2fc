import type { TierTerms } from "../../scenario/index.ts";
import { electricityPrice } from "../fact/prices-electricity.ts";
import { egressUsdPerGB, transitUsdPerGB } from "../fact/prices-network.ts";
import { depreciationYears } from "../fact/prices-finance.ts";
import {
  buildingUsdPerKw,
  openingCapexUsd,
  otherOpexUsdPerYear,
  portGbps,
  pue,
  sitePowerKw,
  staffPerSite,
  staffUsdPerYear,
} from "../fact/prices-site.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import { unknownName } from "./resolve-reference.ts";
import type { Site, Tier } from "../world/world-places.ts";

/** Seconds of a month, a twelfth of 8760 hours, and GB one Gbit/s carries in it when it is always full. */
const monthS = (8760 / 12) * 3600;
const gigabytesPerGbpsMonth = monthS / 8;
/** Mean use of paid port capacity when a scenario states none: traffic of a day has a peak about twice its mean. */
const usualPortUse = 0.5;

/** More than this at one site or for one zone is a slip of units: the world's data centres together draw about 60 GW. */
export const absurdPowerKw = 1e8;

/** Price per GB of transit that is billed by port capacity. */
function transitToUsdPerGB(usdPerGbpsMonth: number, utilization: number): number {
  return usdPerGbpsMonth / (gigabytesPerGbpsMonth * utilization);
}

/** The limit with nothing before the year of connection; a period that begins earlier has none yet. */
export function connectedFrom(
  { scenario }: Resolution,
  connectionYear: number | null,
  powerKw: readonly number[],
): readonly number[] {
  if (connectionYear === null) return powerKw;
  let begin = scenario.horizon.startYear;
  return powerKw.map((kw, period) => {
    const connected = begin >= connectionYear - 1e-9;
    begin += scenario.horizon.periodLength[period]!;
    return connected ? kw : 0;
  });
}

/** Price of egress that `terms` ask for; null when they say nothing about it. */
function egressOf(resolution: Resolution, path: ScenarioPath, terms: TierTerms): number | null {
  if (terms.egressPrice !== null) return terms.egressPrice;
  if (terms.transitPrice !== null) {
    return transitToUsdPerGB(terms.transitPrice, terms.transitUtilization ?? usualPortUse);
  }
  if (terms.egressClass === null) return null;
  const own = resolution.scenario.prices.egress;
  if (Object.hasOwn(own, terms.egressClass)) return own[terms.egressClass]!;
  const catalogue: Readonly<Record<string, { readonly value: number }>> = egressUsdPerGB;
  if (Object.hasOwn(catalogue, terms.egressClass)) return catalogue[terms.egressClass]!.value;
  const known = [...Object.keys(own), ...Object.keys(catalogue)];
  unknownName(resolution, [...path, "egressClass"], "egress price class", terms.egressClass, known);
  return null;
}

/** The terms of a site that are numbers; the rest of a site is its place, owner and state. */
export type SiteTerms = Pick<
  Site,
  | "powerLimitKw"
  | "pue"
  | "electricityUsdPerKwh"
  | "openingCapexUsd"
  | "fixedOpexUsdPerYear"
  | "buildUsdPerKw"
  | "buildLifeYears"
  | "egressUsdPerGB"
  | "portGbps"
  | "upgrades"
  | "backhaulGbps"
  | "backhaulUsdPerGbpsYear"
  | "minUtilizationRatio"
>;

/**
 * Terms of the sites of one entry: what the entry says, then what the scenario says of the tier, then the catalogue.
 * @returns a function of the country, because prices differ by country within a selection.
 */
export function siteTermsOf(
  resolution: Resolution,
  path: ScenarioPath,
  tier: Tier,
  entry: TierTerms,
): (country: string) => SiteTerms {
  const { scenario, periodCount } = resolution;
  const ofTier = scenario.tiers[tier];
  const tierPath: ScenarioPath = ["tiers", tier];
  const fullKw =
    entry.powerLimit ?? ofTier.powerLimit ?? Array.from({ length: periodCount }, () => sitePowerKw[tier].value);
  const powerLimitKw = connectedFrom(resolution, entry.connection ?? ofTier.connection, fullKw);
  const upgrades = entry.upgrades ?? ofTier.upgrades ?? [];
  const backhaulGbps = entry.backhaul ?? ofTier.backhaul;
  const backhaulPrice = entry.backhaulPrice ?? ofTier.backhaulPrice;
  const minUtilization = entry.minUtilization ?? ofTier.minUtilization;
  const refuse = (where: ScenarioPath, what: string): void => {
    const message = `${what} is above 100 GW, more than all data centres of the world draw`;
    resolution.error("DSP_SCENARIO_OUT_OF_RANGE", where, message, "check the unit: kW, MW or GW");
  };
  if (fullKw.some((power) => power > absurdPowerKw)) {
    refuse([...(entry.powerLimit ? path : tierPath), "powerLimit"], "the power limit");
  }
  const stated = entry.upgrades ? path : tierPath;
  for (const [position, { size }] of upgrades.entries()) {
    if (size > absurdPowerKw) refuse([...stated, "upgrades", position, "size"], "the upgrade");
  }
  const egress = egressOf(resolution, path, entry) ?? egressOf(resolution, tierPath, ofTier);
  const electricity = entry.electricityPrice ?? ofTier.electricityPrice;
  const common = {
    powerLimitKw,
    pue: entry.pue ?? ofTier.pue ?? pue[tier].value,
    openingCapexUsd: entry.openingCost ?? ofTier.openingCost ?? openingCapexUsd[tier].value,
    fixedOpexUsdPerYear:
      entry.fixedCost ??
      ofTier.fixedCost ??
      staffPerSite[tier].value * staffUsdPerYear.value + otherOpexUsdPerYear[tier].value,
    buildUsdPerKw: entry.buildCost ?? ofTier.buildCost ?? buildingUsdPerKw[tier].value,
    buildLifeYears: entry.buildLife ?? ofTier.buildLife ?? depreciationYears.building.value,
    portGbps: entry.port ?? ofTier.port ?? portGbps[tier].value,
    ...(upgrades.length > 0 && {
      upgrades: upgrades.map(({ size, price, leadTime }) => ({
        addedKw: size,
        priceUsd: price,
        leadTimeYears: leadTime,
      })),
    }),
    ...(backhaulGbps !== null && { backhaulGbps }),
    ...(backhaulPrice !== null && { backhaulUsdPerGbpsYear: backhaulPrice * 12 }),
    ...(minUtilization !== null && minUtilization > 0 && { minUtilizationRatio: minUtilization }),
  };
  return (country) => {
    const there = scenario.countryPrices.find((row) => row.country === country);
    const power = electricity ?? scenario.prices.electricity[country] ?? there?.electricity;
    return {
      ...common,
      electricityUsdPerKwh: power ?? electricityPrice(country).value,
      egressUsdPerGB: egress ?? there?.egress ?? transitUsdPerGB(tier, country),
    };
  };
}
