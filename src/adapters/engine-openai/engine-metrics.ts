import type { EngineSignals } from "../../serve/index.ts";

/** Names an engine family gives its load. Lists are tried in order; the first present wins. */
interface Family {
  readonly running: readonly string[];
  readonly waiting: readonly string[];
  readonly kvUsage: readonly string[];
  /** Sum and count of the time requests spend in prefill, seconds; null when not published. */
  readonly prefill: readonly [sum: string, count: string] | null;
}

/**
 * Metric names as published by the engines (vLLM and SGLang with metrics on, TensorRT-LLM, llama.cpp with `--metrics`),
 * as of 2026-08. vLLM renamed its KV gauge; both names are in use.
 */
const families: readonly Family[] = [
  {
    running: ["vllm:num_requests_running"],
    waiting: ["vllm:num_requests_waiting"],
    kvUsage: ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"],
    prefill: ["vllm:request_prefill_time_seconds_sum", "vllm:request_prefill_time_seconds_count"],
  },
  {
    running: ["sglang:num_running_reqs"],
    waiting: ["sglang:num_queue_reqs"],
    kvUsage: ["sglang:token_usage"],
    prefill: null,
  },
  {
    running: ["trtllm_num_requests_running"],
    waiting: ["trtllm_num_requests_waiting"],
    kvUsage: ["trtllm_kv_cache_utilization"],
    prefill: null,
  },
  {
    running: ["llamacpp:requests_processing"],
    waiting: ["llamacpp:requests_deferred"],
    kvUsage: ["llamacpp:kv_cache_usage_ratio"],
    prefill: null,
  },
];

/** One scrape, reduced to what routing needs, and what the next scrape is compared with. */
export interface Scrape {
  readonly signals: EngineSignals;
  readonly prefillSumS: number;
  readonly prefillCount: number;
}

/**
 * Reads a scrape of an engine's metrics. What the engine does not publish is NaN: unknown, not zero. The wait before
 * prefill is the queue times the mean prefill since `before`; with an empty queue it is zero, and with a queue but no
 * known prefill time it is unknown.
 */
export function readEngineMetrics(text: string, atMs: number, before: Scrape | null): Scrape | null {
  const samples = readSamples(text);
  const family = families.find(({ running }) => running.some((name) => samples.has(name)));
  if (!family) return null;
  const first = (names: readonly string[]) =>
    names.map((name) => samples.get(name)).find((value) => value !== undefined) ?? Number.NaN;
  const prefillSumS = family.prefill ? (samples.get(family.prefill[0]) ?? Number.NaN) : Number.NaN;
  const prefillCount = family.prefill ? (samples.get(family.prefill[1]) ?? Number.NaN) : Number.NaN;
  const since = before !== null && prefillCount > before.prefillCount ? before : { prefillSumS: 0, prefillCount: 0 };
  const meanPrefillMs = ((prefillSumS - since.prefillSumS) / (prefillCount - since.prefillCount)) * 1_000;
  const waitingRequests = first(family.waiting);
  return {
    prefillSumS,
    prefillCount,
    signals: {
      source: "scrape",
      atMs,
      runningRequests: first(family.running),
      waitingRequests,
      drainMs: waitingRequests === 0 ? 0 : waitingRequests * meanPrefillMs,
      kvUsageRatio: first(family.kvUsage),
    },
  };
}

/** Samples summed over their labels (an engine with several workers lists each), gauges of a ratio averaged. */
function readSamples(text: string): Map<string, number> {
  const sums = new Map<string, { sum: number; count: number }>();
  // One release of llama.cpp answers with the text as a quoted JSON string.
  const plain = text.startsWith('"') ? unquote(text) : text;
  for (const line of plain.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^([A-Za-z_:][\w:]*)(?:\{.*\})? +(\S+)/.exec(line);
    const value = Number(match?.[2]);
    if (!match || !Number.isFinite(value) || value < 0) continue;
    const known = sums.get(match[1]!);
    sums.set(match[1]!, { sum: (known?.sum ?? 0) + value, count: (known?.count ?? 0) + 1 });
  }
  return new Map([...sums].map(([name, { sum, count }]) => [name, /usage|utilization/.test(name) ? sum / count : sum]));
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return "";
  }
}
