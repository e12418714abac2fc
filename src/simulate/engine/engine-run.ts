/** A run of an engine: steps of one batch, of which each is as much longer than the one before. */
import { runDrawnMs } from "../../perf/index.ts";
import * as engineKinds from "./engine-kind.ts";
import type { EngineKind } from "./engine-kind.ts";
import * as engineRecords from "./engine-records.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { doing, drawnSteps, stepPart } = engineKinds;
const { engineFloat, engineInt } = engineRecords;

/**
 * What a step takes, ms, or with `drawnSteps` as `part` and `batchDrawnMs` what it draws: of `n` sequences over `context`
 * tokens and of prompts, of which `promptShare` counts; `tokens` in all.
 */
export function stepOf(
  steps: Float64Array,
  part: number,
  batchMs: EngineKind["batchMs"],
  n: number,
  tokens: number,
  context: number,
  prefillTokens: number,
  pairs: number,
  promptShare: number,
): number {
  const togetherMs = batchMs === null ? 0 : batchMs(tokens);
  const decodeMs =
    steps[part + stepPart.base]! +
    togetherMs +
    n * steps[part + stepPart.perSequence]! +
    context * steps[part + stepPart.perContextToken]!;
  const prefillMs =
    prefillTokens * steps[part + stepPart.perPrefillToken]! + pairs * steps[part + stepPart.perTokenPair]!;
  return decodeMs + prefillMs * promptShare;
}

/**
 * Writes down the steps of a run that begins at `startMs`: of `n` sequences, with `prefillTokens` in `pairs` of the prompts;
 * `decodeTokens` is what the sequences pass through the model, `context` what they read.
 */
export function beginSteps(
  kind: EngineKind,
  at: number,
  startMs: number,
  n: number,
  decodeTokens: number,
  context: number,
  prefillTokens: number,
  pairs: number,
  promptShare: number,
): void {
  const { steps } = kind;
  const { float } = kind.records;
  const slowdown = float[at + engineFloat.slowdown]!;
  const tokens = decodeTokens + prefillTokens;
  const growth = n * kind.gainTokens;
  const stepMs = stepOf(steps, 0, kind.batchMs, n, tokens, context, prefillTokens, pairs, promptShare);
  float[at + engineFloat.startMs] = startMs;
  float[at + engineFloat.firstStepMs] = stepMs * slowdown;
  float[at + engineFloat.growthMs] = growth * steps[stepPart.perContextToken]! * slowdown;
  if (!kind.isDrawKnown) return;
  const { batchDrawnMs, drawnShare } = kind;
  const askedMs = stepOf(steps, drawnSteps, batchDrawnMs, n, tokens, context, prefillTokens, pairs, drawnShare);
  float[at + engineFloat.firstStepAskedMs] = askedMs;
  float[at + engineFloat.askedGrowthMs] = growth * steps[drawnSteps + stepPart.perContextToken]!;
}

/** End of the run's k-th step: k first steps plus the growth of all later ones. */
export function timeAfter(float: Float64Array, at: number, steps: number): number {
  return (
    float[at + engineFloat.startMs]! +
    steps * float[at + engineFloat.firstStepMs]! +
    (float[at + engineFloat.growthMs]! * steps * (steps - 1)) / 2
  );
}

/** Steps of the run, the one under way included, that have begun when `distanceMs` have passed; at least 1. */
export function stepsUntil(float: Float64Array, at: number, distanceMs: number): number {
  const a = float[at + engineFloat.growthMs]! / 2;
  const b = float[at + engineFloat.firstStepMs]! - a;
  // Positive root of a·k² + b·k = distance, in the form that stays exact when a vanishes.
  const steps = distanceMs > 0 ? Math.ceil((2 * distanceMs) / (b + Math.sqrt(b * b + 4 * a * distanceMs))) : 1;
  return Math.max(1, steps);
}

/** What the run's first `steps` steps draw, ms at full load. */
export function drawnIn({ isDrawKnown, records: { float } }: EngineKind, at: number, steps: number): number {
  if (!isDrawKnown) return timeAfter(float, at, steps) - float[at + engineFloat.startMs]!;
  return runDrawnMs(
    steps,
    float[at + engineFloat.firstStepAskedMs]!,
    float[at + engineFloat.askedGrowthMs]!,
    float[at + engineFloat.firstStepMs]!,
    float[at + engineFloat.growthMs]!,
  );
}

/** What the engine whose record begins at `at` drew until `nowMs`, ms at full load: see `Engine.drawnMs`. */
export function drawnMsUntil(kind: EngineKind, at: number, nowMs: number): number {
  const { float, int } = kind.records;
  const now = int[2 * at + engineInt.doing]!;
  const isIdle = now === doing.nothing || now === doing.awaiting;
  return float[at + engineFloat.drawnMs]! + (isIdle ? 0 : drawnInRun(kind, at, nowMs));
}

/** What the run under way drew until `nowMs`, ms at full load. */
export function drawnInRun(kind: EngineKind, at: number, nowMs: number): number {
  const { float, int } = kind.records;
  const startMs = float[at + engineFloat.startMs]!;
  const passedMs = Math.min(nowMs, float[at + engineFloat.endMs]!) - startMs;
  if (!(passedMs > 0)) return 0;
  // Whole steps, and of the one under way as much as has passed of it.
  const steps = Math.min(stepsUntil(float, at, passedMs), int[2 * at + engineInt.steps]!);
  const beganMs = timeAfter(float, at, steps - 1);
  const before = drawnIn(kind, at, steps - 1);
  const share = Math.min(1, (passedMs + startMs - beganMs) / (timeAfter(float, at, steps) - beganMs));
  return before + (drawnIn(kind, at, steps) - before) * share;
}
