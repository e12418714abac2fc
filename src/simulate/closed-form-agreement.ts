import type { World } from "../catalog/index.ts";
import { compileReplica, engineSpec, loadPoint, type RequestShape } from "../perf/index.ts";
import type { Group, Routes } from "../route/index.ts";
import { groupSum, groupSums, type Measures } from "./measures.ts";

/** A time by the closed form and as simulated, ms, and (simulated - predicted) / predicted. */
export interface Predicted {
  readonly predictedMs: number;
  readonly simulatedMs: number;
  readonly relativeDifference: number;
}

/**
 * The engine model that the plan was made with against the engine that was simulated, at the rate and for the sizes of
 * requests that were simulated: where several kinds of modules are at hand, the policy sends long prompts to the quick
 * ones. Times at the engine, network not counted. The model speaks of one workload and a steady rate, so groups that
 * served several workloads and groups with few requests are not listed.
 */
export interface ClosedFormAgreement {
  readonly pool: string;
  readonly workload: string;
  /** Per engine. */
  readonly requestsPerS: number;
  readonly utilization: number;
  readonly tpot: Predicted;
  readonly ttftMean: Predicted;
  readonly e2eMean: Predicted;
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
    const sumOf = (workload: number, position: number) =>
      measures.groups[(index * world.workloads.length + workload) * groupSums + position]!;
    const served = group.workloads.filter((workload) => sumOf(workload, groupSum.completed) > 0);
    const [workload] = served;
    if (workload === undefined || served.length > 1) return [];
    const completed = sumOf(workload, groupSum.completed);
    if (completed < enoughRequests || sumOf(workload, groupSum.decodeTokens) === 0) return [];
    const requestsPerS = (completed * 1000) / simulatedMs / group.replicas;
    const point = predict(world, group, workload, requestsPerS, servedShape(sumOf, workload));
    if (point === null) return [];
    const tpotMs = sumOf(workload, groupSum.decodeMs) / sumOf(workload, groupSum.decodeTokens);
    return [
      {
        pool: routes.deployment.pools[group.pool]!.id,
        workload: world.workloads[workload]!.id,
        requestsPerS,
        utilization: point.utilization,
        tpot: compare(point.tpotMs, tpotMs),
        ttftMean: compare(point.ttftMeanMs, sumOf(workload, groupSum.ttftMs) / completed),
        e2eMean: compare(point.e2eMeanMs, sumOf(workload, groupSum.e2eMs) / completed),
      },
    ];
  });
}

/** Mean and spread of what a group served; prompts and answers are at least a token long. */
function servedShape(sumOf: (workload: number, position: number) => number, workload: number): RequestShape {
  const completed = sumOf(workload, groupSum.completed);
  const inputMean = sumOf(workload, groupSum.inputTokens) / completed;
  const outputMean = sumOf(workload, groupSum.decodeTokens) / completed + 1;
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
  return {
    utilization: point.utilization,
    tpotMs: point.tpotMs / speedRatio,
    ttftMeanMs: (point.ttftMeanMs - overheadMs) / speedRatio + overheadMs,
    e2eMeanMs: (point.e2eMeanMs - overheadMs) / speedRatio + overheadMs,
  };
}

function compare(predictedMs: number, simulatedMs: number): Predicted {
  return { predictedMs, simulatedMs, relativeDifference: (simulatedMs - predictedMs) / predictedMs };
}
