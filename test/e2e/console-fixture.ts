/**
 * A small plan of Western Europe for the console's own tests: the documents have the real types and agree with each
 * other, while the deployment is a greedy one and the measures are made up. Nothing here says anything about the world.
 */
import type { Area, Site, Tier, World } from "../../src/catalog/index.ts";
import { annualCost, costItems, type CostItem } from "../../src/finance/index.ts";
import { distanceKm } from "../../src/network/index.ts";
import type { PlanDocument, PlanFigures, Unserved } from "../../src/plan/index.ts";
import type { Deployment, PlannedFlow, Pool } from "../../src/route/index.ts";
import { ledgerReport, rollUp, type LedgerReport, type LiveEvent } from "../../src/serve/index.ts";
import { ledgerRow } from "../contract/ledger-row.ts";
import {
  defaultSimulationOptions,
  type Quantiles,
  type ServedResult,
  type SimulationResult,
} from "../../src/simulate/index.ts";

/** Name, country, latitude, longitude, inhabitants in thousands, tier of the site offered there. */
type Place = readonly [string, string, number, number, number, Tier];

export const europe: readonly Place[] = [
  ["Frankfurt", "DE", 50.11, 8.68, 760, "core"],
  ["Dublin", "IE", 53.35, -6.26, 590, "core"],
  ["Stockholm", "SE", 59.33, 18.07, 980, "core"],
  ["London", "GB", 51.51, -0.13, 8900, "regional"],
  ["Paris", "FR", 48.86, 2.35, 2100, "regional"],
  ["Madrid", "ES", 40.42, -3.7, 3300, "regional"],
  ["Milan", "IT", 45.46, 9.19, 1350, "regional"],
  ["Warsaw", "PL", 52.23, 21.01, 1790, "regional"],
  ["Amsterdam", "NL", 52.37, 4.9, 870, "regional"],
  ["Berlin", "DE", 52.52, 13.4, 3650, "edge"],
  ["Hamburg", "DE", 53.55, 9.99, 1850, "edge"],
  ["Munich", "DE", 48.14, 11.58, 1490, "edge"],
  ["Cologne", "DE", 50.94, 6.96, 1080, "edge"],
  ["Vienna", "AT", 48.21, 16.37, 1900, "edge"],
  ["Rome", "IT", 41.9, 12.5, 2870, "edge"],
  ["Naples", "IT", 40.85, 14.27, 960, "edge"],
  ["Barcelona", "ES", 41.39, 2.17, 1620, "edge"],
  ["Valencia", "ES", 39.47, -0.38, 790, "edge"],
  ["Seville", "ES", 37.39, -5.99, 690, "edge"],
  ["Lisbon", "PT", 38.72, -9.14, 550, "edge"],
  ["Porto", "PT", 41.15, -8.61, 230, "edge"],
  ["Lyon", "FR", 45.76, 4.84, 520, "edge"],
  ["Marseille", "FR", 43.3, 5.37, 870, "edge"],
  ["Toulouse", "FR", 43.6, 1.44, 490, "edge"],
  ["Brussels", "BE", 50.85, 4.35, 1210, "edge"],
  ["Zurich", "CH", 47.38, 8.54, 420, "edge"],
  ["Prague", "CZ", 50.08, 14.44, 1300, "edge"],
  ["Budapest", "HU", 47.5, 19.04, 1750, "edge"],
  ["Bucharest", "RO", 44.43, 26.1, 1880, "edge"],
  ["Athens", "GR", 37.98, 23.73, 660, "edge"],
  ["Sofia", "BG", 42.7, 23.32, 1240, "edge"],
  ["Copenhagen", "DK", 55.68, 12.57, 640, "edge"],
  ["Oslo", "NO", 59.91, 10.75, 700, "edge"],
  ["Helsinki", "FI", 60.17, 24.94, 650, "edge"],
  ["Manchester", "GB", 53.48, -2.24, 550, "edge"],
  ["Glasgow", "GB", 55.86, -4.25, 630, "edge"],
  ["Birmingham", "GB", 52.49, -1.89, 1140, "edge"],
  ["Krakow", "PL", 50.06, 19.94, 780, "edge"],
  ["Gdansk", "PL", 54.35, 18.65, 470, "edge"],
  ["Riga", "LV", 56.95, 24.11, 610, "edge"],
  ["Vilnius", "LT", 54.69, 25.28, 580, "edge"],
  ["Tallinn", "EE", 59.44, 24.75, 440, "edge"],
  ["Zagreb", "HR", 45.81, 15.98, 770, "edge"],
  ["Belgrade", "RS", 44.79, 20.45, 1200, "edge"],
  ["Palermo", "IT", 38.12, 13.36, 630, "edge"],
  ["Turin", "IT", 45.07, 7.69, 850, "edge"],
  ["Bordeaux", "FR", 44.84, -0.58, 260, "edge"],
  ["Gothenburg", "SE", 57.71, 11.97, 590, "edge"],
];

