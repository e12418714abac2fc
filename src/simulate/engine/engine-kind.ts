import type { EngineCosts, StepCosts } from "./engine-costs.ts";
import { tokenUnits } from "./engine-records.ts";
import { KvBlocks } from "./kv-blocks.ts";
import type { Records } from "../chance/records.ts";

/** Where the parts of a step stand in `EngineKind.steps`: what they take, ms, and `drawnSteps` behind what they draw, ms at full load. */
export const stepPart = { base: 0, perSequence: 1, perContextToken: 2, perPrefillToken: 3, perTokenPair: 4 } as const;
export const drawnSteps = 8;

/** Everything that engines with the same costs share. */
export interface EngineKind {
  readonly costs: EngineCosts;
  /** The costs of a step side by side, as every request asks for all of them: see `stepPart`. */
  readonly steps: Float64Array;
  /** What the tokens of a step take and draw together; null for nothing. */
  readonly batchMs: StepCosts["batchMs"];
  readonly batchDrawnMs: StepCosts["batchMs"];
  /** False where steps draw full load all the while. */
  readonly isDrawKnown: boolean;
  /** Part of a prompt's time that a step draws for: all stages work at prompts, each at its own. */
  readonly drawnShare: number;
  readonly kv: KvBlocks;
  /** Tokens of a decoding sequence in each step. */
  readonly tokensPerSequence: number;
  /** Parts a token is counted in, so that gains per step are whole; and the parts a sequence gains per step. */
  readonly units: number;
  readonly gain: number;
  /** The same in tokens. */
  readonly gainTokens: number;
  /** Where the records of the engines lie. */
  readonly records: Records;
}

export function engineKind(costs: EngineCosts, records: Records): EngineKind {
  const units = tokenUnits(costs);
  const gain = Math.round((costs.tokensPerStep ?? 1) * units);
  const { draw } = costs;
  const steps = new Float64Array(2 * drawnSteps);
  steps.set(partsOf(costs));
  if (draw !== undefined) steps.set(partsOf(draw), drawnSteps);
  return {
    costs,
    steps,
    batchMs: costs.batchMs,
    batchDrawnMs: draw?.batchMs ?? null,
    isDrawKnown: draw !== undefined,
    drawnShare: 1 / (costs.stages ?? 1),
    kv: new KvBlocks(costs.kvBlocks, costs.kvBlockTokens * units, records),
    tokensPerSequence: costs.tokensPerSequence ?? 1,
    units,
    gain,
    gainTokens: gain / units,
    records,
  };
}

/** In the order of `stepPart`. */
function partsOf(costs: StepCosts): number[] {
  return [costs.baseMs, costs.perSequenceMs, costs.perContextTokenMs, costs.perPrefillTokenMs, costs.perTokenPairMs];
}

/** What an engine is doing until its `endMs`. */
export const doing = {
  nothing: 0,
  /** Nothing to compute; a request on its way arrives at `endMs`. */
  awaiting: 1,
  /** One step that carries prefill chunks besides the decoding sequences. */
  mixed: 2,
  /** A run of `steps` equal steps in which every sequence gains one token per step. */
  decoding: 3,
  /** Until its end, a request that has the engine to itself: see `engine-alone.ts`. */
  alone: 4,
} as const;
