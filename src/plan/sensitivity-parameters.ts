/** Named parameters a plan depends on, each a factor on figures of the world. */
import { memoryPriceShockFactor, type Site, type World } from "../catalog/index.ts";

export interface Parameter {
  readonly name: string;
  readonly doc: string;
  /** Factors tried when none are asked for; 1 leaves the world as it is. */
  readonly low: number;
  readonly high: number;
  readonly apply: (world: World, factor: number) => World;
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

/** In the order in which they are listed; ranges are assumed except where a source is named. */
export const sensitivityParameters: readonly Parameter[] = [
  {
    name: "accelerator-price",
    doc: "price of accelerators; the high value is the memory price shock of the catalogue",
    low: 0.8,
    high: memoryPriceShockFactor.value,
    apply: (world, factor) => ({
      ...world,
      finance: { ...world.finance, acceleratorPriceFactor: world.finance.acceleratorPriceFactor * factor },
    }),
  },
  {
    name: "power",
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
    doc: "price of electricity",
    low: 0.7,
    high: 1.5,
    apply: (world, factor) =>
      withSites(world, (site) => ({ electricityUsdPerKwh: site.electricityUsdPerKwh * factor })),
  },
  {
    name: "egress",
    doc: "price of traffic from sites to users",
    low: 0.5,
    high: 2,
    apply: (world, factor) => withSites(world, (site) => ({ egressUsdPerGB: site.egressUsdPerGB * factor })),
  },
  {
    name: "demand",
    doc: "requests of every class, at the peak and on average",
    low: 0.7,
    high: 1.5,
    apply: scaleDemand,
  },
  {
    name: "wacc",
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
  { name: "unserved-penalty", doc: "what a request that is not served costs", low: 0.5, high: 2, apply: scalePenalty },
];