export interface FixtureOptions {
  readonly places?: readonly Place[];
}

export function fixturePlan({ places = europe }: FixtureOptions = {}): PlanDocument {
  const world = fixtureWorld(places);
  const deployment = greedyDeployment(world);
  const cost = annualCost(world, deployment, 0);
  const unserved = fixtureUnserved(world, deployment);
  const objective = cost.totalUsdPerYear;
  const served = (workload: number) => {
    let peak = 0;
    let taken = 0;
    for (const row of world.demand) if (row.workload === workload) peak += row.peakPerS[0]!;
    for (const flow of deployment.flows) if (world.demand[flow.row]!.workload === workload) taken += flow.peakPerS;
    return taken / peak;
  };
  return {
    format: "disperse/plan/v1",
    name: world.name,
    inputHash: "fixture",
    catalogVersion: world.catalogVersion,
    world,
    period: 0,
    status: "optimal",
    objectiveUsdPerYear: objective,
    bestBoundUsdPerYear: objective * 0.9948,
    relativeGap: 0.0052,
    method: "exact",
    search: {
      seed: 1,
      askedGap: 0.01,
      seconds: 4.2,
      rows: 96,
      arcs: 1800,
      pools: 60,
      curve: [
        { seconds: 0.3, incumbentUsd: null, boundUsd: objective * 0.9 },
        { seconds: 1.1, incumbentUsd: objective * 1.2, boundUsd: objective * 0.97 },
        { seconds: 4.2, incumbentUsd: objective, boundUsd: objective * 0.9948 },
      ],
      message: "",
    },
    deployment,
    cost,
    sites: siteLoads(world, deployment),
    limits: [],
    unserved,
    training: [{ training: 0, pool: 0, modules: 24, pflops: 190 }],
    certificate: null,
    horizon: null,
    alternatives: {
      centralised: {
        name: "core only",
        status: "optimal",
        objectiveUsdPerYear: objective * 1.31,
        bestBoundUsdPerYear: objective * 1.3,
        unservedUsdPerYear: objective * 0.52,
        servedRatio: 0.61,
        servedByWorkload: world.workloads.map((workload, index) => ({
          workload: workload.id,
          servedRatio: [0, 0.42, 1][index]! * served(index),
        })),
        openSites: [
          { tier: "core", count: 3 },
          { tier: "regional", count: 0 },
          { tier: "edge", count: 0 },
        ],
      },
    },
    verdict: {
      distribute: true,
      savingUsdPerYear: objective * 0.31,
      sentence: "Distribute: it serves demand that the core alone cannot reach in time.",
    },
    clashes: [],
  };
}

