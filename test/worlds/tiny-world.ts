import type {
  AccessType,
  Area,
  DemandRow,
  EngineProfile,
  Jurisdiction,
  Model,
  ServerModule,
  Site,
  Workload,
  World,
} from "../../src/catalog/index.ts";

/** A small dense model; figures of the size of a 0.6 B one, for tests only. */
export const smallModel: Model = {
  id: "small",
  name: "Small test model",
  totalParameters: 6e8,
  activeParameters: 6e8,
  layers: 28,
  hiddenSize: 1024,
  attentionHeads: 16,
  kvHeads: 8,
  headDim: 128,
  vocabulary: 150_000,
  maxContextTokens: 32_768,
};

/** A dense model that needs a big card or several small ones. */
export const largeModel: Model = {
  ...smallModel,
  id: "large",
  name: "Large test model",
  totalParameters: 3.2e10,
  activeParameters: 3.2e10,
  layers: 64,
  hiddenSize: 5120,
  attentionHeads: 64,
};

export const testEngine: EngineProfile = {
  id: "test-engine",
  name: "Test engine",
  stepFixedMs: 0.8,
  stepPerLayerUs: 40,
  stepPerSequenceUs: 20,
  memoryCoefficient: 0.7,
  computeCoefficient: 1,
  communicationCoefficient: 0.6,
  requestOverheadMs: 1,
  maxBatchedTokens: 8192,
  maxSequences: 64,
  memoryUtilization: 0.9,
  overheadGB: 1.2,
  overheadBytesPerBatchedToken: 50_000,
  kvBlockTokens: 16,
  confidence: "assumed",
};

export const smallModule: ServerModule = {
  id: "small-box",
  name: "Small box",
  accelerator: {
    id: "small-chip",
    name: "Small chip",
    kind: "gpu",
    generation: "test",
    memoryGB: 24,
    memoryGBps: 600,
    tflops: { bf16: 120, fp8: 240 },
    rateConfidence: "assumed",
    link: { kind: "none", latencyUs: 10, allReduceGBps: 20 },
    totalProcessingPerformance: 1920,
    dramGBps: 600,
    tdpWatts: 150,
  },
  acceleratorCount: 1,
  priceUsd: 9_000,
  powerKw: 0.35,
  idlePowerKw: 0.1,
  lifeYears: 5,
  leadTimeYears: 0.2,
  tiers: ["edge", "regional", "core"],
  supplyPerPeriod: [null],
};

export const largeModule: ServerModule = {
  ...smallModule,
  id: "large-server",
  name: "Large server",
  accelerator: {
    ...smallModule.accelerator,
    id: "large-chip",
    name: "Large chip",
    memoryGB: 80,
    memoryGBps: 2800,
    tflops: { bf16: 800, fp8: 1250 },
    link: { kind: "nvlink", latencyUs: 5, allReduceGBps: 150 },
    totalProcessingPerformance: 15_800,
    dramGBps: 3350,
    tdpWatts: 700,
  },
  acceleratorCount: 8,
  priceUsd: 280_000,
  powerKw: 10,
  idlePowerKw: 2.5,
  tiers: ["regional", "core"],
};

export const fibre: AccessType = { id: "fibre", name: "Fibre", medianMs: 4, sigma: 0.4 };
export const mobile: AccessType = { id: "mobile", name: "Mobile", medianMs: 25, sigma: 0.5 };

const anywhere = { dataClass: "public", allowed: "*" as const, law: "none needed", asOf: "2026-01-01" };

/** Two countries of one bloc that let personal data move between them, one apart, one under export restrictions. */
export const jurisdictions: readonly Jurisdiction[] = [
  jurisdiction("AA", "EU", ["AA", "BB"]),
  jurisdiction("BB", "EU", ["AA", "BB"]),
  jurisdiction("CC", "EU", ["CC"]),
  {
    ...jurisdiction("DD", "AS", ["DD"]),
    exportControl: "restricted",
    exportThreshold: { totalProcessingPerformance: 4800, dramGBps: 1000 },
  },
];

function jurisdiction(country: string, continent: string, allowed: readonly string[]): Jurisdiction {
  return {
    country,
    continent,
    residency: [anywhere, { dataClass: "personal", allowed, law: `${country} test act`, asOf: "2026-01-01" }],
    exportControl: "open",
    exportThreshold: null,
  };
}

