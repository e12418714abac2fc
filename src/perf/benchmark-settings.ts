import type { SpeculativeDecoding } from "../catalog/index.ts";

/** A row of the published runs, as far as its server's settings follow from it. */
export interface PublishedRun {
  readonly engine: string;
  /** Name of the model as published, in any case. */
  readonly model: string;
  readonly system: string;
  /** Number format of the weights. */
  readonly precision: string;
  /** The column that tells where a row comes from: file, date, container image. */
  readonly source: string;
  readonly version: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
}

/** What the server and the load generator of a published run were told. */
export interface BenchmarkSettings {
  /** Mean length of prompts and answers over the length stated. */
  readonly lengthRatio: number;
  /** Steps for which a request is held back on average: polling intervals, waits for fuller batches. */
  readonly heldSteps: number;
  /** Token budget of a step; null where the engine's own applies. */
  readonly maxBatchedTokens: number | null;
  /** Tokens guessed ahead; null for none. */
  readonly speculative: SpeculativeDecoding | null;
  /** The cache is kept in 8 bits beside weights in 8 or fewer; false: in 16. */
  readonly shortCache: boolean;
}

/** Days as ISO dates, which sort as text; empty where the row states none. */
const measuredOn = (source: string) => /measured=(\d{4}-\d\d-\d\d)/.exec(source)?.[1] ?? "";

/**
 * Settings of the runs that InferenceX publishes (its scripts and configurations, October 2025 to April 2026, Apache-2.0);
 * rows from elsewhere get the engine's defaults. Only what a row itself tells decides: engine, image, date, layout, lengths.
 *
 * Its load generator draws every length evenly from 0.8 to 1.0 times the stated one.
 */
export function benchmarkSettings(run: PublishedRun, accelerators: number, dataParallel: boolean): BenchmarkSettings {
  if (!/^(db-dump|source_file=(\d{4}-\d\d-\d\d|[a-z0-9.-]+-gap-analysis)\.csv)/.test(run.source)) {
    return {
      lengthRatio: 1,
      heldSteps: 0,
      maxBatchedTokens: null,
      speculative: null,
      shortCache: run.engine !== "vllm",
    };
  }
  const speculative = draftsOf(run, dataParallel);
  const stepsOf = run.engine === "sglang" ? pollingSteps : run.engine === "trtllm" ? batchingSteps : () => 0;
  return {
    lengthRatio: 0.9,
    heldSteps: stepsOf(run, accelerators, dataParallel),
    maxBatchedTokens: tokenBudget(run, accelerators, dataParallel, speculative),
    speculative,
    shortCache: hasShortCache(run),
  };
}

/**
 * Engines keep the cache in 16 bits unless told otherwise, which most scripts do. Those of vLLM for Kimi in int4 and for MiniMax
 * on H100, and of SGLang for DeepSeek and GLM on Hopper do not. Those for Llama 70B ask for 8 bits on Hopper as well, but runs on
 * H100 (October 2025) slow down at long contexts, and queue for memory, as 16 bits make them.
 */
function hasShortCache({ engine, system, model, precision }: PublishedRun): boolean {
  const hopper = /^h[12]00/i.test(system);
  if (engine === "sglang") return !(hopper && /deepseek|glm/i.test(model));
  if (engine !== "vllm") return true;
  if (/kimi/i.test(model) && precision === "int4") return false;
  return !hopper || (/minimax/i.test(model) && /^h200/i.test(system));
}

/**
 * Tokens a sequence gains per step with the model's own next-token heads, random prompts in a chat template. Own fit to the
 * published runs of DeepSeek R1 with TensorRT-LLM (three heads; one with attention in parallel over the data) and of
 * Qwen3.5 with SGLang (three heads), November 2026.
 */
const gainOfHeads: Readonly<Record<number, number>> = { 1: 1.75, 3: 2.5 };

