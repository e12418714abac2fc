import type { World } from "../catalog/index.ts";
import { compileReplica, loadPoint, type LoadPoint, type RequestShape } from "../perf/index.ts";
import { groupEngine, type Group, type Routes } from "../route/index.ts";
import { groupSum } from "./group-measures.ts";
import type { Measures } from "./measures.ts";
import { longestInput } from "./request-sizes.ts";

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
  /** Null where the model claims to be within 3 % in the means; else why it does not. */
  readonly noClaim: string | null;
  /** Null where it claims to be within 10 % at the 99th percentiles as well; else why it does not. */
  readonly noTailClaim: string | null;
  readonly tpot: Predicted;
  readonly ttftMean: Predicted;
  /** Null where too few requests were counted for a 99th percentile. */
  readonly ttftP99: Predicted | null;
  readonly e2eMean: Predicted;
  readonly e2eP99: Predicted | null;
}

/**
 * Up to here the closed form was seen to keep its word against engines alone with a Poisson stream, over some hundreds of
 * random shapes of requests: 50 to 5,000 tokens in, 20 to 800 out.
 */
const claimed = {
  utilization: 0.6,
  /** Share of the time that prompts take, times one plus the square of their variation: what long ones make others wait. */
  promptLoad: 0.2,
  elasticity: 0.15,
  /** Time a prompt takes by itself, over the time of the answer. */
  promptPerAnswer: 0.15,
  /** A Poisson stream in sixteen slices stays below this in 999 of 1,000 cases. */
  dispersion: 2.5,
} as const;
/**
 * Whether requests gain by going to the quieter of several engines: where some are idle while others are not, where a
 * prompt holds an engine for more than two steps, or where the crowd shows in the steps.
 */
function canBeAvoided({ batch, tpotMs, elasticity }: LoadPoint, longPromptMs: number): boolean {
  return batch < 3 || longPromptMs > 2 * tpotMs || elasticity > 0.07;
}

/** Answers that differ less spread their times less than the crowds they meet. */
const leastOutputCv = 0.3;
/** Deviations above its mean that the 99th percentile of a lognormal lies at most. */
const tailDeviations = 4;
/** Deviations above its mean beyond which the prompts of a lognormal hardly weigh. */
const longestDeviations = 6;

const severalEngines = "several engines share the requests, and each takes them when others are busy";
/**
 * What requests can gain by going elsewhere is at most what they wait: where an engine that is left alone is hardly quicker,
 * it does not matter whether they do. Relative to its times, in means and 99th percentiles.
 */
const idleTolerance = { mean: 0.02, tail: 0.06 } as const;

/** How much longer the times at a load are than those of an engine that is left alone, relative. */
function waits(point: Prediction, idle: Prediction): { readonly mean: number; readonly tail: number } {
  const over = (time: (of: Prediction) => number) => time(point) / time(idle) - 1;
  return {
    mean: Math.max(
      over((of) => of.tpotMs),
      over((of) => of.ttftMeanMs),
      over((of) => of.e2eMeanMs),
    ),
    tail: Math.max(
      over((of) => of.ttftP99Ms),
      over((of) => of.e2eP99Ms),
    ),
  };
}

function whyNoClaim(
  point: Prediction,
  idle: Prediction,
  { shape, requestsPerS, mostInputTokens, dispersion, isDrawn, isAlone }: Served,
): string | null {
  const promptMs = (point.promptRatio * 1000) / requestsPerS;
  if (!isAlone && canBeAvoided(point, promptMs * (1 + shape.inputCv)) && waits(point, idle).mean > idleTolerance.mean) {
    return severalEngines;
  }
  if (!isDrawn) return "lengths come from a trace or from conversations";
  if (point.utilization > claimed.utilization) return "the engine carries more than six tenths of what it could";
  if (point.promptRatio * (1 + shape.inputCv ** 2) > claimed.promptLoad) {
    return "prompts, and the longest of them, take much of the engine's time";
  }
  if (promptMs > claimed.promptPerAnswer * (shape.outputMean - 1) * point.tpotMs)
    return "answers are short beside prompts";
  if (point.elasticity > claimed.elasticity) return "contexts cost so much that each request slows the others down";
  if (shape.inputMean * (1 + longestDeviations * shape.inputCv) > mostInputTokens) {
    return "the longest prompts are cut to what the model's context holds";
  }
  return dispersion > claimed.dispersion ? "requests come in bursts, or more at some hours than at others" : null;
}

