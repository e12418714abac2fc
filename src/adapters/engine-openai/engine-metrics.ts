import type { EngineSignals } from "../../serve/index.ts";
import { readIterations } from "./iteration-stats.ts";

/** Names an engine family gives its load. Lists are tried in order; the first present wins. */
interface Family {
  readonly running: readonly string[];
  readonly waiting: readonly string[];
  readonly kvUsage: readonly string[];
  /** Sum and count of the time requests spend in prefill, seconds; null when not published. */
  readonly prefill: readonly [sum: string, count: string] | null;
}

/**
 * Metric names as published by the engines (vLLM and SGLang with metrics on, TensorRT-LLM, Triton with its TensorRT-LLM
 * backend, llama.cpp with `--metrics`, TGI), as of 2026-08. Names changed over time, so older ones are known too.
 * `name{label}` is a sample with that value among its labels.
 */
const families: readonly Family[] = [
  {
    running: ["vllm:num_requests_running"],
    waiting: ["vllm:num_requests_waiting"],
    kvUsage: ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"],
    prefill: ["vllm:request_prefill_time_seconds_sum", "vllm:request_prefill_time_seconds_count"],
  },
  {
    running: ["sglang:num_running_reqs", "sglang_num_running_reqs"],
    waiting: ["sglang:num_queue_reqs", "sglang_num_queue_reqs"],
    kvUsage: ["sglang:token_usage", "sglang_token_usage"],
    prefill: null,
  },
  {
    running: ["trtllm_num_requests_running"],
    waiting: ["trtllm_num_requests_waiting"],
    kvUsage: ["trtllm_kv_cache_utilization"],
    prefill: null,
  },
  {
    running: ["nv_trt_llm_request_metrics{scheduled}", "nv_trt_llm_request_metrics{active}"],
    waiting: ["nv_trt_llm_request_metrics{waiting}"],
    kvUsage: ["nv_trt_llm_kv_cache_block_metrics{fraction}"],
    prefill: null,
  },
  {
    running: ["llamacpp:requests_processing"],
    waiting: ["llamacpp:requests_deferred"],
    kvUsage: ["llamacpp:kv_cache_usage_ratio"],
    prefill: null,
  },
  {
    running: ["tgi_batch_current_size"],
    waiting: ["tgi_queue_size"],
    kvUsage: [],
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
  // One release of llama.cpp answers with the text as a quoted JSON string.
  const plain = text.startsWith('"') ? unquote(text) : text;
  const told = readIterations(plain, atMs) ?? (isModelList(plain) ? { ...nothingSaid, atMs } : null);
  if (told !== null) return { signals: told, prefillSumS: Number.NaN, prefillCount: Number.NaN };
  const samples = readSamples(plain);
  const family = families.find(({ running }) => running.some((name) => samples.has(name)));
  if (!family) return null;
  const first = (names: readonly string[]) =>
    names.map((name) => samples.get(name)).find((value) => value !== undefined) ?? Number.NaN;
  const prefillSumS = family.prefill ? (samples.get(family.prefill[0]) ?? Number.NaN) : Number.NaN;
  const prefillCount = family.prefill ? (samples.get(family.prefill[1]) ?? Number.NaN) : Number.NaN;
  // Both only grow, unless the engine was started anew.
  const goesOn = before !== null && prefillCount > before.prefillCount && prefillSumS >= before.prefillSumS;
  const since = goesOn ? before : { prefillSumS: 0, prefillCount: 0 };
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

/** Names that are looked for, without labels, by their first letter: of thousands of lines a handful counts. */
const namesByLetter = new Map<number, string[]>();
for (const { running, waiting, kvUsage, prefill } of families)
  for (const written of [...running, ...waiting, ...kvUsage, ...(prefill ?? [])]) {
    const name = /^[^{]*/.exec(written)![0];
    const names = namesByLetter.get(name.charCodeAt(0)) ?? [];
    if (!names.includes(name)) namesByLetter.set(name.charCodeAt(0), [...names, name]);
  }

/** Behind a name: labels, in whose quoted values anything may stand, and the value. What follows, such as an exemplar, is not read. */
const behindName = /(?:\{((?:[^"{}\n]|"(?:[^"\\\n]|\\.)*")*)\}[ \t]*|[ \t]+)(\S+)/y;

/**
 * Ranks of one engine (SGLang's of tensor, pipeline and expert parallelism), which all have the same requests; `dp_rank` and `engine`
 * part different ones.
 */
const sharedRank = /(?<![\w"])(?:tp|pp|moe_ep|attn_cp)_rank="[^"]*",?/g;
/** Part of a number that stands as a whole besides, as SGLang writes it when requests have priorities. */
const partByPriority = /(?<![\w"])priority="[^"]+"/;

/** Samples summed over their labels (an engine with several workers lists each), gauges of a ratio averaged. */
function readSamples(text: string): Map<string, number> {
  const values = new Map<string, Map<string, number>>();
  for (let at = 0, end: number; at < text.length; at = end + 1) {
    end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    const names = namesByLetter.get(text.charCodeAt(at));
    if (names === undefined) continue;
    for (const name of names) {
      if (!text.startsWith(name, at)) continue;
      behindName.lastIndex = at + name.length;
      const match = behindName.exec(text);
      const value = Number(match?.[2]);
      if (!match || !Number.isFinite(value) || value < 0) continue;
      const labels = match[1] ?? "";
      if (name.startsWith("sglang") && partByPriority.test(labels)) continue;
      const add = (key: string) => {
        const known = values.get(key) ?? new Map<string, number>();
        const sharers = labels.replace(sharedRank, "");
        values.set(key, known.set(sharers, Math.max(known.get(sharers) ?? 0, value)));
      };
      add(name);
      // Triton puts what is counted into a label's value.
      if (name.startsWith("nv_")) for (const label of labels.match(/(?<==")[^"]*/g) ?? []) add(`${name}{${label}}`);
    }
  }
  return new Map(
    [...values].map(([name, known]) => {
      const sum = [...known.values()].reduce((before, value) => before + value, 0);
      return [name, /usage|utilization|fraction/.test(name) ? sum / known.size : sum];
    }),
  );
}

/** Ollama's `/api/ps`: it says that the server is there, and nothing about its load. */
function isModelList(text: string): boolean {
  if (!text.startsWith("{")) return false;
  try {
    return Array.isArray((JSON.parse(text) as { models?: unknown }).models);
  } catch {
    return false;
  }
}

const nothingSaid = {
  source: "scrape",
  runningRequests: Number.NaN,
  waitingRequests: Number.NaN,
  drainMs: Number.NaN,
  kvUsageRatio: Number.NaN,
} as const;

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return "";
  }
}
