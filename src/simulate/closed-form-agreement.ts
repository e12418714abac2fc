import type { World } from "../catalog/index.ts";
import { compileReplica, engineSpec, loadPoint, type RequestShape } from "../perf/index.ts";
import type { Group, Routes } from "../route/index.ts";
import { groupSum } from "./group-measures.ts";
import type { Measures } from "./measures.ts";

/** A time by the closed form and as simulated, ms, and (simulated - predicted) / predicted. */
export interface Predicted {
  readonly predictedMs: number;
  readonly simulatedMs: number;
  readonly relativeDifference: number;
}

/**
 * The engine model that the plan was made with against the engine that was simulated, at the rate and for the sizes of
 * requests that were simulated: where several kinds of modules are at hand, the policy sends long prompts to the quick
 * ones. Times at the engine, network not counted. The model speaks of one workload, so groups that served several and
 * groups with few requests are not listed.
 */
export interface ClosedFormAgreement {
  readonly pool: string;
  readonly workload: string;
  /** Per engine. */
  readonly requestsPerS: number;
  readonly utilization: number;
  /** Variance over mean of the requests per sixteenth of the time: 1 for the Poisson stream the model speaks of. */
  readonly dispersion: number;
  /** Null where the model claims to be within 3 % in the means and 10 % at the 99th percentile; else why it does not. */
  readonly noClaim: string | null;
  readonly tpot: Predicted;
  readonly ttftMean: Predicted;
  /** Null where too few requests were counted for a 99th percentile. */
  readonly ttftP99: Predicted | null;
  readonly e2eMean: Predicted;
  readonly e2eP99: Predicted | null;
}

/** Up to here the closed form was seen to keep its word against engines alone with a Poisson stream. */
const claimedUtilization = 0.35;
/** A Poisson stream in sixteen slices stays below this in 999 of 1,000 cases. */
const claimedDispersion = 2.5;

function whyNoClaim(group: Group, utilization: number, dispersion: number): string | null {
  if (group.replicas > 1) return "several engines share the requests, and each takes them when others are busy";
  if (group.speedRatio !== 1) return "the engine shares its accelerators with others";
  if (utilization > claimedUtilization) return "the engine carries more than 35 % of what it could";
  if (dispersion > claimedDispersion) return "requests come in bursts, or more at some hours than at others";
  return null;
}

/** Fewer requests than this say little about a mean. */
const enoughRequests = 1000;

export function compareClosedForms(
  world: World,
  routes: Routes,
  measures: Measures,
  simulatedMs: number,
): ClosedFormAgreement[] {
  return routes.groups.flatMap((group, index): ClosedFormAgreement[] => {
    const sumOf = (workload: number, position: number) => measures.groups.sumOf(index, workload, position);
    const served = group.workloads.filter((workload) => sumOf(workload, groupSum.completed) > 0);
    const [workload] = served;
    if (workload === undefined || served.length > 1) return [];
    const completed = sumOf(workload, groupSum.completed);
    const decodeTokens = sumOf(workload, groupSum.outputTokens) - completed;
    if (completed < enoughRequests || decodeTokens === 0) return [];
    const requestsPerS = (completed * 1000) / simulatedMs / group.replicas;
    const point = predict(world, group, workload, requestsPerS, servedShape(sumOf, workload));
    if (point === null) return [];
    const slow = measures.groups.quantiles(index, workload, 0.99);
    const dispersion = measures.groups.dispersion(index, workload);
    const tpotMs = (sumOf(workload, groupSum.e2eMs) - sumOf(workload, groupSum.ttftMs)) / decodeTokens;
    return [
      {
        pool: routes.deployment.pools[group.pool]!.id,
        workload: world.workloads[workload]!.id,
        requestsPerS,
        utilization: point.utilization,
        dispersion,
        noClaim: whyNoClaim(group, point.utilization, dispersion),
        tpot: compare(point.tpotMs, tpotMs),
        ttftMean: compare(point.ttftMeanMs, sumOf(workload, groupSum.ttftMs) / completed),
        ttftP99: slow && compare(point.ttftP99Ms, slow.ttftMs),
        e2eMean: compare(point.e2eMeanMs, sumOf(workload, groupSum.e2eMs) / completed),
        e2eP99: slow && compare(point.e2eP99Ms, slow.e2eMs),
      },
    ];
  });
}

/** Mean and spread of what a group served; prompts and answers are at least a token long. */
function servedShape(sumOf: (workload: number, position: number) => number, workload: number): RequestShape {
  const completed = sumOf(workload, groupSum.completed);
  const inputMean = sumOf(workload, groupSum.inputTokens) / completed;
  const outputMean = sumOf(workload, groupSum.outputTokens) / completed;
  const cv = (mean: number, squared: number) => Math.sqrt(Math.max(0, squared / completed / mean ** 2 - 1));
  return {
    inputMean,
    inputCv: cv(inputMean, sumOf(workload, groupSum.inputTokensSquared)),
    outputMean,
    outputCv: cv(outputMean, sumOf(workload, groupSum.outputTokensSquared)),
    prefixHitRatio: sumOf(workload, groupSum.cachedTokens) / sumOf(workload, groupSum.inputTokens),
  };
}

/** The load point of one engine, null where the model claims nothing. */
function predict(world: World, group: Group, workload: number, requestsPerS: number, shape: RequestShape) {
  const entry = world.workloads[workload]!;
  const spec = engineSpec({
    accelerator: world.modules[group.module]!.accelerator,
    accelerators: group.tensorParallel,
    model: world.models[entry.model]!,
    engine: world.engines[entry.engine]!,
    weightPrecision: entry.weightPrecision,
    kvPrecision: entry.kvPrecision,
  });
  const replica = spec && compileReplica(spec);
  if (replica === null) return null;
  // An engine at a share of the speed is a whole engine on a slower clock; only the time outside the steps stays.
  const { speedRatio } = group;
  const point = loadPoint(replica, shape, requestsPerS / speedRatio);
  if (!point.stable) return null;
  const overheadMs = replica.requestOverheadMs;
  const stretched = (ms: number) => (ms - overheadMs) / speedRatio + overheadMs;
  return {
    utilization: point.utilization,
    tpotMs: point.tpotMs / speedRatio,
    ttftMeanMs: stretched(point.ttftMeanMs),
    ttftP99Ms: stretched(point.ttftQuantileMs(0.99)),
    e2eMeanMs: stretched(point.e2eMeanMs),
    e2eP99Ms: stretched(point.e2eQuantileMs(0.99)),
  };
}

function compare(predictedMs: number, simulatedMs: number): Predicted {
  return { predictedMs, simulatedMs, relativeDifference: (simulatedMs - predictedMs) / predictedMs };
}