function fixtureWorld(places: readonly Place[]): World {
  const slug = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const sites = places.map(([name, country, latitude, longitude, , tier], index): Site => {
    const scale = { core: 100, regional: 10, edge: 1 }[tier];
    return {
      id: `${slug(name)}-${tier}`,
      name,
      tier,
      country,
      latitude,
      longitude,
      owner: tier === "edge" ? 1 : 0,
      powerLimitKw: [180 * scale],
      pue: { core: 1.12, regional: 1.25, edge: 1.45 }[tier],
      electricityUsdPerKwh: 0.09 + 0.004 * (index % 12),
      openingCapexUsd: 120_000 * scale,
      fixedOpexUsdPerYear: 45_000 * scale,
      buildUsdPerKw: 11_000,
      buildLifeYears: 20,
      egressUsdPerGB: { core: 0.02, regional: 0.01, edge: 0.004 }[tier],
      portGbps: 40 * scale,
      status: index === 0 ? "existing" : "candidate",
      installed: [],
    };
  });
  const areas = places.map(([name, country, latitude, longitude, thousands]): Area => ({
    id: slug(name),
    name,
    country,
    latitude,
    longitude,
    population: thousands * 1000,
    utcOffsetHours: longitude / 15,
  }));
  const ratePerMillion = [14, 42, 9];
  const demand = areas.flatMap((area, index) =>
    ratePerMillion.flatMap((rate, workload) =>
      [0, 1].map((access) => {
        const meanPerS = ((rate * area.population) / 1e6) * (access === 0 ? 0.62 : 0.38);
        return { area: index, workload, access, peakPerS: [meanPerS * 2.1], meanPerS: [meanPerS] };
      }),
    ),
  );
  return {
    format: "disperse/world/v1",
    name: "Europe, three tiers",
    description: "A made-up plan for the tests of the console.",
    catalogVersion: "fixture",
    periods: [{ id: "2027", startYear: 2027, lengthYears: 1 }],
    finance: { waccRatio: 0.08, maintenanceRatioPerYear: 0.04, acceleratorPriceFactor: 1 },
    models: [model("small-1b", 1e9, 16), model("medium-8b", 8e9, 32), model("large-70b", 70e9, 80)],
    modules: [
      serverModule("hgx-8", "HGX B200 ×8", 8, 390_000, 14.3, ["core", "regional"]),
      serverModule("edge-4", "L40S ×4", 4, 62_000, 2.4, ["regional", "edge"]),
      serverModule("edge-1", "L4 ×1", 1, 9_000, 0.45, ["edge"]),
    ],
    engines: [
      {
        id: "fixture-engine",
        name: "Fixture engine",
        stepFixedMs: 2,
        stepPerLayerUs: 20,
        stepPerSequenceUs: 8,
        memoryCoefficient: 1,
        computeCoefficient: 1,
        communicationCoefficient: 1,
        requestOverheadMs: 1,
        maxBatchedTokens: 8192,
        maxSequences: 256,
        memoryUtilization: 0.9,
        overheadGB: 2,
        overheadBytesPerBatchedToken: 1000,
        kvBlockTokens: 16,
        confidence: "assumed",
      },
    ],
    accessTypes: [
      { id: "fibre", name: "Fibre", medianMs: 4, sigma: 0.5 },
      { id: "cable", name: "Cable", medianMs: 13, sigma: 0.5 },
    ],
    jurisdictions: [...new Set(places.map(([, country]) => country))].map((country) => ({
      country,
      continent: "EU",
      residency: [{ dataClass: "personal", allowed: "*" as const, law: "GDPR, Article 45", asOf: "2024-01-15" }],
      exportControl: "open" as const,
      exportThreshold: null,
    })),
    owners: [
      { id: "cloud", kind: "hyperscaler", waccRatio: 0.08, capexBudgetUsd: [null] },
      { id: "micro", kind: "micro-dc", waccRatio: 0.1, capexBudgetUsd: [null] },
    ],
    sites,
    areas,
    workloads: [
      workload("gaming", "Gaming", 0, 15, 0.95, ["edge", "regional"], 0.0004),
      workload("shop", "E-commerce", 1, 20, 0.95, ["edge", "regional", "core"], 0.0009),
      workload("assistant", "Assistant", 2, 500, 0.99, ["regional", "core"], 0.004),
    ],
    demand,
    training: [
      {
        id: "pretraining",
        pflops: [190],
        mfuRatio: 0.4,
        precision: "bf16",
        countries: "*",
        unservedUsdPerPflopYear: 90_000,
      },
    ],
    limits: { headroomRatio: 0.8, maxSites: null, budgetUsd: [null], zones: [] },
    network: {
      sameCountry: { scaleMs: 0.05, exponent: 0.85 },
      sameContinent: { scaleMs: 0.05, exponent: 0.86 },
      betweenContinents: { scaleMs: 0.06, exponent: 0.86 },
      floorMs: 1,
      spread: [{ km: 0, sigma: 0.2 }],
    },
  };
}

