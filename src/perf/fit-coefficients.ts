import type { EngineProfile } from "../catalog/index.ts";
import { closedLoop, type ClosedLoopPoint, type ClosedLoopProtocol } from "./closed-loop.ts";
import type { ReplicaSpec } from "./memory.ts";
import { compileReplica } from "./compile-replica.ts";

/** One measured run at a fixed number of requests in flight, all of the same length. Times in ms. */
export interface MeasuredRun {
  /** What ran; its engine's coefficients are what is looked for, its settings are kept. */
  readonly spec: ReplicaSpec;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  /** 0 where it was not measured or must not be learnt from, as with the next. */
  readonly tpotMs: number;
  readonly ttftMs: number;
  /** Release of the engine, where it is known. */
  readonly release?: string;
  readonly protocol?: ClosedLoopProtocol;
}

/** The coefficients of an engine profile that a fit may change. */
export const coefficientNames = [
  "stepFixedMs",
  "stepPerLayerUs",
  "stepPerExpertLayerUs",
  "stepPerSequenceUs",
  "memoryCoefficient",
  "expertMemoryCoefficient",
  "computeCoefficient",
  "expertComputeCoefficient",
  "communicationCoefficient",
  "requestOverheadMs",
  "promptPerExpertLayerMs",
] as const;

export type CoefficientName = (typeof coefficientNames)[number];
export type EngineCoefficients = Readonly<Record<CoefficientName, number>>;

/** Change of a coefficient that counts as a surprise, in the coefficient's unit: how far set-ups usually differ. */
const scaleOf: EngineCoefficients = {
  stepFixedMs: 0.5,
  stepPerLayerUs: 20,
  stepPerExpertLayerUs: 20,
  stepPerSequenceUs: 20,
  memoryCoefficient: 0.2,
  expertMemoryCoefficient: 0.2,
  computeCoefficient: 0.2,
  expertComputeCoefficient: 0.3,
  communicationCoefficient: 0.3,
  requestOverheadMs: 100,
  promptPerExpertLayerMs: 3,
};

/** The coefficients of a profile, absent ones filled with what they default to. */
export function coefficientsOf(engine: EngineProfile): EngineCoefficients {
  return {
    stepFixedMs: engine.stepFixedMs,
    stepPerLayerUs: engine.stepPerLayerUs,
    stepPerExpertLayerUs: engine.stepPerExpertLayerUs ?? 0,
    stepPerSequenceUs: engine.stepPerSequenceUs,
    memoryCoefficient: engine.memoryCoefficient,
    expertMemoryCoefficient: engine.expertMemoryCoefficient ?? engine.memoryCoefficient,
    computeCoefficient: engine.computeCoefficient,
    expertComputeCoefficient: engine.expertComputeCoefficient ?? engine.computeCoefficient,
    communicationCoefficient: engine.communicationCoefficient,
    requestOverheadMs: engine.requestOverheadMs,
    promptPerExpertLayerMs: engine.promptPerExpertLayerMs ?? 0,
  };
}

/** What the engine with these coefficients would have measured; null when the run does not fit in its memory. */
export function predictRun(run: MeasuredRun, coefficients: EngineCoefficients): ClosedLoopPoint | null {
  const { byGeneration: _, ...engine } = run.spec.engine;
  const replica = compileReplica({ ...run.spec, engine: { ...engine, ...coefficients } });
  return replica && closedLoop(replica, run.inputTokens, run.outputTokens, run.concurrency, run.protocol);
}

/** A first token says less than a thousand tokens after it: weight of its error beside that of the time per token. */
const firstTokenWeight = 0.4;
/** Log errors below this weigh alike; keeps the reweighting from dividing by nothing. */
const errorFloor = 0.02;
/** Pull of the expectation: it counts as this many runs plus a share of the runs given. */
const expectationRuns = 1;
const expectationShare = 0.008;
const shortDescent = 30;
const longDescent = 100;

interface Residual {
  readonly value: number;
  readonly weight: number;
}

/** Log errors of one run: time per token, and time to first token unless requests waited for memory. */
function residualsOf(run: MeasuredRun, coefficients: EngineCoefficients): readonly Residual[] {
  const point = predictRun(run, coefficients);
  if (!point || !(point.tpotMs > 0)) return [];
  const residuals: Residual[] = [];
  if (run.tpotMs > 0) residuals.push({ value: Math.log(point.tpotMs / run.tpotMs), weight: 1 });
  if (run.ttftMs > 0 && point.decoding >= run.concurrency) {
    residuals.push({ value: Math.log(point.ttftMs / run.ttftMs), weight: firstTokenWeight });
  }
  return residuals;
}

/**
 * Coefficients with the least absolute log error over the runs, none below zero, held near `expected` where the runs say
 * nothing: a set-up measured on one model and one layout cannot tell its memory from its links.
 *
 * Gauss-Newton with damping on iteratively reweighted squares; a coefficient that would fall below zero stays at zero.
 * The same runs in the same order give the same bytes.
 */
export function fitCoefficients(runs: readonly MeasuredRun[], expected: EngineCoefficients): EngineCoefficients {
  const strength = expectationRuns + expectationShare * runs.length;
  const first = descend(runs, expected, expected, strength);
  // Runs that the model explains better than usual are less noisy than usual, and need the expectation less.
  const trust = medianError(runs, first) / usualError;
  if (trust < 1) return descend(runs, first, expected, strength * Math.max(trust, leastTrust));
  return trust < otherEngineTrust || runs.length < otherEngineRuns
    ? first
    : withoutExpectation(runs, first, expected, strength);
}

