import { describe, expect, it } from "vitest";
import { parseScenario } from "../../scenario/index.ts";
import { isAskedFor, type City, type Places } from "../fact/places.ts";
import { headroomRatio, maintenanceRatioPerYear, portHeadroomRatio, waccRatio } from "../fact/prices-finance.ts";
import { resolveWorld } from "./resolve-world.ts";
import type { World } from "../world/world.ts";

const city = (
  id: string,
  name: string,
  country: string,
  latitude: number,
  longitude: number,
  population: number,
): City => ({
  id,
  name,
  country,
  latitude,
  longitude,
  population,
});

/** A gazetteer small enough to reckon with; largest first, as the port promises. */
const cities = [
  city("moscow-ru", "Moscow", "RU", 55.75, 37.62, 10_000_000),
  city("berlin-de", "Berlin", "DE", 52.52, 13.41, 3_000_000),
  city("paris-fr", "Paris", "FR", 48.85, 2.35, 2_000_000),
  city("munich-de", "München", "DE", 48.14, 11.58, 1_000_000),
  city("frankfurt-am-main-de", "Frankfurt am Main", "DE", 50.12, 8.68, 650_000),
  city("bonn-de", "Bonn", "DE", 50.73, 7.1, 300_000),
];
const places: Places = { cities: (question = {}) => cities.filter((one) => isAskedFor(one, question)) };

const base = {
  head: "apiVersion: disperse/v1\nkind: Scenario\nmetadata: { name: small }",
  horizon: "horizon: { startYear: 2027 }",
  workloads: `workloads:
  chat:
    model: llama-3.1-8b
    inputTokens: 500 tok
    outputTokens: 100 tok
    ttft: 300 ms
    demand: { users: 10 %, perUser: 8.64 req/day }
    access: { fibre: 75 %, lte: 25 % }`,
  areas: "areas: [{ select: { cities: { countries: [DE, FR], populationAbove: 1000000 } } }]",
  sites: "sites: [{ id: fra, tier: core, country: DE, latitude: 50.1, longitude: 8.7 }]",
  rest: "",
};

function resolve(changes: Partial<typeof base> = {}) {
  const text = Object.values({ ...base, ...changes }).join("\n");
  const result = parseScenario("s.yaml", (path) => (path === "s.yaml" ? text : null));
  if (!result.ok) throw new Error(result.problems.map((item) => `${item.line}: ${item.message}`).join("\n"));
  return resolveWorld(result.parsed, places);
}

function world(changes: Partial<typeof base> = {}): World {
  const result = resolve(changes);
  if (!result.ok) throw new Error(result.problems.map((item) => item.message).join("\n"));
  return result.world;
}

function problems(changes: Partial<typeof base> = {}) {
  const result = resolve(changes);
  return result.ok ? result.warnings : result.problems;
}

/** Drops the last digits, in which sums of floating-point numbers differ from those on paper. */
const onPaper = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(12)));

