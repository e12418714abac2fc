import type { LoadPoint, RequestShape } from "../../perf/index.ts";

/** What a group served, as far as the model's claim hangs on it. */
export interface Served {
  readonly shape: RequestShape;
  /** Per engine. */
  readonly requestsPerS: number;
  readonly mostInputTokens: number;
  /** Tokens of a step. */
  readonly maxBatchedTokens: number;
  /** Variance over mean of the requests per slice of time. */
  readonly dispersion: number;
  /** Variance of the rate from slice to slice beyond what chance explains, over its mean squared. */
  readonly rateVariance: number;
  /** Whether requests come by chance alone, at a rate that only follows the hours. */
  readonly isPoisson: boolean;
  /** Whether lengths are drawn from the workloads' distributions. */
  readonly isDrawn: boolean;
  readonly workloads: number;
  /** By which part of a step contexts are longer than the model knows, as long prompts and long answers come together. */
  readonly mixedContextRatio: number;
  /** Engines of the group, and groups that serve the same workloads. */
  readonly engines: number;
  readonly groups: number;
  /** Requests per engine between two reports of its load. */
  readonly perInterval: number;
  /** Whether the policy itself finds the engine of a request. */
  readonly isByPolicy: boolean;
  /** Whether prompts and answers run on separate units. */
  readonly isSplit: boolean;
  /** How far means and 99th percentiles lie from what is expected when the others leave more to the engine, or less, relative. */
  readonly spread: { readonly mean: number; readonly tail: number };
}

/** Up to which load the closed form was seen to keep its word, over some hundreds of random shapes of requests each. */
interface Limits {
  readonly utilization: number;
  /** Share of the time that prompts take, times one plus the square of their variation: what long ones make others wait. */
  readonly promptLoad: number;
  readonly elasticity: number;
  /** How far what the others leave to an engine may move its times. */
  readonly spread: { readonly mean: number; readonly tail: number };
}

/** An engine alone with a Poisson stream: 50 to 5,000 tokens in, 20 to 800 out. */
const alone: Limits = { utilization: 0.6, promptLoad: 0.2, elasticity: 0.15, spread: { mean: 0, tail: 0 } };
/** One of a group, two to 23 engines: the two choices keep crowds small and prompts apart. 60 to 3,000 in, 15 to 700 out. */
const ofGroup: Limits = { utilization: 0.6, promptLoad: 0.2, elasticity: 0.25, spread: { mean: 0.06, tail: 0.15 } };
/** Of two each has no choice but the other. */
const ofTwo: Limits = { ...ofGroup, spread: { mean: 0.04, tail: 0.1 } };
/** Groups in several places, and engines whose loads are known late: what they take from each other hangs on more than this. */
const ofSeveral: Limits = { ...ofGroup, spread: { mean: 0.025, tail: 0.08 } };
/** Groups in several places whose loads are known late can all send to the one that reported the least. */
const ofSeveralLate: Limits = { ...ofSeveral, spread: { mean: 0.01, tail: 0.03 } };
/** More requests than this between two reports of an engine make its load known late: of one group, and of several. */
const mostPerInterval = { ofGroup: 6, ofSeveral: 2 } as const;

/** Time a prompt takes by itself, over the time of the answer. */
const promptPerAnswer = 0.15;
/** A Poisson stream in sixteen slices stays below this in 999 of 1,000 cases. */
const steadyDispersion = 2.5;
/** Standard deviation of the rate over its mean: where it only follows the hours, times change with the square of it. */
const steadyRate = 0.05;
/** Answers that differ less spread their times less than the crowds they meet. */
const leastOutputCv = 0.3;
/** Deviations above its mean that the 99th percentile of a lognormal lies at most. */
const tailDeviations = 4;
/** Deviations above its mean beyond which the prompts of a lognormal hardly weigh. */
const longestDeviations = 6;
const mixedContextTolerance = 0.01;

function limitsOf({ engines, groups, perInterval }: Served): Limits {
  if (engines === 1 && groups === 1) return alone;
  if (groups > 1) return perInterval > mostPerInterval.ofSeveral ? ofSeveralLate : ofSeveral;
  if (perInterval > mostPerInterval.ofGroup) return ofSeveral;
  return engines === 2 ? ofTwo : ofGroup;
}

/** Null where the model claims to be within 3 % in the means; else why it does not. */
export function whyNoClaim(point: LoadPoint, served: Served): string | null {
  const { shape, requestsPerS, engines, groups } = served;
  const limits = limitsOf(served);
  const isShared = engines > 1 || groups > 1;
  if (isShared && !served.isByPolicy) return "several engines share the requests, by another rule than the policy's";
  if (isShared && served.isSplit) return "several engines, each split into units, share the requests";
  if (!served.isDrawn) return "lengths come from a trace or from conversations";
  if (point.utilization > limits.utilization) return "the engine carries more than six tenths of what it could";
  if (point.promptRatio * (1 + shape.inputCv ** 2) > limits.promptLoad) {
    return "prompts, and the longest of them, take much of the engine's time";
  }
  const promptMs = (point.promptRatio * 1000) / requestsPerS;
  if (promptMs > promptPerAnswer * (shape.outputMean - 1) * point.tpotMs) return "answers are short beside prompts";
  if (point.elasticity > limits.elasticity) return "contexts cost so much that each request slows the others down";
  if (shape.inputMean * (1 + longestDeviations * shape.inputCv) > served.mostInputTokens) {
    return "the longest prompts are cut to what the model's context holds";
  }
  if (served.mixedContextRatio > mixedContextTolerance) return "workloads of different lengths share the engine";
  if (!isSteady(served)) return "requests come in bursts, or more at some hours than at others";
  return served.spread.mean > limits.spread.mean ? severalEngines : null;
}

function isSteady({ dispersion, rateVariance, isPoisson }: Served): boolean {
  if (dispersion <= steadyDispersion) return true;
  return isPoisson && rateVariance <= steadyRate ** 2;
}

/** Null where it claims to be within 10 % at the 99th percentiles as well; else why it does not, given that it claims means. */
export function whyNoTailClaim(served: Served): string | null {
  const { shape } = served;
  if (served.workloads > 1) return "several workloads share the engine";
  if (served.spread.tail > limitsOf(served).spread.tail) return severalEngines;
  if (shape.outputCv < leastOutputCv) return "answers are nearly of one length";
  const { inputMean, inputCv, prefixHitRatio } = shape;
  if (inputMean * (1 - prefixHitRatio) * (1 + tailDeviations * inputCv) > served.maxBatchedTokens) {
    return "the longest prompts take several steps";
  }
  return null;
}

const severalEngines = "several engines share the requests, and how much each takes from the others matters";
