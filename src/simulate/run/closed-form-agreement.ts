import type { World } from "../../catalog/index.ts";
import {
  compileReplica,
  loadPoint,
  sharingOf,
  type LoadPoint,
  type Peers,
  type Replica,
  type RequestShape,
  type Sharing,
  type Stream,
} from "../../perf/index.ts";
import { groupEngine, type Group, type Routes } from "../../route/index.ts";
import { whyNoClaim, whyNoTailClaim, type Served } from "../measure/closed-form-claims.ts";
import { contendersOf } from "../measure/contenders.ts";
import { groupSum, sliceCount } from "../measure/group-measures.ts";
import type { Measures } from "../measure/measures.ts";
import { longestInput } from "../chance/request-sizes.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** A time by the closed form and as simulated, ms, and (simulated - predicted) / predicted. */
export interface Predicted {
  readonly predictedMs: number;
  readonly simulatedMs: number;
  readonly relativeDifference: number;
}

/**
 * The engine model that the plan was made with against the engine that was simulated, at the rate and for the sizes of
 * requests that were simulated: where several kinds of modules are at hand, the policy sends long prompts to the quick
 * ones. Times at the engine, network not counted. Groups with few requests are not listed.
 */
export interface ClosedFormAgreement {
  readonly pool: string;
  /** Several that share the engines are named one after the other, with " + " between them. */
  readonly workload: string;
  /** Per engine. */
  readonly requestsPerS: number;
  readonly utilization: number;
  /** Variance over mean of the requests per sixteenth of the time: 1 for the Poisson stream the model speaks of. */
  readonly dispersion: number;
  /** Null where the model claims to be within 3 % in the means; else why it does not. */
  readonly noClaim: string | null;
  /** Null where it claims to be within 10 % at the 99th percentiles as well; else why it does not. */
  readonly noTailClaim: string | null;
  readonly tpot: Predicted;
  readonly ttftMean: Predicted;
  /** Null where too few requests were counted for a 99th percentile, and for several workloads together. */
  readonly ttftP99: Predicted | null;
  readonly e2eMean: Predicted;
  readonly e2eP99: Predicted | null;
}

/** Fewer requests than this say little about a mean. */
const enoughRequests = 1000;

/** @param recorded workloads whose lengths are not drawn from their distribution: traces and conversations. */
export function compareClosedForms(
  world: World,
  routes: Routes,
  measures: Measures,
  simulatedMs: number,
  recorded: ReadonlySet<number>,
  { rule, snapshotIntervalMs, burstiness }: Pick<SimulationOptions, "rule" | "snapshotIntervalMs" | "burstiness">,
): ClosedFormAgreement[] {
  const loads = routes.groups.map((group, index) => loadOf(world, group, index, measures, simulatedMs));
  if (loads.every((load) => load === null)) return [];
  // Half of what was sent since the last report waits, and so does whoever comes while a step is under way.
  const waitsMs = Float64Array.from(loads, (load) =>
    load === null
      ? 0
      : load.stream.stepMs + (1 + (load.requestsPerS * snapshotIntervalMs) / 2e3) * load.stream.promptMs,
  );
  const contenders = contendersOf(world, routes, waitsMs, simulatedMs / 1000);
  return loads.flatMap((load, index): ClosedFormAgreement[] => {
    if (load === null) return [];
    const { group, workloads, sum, shape, replica, requestsPerS } = load;
    const peers = { engines: group.replicas, groups: contenders[index]!, reportMs: snapshotIntervalMs };
    const prediction = predict(load, peers);
    if (prediction === null) return [];
    const { point, spread } = prediction;
    const [only, another] = workloads;
    const slow = another === undefined ? measures.groups.quantiles(index, only!, 0.99) : null;
    const dispersions = workloads.map((each) => measures.groups.dispersion(index, each));
    const dispersion = Math.max(...dispersions);
    const served: Served = {
      shape,
      requestsPerS,
      mostInputTokens: Math.min(...workloads.map((workload) => longestInput(world, workload))),
      maxBatchedTokens: replica.maxBatchedTokens,
      dispersion,
      rateVariance: Math.max(
        ...dispersions.map((each, i) => ((each - 1) * sliceCount) / load.sums[i]!(groupSum.completed)),
      ),
      isPoisson: burstiness === null,
      isDrawn: workloads.every((workload) => !recorded.has(workload)),
      workloads: workloads.length,
      mixedContextRatio: mixedContextRatio(load),
      engines: peers.engines,
      groups: peers.groups,
      perInterval: (requestsPerS * snapshotIntervalMs) / 1000,
      isByPolicy: rule === "disperse",
      isSplit: replica.split !== undefined,
      spread,
    };
    const noClaim = whyNoClaim(point, served);
    const completed = sum(groupSum.completed);
    const tpotMs = (sum(groupSum.e2eMs) - sum(groupSum.ttftMs)) / (sum(groupSum.outputTokens) - completed);
    return [
      {
        pool: routes.deployment.pools[group.pool]!.id,
        workload: workloads.map((workload) => world.workloads[workload]!.id).join(" + "),
        requestsPerS,
        utilization: point.utilization,
        dispersion,
        noClaim,
        noTailClaim: noClaim ?? whyNoTailClaim(served),
        tpot: compare(point.tpotMs, tpotMs),
        ttftMean: compare(point.ttftMeanMs, sum(groupSum.ttftMs) / completed),
        ttftP99: slow && compare(point.ttftP99Ms, slow.ttftMs),
        e2eMean: compare(point.e2eMeanMs, sum(groupSum.e2eMs) / completed),
        e2eP99: slow && compare(point.e2eP99Ms, slow.e2eMs),
      },
    ];
  });
}