function model(id: string, parameters: number, layers: number): World["models"][number] {
  return {
    id,
    name: id,
    totalParameters: parameters,
    activeParameters: parameters,
    layers,
    hiddenSize: 4096,
    attentionHeads: 32,
    kvHeads: 8,
    headDim: 128,
    vocabulary: 128_000,
    maxContextTokens: 32_768,
  };
}

function serverModule(
  id: string,
  name: string,
  count: number,
  priceUsd: number,
  powerKw: number,
  tiers: readonly Tier[],
): World["modules"][number] {
  return {
    id,
    name,
    accelerator: {
      id: `${id}-chip`,
      name: name.replace(/ ×\d+$/, ""),
      kind: "gpu",
      generation: "fixture",
      memoryGB: 48,
      memoryGBps: 1000,
      tflops: { bf16: 400, fp8: 800 },
      rateConfidence: "assumed",
      link: { kind: "pcie", latencyUs: 10, allReduceGBps: 20 },
      totalProcessingPerformance: 3000,
      dramGBps: 1000,
      tdpWatts: 300,
    },
    acceleratorCount: count,
    priceUsd,
    powerKw,
    idlePowerKw: powerKw * 0.3,
    lifeYears: 5,
    leadTimeYears: 0.5,
    tiers,
    supplyPerPeriod: [null],
  };
}

function workload(
  id: string,
  name: string,
  modelIndex: number,
  budgetMs: number,
  attainmentRatio: number,
  tiers: readonly Tier[],
  unservedUsdPerRequest: number,
): World["workloads"][number] {
  return {
    id,
    name,
    model: modelIndex,
    weightPrecision: "fp8",
    kvPrecision: "fp8",
    engine: 0,
    inputTokens: { mean: 200, cv: 1 },
    outputTokens: { mean: 80, cv: 1 },
    prefixHitRatio: 0.3,
    ttft: { budgetMs, attainmentRatio },
    tpotBudgetMs: 50,
    dataClass: "personal",
    requestBytes: 2_000,
    responseBytes: id === "gaming" ? 400_000 : 40_000,
    priceUsdPerRequest: unservedUsdPerRequest * 2,
    unservedUsdPerRequest,
    tiers,
  };
}

/** Requests per second one module takes, by workload and module. */
const moduleRate = [
  [0, 60, 14],
  [0, 220, 30],
  [26, 0, 0],
];
/** How far a site may be, by workload, km. */
const reachKm = [160, 420, 4000];

