/** Named parameters a plan depends on: factors on figures of the world, a delay, a class of prices. */
import {
  egressUsdPerGB,
  memoryPriceShockFactor,
  tiers,
  transitUsdPerGB,
  type Site,
  type Tier,
  type World,
} from "../../catalog/index.ts";
import { elapsedYears } from "../problem/period-terms.ts";

/** A factor, years, or the name of a class. */
export type ParameterValue = number | string;

interface Described {
  readonly name: string;
  readonly doc: string;
  /** Whether a world has what it is about; every world has, when left out. */
  readonly concerns?: (world: World) => boolean;
}

/**
 * Values tried when none are asked for are `low` and `high`. A factor of 1 and a delay of 0 years leave the world as it is; a
 * class replaces the prices of all sites.
 */
export type Parameter = Described &
  (
    | {
        readonly kind: "factor" | "years";
        readonly low: number;
        readonly high: number;
        readonly apply: (world: World, value: number) => World;
      }
    | {
        readonly kind: "class";
        readonly low: string;
        readonly high: string;
        readonly classes: readonly string[];
        readonly apply: (world: World, value: string) => World;
      }
  );

/** The world with the parameter at a value of its kind. */
export function applyParameter(parameter: Parameter, world: World, value: ParameterValue): World {
  // A value is checked against the parameter's kind where it is read.
  return (parameter.apply as (world: World, value: ParameterValue) => World)(world, value);
}

/** Whether the parameter at this value asks the question of the world as it is. */
export function isAsItIs({ kind }: Parameter, value: ParameterValue): boolean {
  return (kind === "factor" && value === 1) || (kind === "years" && value === 0);
}

/** Whether the parameter means anything for the world. */
export function speaksOf({ concerns }: Parameter, world: World): boolean {
  return concerns === undefined || concerns(world);
}

const times = (values: readonly number[], factor: number): number[] => values.map((value) => value * factor);

function withSites(world: World, change: (site: Site) => Partial<Site>): World {
  return { ...world, sites: world.sites.map((site) => ({ ...site, ...change(site) })) };
}

/** Demand of every class, at the peak and on average. */
export function scaleDemand(world: World, factor: number): World {
  return {
    ...world,
    demand: world.demand.map((row) => ({
      ...row,
      peakPerS: times(row.peakPerS, factor),
      meanPerS: times(row.meanPerS, factor),
    })),
  };
}

/** What a request, or training, that is not served costs. */
export function scalePenalty(world: World, factor: number): World {
  return {
    ...world,
    workloads: world.workloads.map((workload) => ({
      ...workload,
      unservedUsdPerRequest: workload.unservedUsdPerRequest * factor,
    })),
    training: world.training.map((demand) => ({
      ...demand,
      unservedUsdPerPflopYear: demand.unservedUsdPerPflopYear * factor,
    })),
  };
}

const scaleAccelerators = (world: World, factor: number): World => ({
  ...world,
  finance: { ...world.finance, acceleratorPriceFactor: world.finance.acceleratorPriceFactor * factor },
});

/** Demand of each period at `exponent` times its growth since the first. */
function bendGrowth(world: World, exponent: number): World {
  const bent = (values: readonly number[]): number[] =>
    values.map((value, period) =>
      period === 0 || exponent === 1 || !(values[0]! > 0) ? value : values[0]! * (value / values[0]!) ** exponent,
    );
  return {
    ...world,
    demand: world.demand.map((row) => ({ ...row, peakPerS: bent(row.peakPerS), meanPerS: bent(row.meanPerS) })),
    training: world.training.map((demand) => ({ ...demand, pflops: bent(demand.pflops) })),
  };
}

/** Every rise of power, and every upgrade, comes `years` later; the power of the first period is there already. */
function delayPower(world: World, years: number): World {
  const later = (powerKw: readonly number[]): number[] =>
    powerKw.map((kw, period) => {
      const then = elapsedYears(world, period) - years;
      let had = 0;
      for (let p = 0; p < period; p++) if (elapsedYears(world, p + 1) <= then + 1e-9) had = p + 1;
      return Math.min(kw, Math.max(powerKw[had]!, powerKw[0]!));
    });
  return {
    ...withSites(world, ({ powerLimitKw, upgrades }) => ({
      powerLimitKw: later(powerLimitKw),
      ...(upgrades && { upgrades: upgrades.map((it) => ({ ...it, leadTimeYears: it.leadTimeYears + years })) }),
    })),
    limits: {
      ...world.limits,
      zones: world.limits.zones.map((zone) => ({ ...zone, powerLimitKw: later(zone.powerLimitKw) })),
    },
  };
}

