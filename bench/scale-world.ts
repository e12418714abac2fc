/** The worlds of `plan-scale`, on real cities: everything about an instance follows from its size. */
import { geonamesPlaces } from "../src/adapters/places-geonames/index.ts";
import { resolveWorld, type World } from "../src/catalog/index.ts";
import { parseScenario } from "../src/scenario/index.ts";

export type Survive = "none" | "site" | "zone";

/**
 * Models in the order in which worlds of several get them: small ones that answer short prompts near their users, and large ones for
 * long prompts. Engines of theirs rarely fit an accelerator together.
 */
const severalModels = [
  { model: "llama-3.1-8b", engine: "vllm", near: true, ttftMs: 120, penaltyUsd: 0.002 },
  { model: "llama-3.1-70b", engine: "trtllm", near: false, ttftMs: 350, penaltyUsd: 0.03 },
  { model: "qwen3-14b", engine: "vllm", near: true, ttftMs: 220, penaltyUsd: 0.003 },
  { model: "deepseek-v3", engine: "sglang", near: false, ttftMs: 500, penaltyUsd: 0.06 },
  { model: "qwen2.5-7b", engine: "vllm", near: true, ttftMs: 120, penaltyUsd: 0.002 },
  { model: "qwen3-235b-a22b", engine: "sglang", near: false, ttftMs: 500, penaltyUsd: 0.04 },
  { model: "mistral-7b", engine: "trtllm", near: true, ttftMs: 120, penaltyUsd: 0.002 },
  { model: "llama-3.1-405b", engine: "trtllm", near: false, ttftMs: 600, penaltyUsd: 0.1 },
  { model: "phi-4", engine: "vllm", near: true, ttftMs: 220, penaltyUsd: 0.003 },
  { model: "gpt-oss-120b", engine: "vllm", near: false, ttftMs: 300, penaltyUsd: 0.03 },
] as const;
export const mostModels = severalModels.length;

/** Users of all of several models together, per cent of people. */
const usersOfSeveral = 0.2;
/** Share of assistants' users that each of several models has: the next always three quarters of the one before. */
const shareOfNext = 0.75;

const edgeWorkloads = `
  gaming:
    model: qwen3-0.6b
    precision: fp8
    engine: trtllm
    inputTokens: { mean: 96 tok, cv: 0.5 }
    outputTokens: { mean: 24 tok, cv: 0.6 }
    prefixHit: 50 %
    ttft: { budget: 25 ms, attainment: 80 % }
    dataClass: public
    responseSize: 60 kB
    unservedPenalty: 0.002 USD/req
    access: { fibre: 100 % }
    demand: { users: 0.2 %, perUser: 300 req/day, peakToMean: 2.5, growth: 25 %/year }
  ecommerce:
    model: qwen3-0.6b
    precision: fp8
    engine: trtllm
    inputTokens: { mean: 256 tok, cv: 0.6 }
    outputTokens: { mean: 16 tok, cv: 0.5 }
    ttft: { budget: 40 ms, attainment: 80 % }
    dataClass: public
    responseSize: 8 kB
    unservedPenalty: 0.001 USD/req
    access: { fibre: 100 % }
    demand: { users: 1 %, perUser: 40 req/day, peakToMean: 2.2, growth: 20 %/year }`;

/** The workloads of assistants: of one model, or of several that share the same users. */
function assistants(models: number): string {
  const kinds =
    models === 1
      ? [
          {
            id: "assistant",
            model: "qwen3-32b",
            engine: "vllm",
            near: false,
            ttftMs: 500,
            penaltyUsd: 0.02,
            usersPercent: 2,
          },
        ]
      : severalModels.slice(0, models).map((kind, rank) => ({
          ...kind,
          id: `assistant-${rank + 1}`,
          usersPercent: (usersOfSeveral * (1 - shareOfNext) * shareOfNext ** rank) / (1 - shareOfNext ** models),
        }));
  const ofKind = ({ id, model, engine, near, ttftMs, penaltyUsd, usersPercent }: (typeof kinds)[number]): string => `
  ${id}:
    model: ${model}
    precision: fp8
    engine: ${engine}
    inputTokens: { mean: ${near ? 200 : 1100} tok, cv: 1.0 }
    outputTokens: { mean: ${near ? 60 : 220} tok, cv: 0.9 }
    prefixHit: 30 %
    ttft: { budget: ${ttftMs} ms, attainment: 90 % }
    dataClass: public
    responseSize: 30 kB
    unservedPenalty: ${penaltyUsd} USD/req
    tiers: [core, regional${near ? ", edge" : ""}]
    access: { fibre: 100 % }
    demand: { users: ${Number(usersPercent.toFixed(6))} %, perUser: 12 req/day, peakToMean: 1.8, growth: 40 %/year }`;
  return kinds.map(ofKind).join("");
}