function greedyDeployment(world: World): Deployment {
  const flows: (PlannedFlow & { readonly key: string })[] = [];
  for (const [row, demand] of world.demand.entries()) {
    const area = world.areas[demand.area]!;
    const { tiers } = world.workloads[demand.workload]!;
    // Gaming over cable is left out: its last mile alone takes more than the budget.
    if (demand.workload === 0 && demand.access === 1) continue;
    const near = world.sites
      .map((site, index) => ({ site, index, km: distanceKm(area, site) }))
      .filter(({ site, km }) => tiers.includes(site.tier) && km <= reachKm[demand.workload]!)
      .filter(({ site }) => demand.workload !== 2 || site.tier !== "edge")
      .filter(({ site }) => demand.workload === 0 || site.tier !== "edge" || area.population > 1.1e6)
      .sort((a, b) => a.km - b.km)
      .at(0);
    if (!near || (demand.workload === 0 && area.population < 450_000)) continue;
    const module = moduleRate[demand.workload]!.findIndex((rate) => rate > 0);
    const key = `${near.index}/${near.site.tier === "edge" ? 2 : module}`;
    flows.push({
      key,
      row,
      pool: 0,
      peakPerS: demand.peakPerS[0]!,
      meanPerS: demand.meanPerS[0]!,
      energyKwhPerRequest: 2e-5,
    });
  }
  const keys = [...new Set(["0/0", ...flows.map((flow) => flow.key)])];
  const pools = keys.map((key): Pool => {
    const [site, module] = key.split("/").map(Number) as [number, number];
    const own = flows.filter((flow) => flow.key === key);
    const rates = new Map<number, number>();
    for (const flow of own) {
      const { workload: w } = world.demand[flow.row]!;
      rates.set(w, (rates.get(w) ?? 0) + flow.peakPerS);
    }
    let modules = 0;
    for (const [w, rate] of rates) modules += rate / (moduleRate[w]![module] || 20) / 0.8;
    return {
      id: `${world.sites[site]!.id}/${world.modules[module]!.id}`,
      site,
      module,
      count: Math.ceil(modules),
      trainingCount: key === "0/0" ? 24 : 0,
      capacityUsdPerModuleS: 0,
      groups: [...rates].map(([w, plannedPerS]) => ({
        workloads: [w],
        tensorParallel: 1,
        replicas: Math.max(1, Math.ceil(modules)),
        speedRatio: 1,
        plannedPerS,
      })),
    };
  });
  return {
    period: 0,
    pools,
    flows: flows.map(({ key, ...flow }) => ({ ...flow, pool: keys.indexOf(key) })),
  };
}

function siteLoads(world: World, deployment: Deployment): PlanDocument["sites"] {
  return [...new Set(deployment.pools.map((pool) => pool.site))].map((site) => {
    const place = world.sites[site]!;
    const pools = deployment.pools.filter((pool) => pool.site === site);
    const flows = deployment.flows.filter((flow) => deployment.pools[flow.pool]!.site === site);
    const total = (pool: Pool) => pool.count + pool.trainingCount;
    return {
      site,
      modules: pools.reduce((sum, pool) => sum + total(pool), 0),
      servedPerS: flows.reduce((sum, flow) => sum + flow.peakPerS, 0),
      powerKw: pools.reduce((sum, pool) => sum + total(pool) * world.modules[pool.module]!.powerKw, 0) * place.pue,
      powerLimitKw: place.powerLimitKw[0]!,
      egressGbps: flows.reduce((sum, flow) => {
        const { responseBytes } = world.workloads[world.demand[flow.row]!.workload]!;
        return sum + flow.peakPerS * responseBytes * 8e-9;
      }, 0),
      portGbps: place.portGbps,
    };
  });
}

function fixtureUnserved(world: World, deployment: Deployment): Unserved[] {
  const served = new Set(deployment.flows.map((flow) => flow.row));
  const missing = [...world.demand.entries()].filter(([row]) => !served.has(row));
  const groups = Map.groupBy(missing, ([, demand]) => `${demand.workload} ${demand.access}`);
  return [...groups.values()].map((rows): Unserved => {
    const first = rows[0]![1];
    const { id, unservedUsdPerRequest } = world.workloads[first.workload]!;
    const sumOf = (pick: (row: World["demand"][number]) => number) => rows.reduce((sum, [, row]) => sum + pick(row), 0);
    const all = world.demand.reduce((sum, row) => sum + (row.workload === first.workload ? row.peakPerS[0]! : 0), 0);
    const physics = first.workload === 0 && first.access === 1;
    return {
      workload: id,
      access: world.accessTypes[first.access]!.id,
      reason: physics ? "physics" : "scale",
      peakPerS: sumOf((row) => row.peakPerS[0]!),
      meanPerS: sumOf((row) => row.meanPerS[0]!),
      shareOfWorkload: sumOf((row) => row.peakPerS[0]!) / all,
      usdPerYear: sumOf((row) => row.meanPerS[0]!) * 8760 * 3600 * unservedUsdPerRequest,
      areas: rows.length,
      examples: rows.slice(0, 3).map(([, row]) => world.areas[row.area]!.id),
      detail: physics
        ? "budget 15.0 ms, last mile 29.6 ms, prefill on an idle edge-1 4.1 ms"
        : "the demand in reach does not pay for another module or for opening a site",
      whatWouldHelp: physics
        ? ["Fibre instead of Cable", "a budget of 33.7 ms or more with a site next door"]
        : ["smaller or cheaper modules, a cheaper site, or more demand in reach"],
    };
  });
}