function whyNoTailClaim(
  point: Prediction,
  idle: Prediction,
  { shape, requestsPerS, maxBatchedTokens, isAlone }: Served,
): string | null {
  const promptMs = (point.promptRatio * 1000) / requestsPerS;
  if (!isAlone && canBeAvoided(point, promptMs * (1 + shape.inputCv)) && waits(point, idle).tail > idleTolerance.tail) {
    return severalEngines;
  }
  if (shape.outputCv < leastOutputCv) return "answers are nearly of one length";
  const { inputMean, inputCv, prefixHitRatio } = shape;
  if (inputMean * (1 - prefixHitRatio) * (1 + tailDeviations * inputCv) > maxBatchedTokens) {
    return "the longest prompts take several steps";
  }
  return null;
}

/** What a group served, as far as the model's claim hangs on it. */
interface Served {
  readonly shape: RequestShape;
  /** Per engine. */
  readonly requestsPerS: number;
  readonly mostInputTokens: number;
  /** Tokens of a step. */
  readonly maxBatchedTokens: number;
  readonly dispersion: number;
  /** Whether lengths are drawn from the workload's distribution. */
  readonly isDrawn: boolean;
  /** Whether no other engine of the deployment serves the workload. */
  readonly isAlone: boolean;
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
): ClosedFormAgreement[] {
  const enginesOf = new Float64Array(world.workloads.length);
  for (const group of routes.groups) for (const workload of group.workloads) enginesOf[workload]! += group.replicas;
  return routes.groups.flatMap((group, index): ClosedFormAgreement[] => {
    const sumOf = (workload: number, position: number) => measures.groups.sumOf(index, workload, position);
    const [workload, another] = group.workloads.filter((each) => sumOf(each, groupSum.completed) > 0);
    if (workload === undefined || another !== undefined) return [];
    const completed = sumOf(workload, groupSum.completed);
    const decodeTokens = sumOf(workload, groupSum.outputTokens) - completed;
    if (completed < enoughRequests || decodeTokens === 0) return [];
    const requestsPerS = (completed * 1000) / simulatedMs / group.replicas;
    const shape = servedShape(sumOf, workload);
    const engine = predictor(world, group, shape);
    const point = engine && engine(requestsPerS);
    const idle = engine && engine(0);
    if (point === null || idle === null) return [];
    const slow = measures.groups.quantiles(index, workload, 0.99);
    const dispersion = measures.groups.dispersion(index, workload);
    const served = {
      shape,
      requestsPerS,
      mostInputTokens: longestInput(world, workload),
      maxBatchedTokens: world.engines[world.workloads[workload]!.engine]!.maxBatchedTokens,
      dispersion,
      isDrawn: !recorded.has(workload),
      isAlone: enginesOf[workload] === 1,
    };
    const noClaim = whyNoClaim(point, idle, served);
    const tpotMs = (sumOf(workload, groupSum.e2eMs) - sumOf(workload, groupSum.ttftMs)) / decodeTokens;
    return [
      {
        pool: routes.deployment.pools[group.pool]!.id,
        workload: world.workloads[workload]!.id,
        requestsPerS,
        utilization: point.utilization,
        dispersion,
        noClaim,
        noTailClaim: noClaim ?? whyNoTailClaim(point, idle, served),
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

/** What the model says of one engine at its load. */
interface Prediction extends LoadPoint {
  readonly ttftP99Ms: number;
  readonly e2eP99Ms: number;
}

/** The load point of one engine by its rate, requests/s; null where the model claims nothing, as where the rate is too high. */
function predictor(
  world: World,
  group: Group,
  shape: RequestShape,
): ((requestsPerS: number) => Prediction | null) | null {
  const spec = groupEngine(world, group);
  const replica = spec && compileReplica(spec);
  if (replica === null) return null;
  // An engine at a share of the speed is a whole engine on a slower clock; only the time outside the steps stays.
  const { speedRatio } = group;
  const overheadMs = replica.requestOverheadMs;
  const stretched = (ms: number) => (ms - overheadMs) / speedRatio + overheadMs;
  return (requestsPerS) => {
    const point = loadPoint(replica, shape, requestsPerS / speedRatio);
    if (!point.stable) return null;
    return {
      ...point,
      tpotMs: point.tpotMs / speedRatio,
      ttftMeanMs: stretched(point.ttftMeanMs),
      ttftP99Ms: stretched(point.ttftQuantileMs(0.99)),
      e2eMeanMs: stretched(point.e2eMeanMs),
      e2eP99Ms: stretched(point.e2eQuantileMs(0.99)),
    };
  };
}

function compare(predictedMs: number, simulatedMs: number): Predicted {
  return { predictedMs, simulatedMs, relativeDifference: (simulatedMs - predictedMs) / predictedMs };
}
