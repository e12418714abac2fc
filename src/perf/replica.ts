import type { ServerModule } from "../catalog/index.ts";
import type { ReplicaSpec } from "./memory.ts";
import type { StepTerms } from "./step-draw.ts";

/**
 * An engine as numbers, all times in ms. Given the number of sequences a step (`StepTerms`) is linear in their context, so
 * runs of decode steps can be summed in closed form.
 */
export interface Replica extends StepTerms {
  readonly spec: ReplicaSpec;
  readonly kvTokenCapacity: number;
  /** Tokens of a decoding sequence that pass the model in a step: 1, and those of the draft. */
  readonly tokensPerSequence: number;
  /** Tokens a decoding sequence gains per step, in sixteenths of a token: 1 without drafts. */
  readonly tokensPerStep: number;
  /** Set where prompts and answers run on separate units; all else then describes one unit. */
  readonly split?: Split;
  /** Stages of the pipeline: as many batches are under way at once, and a step is a round in which each passes all. */
  readonly pipelineStages: number;
  /** Per request outside the steps. */
  readonly requestOverheadMs: number;
  readonly maxSequences: number;
  readonly maxBatchedTokens: number;
  readonly kvBlockTokens: number;
  /**
   * What the same parts of a step ask for above idling, in ms at full load of all the engine's accelerators: energy over the
   * power that they add between idle and full load. A step draws no more than it lasts (`drawnMs`).
   */
  readonly draw: StepTerms;
}

/** Units of an engine that run prompts and answers apart, and the way of the cache from one to the other. */
export interface Split {
  readonly prefillUnits: number;
  readonly decodeUnits: number;
  readonly transferStartMs: number;
  /** Cache of one token, all its layers. */
  readonly transferPerTokenMs: number;
}

/** Parts of a token in which gains per step are counted, so that a simulated engine can count blocks in whole numbers. */
export const acceptanceUnits = 16;

/**
 * Which part of a step's prompts takes time: in a pipeline prompts run in different batches side by side, but one prompt
 * cannot, and the round lasts as long as the longest.
 *
 * @param largest share of the step's prompt tokens that the longest prompt has, 0 to 1.
 */
export function promptShare(stages: number, largest: number): number {
  return Math.max(1 / stages, largest);
}

/** `replica.batchMs`, 0 where there is none. */
export function batchMs(replica: Replica, tokens: number): number {
  return replica.batchMs === null ? 0 : replica.batchMs(tokens);
}

/** Duration of one step, ms. `largestPromptShare` is that of the longest prompt among the prefill tokens. */
export function stepMs(
  replica: Replica,
  decodeSequences: number,
  contextTokens: number,
  prefillTokens: number,
  attentionPairs: number,
  largestPromptShare = 1,
): number {
  const share = promptShare(replica.pipelineStages, largestPromptShare);
  return (
    replica.stepBaseMs +
    replica.perSequenceMs * decodeSequences +
    replica.perContextTokenMs * contextTokens +
    (replica.perPrefillTokenMs * prefillTokens + replica.perAttentionTokenPairMs * attentionPairs) * share +
    batchMs(replica, decodeSequences * replica.tokensPerSequence + prefillTokens)
  );
}

/** Degrees of tensor parallelism a server allows: the powers of two that divide its accelerators evenly. */
export function feasibleTensorParallel(module: Pick<ServerModule, "accelerator" | "acceleratorCount">): number[] {
  const degrees: number[] = [];
  for (let t = 1; t <= module.acceleratorCount; t *= 2) {
    if (module.acceleratorCount % t === 0 && (t === 1 || module.accelerator.link.kind !== "none")) degrees.push(t);
  }
  return degrees;
}
