import type { EngineCosts } from "./engine-costs.ts";
import { tokenUnits } from "./engine-records.ts";
import { KvBlocks } from "./kv-blocks.ts";
import type { Records } from "../chance/records.ts";

/** Everything that engines with the same costs share. */
export interface EngineKind {
  readonly costs: EngineCosts;
  readonly kv: KvBlocks;
  /** Tokens of a decoding sequence in each step. */
  readonly tokensPerSequence: number;
  /** Parts a token is counted in, so that gains per step are whole; and the parts a sequence gains per step. */
  readonly units: number;
  readonly gain: number;
  /** Where the records of the engines lie. */
  readonly records: Records;
}

export function engineKind(costs: EngineCosts, records: Records): EngineKind {
  const units = tokenUnits(costs);
  return {
    costs,
    kv: new KvBlocks(costs.kvBlocks, costs.kvBlockTokens * units, records),
    tokensPerSequence: costs.tokensPerSequence ?? 1,
    units,
    gain: Math.round((costs.tokensPerStep ?? 1) * units),
    records,
  };
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