export function testSite(fields: Partial<Site> & Pick<Site, "id" | "tier">): Site {
  return {
    name: fields.id,
    country: "AA",
    latitude: 50,
    longitude: 8,
    owner: 0,
    powerLimitKw: [500],
    pue: 1.3,
    electricityUsdPerKwh: 0.12,
    openingCapexUsd: 100_000,
    fixedOpexUsdPerYear: 30_000,
    buildUsdPerKw: 11_000,
    buildLifeYears: 14,
    egressUsdPerGB: 0.02,
    portGbps: 100,
    status: "candidate",
    installed: [],
    ...fields,
  };
}

export function testArea(fields: Partial<Area> & Pick<Area, "id">): Area {
  return {
    name: fields.id,
    country: "AA",
    latitude: 50,
    longitude: 8,
    population: 500_000,
    utcOffsetHours: 1,
    ...fields,
  };
}

export function testWorkload(fields: Partial<Workload> & Pick<Workload, "id">): Workload {
  return {
    name: fields.id,
    model: 0,
    weightPrecision: "fp8",
    kvPrecision: "bf16",
    engine: 0,
    inputTokens: { mean: 128, cv: 0.5 },
    outputTokens: { mean: 32, cv: 0.5 },
    prefixHitRatio: 0,
    ttft: { budgetMs: 60, attainmentRatio: 0.9 },
    tpotBudgetMs: null,
    dataClass: "personal",
    requestBytes: 2_000,
    responseBytes: 20_000,
    priceUsdPerRequest: 0,
    unservedUsdPerRequest: 0.01,
    tiers: ["core", "regional", "edge"],
    ...fields,
  };
}

/** A world of two countries with an edge, a regional and a core site, fast and patient traffic, and no training. */
export function tinyWorld(fields: Partial<World> = {}): World {
  const areas = fields.areas ?? [
    testArea({ id: "here" }),
    testArea({ id: "there", latitude: 48, longitude: 2, country: "BB" }),
  ];
  const workloads = fields.workloads ?? [
    testWorkload({ id: "quick" }),
    testWorkload({
      id: "patient",
      model: 1,
      inputTokens: { mean: 900, cv: 1 },
      outputTokens: { mean: 200, cv: 1 },
      ttft: { budgetMs: 800, attainmentRatio: 0.95 },
      tiers: ["core", "regional"],
    }),
  ];
  const demand: readonly DemandRow[] =
    fields.demand ??
    areas.flatMap((_area, area) =>
      workloads.map((_workload, workload) => ({ area, workload, access: 0, peakPerS: [20], meanPerS: [9] })),
    );
  return {
    format: "disperse/world/v1",
    name: "tiny",
    description: "A world for tests.",
    catalogVersion: "test",
    periods: [{ id: "2027", startYear: 2027, lengthYears: 1 }],
    finance: { waccRatio: 0.08, maintenanceRatioPerYear: 0.04, acceleratorPriceFactor: 1 },
    models: [smallModel, largeModel],
    modules: [smallModule, largeModule],
    engines: [testEngine],
    accessTypes: [fibre, mobile],
    jurisdictions,
    owners: [{ id: "owner", kind: "enterprise", waccRatio: 0.08, capexBudgetUsd: [null] }],
    sites: [
      testSite({ id: "edge-here", tier: "edge" }),
      testSite({
        id: "regional-there",
        tier: "regional",
        country: "BB",
        latitude: 48.5,
        longitude: 2.5,
        powerLimitKw: [2000],
      }),
      testSite({ id: "core-far", tier: "core", country: "BB", latitude: 60, longitude: 20, powerLimitKw: [20_000] }),
    ],
    training: [],
    limits: { headroomRatio: 0.8, maxSites: null, budgetUsd: [null], zones: [] },
    network: {
      sameCountry: { scaleMs: 0.267, exponent: 0.677 },
      sameContinent: { scaleMs: 0.171, exponent: 0.762 },
      betweenContinents: { scaleMs: 0.119, exponent: 0.798 },
      floorMs: 1,
      spread: [
        { km: 0, sigma: 0.7 },
        { km: 500, sigma: 0.5 },
        { km: 8000, sigma: 0.3 },
      ],
    },
    ...fields,
    areas,
    workloads,
    demand,
  };
}