/** Foundation models are trained beside one kind of assistant. */
const training = (share: number): string => `training:
  - { id: foundation, compute: ${(400 * share).toFixed(3)} PFLOP/s, mfu: 40 %, countries: [US, SE, FI, NO] }
`;

/** Published so that a figure can be repeated: everything about the instance follows from the size. */
function scenarioText(sites: number, areas: number, periods: number, survive: Survive, models: number): string {
  const share = areas / 9062;
  return `apiVersion: disperse/v1
kind: Scenario
metadata: { name: scale-${sites}x${areas}x${periods} }
horizon: { startYear: 2027, periods: ${periods}, periodLength: 1 year }
workloads:${models > 1 ? "" : edgeWorkloads}${assistants(models)}
${models > 1 ? "" : training(share)}areas:
  - select: { cities: { populationAbove: 50000, limit: ${areas} } }
sites:
  - { select: { cities: { populationAbove: 100000, limit: ${sites} } }, tier: edge, powerLimit: 60 kW, port: 40 Gbit/s, backhaul: 20 Gbit/s }
  - select: { cloudRegions: { limit: ${Math.max(6, Math.round(140 * share))} } }
    tier: regional
    powerLimit: 4 MW
    backhaul: 400 Gbit/s
    backhaulPrice: 300 USD/(Gbit/s)/month
    upgrades: [{ size: 4 MW, price: $30M, leadTime: 1 year }]
  - { id: core-us, tier: core, country: US, latitude: 39.0, longitude: -94.6, powerLimit: 100 MW, status: forced }
  - { id: core-se, tier: core, country: SE, latitude: 65.58, longitude: 22.15, powerLimit: 100 MW, owner: north, minUtilization: 20 % }
  - { id: fra-old, tier: regional, country: DE, city: Frankfurt am Main, powerLimit: 2 MW, status: existing, closingCost: $3M, salvage: $1M, installed: { h200x8: 4 } }
  - { id: ams-old, tier: regional, country: NL, city: Amsterdam, powerLimit: 1 MW, status: existing, closeBy: 2029, closingCost: $2M, installed: { h200x8: 2 } }
  - { id: par-hub, tier: regional, country: FR, city: Paris, powerLimit: 2 MW, backhaul: 100 Gbit/s }
  - { id: mainz, tier: edge, country: DE, city: Mainz, powerLimit: 120 kW, port: 40 Gbit/s, backhaul: 20 Gbit/s, parent: fra-old }
  - { id: reims, tier: edge, country: FR, city: Reims, powerLimit: 120 kW, port: 40 Gbit/s, backhaul: 20 Gbit/s, parent: par-hub }
  - { id: rouen, tier: edge, country: FR, city: Rouen, powerLimit: 120 kW, port: 40 Gbit/s, backhaul: 20 Gbit/s, parent: par-hub }
owners:
  cloud: { kind: hyperscaler, budget: ${Math.round(20_000 * share + 400)}M USD }
  north: { kind: sovereign, wacc: 5 %/year, budget: ${Math.round(4_000 * share + 200)}M USD, allotments: { h200x8: ${Math.round(4_000 * share + 40)} }, debt: { share: 40 %, rate: 4 %/year } }
modules: [l4x1, rtx-pro-6000x8, { use: h200x8, supply: ${Math.round(12_000 * share + 100)} }]
finance: { memoryPriceFactor: ${periods === 5 ? "[1, 1.6, 1.4, 1.2, 1.1]" : "1.2"} }
limits:
  resilience: ${survive}
  maxSites: ${Math.max(20, Math.round(0.6 * sites))}
  shares: [{ id: nordic-own, least: 5 %, owners: [north], within: [SE, NO, FI] }]
  zones: [{ id: nordic, countries: [SE, NO, FI], powerLimit: 60 MW }]
`;
}

/**
 * @param periods Years planned together.
 * @param survive What may fail, one at a time, with a place left for all that it served.
 * @param models Models that assistants run, up to `mostModels`; of 7 to 671 billion parameters where they are several.
 */
export function worldOf(sites: number, areas: number, periods: number, survive: Survive = "none", models = 1): World {
  const text = scenarioText(sites, areas, periods, survive, models);
  const parsed = parseScenario("scale.yaml", (path) => (path === "scale.yaml" ? text : null));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems.slice(0, 3), null, 1));
  const resolved = resolveWorld(parsed.parsed, geonamesPlaces());
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems.slice(0, 3), null, 1));
  return resolved.world;
}
