/** A run of an engine: steps of one batch, of which each is as much longer than the one before. */
import { runDrawnMs } from "../../perf/index.ts";
import type { StepCosts } from "./engine-costs.ts";
import { doing, type EngineKind } from "./engine-kind.ts";
import { engineFloat, engineInt } from "./engine-records.ts";

/** A step of `n` sequences over `context` tokens and of prompts, of which `promptShare` takes time; `tokens` in all. */
export function stepOf(
  costs: StepCosts,
  n: number,
  tokens: number,
  context: number,
  prefillTokens: number,
  pairs: number,
  promptShare: number,
): number {
  const togetherMs = costs.batchMs === null ? 0 : costs.batchMs(tokens);
  const decodeMs = costs.baseMs + togetherMs + n * costs.perSequenceMs + context * costs.perContextTokenMs;
  return decodeMs + (prefillTokens * costs.perPrefillTokenMs + pairs * costs.perTokenPairMs) * promptShare;
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
export function drawnIn({ costs, records: { float } }: EngineKind, at: number, steps: number): number {
  if (costs.draw === undefined) return timeAfter(float, at, steps) - float[at + engineFloat.startMs]!;
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
  const endedMs = float[at + engineFloat.drawnMs]!;
  const now = int[2 * at + engineInt.doing]!;
  const startMs = float[at + engineFloat.startMs]!;
  const passedMs = Math.min(nowMs, float[at + engineFloat.endMs]!) - startMs;
  if (now === doing.nothing || now === doing.awaiting || !(passedMs > 0)) return endedMs;
  // Whole steps, and of the one under way as much as has passed of it.
  const steps = Math.min(stepsUntil(float, at, passedMs), int[2 * at + engineInt.steps]!);
  const beganMs = timeAfter(float, at, steps - 1);
  const before = drawnIn(kind, at, steps - 1);
  const share = Math.min(1, (passedMs + startMs - beganMs) / (timeAfter(float, at, steps) - beganMs));
  return endedMs + before + (drawnIn(kind, at, steps) - before) * share;
}