/** A simulated hour that agrees in shape with `plan`. */
export function fixtureSimulation(plan: PlanDocument): SimulationResult {
  const quantiles = (p50: number, spread: number): Quantiles => ({
    mean: p50 * 1.06,
    p50,
    p90: p50 * spread,
    p95: p50 * spread ** 1.35,
    p99: p50 * spread ** 2,
    max: p50 * spread ** 3.2,
  });
  const served = (completed: number, ttft: number, spread: number, ratio: number | null): ServedResult => ({
    completed,
    answeredFromCache: 0,
    ttftMs: quantiles(ttft, spread),
    tpotMs: quantiles(11, 1.4),
    e2eMs: quantiles(ttft + 900, 1.6),
    queueMs: quantiles(0.6, 3),
    ttftAttainmentRatio: ratio,
    sloAttainmentRatio: ratio,
    inputTokens: completed * 200,
    cachedTokens: completed * 60,
    outputTokens: completed * 80,
    egressBytes: completed * 40_000,
    preemptions: 0,
  });
  const rows: readonly (readonly [number, number, readonly (number | null)[], number])[] = [
    [10.4, 1.27, [null, null, 0.9631], 0.9631],
    [13.2, 1.3, [0.9102, 0.9588, 0.9912], 0.9655],
    [168, 1.6, [0.9985, 0.9992, null], 0.9989],
  ];
  const { world } = plan;
  return {
    format: "disperse/simulation/v1",
    scenario: world.name,
    options: defaultSimulationOptions,
    closedForms: [],
    siteWindows: Array.from({ length: 60 }, (_, minute) => minute).flatMap((minute) =>
      plan.sites.map(({ site }) => {
        const completed = 200 + ((site * 37 + minute * 11) % 90);
        // One site is slow for a quarter of an hour.
        const ratio = site === plan.sites[0]!.site && minute >= 20 && minute < 35 ? 0.7 : 0.99;
        return { site: world.sites[site]!.id, fromS: minute * 60, completed, withinSlo: Math.floor(completed * ratio) };
      }),
    ),
    predictions: [],
    waitingLine: null,
    links: [],
    simulatedS: 3600,
    requests: {
      arrived: 1_812_400,
      completed: 1_810_950,
      rejected: 1_320,
      inFlight: 130,
      retries: 0,
      waited: 0,
      preemptions: 0,
      goodputPerS: 489,
    },
    workloads: world.workloads.map((entry, index) => {
      const [ttft, spread, byTier, all] = rows[index]!;
      const completed = [320_000, 1_210_000, 280_000][index]!;
      return {
        workload: entry.id,
        arrived: completed + 440,
        rejected: 440,
        rejections: [],
        attainmentOfArrivedRatio: all,
        targetRatio: entry.ttft.attainmentRatio,
        ...served(completed, ttft, spread, all),
        tiers: (["core", "regional", "edge"] as const).map((tier, position) => ({
          tier,
          ...served(byTier[position] === null ? 0 : completed / 2, ttft, spread, byTier[position]!),
        })),
      };
    }),
    tiers: [],
    sites: [],
    pools: [],
    windows: Array.from({ length: 60 }, (_, minute) => ({
      fromS: minute * 60,
      workloads: world.workloads.map((entry, index) => {
        const arrived = [5300, 20100, 4600][index]!;
        const ratio = [0.963, 0.966, 0.999][index]! - 0.006 * Math.abs(Math.sin(minute / (7 + index)));
        return { workload: entry.id, arrived, completed: arrived, withinSlo: Math.round(arrived * ratio), rejected: 0 };
      }),
    })),
    areaHours: [],
    agreement: {
      plannedRequests: 1_810_000,
      completedRequests: 1_810_950,
      movedRatio: 0.013,
      unplannedRequests: 0,
      plannedServing: { kwh: 95, usd: 14 },
      serving: { kwh: 101, usd: 15 },
      pools: [],
    },
    money: {} as SimulationResult["money"],
    residencyViolations: 0,
    quantileError: 0.005,
  };
}

