/**
 * What the parts of a step cost, ms: a step that decodes `n` sequences holding `S` tokens of context and prefills `p` tokens
 * with `q` query-key pairs takes
 *
 *   stepBaseMs + perSequenceMs·n + perContextTokenMs·S + perPrefillTokenMs·p + perAttentionTokenPairMs·q + batchMs(n + p)
 */
export interface StepTerms {
  readonly stepBaseMs: number;
  readonly perSequenceMs: number;
  readonly perContextTokenMs: number;
  readonly perPrefillTokenMs: number;
  readonly perAttentionTokenPairMs: number;
  readonly batchMs: ((tokens: number) => number) | null;
}

/**
 * Power of a running step above idling, as shares of what the chip adds at full load. A step is made of work, and each kind
 * takes this much of full power for the time that it would take at the catalogue's rates, all beside a little for every
 * moment in which anything runs. Reading and arithmetic overlap in time but not in energy, so their sum can ask for more than
 * full power: then the chip holds its limit by a lower clock, and the step counts as full power (`drawnMs`).
 *
 * Fit to 26 passes of Llama-3.1-8B, 70B, 3.2-1B and Qwen3-30B-A3B on one H200 SXM (`bench/accelerator`, November 2026): power
 * within 3 % in the median and 12 % at worst over all 41 passes, prompts among them; four decode loads on one H100 SXM, which
 * the fit did not see, within 4 %. Taken as it is for chips that nobody measured. Sums over several accelerators were not
 * measured: they count as waiting.
 */
export const drawShares = {
  running: 0.076,
  weights: 0.54,
  /** Products of one expert each are cut narrow: parts of them are computed for nothing. */
  experts: 1.02,
  cache: 1.32,
  arithmetic: 2,
  /** Beside the time of its operations at the rate of large products, a third to three quarters of which it reaches. */
  promptAttention: 2.86,
} as const;

/** Terms of `time` and `work` together: each moment of a step, and what is done in it. */
export function drawOf(time: StepTerms, work: StepTerms): StepTerms {
  const { running } = drawShares;
  const { batchMs: timeMs } = time;
  const { batchMs: workMs } = work;
  return {
    stepBaseMs: running * time.stepBaseMs + work.stepBaseMs,
    perSequenceMs: running * time.perSequenceMs + work.perSequenceMs,
    perContextTokenMs: running * time.perContextTokenMs + work.perContextTokenMs,
    perPrefillTokenMs: running * time.perPrefillTokenMs + work.perPrefillTokenMs,
    perAttentionTokenPairMs: running * time.perAttentionTokenPairMs + work.perAttentionTokenPairMs,
    batchMs:
      timeMs === null && workMs === null
        ? null
        : (tokens) => running * (timeMs?.(tokens) ?? 0) + (workMs?.(tokens) ?? 0),
  };
}

/** What a step draws, in ms at full load that take the same energy above idling: never more than it lasts. */
export function drawnMs(askedMs: number, stepMs: number): number {
  return Math.min(askedMs, stepMs);
}

/**
 * What `steps` steps draw together when each asks `askedGrowthMs` more and lasts `stepGrowthMs` longer than the one before:
 * the sum of `drawnMs`, in closed form, as two lines cross at most once.
 */
export function runDrawnMs(
  steps: number,
  askedMs: number,
  askedGrowthMs: number,
  stepMs: number,
  stepGrowthMs: number,
): number {
  const over = askedMs - stepMs;
  const growth = askedGrowthMs - stepGrowthMs;
  const last = over + growth * (steps - 1);
  if (over <= 0 && last <= 0) return lineSum(steps, askedMs, askedGrowthMs);
  if (over >= 0 && last >= 0) return lineSum(steps, stepMs, stepGrowthMs);
  const before = Math.min(Math.max(Math.ceil(-over / growth), 0), steps);
  const after = steps - before;
  return over < 0
    ? lineSum(before, askedMs, askedGrowthMs) + lineSum(after, stepMs + before * stepGrowthMs, stepGrowthMs)
    : lineSum(before, stepMs, stepGrowthMs) + lineSum(after, askedMs + before * askedGrowthMs, askedGrowthMs);
}

function lineSum(count: number, first: number, growth: number): number {
  return count * first + (growth * count * (count - 1)) / 2;
}
