/**
 * Settings of the benchmark's servers that delay first tokens, as published with InferenceX (scripts of October 2025 to
 * April 2026), as the mean number of steps a request is held back. SGLang looks for new requests every 10 steps, from 16
 * in flight on every 30. TensorRT-LLM waits up to 20 steps for fuller batches of prompts with Llama 70B at 1,024 tokens
 * in and out on fewer than eight accelerators.
 */
export function heldSteps(
  run: {
    readonly engine: string;
    readonly model: string;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly concurrency: number;
  },
  accelerators: number,
): number {
  if (run.engine === "sglang") return (run.concurrency < 16 ? 10 : 30) / 2;
  const waitsForBatch =
    run.engine === "trtllm" &&
    /Llama-3\.\d-70B/.test(run.model) &&
    run.inputTokens === 1024 &&
    run.outputTokens === 1024 &&
    accelerators < 8;
  return waitsForBatch ? 20 : 0;
}

/**
 * How many accelerators a row means. The file's columns multiply: a run with attention replicated over its four chips
 * says TP 4 × DP 4, and one with experts divided inside a group of eight says 8 × 8. Both use the smaller number, as
 * the concurrency of the same run shows.
 */
export function layoutOf(
  tp: number,
  dp: number,
  expertTp: number,
  expertEp: number,
): { readonly accelerators: number; readonly attentionDataParallel: boolean } {
  // The product is stated twice (8 × 8 = 64), once as attention's and once as the experts' layout.
  const doubled = expertTp > 1 && expertTp === expertEp && expertTp * expertEp === tp * dp;
  if (doubled) return { accelerators: expertTp, attentionDataParallel: dp > 1 };
  if (dp > 1) return { accelerators: tp === dp ? dp : tp * dp, attentionDataParallel: true };
  return { accelerators: tp, attentionDataParallel: false };
}