/** The `sequence`-th live request: walks through the flows of the plan. */
export function fixtureLiveEvent(plan: PlanDocument, sequence: number, epochMs: number): LiveEvent {
  const { world, deployment } = plan;
  const flow = deployment.flows[(sequence * 37) % deployment.flows.length]!;
  const demand = world.demand[flow.row]!;
  const site = world.sites[deployment.pools[flow.pool]!.site]!;
  const { id, ttft } = world.workloads[demand.workload]!;
  return {
    epochMs,
    requestId: `req-${String(sequence).padStart(6, "0")}`,
    workload: id,
    area: world.areas[demand.area]!.id,
    site: site.id,
    tier: site.tier,
    ttftMs: ttft.budgetMs * (0.3 + 0.05 * (sequence % 9)),
    networkMs: ttft.budgetMs * (0.2 + 0.03 * (sequence % 7)),
    budgetMs: ttft.budgetMs,
    outcome: sequence % 29 === 28 ? "upstream-failed" : "served",
    attempts: 1,
  };
}

/** A ledger of ten days at real engines, with two tenants, and of some attempts at emulated ones. */
export function fixtureLedger(plan: PlanDocument, epochMs: number): LedgerReport {
  const { world, deployment } = plan;
  const rows = Array.from({ length: 400 }, (_, index) => {
    const flow = deployment.flows[(index * 37) % deployment.flows.length]!;
    const demand = world.demand[flow.row]!;
    const site = world.sites[deployment.pools[flow.pool]!.site]!;
    const workload = world.workloads[demand.workload]!;
    return ledgerRow({
      requestId: `req_${index}`,
      epochMs: epochMs - (index % 240) * 3_600_000,
      accountId: ["shop", "games", null][index % 3]!,
      workload: workload.id,
      model: world.models[workload.model]!.id,
      site: site.id,
      tier: site.tier,
      owner: world.owners[site.owner]!.id,
      emulated: index % 10 === 9,
      outcome: index % 29 === 28 ? "timeout" : "served",
      inputTokens: 400 + (index % 7) * 50,
      outputTokens: 120,
      chargeNanoUsd: index % 29 === 28 ? 0 : 150_000 + (index % 13) * 9_000,
    });
  });
  return ledgerReport(rollUp(rows).values(), { epochMs, unsavedRows: 2, accountsShown: true });
}

/** Figures of a plan that costs so much a year, all of it for accelerators in the core. */
export function fixtureFigures(usdPerYear: number): PlanFigures {
  const byItem = Object.fromEntries(costItems.map((item) => [item, item === "accelerators" ? usdPerYear : 0]));
  return {
    status: "optimal",
    objectiveUsdPerYear: usdPerYear,
    bestBoundUsdPerYear: usdPerYear,
    relativeGap: 0,
    buildAndRunUsdPerYear: usdPerYear,
    unservedUsdPerYear: 0,
    capexUsd: 3 * usdPerYear,
    byItem: byItem as Record<CostItem, number>,
    byTier: [{ tier: "core", usdPerYear }],
    servedRatio: 1,
    servedByWorkload: [],
    openSites: [
      { tier: "core", count: 1 },
      { tier: "regional", count: 0 },
      { tier: "edge", count: 0 },
    ],
  };
}