describe("resolveWorld", () => {
  it("spreads demand by population over areas and kinds of access", () => {
    const { areas, demand, accessTypes } = world();
    expect(areas.map((area) => area.id)).toEqual(["berlin-de", "paris-fr", "munich-de"]);
    expect(accessTypes.map((type) => type.id)).toEqual(["fibre", "lte"]);
    // 10 % of 3 million people, 8.64 requests a day each: 30 requests/s; the peak is twice the mean.
    const berlin = demand.filter((row) => row.area === 0);
    expect(onPaper(berlin.map((row) => row.meanPerS[0]!))).toEqual([22.5, 7.5]);
    expect(onPaper(berlin.map((row) => row.peakPerS[0]!))).toEqual([45, 15]);
    expect(demand).toHaveLength(6);
  });

  it("takes an area's place and inhabitants from the city it names, and what is stated from the scenario", () => {
    const { areas } = world({
      areas:
        "areas: [{ id: a, country: DE, city: munchen }, { id: b, country: DE, city: Bonn, population: 5000, utcOffset: 2 h }, { id: c, country: FR, latitude: 45, longitude: 5, population: 7 }]",
    });
    expect(areas).toMatchObject([
      { id: "a", name: "München", latitude: 48.14, longitude: 11.58, population: 1_000_000, utcOffsetHours: 1 },
      { id: "b", name: "Bonn", latitude: 50.73, population: 5000, utcOffsetHours: 2 },
      { id: "c", name: "c", latitude: 45, longitude: 5, population: 7 },
    ]);
  });

  it("fills terms that are left out with the catalogue's own figures", () => {
    const { finance, limits } = world();
    expect(finance.maintenanceRatioPerYear).toBe(maintenanceRatioPerYear.value);
    expect(limits.headroomRatio).toBe(headroomRatio.value);
    expect(limits.portHeadroomRatio).toBe(portHeadroomRatio.value);
  });

  it("takes prices by country from a CSV file, unless a site or `prices` says otherwise", () => {
    const text = [
      ...Object.values({
        ...base,
        sites: `sites:
  - { id: fra, tier: core, country: DE, latitude: 50.1, longitude: 8.7 }
  - { id: par, tier: core, country: FR, latitude: 48.9, longitude: 2.4, egressPrice: 0.5 USD/GB }`,
      }),
      "countryPrices: [{ file: prices.csv }]",
      "prices: { electricity: { FR: 0.07 USD/kWh } }",
    ].join("\n");
    const csv = "country,electricity [USD/kWh],egress [USD/GB]\nDE,0.31,0.017\nFR,0.99,0.018\n";
    const files: Readonly<Record<string, string>> = { "s.yaml": text, "prices.csv": csv };
    const result = parseScenario("s.yaml", (path) => files[path] ?? null);
    if (!result.ok) throw new Error(result.problems.map((item) => item.message).join("\n"));
    const resolved = resolveWorld(result.parsed, places);
    if (!resolved.ok) throw new Error(resolved.problems.map((item) => item.message).join("\n"));
    const { sites } = resolved.world;
    expect(sites.map((site) => site.electricityUsdPerKwh)).toEqual([0.31, 0.07]);
    expect(sites.map((site) => site.egressUsdPerGB)).toEqual([0.017, 0.5]);
    const twice = problems({ rest: "countryPrices: [{ country: DE }, { country: DE }, { country: XX }]" });
    expect(twice.map(({ code }) => code)).toEqual(["DSP_SCENARIO_DUPLICATE_ID", "DSP_SCENARIO_UNKNOWN_REFERENCE"]);
  });

  it("gives owners the cost of capital of the scenario, or of their kind where the scenario asks for that", () => {
    const owners = "owners: { state: { kind: sovereign }, shop: { kind: micro-dc, wacc: 9 %/year } }";
    const ratios = (finance: string): readonly number[] =>
      world({ rest: `${finance}\n${owners}` }).owners.map((it) => it.waccRatio);
    expect(ratios("finance: { wacc: 7 %/year }")).toEqual([0.07, 0.09]);
    expect(ratios("finance: { wacc: 7 %/year, ownersWacc: kind }")).toEqual([waccRatio.sovereign.value, 0.09]);
  });

  it("divides a peak over all areas by population", () => {
    const { demand } = world({
      workloads: base.workloads.replace(/demand: .*/, "demand: { peak: 1200 req/s, peakToMean: 3 }"),
    });
    const sum = (key: "peakPerS" | "meanPerS") => demand.reduce((total, row) => total + row[key][0]!, 0);
    expect(sum("peakPerS")).toBeCloseTo(1200, 9);
    expect(sum("meanPerS")).toBeCloseTo(400, 9);
    const berlin = demand.filter((row) => row.area === 0).reduce((total, row) => total + row.peakPerS[0]!, 0);
    expect(berlin).toBeCloseTo(600, 9);
  });

  it("lets demand grow by year from the first period on", () => {
    const { periods, demand } = world({
      horizon: "horizon: { startYear: 2027, periods: 3, periodLength: [1 year, 2 years, 2 years] }",
      workloads: base.workloads.replace("8.64 req/day", "8.64 req/day, growth: 100 %/year"),
    });
    expect(periods.map((period) => period.id)).toEqual(["2027", "2028", "2030"]);
    expect(onPaper(demand[0]!.meanPerS)).toEqual([22.5, 45, 180]);
  });

  it("applies the factor of an area before that of its country", () => {
    const { demand } = world({ rest: "areaMultipliers: { DE: 2, munich-de: 5 }" });
    const mean = (area: number) =>
      demand.filter((row) => row.area === area).reduce((sum, row) => sum + row.meanPerS[0]!, 0);
    expect(onPaper([mean(0), mean(1), mean(2)])).toEqual([60, 20, 50]);
  });

  it("lets rows of the section demand replace a workload's own demand for their pair only", () => {
    const { demand } = world({ rest: "demand: [{ area: paris-fr, workload: chat, access: fibre, peak: 7 req/s }]" });
    expect(demand.filter((row) => row.area === 1)).toEqual([
      { area: 1, workload: 0, access: 0, peakPerS: [7], meanPerS: [3.5] },
    ]);
    expect(demand.filter((row) => row.area === 0)).toHaveLength(2);
  });

  it("takes terms from the site, then from its tier, then from the catalogue", () => {
    const { sites } = world({
      sites: `sites:
  - { id: a, tier: edge, country: DE, city: Bonn, pue: 1.2, egressPrice: 0.02 USD/GB }
  - { id: b, tier: edge, country: FR, latitude: 48, longitude: 2 }
tiers: { edge: { pue: 1.3, electricityPrice: 0.11 USD/kWh, transitPrice: 75 USD/(Gbit/s)/month } }
prices: { electricity: { FR: 0.05 USD/kWh } }`,
    });
    expect(sites.map((site) => site.pue)).toEqual([1.2, 1.3]);
    expect(sites[0]!.latitude).toBeCloseTo(50.73);
    expect(sites[0]!.egressUsdPerGB).toBe(0.02);
    // 75 USD buy 1 Gbit/s for a month: 328,500 GB at full use, half of it at the usual use.
    expect(sites[1]!.egressUsdPerGB).toBeCloseTo(75 / 164_250, 12);
    expect(sites.map((site) => site.electricityUsdPerKwh)).toEqual([0.11, 0.11]);
    expect(sites[0]!.buildUsdPerKw).toBe(13_000);
  });

  it("names selected sites by tier and place, so that a city may hold several", () => {
    const { sites } = world({
      sites: `sites:
  - { select: { cities: { countries: [DE], populationAbove: 1000000 } }, tier: edge }
  - { select: { cities: { countries: [DE], populationAbove: 1000000, limit: 1 } }, tier: regional }
  - { select: { cloudRegions: { countries: [DE], exclude: [Düsseldorf] } }, tier: core }`,
    });
    expect(sites.map((site) => site.id)).toEqual([
      "edge-berlin-de",
      "edge-munich-de",
      "regional-berlin-de",
      "core-berlin-de",
      "core-frankfurt-de",
      "core-munich-de",
    ]);
  });

  it("puts own chips and models beside those of the catalogue", () => {
    const { modules, models } = world({
      workloads: base.workloads.replace("llama-3.1-8b", "house"),
      rest: `models:
  house: { parameters: 7.6G param, layers: 28, hiddenSize: 3584, attentionHeads: 28, kvHeads: 4, headDim: 128, vocabulary: 152064, maxContext: 32768 tok }
accelerators:
  npu: { kind: npu, memory: 24 GB, memoryBandwidth: 300 GB/s, rates: { fp8: 200 TFLOP/s }, power: 70 W }
modules:
  - { id: box, accelerator: npu, chips: 2, power: 300 W, price: $4k }
  - { use: h100x8, price: $280k, supply: 5 }`,
    });
    expect(models).toMatchObject([{ id: "house", totalParameters: 7.6e9, activeParameters: 7.6e9 }]);
    expect(modules[0]).toMatchObject({ id: "box", priceUsd: 4000, powerKw: 0.3, supplyPerPeriod: [null] });
    expect(modules[0]!.accelerator).toMatchObject({ totalProcessingPerformance: 1600, rateConfidence: "vendor" });
    expect(modules[1]).toMatchObject({ id: "h100x8", priceUsd: 280_000, supplyPerPeriod: [5], acceleratorCount: 8 });
  });

  it("keeps installed modules that may not be bought, with no supply", () => {
    const { sites, modules } = world({
      sites: "sites: [{ id: fra, tier: core, country: DE, latitude: 50, longitude: 8, installed: { a100x8: 3 } }]",
      rest: "modules: [h100x8]",
    });
    expect(modules.map((module) => [module.id, module.supplyPerPeriod])).toEqual([
      ["h100x8", [null]],
      ["a100x8", [0]],
    ]);
    expect(sites[0]!.installed).toEqual([{ module: 1, count: 3 }]);
  });

  it("carries the law of every country in play, with the scenario's own rules and licences", () => {
    const { jurisdictions } = world({
      sites: `sites:
  - { id: fra, tier: core, country: DE, latitude: 50, longitude: 8 }
  - { id: auh, tier: core, country: AE, latitude: 24, longitude: 54 }`,
      rest: `laws:
  residency: [{ dataClass: personal, origins: [FR], allowed: [GCC], law: House rule 1 }]
  exportLicences: [AE]`,
    });
    expect(jurisdictions.map((entry) => [entry.country, entry.exportControl])).toEqual([
      ["AE", "open"],
      ["DE", "open"],
      ["FR", "open"],
    ]);
    const france = jurisdictions.find((entry) => entry.country === "FR")!;
    expect(france.residency[0]).toMatchObject({
      allowed: ["FR", "AE", "BH", "KW", "OM", "QA", "SA"],
      law: "House rule 1",
    });
    expect(jurisdictions.find((entry) => entry.country === "DE")!.residency[0]!.law).toContain("GDPR");
  });

  it("gives the same bytes for the same input", () => {
    expect(JSON.stringify(world())).toBe(JSON.stringify(world()));
  });

  it("gives plain JSON without holes", () => {
    const plain = world();
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
    expect(JSON.stringify(plain)).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe("what is wrong", () => {
  const cases: [string, Partial<typeof base>, string, number, RegExp, RegExp][] = [
    [
      "an unknown model",
      { workloads: base.workloads.replace("llama-3.1-8b", "lama-3.1-8b") },
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      7,
      /model `lama-3.1-8b`/,
      /`llama-3.1-8b`/,
    ],
    [
      "an unknown chip",
      { rest: "modules: [h100x8, h200x7]" },
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      15,
      /server module `h200x7`/,
      /`h200x8`/,
    ],
    [
      "an unknown country of an area",
      { areas: "areas: [{ id: x, country: GX, latitude: 1, longitude: 2, population: 5 }]" },
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      13,
      /country `GX`/,
      /did you mean/,
    ],
    [
      "an unknown country of a selection",
      { areas: "areas: [{ select: { cities: { countries: [DX] } } }]" },
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      13,
      /country `DX`/,
      /did you mean/,
    ],
    [
      "a selection that finds nothing",
      { areas: "areas: [{ select: { cities: { countries: [FR], populationAbove: 9000000 } } }]" },
      "DSP_SCENARIO_NOTHING_SELECTED",
      13,
      /no place/,
      /loosen/,
    ],
    [
      "an unknown city",
      { sites: "sites: [{ id: f, tier: core, country: DE, city: Frankfurt }]" },
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      14,
      /city `Frankfurt` in DE/,
      /Frankfurt am Main/,
    ],
    [
      "a terawatt site",
      { sites: base.sites.replace(" }]", ", powerLimit: 1000000000000 MW }]") },
      "DSP_SCENARIO_OUT_OF_RANGE",
      14,
      /above 100 GW/,
      /unit/,
    ],
    [
      "an unknown access type",
      { workloads: base.workloads.replace("fibre: 75 %", "fiber: 75 %") },
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      12,
      /access type `fiber`/,
      /`fibre`/,
    ],
    [
      "an area id that a selected city has",
      {
        areas:
          "areas: [{ select: { cities: { countries: [DE] } } }, { id: bonn-de, country: DE, latitude: 1, longitude: 1, population: 2 }]",
      },
      "DSP_SCENARIO_DUPLICATE_ID",
      13,
      /`bonn-de`/,
      /another id/,
    ],
    [
      "a demand row for an area that was not selected",
      { rest: "demand: [{ area: bonn-dee, workload: chat, peak: 1 req/s }]" },
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      15,
      /area `bonn-dee`/,
      /known are|did you mean/,
    ],
    [
      "an unknown egress price class",
      { sites: base.sites.replace(" }]", ", egressClass: transit-hubb }]") },
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      14,
      /egress price class/,
      /`transit-hub`/,
    ],
    [
      "a rule that leaves no place to serve from",
      {
        rest: "laws: { residency: [{ dataClass: personal, origins: [DE, FR], allowed: [JP], law: Rule 9 }] }\n",
        sites: base.sites.replace("DE", "US"),
      },
      "DSP_SCENARIO_IMPOSSIBLE",
      6,
      /served nowhere.*France, Germany|served nowhere.*Germany, France/,
      /laws.residency/,
    ],
    [
      "a prompt longer than the model's context",
      { workloads: base.workloads.replace("500 tok", "200000 tok") },
      "DSP_SCENARIO_OUT_OF_RANGE",
      8,
      /at most 131072/,
      /longer context/,
    ],
  ];

  it.each(cases)("%s is refused with its place and a remedy", (_title, changes, code, line, message, hint) => {
    const result = resolve(changes);
    expect(result.ok).toBe(false);
    const [first] = problems(changes);
    expect(first).toMatchObject({ code, file: "s.yaml", line, severity: "error" });
    expect(first!.message).toMatch(message);
    expect(first!.hint).toMatch(hint);
  });

  it.each([
    ["of another country", "latitude: 40.4, longitude: -3.7", /check the coordinates and the country/],
    ["that look swapped", "latitude: 8.7, longitude: 50.1", /latitude and longitude look swapped/],
    ["without their sign", "latitude: 50.1, longitude: -8.7", /a minus sign of the longitude/],
  ])("warns of coordinates %s", (_what, coordinates, hint) => {
    const warnings = problems({ sites: `sites: [{ id: fra, tier: core, country: DE, ${coordinates} }]` });
    expect(warnings.map((item) => item.code)).toEqual(["DSP_SCENARIO_OUT_OF_RANGE"]);
    expect(warnings[0]!.message).toMatch(/`fra` at .* lies about \d+ km from \S.*, the nearest city of DE/);
    expect(warnings[0]!.hint).toMatch(hint);
  });

  it("warns of an area without inhabitants, a factor without area, and a country no site may serve", () => {
    const warnings = problems({
      areas: `areas:
  - { select: { cities: { populationAbove: 1000000 } } }
  - { id: empty, country: DE, latitude: 51, longitude: 8, population: 0 }`,
      rest: "areaMultipliers: { JP: 2 }",
    });
    expect(warnings.map((item) => [item.code, item.severity])).toEqual([
      ["DSP_SCENARIO_IMPOSSIBLE", "warning"],
      ["DSP_SCENARIO_OUT_OF_RANGE", "warning"],
      ["DSP_SCENARIO_UNKNOWN_REFERENCE", "warning"],
    ]);
    expect(warnings[0]!.message).toMatch(/Russia.*242-FZ/);
  });

  it("warns of a data class no rule is known for and keeps it at home", () => {
    const changes = {
      workloads: `${base.workloads}\n    dataClass: biometric`,
      areas: "areas: [{ select: { cities: { countries: [DE] } } }]",
    };
    expect(problems(changes).map((item) => item.message)).toEqual([
      "no rule is known for biometric data, so it stays in its country",
    ]);
    expect(world(changes).jurisdictions[0]!.residency[0]!.allowed).toEqual(["DE"]);
  });
});
