import type { EngineProfile, Model, Precision, ServerModule, Workload, World } from "../catalog/index.ts";
import {
  capacityPerS,
  compileReplica,
  energyKwhPerRequest,
  engineSpec,
  feasibleTensorParallel,
  firstTokenCurve,
  fit,
  unloadedTtftMs,
  type Replica,
  type RequestShape,
} from "../perf/index.ts";
import { Answers } from "./answers.ts";
import { expectedDemand, expectedLoadRatios } from "./expected-load.ts";
import type { ResidencyTable } from "./residency.ts";

/** Compute budgets above this (ms) no longer change what an engine can carry within any interactive objective. */
const budgetCeilingMs = 120_000;
/**
 * An arc must leave at least this share of the engine's unhurried rate. Below it an engine would stand idle almost
 * always to be quick when called, and the plan's arithmetic would divide by nearly nothing.
 */
export const minimumRateShare = 0.02;

/** One way of running a workload on a module: engines of `tensorParallel` accelerators each, stages of a pipeline included. */
export interface ServingOption {
  readonly replica: Replica;
  readonly tensorParallel: number;
  readonly replicasPerModule: number;
  /** Compute share of TTFT on an idle engine at the workload's attainment quantile, ms. */
  readonly unloadedTtftMs: number;
  /** The same for the mean request, ms. */
  readonly unloadedMeanMs: number;
  /** Rising knots (compute budget ms → requests/s of one replica). */
  readonly budgetMs: Float64Array;
  readonly ratePerS: Float64Array;
  /** Requests/s of one replica when only TPOT and memory limit it. */
  readonly unhurriedPerS: number;
  /** Energy of one request above idling at the load that engines are expected to have, kWh at the wall before PUE. */
  readonly energyKwhPerRequest: number;
}

/** An option before anything is known of its load. */
type Layout = Omit<ServingOption, "energyKwhPerRequest">;

/** What a module can do for a workload, best first; empty with a reason when it can do nothing. */
export interface Serving {
  readonly options: readonly ServingOption[];
  readonly reason: "memory" | "latency-compute" | null;
  readonly detail: string;
}

export function requestShape(workload: Workload): RequestShape {
  return {
    inputMean: workload.inputTokens.mean,
    inputCv: workload.inputTokens.cv,
    outputMean: workload.outputTokens.mean,
    outputCv: workload.outputTokens.cv,
    prefixHitRatio: workload.prefixHitRatio,
  };
}

/** Workloads with the same key can share engines: same model, number formats and engine profile. */
export function engineKey({ model, weightPrecision, kvPrecision, engine }: Workload): string {
  return `${model}/${weightPrecision}/${kvPrecision}/${engine}`;
}

/** All that the answer depends on, and nothing else: what prices, places and demand are changes no engine. */
interface ServingQuestion {
  readonly module: Pick<ServerModule, "name" | "accelerator" | "acceleratorCount" | "powerKw" | "idlePowerKw">;
  readonly model: Model;
  readonly engine: EngineProfile;
  readonly weightPrecision: Precision;
  readonly kvPrecision: Precision;
  readonly shape: RequestShape;
  readonly attainmentRatio: number;
  readonly tpotBudgetMs: number | null;
}

/** The same with the loads that engines of each layout are expected to have over the day (`expectedLoadRatios`). */
interface EnergyQuestion {
  readonly question: ServingQuestion;
  readonly loadRatios: readonly (readonly number[])[];
}

/** An answer takes milliseconds. */
const servings = new Answers(servingFor, 2_000);
const withEnergy = new Answers(energyFor, 2_000);

/** Evaluates every engine layout of `module` for `workload`. */
export function compileServing(
  world: World,
  residency: ResidencyTable,
  workload: Workload,
  module: ServerModule,
): Serving {
  const { name, accelerator, acceleratorCount, powerKw, idlePowerKw } = module;
  const question: ServingQuestion = {
    module: { name, accelerator, acceleratorCount, powerKw, idlePowerKw },
    model: world.models[workload.model]!,
    engine: world.engines[workload.engine]!,
    weightPrecision: workload.weightPrecision,
    kvPrecision: workload.kvPrecision,
    shape: requestShape(workload),
    attainmentRatio: workload.ttft.attainmentRatio,
    tpotBudgetMs: workload.tpotBudgetMs,
  };
  const { options } = servings.to(question);
  const key = engineKey(workload);
  const demand = expectedDemand(world, residency, workload, (other) => engineKey(other) === key);
  const loadRatios = options.map(({ unhurriedPerS, replicasPerModule }) =>
    expectedLoadRatios(demand, unhurriedPerS * replicasPerModule, world.limits.headroomRatio),
  );
  return withEnergy.to({ question, loadRatios });
}