/** Median error of fits to published runs of several models and chips. */
const usualError = 0.06;
const leastTrust = 1e-3;
/**
 * An expectation that explains the runs this many times worse than usual is that of another kind of engine, and as many
 * runs as this can say so. llama.cpp takes 0.8 ms of the host for each sequence where vLLM takes 0.017 ms: held near vLLM's
 * coefficients a fit errs by half, without them by a tenth.
 */
const otherEngineTrust = 3;
const otherEngineRuns = 12;
/** A fifth of the errors must go for the expectation to be given up. */
const worthwhileRatio = 0.8;

/** Lets the expectation go step by step for as long as this explains the runs much better. */
function withoutExpectation(
  runs: readonly MeasuredRun[],
  first: EngineCoefficients,
  expected: EngineCoefficients,
  strength: number,
): EngineCoefficients {
  let best = first;
  let found = first;
  for (const share of [0.1, 0.01, leastTrust]) {
    found = descend(runs, found, expected, strength * share, longDescent);
    if (errorSum(runs, found) < worthwhileRatio * errorSum(runs, best)) best = found;
  }
  return best;
}

function medianError(runs: readonly MeasuredRun[], coefficients: EngineCoefficients): number {
  const errors = runs.flatMap((run) => residualsOf(run, coefficients).map(({ value }) => Math.abs(value)));
  return errors.toSorted((a, b) => a - b)[Math.floor(errors.length / 2)] ?? usualError;
}

function descend(
  runs: readonly MeasuredRun[],
  start: EngineCoefficients,
  expected: EngineCoefficients,
  strength: number,
  rounds = shortDescent,
): EngineCoefficients {
  const scale = coefficientNames.map((name) => scaleOf[name]);
  let current = start;
  let damping = 1e-3;
  let cost = costOf(runs, current, expected, scale, strength);
  for (let round = 0; round < rounds; round++) {
    const { normal, gradient } = normalEquations(runs, current, expected, scale, strength);
    let improved = false;
    for (let attempt = 0; attempt < 6 && !improved; attempt++) {
      const damped = normal.map((row, i) => row.map((value, j) => (i === j ? value * (1 + damping) + 1e-9 : value)));
      const step = solve(damped, gradient);
      const next = moved(current, step, scale);
      const nextCost = costOf(runs, next, expected, scale, strength);
      if (nextCost < cost) {
        improved = cost - nextCost > 1e-7 * cost;
        [current, cost, damping] = [next, nextCost, damping / 3];
        if (!improved) return current;
      } else damping *= 4;
    }
    if (!improved) return current;
  }
  return current;
}

function moved(from: EngineCoefficients, step: readonly number[], scale: readonly number[]): EngineCoefficients {
  const to: Record<CoefficientName, number> = { ...from };
  for (const [i, name] of coefficientNames.entries()) to[name] = Math.max(0, from[name] - step[i]! * scale[i]!);
  return to;
}

function errorSum(runs: readonly MeasuredRun[], at: EngineCoefficients): number {
  let total = 0;
  for (const run of runs) {
    for (const { value, weight } of residualsOf(run, at)) total += weight * Math.abs(value);
  }
  return total;
}

function costOf(
  runs: readonly MeasuredRun[],
  at: EngineCoefficients,
  expected: EngineCoefficients,
  scale: readonly number[],
  strength: number,
): number {
  let total = errorSum(runs, at);
  for (const [i, name] of coefficientNames.entries()) {
    total += (strength * ((at[name] - expected[name]) / scale[i]!) ** 2) / 2;
  }
  return total;
}

function normalEquations(
  runs: readonly MeasuredRun[],
  at: EngineCoefficients,
  expected: EngineCoefficients,
  scale: readonly number[],
  strength: number,
): { normal: number[][]; gradient: number[] } {
  const size = coefficientNames.length;
  const normal = Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
  const gradient = coefficientNames.map((name, i) => (strength * (at[name] - expected[name])) / scale[i]!);
  for (let i = 0; i < size; i++) normal[i]![i] = strength;
  const nudge = 1e-4;
  for (const run of runs) {
    const here = residualsOf(run, at);
    const nudged = coefficientNames.map((name, i) => residualsOf(run, { ...at, [name]: at[name] + nudge * scale[i]! }));
    for (const [k, { value, weight }] of here.entries()) {
      const w = weight / Math.max(Math.abs(value), errorFloor);
      const slope = nudged.map((moved) => ((moved[k]?.value ?? value) - value) / nudge);
      for (let i = 0; i < size; i++) {
        gradient[i]! += w * slope[i]! * value;
        for (let j = 0; j < size; j++) normal[i]![j]! += w * slope[i]! * slope[j]!;
      }
    }
  }
  return { normal, gradient };
}

/** Gaussian elimination with pivoting; the matrix is positive definite. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const a = matrix.map((row, i) => [...row, right[i]!]);
  for (let pivot = 0; pivot < n; pivot++) {
    let best = pivot;
    for (let row = pivot; row < n; row++) if (Math.abs(a[row]![pivot]!) > Math.abs(a[best]![pivot]!)) best = row;
    [a[pivot], a[best]] = [a[best]!, a[pivot]!];
    for (let row = 0; row < n; row++) {
      if (row === pivot) continue;
      const factor = a[row]![pivot]! / a[pivot]![pivot]!;
      if (factor === 0) continue;
      for (let column = pivot; column <= n; column++) a[row]![column]! -= factor * a[pivot]![column]!;
    }
  }
  return a.map((row, i) => row[n]! / row[i]!);
}