/**
 * Multi-token prediction, by the images and dates of the configurations that have it: TensorRT-LLM for DeepSeek R1 has an
 * image of its own from February 2026 on, and before that shared one whose plain runs were over when it began; SGLang's
 * for Qwen3.5 on Blackwell came without the plain runs' suffix.
 */
function draftsOf(run: PublishedRun, dataParallel: boolean): SpeculativeDecoding | null {
  const date = measuredOn(run.source);
  const heads = (draftTokens: number) => ({ draftTokens, tokensPerStep: gainOfHeads[draftTokens]! });
  if (run.engine === "trtllm" && /deepseek-r1/i.test(run.model)) {
    const ownImage = run.version.startsWith("1.2.0rc6.post3");
    if (ownImage || (run.version.startsWith("1.1.0rc2") && date >= "2026-01-14")) return heads(dataParallel ? 1 : 3);
  }
  if (run.engine === "sglang" && /qwen3\.5/i.test(run.model) && /^b[23]00/i.test(run.system)) {
    if (run.source.trim().endsWith("sglang:v0.5.9-cu130")) return heads(3);
  }
  return null;
}

/** SGLang looks for new requests every 10 decode steps, from 16 in flight on every 30, where its script says so. */
function pollingSteps(run: PublishedRun, accelerators: number): number {
  if (/h[12]00/i.test(run.system)) return 0;
  if (/glm-5/i.test(run.model)) return run.precision === "fp4" ? 10 / 2 : 0;
  if (/deepseek/i.test(run.model) && run.precision === "fp8" && accelerators === 4) return 10 / 2;
  return (run.concurrency < 16 ? 10 : 30) / 2;
}

/**
 * TensorRT-LLM may wait some steps for a fuller batch of prompts. The first waits all of them, those that come meanwhile
 * half: with `m` of them on average (1 + m/2) / (1 + m) of the steps.
 */
function batchingSteps(run: PublishedRun, accelerators: number, dataParallel: boolean): number {
  if (dataParallel) return meanWait(balancingSteps, run);
  if (run.inputTokens !== 1024 || run.outputTokens !== 1024) return 0;
  const date = measuredOn(run.source);
  const llama = /llama-3\.\d-70b/i.test(run.model) && accelerators < 8;
  const deepSeek =
    /deepseek/i.test(run.model) &&
    run.precision === "fp8" &&
    run.concurrency >= 64 &&
    run.version.startsWith("1.2.0rc6.post2") &&
    date >= "2026-01-29";
  const most = llama ? 20 : deepSeek ? 40 : 0;
  return meanWait(most, run);
}

/** With attention in parallel over the data prompts wait until every accelerator has one, at most this many steps. */
const balancingSteps = 60;

/** Mean steps that a prompt waits where the first of a batch waits for `most` of them. */
function meanWait(most: number, run: PublishedRun): number {
  const mates = (most * run.concurrency) / run.outputTokens;
  return (most * (1 + mates / 2)) / (1 + mates);
}

/** Token budget of a step, as the scripts set it. */
function tokenBudget(
  run: PublishedRun,
  accelerators: number,
  dataParallel: boolean,
  speculative: SpeculativeDecoding | null,
): number | null {
  const date = measuredOn(run.source);
  if (run.engine === "vllm") {
    const twice = /minimax/i.test(run.model) && /^b[23]00/i.test(run.system) && date >= "2026-04-03";
    return twice ? 2 * run.inputTokens : null;
  }
  if (run.engine === "sglang") {
    if (/deepseek/i.test(run.model) && run.precision === "fp4") return 16_384;
    return /deepseek/i.test(run.model) && accelerators === 4 ? 8192 : 32_768;
  }
  if (/llama/i.test(run.model)) return 16_384;
  if (!/deepseek/i.test(run.model)) return null;
  const sequences = dataParallel ? Math.ceil(run.concurrency / accelerators) : run.concurrency;
  if (speculative) return (speculative.draftTokens + 1) * sequences + run.inputTokens + 64;
  const own = run.concurrency + run.inputTokens + 64;
  return date >= "2026-01-21" ? Math.max(8192, own) : own;
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