function energyFor({ question, loadRatios }: EnergyQuestion): Serving {
  const serving = servings.to(question);
  const { module, shape } = question;
  const options = serving.options.map((option, i) => {
    const loads = loadRatios[i]!;
    const at = (load: number) => energyKwhPerRequest(module, option.replica, shape, load * option.unhurriedPerS);
    const all = loads.reduce((sum, load) => sum + load, 0);
    // Each hour has as many requests as it has load.
    const kwh = all > 0 ? loads.reduce((sum, load) => sum + load * at(load), 0) / all : at(0);
    return { ...option, energyKwhPerRequest: kwh };
  });
  return { ...serving, options };
}

function servingFor(question: ServingQuestion): Omit<Serving, "options"> & { readonly options: readonly Layout[] } {
  const { module, model, engine, weightPrecision, kvPrecision } = question;
  const { accelerator } = module;
  const options: Layout[] = [];
  let memoryDetail = "";
  let tooSlow = false;
  for (const tensorParallel of feasibleTensorParallel(module)) {
    const spec = engineSpec({ accelerator, accelerators: tensorParallel, model, engine, weightPrecision, kvPrecision });
    // A pipeline needs as many accelerators as it has stages, or a multiple.
    if (spec === null) {
      memoryDetail ||= `${engine.name} runs in more stages and units than ${module.name} can divide its accelerators into`;
      continue;
    }
    const replica = compileReplica(spec);
    if (!replica) {
      const outcome = fit(spec);
      if (!outcome.ok) memoryDetail = outcome.reason;
      continue;
    }
    const option = compileOption(replica, tensorParallel, question);
    if (option) options.push(option);
    else tooSlow = true;
  }
  if (options.length > 0) return { options, reason: null, detail: "" };
  return tooSlow
    ? { options, reason: "latency-compute", detail: `${module.name} cannot keep the time per output token` }
    : { options, reason: "memory", detail: memoryDetail || `the model does not fit ${module.name}` };
}

function compileOption(
  replica: Replica,
  tensorParallel: number,
  { module, shape, attainmentRatio: quantile, tpotBudgetMs }: ServingQuestion,
): Layout | null {
  const unhurriedPerS = capacityPerS(replica, shape, { ttftMs: budgetCeilingMs, quantile, tpotMs: tpotBudgetMs });
  if (!(unhurriedPerS > 0)) return null;
  const idleMs = unloadedTtftMs(replica, shape, quantile);
  const budgets = [idleMs];
  const rates = [0];
  // Between the points of the curve it is interpolated: it is smooth and rising, and solving it for every arc would cost a
  // search each. The points do not depend on the budget, so that relaxing one never lowers a rate.
  for (const { perS, ttftMs } of firstTokenCurve(replica, shape, quantile)) {
    if (ttftMs > budgetCeilingMs) break;
    if (!(ttftMs > budgets.at(-1)!)) continue;
    budgets.push(ttftMs);
    rates.push(Math.min(perS, unhurriedPerS));
    if (perS >= unhurriedPerS) break;
  }
  // What TPOT and memory allow is reached at the latest where first tokens may take as long as they like.
  if (rates.at(-1)! < unhurriedPerS) {
    budgets.push(Math.max(budgetCeilingMs, budgets.at(-1)! * 1.001));
    rates.push(unhurriedPerS);
  }
  return {
    replica,
    tensorParallel,
    replicasPerModule: Math.floor(module.acceleratorCount / tensorParallel),
    unloadedTtftMs: idleMs,
    unloadedMeanMs: unloadedTtftMs(replica, shape, 0.5),
    budgetMs: Float64Array.from(budgets),
    ratePerS: Float64Array.from(rates),
    unhurriedPerS,
  };
}

/** Requests/s one replica of `option` carries when its share of the first-token time is `computeMs`; 0 = none. */
export function rateWithin(option: ServingOption, computeMs: number): number {
  const { budgetMs, ratePerS } = option;
  if (!(computeMs >= budgetMs[0]!)) return 0;
  const last = budgetMs.length - 1;
  if (computeMs >= budgetMs[last]!) return ratePerS[last]!;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (budgetMs[middle]! <= computeMs) low = middle;
    else high = middle;
  }
  const share = (computeMs - budgetMs[low]!) / (budgetMs[high]! - budgetMs[low]!);
  return ratePerS[low]! + share * (ratePerS[high]! - ratePerS[low]!);
}