/** What one engine of a group was asked for, and how it would fare if that were a Poisson stream of its own. */
interface EngineLoad {
  readonly group: Group;
  readonly workloads: readonly number[];
  readonly sum: SumAt;
  readonly sums: readonly SumAt[];
  readonly shape: RequestShape;
  readonly replica: Replica;
  readonly requestsPerS: number;
  /** On the clock of an engine that has all of the speed. */
  readonly alone: LoadPoint;
  readonly stream: Stream;
}

/** Null where too few requests were served, and where the rate is too high for the model. */
function loadOf(world: World, group: Group, index: number, measures: Measures, simulatedMs: number): EngineLoad | null {
  const workloads = group.workloads.filter((each) => measures.groups.sumOf(index, each, groupSum.completed) > 0);
  const sums = workloads.map(
    (workload): SumAt =>
      (position) =>
        measures.groups.sumOf(index, workload, position),
  );
  const sum: SumAt = (position) => sums.reduce((total, each) => total + each(position), 0);
  const completed = sum(groupSum.completed);
  if (completed < enoughRequests || sum(groupSum.outputTokens) === completed) return null;
  const spec = groupEngine(world, group);
  const replica = spec && compileReplica(spec);
  if (replica === null) return null;
  const shape = servedShape(sum);
  const requestsPerS = (completed * 1000) / simulatedMs / group.replicas;
  // An engine at a share of the speed is a whole engine on a slower clock.
  const ratePerS = requestsPerS / group.speedRatio;
  const alone = loadPoint(replica, shape, ratePerS);
  if (!alone.stable) return null;
  const stream = {
    requestsPerS: ratePerS,
    batch: alone.batch,
    elasticity: alone.elasticity,
    stepMs: alone.tpotMs * replica.tokensPerStep,
    promptMs: (alone.promptRatio * 1000) / ratePerS,
    promptCv: shape.inputCv,
    lifeMs: alone.e2eMeanMs,
  };
  return { group, workloads, sum, sums, shape, replica, requestsPerS, alone, stream };
}

/** What one workload, or several, summed up to at each position. */
type SumAt = (position: number) => number;

/** Mean and spread of what a group served; prompts and answers are at least a token long. */
function servedShape(sum: SumAt): RequestShape {
  const completed = sum(groupSum.completed);
  const inputMean = sum(groupSum.inputTokens) / completed;
  const outputMean = sum(groupSum.outputTokens) / completed;
  const cv = (mean: number, squared: number) => Math.sqrt(Math.max(0, squared / completed / mean ** 2 - 1));
  return {
    inputMean,
    inputCv: cv(inputMean, sum(groupSum.inputTokensSquared)),
    outputMean,
    outputCv: cv(outputMean, sum(groupSum.outputTokensSquared)),
    prefixHitRatio: sum(groupSum.cachedTokens) / sum(groupSum.inputTokens),
  };
}

/**
 * The model takes prompts and answers for independent. Of several workloads one may have long prompts and long answers, so
 * that the contexts decoding are longer: by which part of a step that lengthens it.
 */
function mixedContextRatio({ replica, alone, stream, shape, sums }: EngineLoad): number {
  let [tokens, weighted] = [0, 0];
  for (const sum of sums) {
    tokens += sum(groupSum.outputTokens);
    weighted += (sum(groupSum.outputTokens) * sum(groupSum.inputTokens)) / sum(groupSum.completed);
  }
  const longer = Math.abs(weighted / tokens - shape.inputMean);
  return (longer * replica.perContextTokenMs * (alone.batch + 1)) / stream.stepMs;
}

/** What the model says of one engine at its load. */
interface Prediction extends LoadPoint {
  readonly ttftP99Ms: number;
  readonly e2eP99Ms: number;
}

/** The load point of one engine of a group, and how far its times move with what the others leave to it; null where it cannot keep up. */
function predict(
  { replica, shape, stream, alone, group: { speedRatio } }: EngineLoad,
  peers: Peers,
): { readonly point: Prediction; readonly spread: Served["spread"] } | null {
  // Only the time outside the steps stays what it is on a slower clock.
  const overheadMs = replica.requestOverheadMs;
  const stretched = (ms: number) => (ms - overheadMs) / speedRatio + overheadMs;
  const onItsClock = (point: LoadPoint): Prediction => ({
    ...point,
    tpotMs: point.tpotMs / speedRatio,
    ttftMeanMs: stretched(point.ttftMeanMs),
    ttftP99Ms: stretched(point.ttftQuantileMs(0.99)),
    e2eMeanMs: stretched(point.e2eMeanMs),
    e2eP99Ms: stretched(point.e2eQuantileMs(0.99)),
  });
  const isAlone = peers.engines === 1 && peers.groups === 1;
  if (isAlone || replica.split) return { point: onItsClock(alone), spread: { mean: 0, tail: 0 } };
  const band = sharingOf(stream, { ...peers, reportMs: peers.reportMs * speedRatio });
  const at = (sharing: Sharing) => onItsClock(loadPoint(replica, shape, stream.requestsPerS, sharing));
  const point = at(band.expected);
  if (!point.stable) return null;
  const limits = [at(band.least), at(band.most)];
  const apart = (...times: readonly (keyof Prediction & `${string}Ms`)[]) =>
    Math.max(
      ...limits.flatMap((limit) => times.map((time) => Math.abs(Number(limit[time]) / Number(point[time]) - 1))),
    );
  return {
    point,
    spread: { mean: apart("tpotMs", "ttftMeanMs", "e2eMeanMs"), tail: apart("ttftP99Ms", "e2eP99Ms") },
  };
}

function compare(predictedMs: number, simulatedMs: number): Predicted {
  return { predictedMs, simulatedMs, relativeDifference: (simulatedMs - predictedMs) / predictedMs };
}
