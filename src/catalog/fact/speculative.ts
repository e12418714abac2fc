import type { SpeculativeDecoding } from "../world/world-engines.ts";

/**
 * Tokens gained per step with 1 to 8 tokens proposed: medians over 14 measurements published with InferenceX (SPEED-Bench,
 * coding, answers of 4,096 tokens, July and August 2026; MTP, EAGLE-3 and DSpark drafts of DeepSeek V4, GLM 5.2, Kimi K2.5
 * and K3, MiniMax M3 and Qwen3.5, vLLM on B300). They range from 1.78 to 1.93 at one token and from 2.58 to 5.21 at eight.
 */
const publishedTokensPerStep = [1.84, 2.48, 2.95, 3.27, 3.53, 3.59, 3.74, 3.83] as const;

/** Drafts of `draftTokens` tokens per step; what is not given is what published drafts reach. Null for none. */
export function speculativeOf(
  draftTokens: number,
  tokensPerStep: number | null,
  draftCostRatio: number | null,
): SpeculativeDecoding | null {
  if (draftTokens === 0) return null;
  const published = publishedTokensPerStep[Math.min(draftTokens, publishedTokensPerStep.length) - 1]!;
  return {
    draftTokens,
    tokensPerStep: tokensPerStep ?? published,
    ...(draftCostRatio !== null && { draftCostRatio }),
  };
}