/** Transit as the catalogue prices it by tier and continent, instead of one price for all. */
const transit = "transit";

const egressPrices: Readonly<Record<string, { readonly value: number }>> = egressUsdPerGB;

/** Every site of the tiers, all of them when left out, pays for traffic by one class of the catalogue. */
export function withEgressClass(world: World, egressClass: string, kept: readonly Tier[] = tiers): World {
  return withSites(world, ({ tier, country, egressUsdPerGB: asItIs }) => {
    if (!kept.includes(tier)) return { egressUsdPerGB: asItIs };
    const listed = egressPrices[egressClass];
    return { egressUsdPerGB: listed === undefined ? transitUsdPerGB(tier, country) : listed.value };
  });
}

export const egressClasses: readonly string[] = [transit, ...Object.keys(egressPrices)];

/** In the order in which they are listed; ranges are assumed except where a source is named. */
export const sensitivityParameters: readonly Parameter[] = [
  {
    name: "hbm",
    kind: "factor",
    doc: "price of accelerators after a memory price shock; the high value is that of the catalogue",
    low: 1,
    high: memoryPriceShockFactor.value,
    apply: scaleAccelerators,
  },
  {
    name: "accelerator-price",
    kind: "factor",
    doc: "price of accelerators",
    low: 0.8,
    high: 1.25,
    apply: scaleAccelerators,
  },
  {
    name: "power-date",
    kind: "years",
    doc: "years by which every rise of a power limit, and every upgrade, comes later",
    low: 0,
    high: 1,
    concerns: ({ periods, sites }) => periods.length > 1 || sites.some(({ upgrades }) => upgrades !== undefined),
    apply: delayPower,
  },
  {
    name: "demand-growth",
    kind: "factor",
    doc: "growth of every demand since the first period, as a power of it",
    low: 0.5,
    high: 1.5,
    concerns: ({ periods }) => periods.length > 1,
    apply: bendGrowth,
  },
  {
    name: "egress-class",
    kind: "class",
    doc: "price class of traffic at every site",
    low: transit,
    high: "cloud-list",
    classes: egressClasses,
    apply: (world, egressClass) => withEgressClass(world, egressClass),
  },
  {
    name: "power",
    kind: "factor",
    doc: "power limits of sites and zones",
    low: 0.7,
    high: 1.3,
    apply: (world, factor) => ({
      ...withSites(world, (site) => ({ powerLimitKw: times(site.powerLimitKw, factor) })),
      limits: {
        ...world.limits,
        zones: world.limits.zones.map((zone) => ({ ...zone, powerLimitKw: times(zone.powerLimitKw, factor) })),
      },
    }),
  },
  {
    name: "electricity",
    kind: "factor",
    doc: "price of electricity",
    low: 0.7,
    high: 1.5,
    apply: (world, factor) =>
      withSites(world, (site) => ({ electricityUsdPerKwh: site.electricityUsdPerKwh * factor })),
  },
  {
    name: "egress",
    kind: "factor",
    doc: "price of traffic from sites to users",
    low: 0.5,
    high: 2,
    apply: (world, factor) => withSites(world, (site) => ({ egressUsdPerGB: site.egressUsdPerGB * factor })),
  },
  {
    name: "demand",
    kind: "factor",
    doc: "requests of every class, at the peak and on average",
    low: 0.7,
    high: 1.5,
    apply: scaleDemand,
  },
  {
    name: "wacc",
    kind: "factor",
    doc: "cost of capital of every owner",
    low: 0.75,
    high: 1.25,
    apply: (world, factor) => ({
      ...world,
      finance: { ...world.finance, waccRatio: world.finance.waccRatio * factor },
      owners: world.owners.map((owner) => ({ ...owner, waccRatio: owner.waccRatio * factor })),
    }),
  },
  {
    name: "building",
    kind: "factor",
    doc: "cost of buildings and of opening sites",
    low: 0.7,
    high: 1.5,
    apply: (world, factor) =>
      withSites(world, (site) => ({
        buildUsdPerKw: site.buildUsdPerKw * factor,
        openingCapexUsd: site.openingCapexUsd * factor,
      })),
  },
  {
    name: "latency-budget",
    kind: "factor",
    doc: "first-token budget of every workload",
    low: 0.75,
    high: 1.5,
    apply: (world, factor) => ({
      ...world,
      workloads: world.workloads.map((workload) => ({
        ...workload,
        ttft: { ...workload.ttft, budgetMs: workload.ttft.budgetMs * factor },
      })),
    }),
  },
  {
    name: "unserved-penalty",
    kind: "factor",
    doc: "what a request that is not served costs",
    low: 0.5,
    high: 2,
    apply: scalePenalty,
  },
];
