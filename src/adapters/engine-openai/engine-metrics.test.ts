import { describe, expect, it } from "vitest";
import { readEngineMetrics } from "./engine-metrics.ts";

const signals = (text: string) => readEngineMetrics(text, 5, null)?.signals;

describe("load read from an engine's metrics", () => {
  it.each([
    [
      "vLLM",
      'vllm:num_requests_running{model_name="m"} 3\nvllm:num_requests_waiting{model_name="m"} 0\nvllm:kv_cache_usage_perc{model_name="m"} 0.25\n',
    ],
    ["an older vLLM", "vllm:num_requests_running 3\nvllm:num_requests_waiting 0\nvllm:gpu_cache_usage_perc 0.25\n"],
    ["SGLang", "sglang:num_running_reqs 3\nsglang:num_queue_reqs 0\nsglang:token_usage 0.25\n"],
    [
      "a release of SGLang without colons",
      "sglang_num_running_reqs 3\nsglang_num_queue_reqs 0\nsglang_token_usage 0.25\n",
    ],
    [
      "TensorRT-LLM",
      "trtllm_num_requests_running 3\ntrtllm_num_requests_waiting 0\ntrtllm_kv_cache_utilization 0.25\n",
    ],
    [
      "Triton with TensorRT-LLM",
      'nv_trt_llm_request_metrics{model="m",request_type="waiting",version="1"} 0\nnv_trt_llm_request_metrics{model="m",request_type="scheduled",version="1"} 3\nnv_trt_llm_request_metrics{model="m",request_type="max",version="1"} 64\nnv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="m"} 0.25\n',
    ],
  ])("is understood from %s", (_name, text) => {
    expect(signals(`# HELP x y\n${text}`)).toEqual({
      source: "scrape",
      atMs: 5,
      runningRequests: 3,
      waitingRequests: 0,
      drainMs: 0,
      kvUsageRatio: 0.25,
    });
  });

  it.each([
    ["labels in which anything stands", 'vllm:num_requests_running{model_name="a}b\\"c{",engine="0"} 3'],
    ["no space behind the labels", 'vllm:num_requests_running{engine="0"}3'],
    ["scientific notation", "vllm:num_requests_running 3e0"],
    ["a time and an exemplar", 'vllm:num_requests_running{engine="0"} 3 1700000000.1 # {trace_id="x"} 0.5'],
    ["a name that goes on", "vllm:num_requests_running_created 17e8\nvllm:num_requests_running 3"],
    ["line ends of two bytes", "vllm:num_requests_running 3\r"],
    ["a value that is none for another engine", "vllm:num_requests_running NaN\nvllm:num_requests_running 3"],
  ])("is read in spite of %s", (_name, line) => {
    expect(signals(`${line}\n`)).toMatchObject({ runningRequests: 3 });
  });

  it("is unknown where the engine is silent", () => {
    expect(signals("llamacpp:requests_processing 1\nllamacpp:requests_deferred 2\n")).toMatchObject({
      waitingRequests: 2,
      drainMs: Number.NaN,
      kvUsageRatio: Number.NaN,
    });
    expect(signals("something_else 1\n")).toBeUndefined();
    expect(signals("")).toBeUndefined();
    expect(signals("vllm:num_requests_running NaN\n")).toBeUndefined();
  });

  it("is read from llama.cpp 0.5 under load, which says nothing of its cache", () => {
    // Its own names and order, read on 26 November 2026 from a server with 32 slots that 49 requests were sent to.
    const text = `# HELP llamacpp:prompt_tokens_total Number of prompt tokens processed, excluding cached tokens
# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 202590
llamacpp:prompt_tokens_cached_total 4211
llamacpp:n_decode_total 3217
# TYPE llamacpp:predicted_tokens_seconds gauge
llamacpp:predicted_tokens_seconds 21.1956
# HELP llamacpp:requests_processing Number of requests processing
# TYPE llamacpp:requests_processing gauge
llamacpp:requests_processing 32
# HELP llamacpp:requests_deferred Number of requests deferred
# TYPE llamacpp:requests_deferred gauge
llamacpp:requests_deferred 17
llamacpp:n_busy_slots_per_decode 9.9439
`;
    expect(signals(text)).toMatchObject({
      runningRequests: 32,
      waitingRequests: 17,
      drainMs: Number.NaN,
      kvUsageRatio: Number.NaN,
    });
  });

  it("is that of a server that says nothing, where only the loaded models are listed (Ollama)", () => {
    expect(signals('{"models":[{"name":"llama3.2:3b","size_vram":2000000}]}')).toMatchObject({
      source: "scrape",
      atMs: 5,
      runningRequests: Number.NaN,
      drainMs: Number.NaN,
    });
    expect(signals('{"error":"not found"}')).toBeUndefined();
  });

  it("is read from TensorRT-LLM's list of iterations, the latest of each rank", () => {
    const iteration = (iter: number, running: number, waiting: number, used: number, rank = {}) => ({
      iter,
      iterLatencyMS: 12.5,
      numActiveRequests: running,
      numQueuedRequests: waiting,
      kvCacheStats: { maxNumBlocks: 100, freeNumBlocks: 100 - used, usedNumBlocks: used },
      ...rank,
    });
    expect(signals(JSON.stringify([iteration(7, 9, 4, 90), iteration(8, 3, 0, 25)]))).toEqual({
      source: "scrape",
      atMs: 5,
      runningRequests: 3,
      waitingRequests: 0,
      drainMs: 0,
      kvUsageRatio: 0.25,
    });
    const ranks = [iteration(8, 3, 1, 25, { attentionDpRank: 0 }), iteration(8, 5, 2, 75, { attentionDpRank: 1 })];
    expect(signals(JSON.stringify(ranks))).toMatchObject({
      runningRequests: 8,
      waitingRequests: 3,
      drainMs: Number.NaN,
      kvUsageRatio: 0.5,
    });
    // Told once, to whoever asked first: nothing new is not the same as nothing to do.
    expect(signals("[]")).toBeUndefined();
    expect(signals("[1, null, {}]")).toBeUndefined();
    expect(signals("[{")).toBeUndefined();
  });

  it("survives a release that quotes its metrics", () => {
    expect(signals(JSON.stringify("llamacpp:requests_processing 1\nllamacpp:requests_deferred 0\n"))).toMatchObject({
      runningRequests: 1,
      drainMs: 0,
    });
  });

  it("estimates the wait from the prefill times since the last scrape, restarts included", () => {
    const text = (waiting: number, sum: number, count: number) =>
      `vllm:num_requests_running 1\nvllm:num_requests_waiting ${waiting}\nvllm:request_prefill_time_seconds_sum ${sum}\nvllm:request_prefill_time_seconds_count ${count}\n`;
    const first = readEngineMetrics(text(4, 10, 100), 0, null)!;
    expect(first.signals.drainMs).toBeCloseTo(400);
    const second = readEngineMetrics(text(4, 10.5, 110), 1_000, first)!;
    expect(second.signals.drainMs).toBeCloseTo(200);
    expect(readEngineMetrics(text(2, 0.1, 10), 2_000, second)!.signals.drainMs).toBeCloseTo(20);
    // Started anew and already past the old count.
    expect(readEngineMetrics(text(2, 2.4, 120), 2_000, second)!.signals.drainMs).toBeCloseTo(40);
  });

  it("adds up workers and averages ratios", () => {
    const text =
      'sglang:num_running_reqs{rank="0"} 1\nsglang:num_running_reqs{rank="1"} 2\nsglang:token_usage{rank="0"} 0.2\nsglang:token_usage{rank="1"} 0.4\n';
    expect(signals(text)).toMatchObject({ runningRequests: 3, waitingRequests: Number.NaN, drainMs: Number.NaN });
    expect(signals(text)!.kvUsageRatio).toBeCloseTo(0.3);
  });

  it("counts once what several ranks of an SGLang engine report of the same requests", () => {
    const ofRank = (dp: number, tp: number, pp: number, running: number, usage: number) => {
      const labels = `{engine_type="unified",model_name="m",moe_ep_rank="${tp}",pp_rank="${pp}",dp_rank="${dp}",tp_rank="${tp}"}`;
      return `sglang:num_running_reqs${labels} ${running}\nsglang:token_usage${labels} ${usage}\n`;
    };
    const stages = [0, 1, 2, 3].map((pp) => ofRank(0, 0, pp, 6, 0.5)).join("");
    expect(signals(stages)).toMatchObject({ runningRequests: 6, kvUsageRatio: 0.5 });
    const shards =
      ofRank(0, 0, 0, 6, 0.5) + ofRank(0, 1, 0, 6, 0.5) + ofRank(1, 2, 0, 2, 0.1) + ofRank(1, 3, 0, 2, 0.1);
    expect(signals(shards)).toMatchObject({ runningRequests: 8, kvUsageRatio: 0.3 });
  });

  it("does not add the requests of each priority to those of all, which SGLang lists without one", () => {
    const text = `sglang:num_running_reqs{priority="",tp_rank="0"} 5
sglang:num_running_reqs{priority="1",tp_rank="0"} 2
sglang:num_running_reqs{priority="10",tp_rank="0"} 3
sglang:num_queue_reqs{priority="",tp_rank="0"} 0
`;
    expect(signals(text)).toMatchObject({ runningRequests: 5, waitingRequests: 0 });
  });
});
