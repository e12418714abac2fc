// Replays a recorded run of vLLM on the simulated engine and compares it request by request. Nothing is fitted to it.
// `npm run -s bench -- replay META.json REQUESTS.jsonl [chip]`
// META: model, engine_kwargs; REQUESTS: one JSON object per line with input_toks, output_toks and time stamps.
import { basename } from "node:path";
import {
  acceleratorOf,
  accelerators,
  engineProfiles,
  modelOf,
  models,
  type AcceleratorId,
  type EngineProfile,
  type ModelId,
} from "../src/catalog/index.ts";
import {
  acceleratorNamed,
  compileReplica,
  fit,
  modelNamed,
  predictionClass,
  weightFormatOf,
  type Replica,
  type ReplicaSpec,
} from "../src/perf/index.ts";
import { Engine, engineCosts, RequestTable } from "../src/simulate/index.ts";
import { readText, refuse } from "./measured-runs.ts";
import { readMeta, type EngineKwargs } from "./replay-meta.ts";

interface Recorded {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** All in ms since the first request was sent. */
  readonly queuedMs: number;
  readonly firstTokenMs: number;
  readonly lastTokenMs: number;
}

interface Times {
  readonly ttftMs: number;
  readonly tpotMs: number;
  readonly e2eMs: number;
}

/** Settings that change an engine's pace by an amount the file does not tell. */
const unpredictedSettings = ["speculative_config", "enforce_eager", "cpu_offload_gb", "enable_lora"] as const;

export async function run(args: string[]): Promise<void> {
  const [metaPath, requestsPath, chipName] = args;
  if (metaPath === undefined || requestsPath === undefined) {
    return refuse("usage: replay META.json REQUESTS.jsonl [chip]");
  }
  const meta = readMeta(readText(metaPath));
  if (!meta.ok) return refuse(`${metaPath}: ${meta.message}`);
  const { name, kwargs } = meta;
  const named = chipName ?? basename(metaPath).split("_")[0]!;
  const chip = chipOf(named);
  const model = modelNamed(name);
  if (chip === null || model === null) {
    const lacking = [
      chip === null ? `chip ${named} (give it as the third argument)` : "",
      model === null ? `model ${name || "(no name)"}` : "",
    ];
    print({ bench: "replay", problem: `not in the catalogue: ${lacking.filter(Boolean).join(", ")}` });
    return;
  }
  const { recorded, skipped } = readRequests(requestsPath);
  if (recorded.length === 0) {
    return refuse(
      `${requestsPath}: no usable request in ${skipped} line(s). Needed are ${fields.join(", ")}, all numbers`,
    );
  }
  const { replica, engines, spec } = replicaOf(chip, model, name, kwargs);
  if (replica === null) {
    const memory = fit(spec);
    print({ bench: "replay", model, chip, problem: `does not fit: ${memory.ok ? "" : memory.reason}` });
    return;
  }
  const notPredicted = unpredictedSettings.filter((name) => Boolean(kwargs[name]));
  const costs = engineCosts(replica, 1);
  const taken = recorded.filter((request) => request.inputTokens + request.outputTokens <= costs.maxRequestTokens);
  if (taken.length === 0) {
    const most = Math.floor(costs.maxRequestTokens);
    return refuse(`${requestsPath}: every request is longer than the cache of ${most} tokens that this engine has`);
  }
  const began = performance.now();
  const played = play(taken, costs, engines);
  const tookMs = performance.now() - began;
  const measured = taken.map(timesOf);
  const simulated = played.times;
  print({
    bench: "replay",
    model,
    chip,
    tensorParallel: spec.tensorParallel,
    ...(spec.pipelineParallel !== undefined && { pipelineParallel: spec.pipelineParallel }),
    engines,
    requests: taken.length,
    skippedRows: skipped,
    ...(notPredicted.length > 0 && { notPredicted }),
    ...(taken.length < recorded.length && { tooLongForTheCache: recorded.length - taken.length }),
    kvTokenCapacity: replica.kvTokenCapacity,
    preemptions: played.preemptions,
    recomputedTokens: played.recomputedTokens,
    prediction: predictionClass(replica),
    errors: Object.fromEntries(
      (["ttftMs", "tpotMs", "e2eMs"] as const).map((time) => [
        time,
        compare(
          measured.map((times) => times[time]),
          simulated.map((times) => times[time]),
        ),
      ]),
    ),
    requestsPerS: Math.round((taken.length / tookMs) * 1000),
  });
}

/**
 * One engine per degree of data parallelism. With expert parallelism the engines really hold a share of the experts each
 * and step together; on the one such trace at hand that reads too fast as one engine with replicated attention (its
 * collectives run outside captured graphs, at rates nobody published) and 5 to 8 % too slow as separate ones.
 */
function replicaOf(
  chip: AcceleratorId,
  model: ModelId,
  name: string,
  kwargs: EngineKwargs,
): { readonly replica: Replica | null; readonly engines: number; readonly spec: ReplicaSpec } {
  const tensorParallel = kwargs.tensor_parallel_size ?? 1;
  const pipelineParallel = kwargs.pipeline_parallel_size ?? 1;
  const dataParallel = kwargs.data_parallel_size ?? 1;
  const entry = modelOf(model, models[model]);
  const engine: EngineProfile = {
    ...engineProfiles.vllm,
    maxSequences: kwargs.max_num_seqs ?? 256,
    maxBatchedTokens: kwargs.max_num_batched_tokens ?? engineProfiles.vllm.maxBatchedTokens,
    memoryUtilization: kwargs.gpu_memory_utilization ?? engineProfiles.vllm.memoryUtilization,
    kvBlockTokens: kwargs.block_size ?? engineProfiles.vllm.kvBlockTokens,
  };
  const spec: ReplicaSpec = {
    accelerator: acceleratorOf(chip, accelerators[chip]),
    tensorParallel,
    ...(pipelineParallel > 1 && { pipelineParallel }),
    model: entry,
    engine,
    weightPrecision: weightFormatOf(`${name} ${kwargs.quantization ?? ""}`),
    kvPrecision: kwargs.kv_cache_dtype?.startsWith("fp8") ? "fp8" : "bf16",
  };
  return { replica: compileReplica(spec), engines: dataParallel, spec };
}

function play(recorded: readonly Recorded[], costs: ReturnType<typeof engineCosts>, engineCount: number) {
  const table = new RequestTable();
  const times: Times[] = [];
  const engines = Array.from(
    { length: engineCount },
    () =>
      new Engine(costs, table, {
        finished(request, timeMs) {
          const { outputTokens, queuedMs } = recorded[table.floatOf(request, "serial")]!;
          times[table.floatOf(request, "serial")] = timesOf({
            inputTokens: 0,
            outputTokens,
            queuedMs,
            firstTokenMs: table.floatOf(request, "firstTokenMs"),
            lastTokenMs: timeMs,
          });
          table.release(request);
        },
      }),
  );
  for (const [serial, { queuedMs, inputTokens, outputTokens }] of recorded.entries()) {
    // vLLM's front end sends a request to the engine with the fewest in it.
    for (const engine of engines) engine.advance(queuedMs);
    const engine = engines.reduce((best, other) => (other.requests < best.requests ? other : best));
    const request = table.take();
    table.setFloat(request, "serial", serial);
    table.setInt(request, "inputTokens", inputTokens);
    table.setInt(request, "outputTokens", outputTokens);
    table.setInt(request, "cachedTokens", 0);
    // The recorded time is that of the engine's queue, so the way to it is not added again.
    table.setFloat(request, "readyMs", queuedMs);
    engine.enqueue(request);
  }
  for (const engine of engines) engine.advance(Number.MAX_VALUE);
  const total = (pick: (engine: Engine) => number) => engines.reduce((sum, engine) => sum + pick(engine), 0);
  return {
    times,
    preemptions: total((engine) => engine.preemptions),
    recomputedTokens: total((engine) => engine.recomputedTokens),
  };
}

function timesOf(request: Recorded): Times {
  return {
    ttftMs: request.firstTokenMs - request.queuedMs,
    tpotMs: (request.lastTokenMs - request.firstTokenMs) / Math.max(1, request.outputTokens - 1),
    e2eMs: request.lastTokenMs - request.queuedMs,
  };
}

function compare(measured: readonly number[], simulated: readonly number[]) {
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const at = (list: readonly number[], p: number) => list.toSorted((a, b) => a - b)[Math.ceil(p * list.length) - 1]!;
  const entry = (pick: (list: readonly number[]) => number) => {
    const [was, is] = [pick(measured), pick(simulated)];
    return { measured: round(was), simulated: round(is), errorRatio: round((is - was) / was) };
  };
  return { mean: entry(mean), p50: entry((list) => at(list, 0.5)), p99: entry((list) => at(list, 0.99)) };
}

const fields = ["input_toks", "output_toks", "queued_ts", "first_token_ts", "last_token_ts"] as const;
type Row = Readonly<Record<(typeof fields)[number], number>>;

/** The requests in order of arrival. Lines that are cut, lack a number or go back in time are counted and left out. */
function readRequests(path: string): { recorded: Recorded[]; skipped: number } {
  const rows: Row[] = [];
  let skipped = 0;
  for (const line of readText(path)
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)) {
    if (line.trim() === "") continue;
    try {
      const row = JSON.parse(line) as Row;
      const whole = fields.every((field) => Number.isFinite(row[field])) && row.input_toks > 0 && row.output_toks > 0;
      if (whole && row.first_token_ts >= row.queued_ts && row.last_token_ts >= row.first_token_ts) rows.push(row);
      else skipped++;
    } catch {
      skipped++;
    }
  }
  rows.sort((a, b) => a.queued_ts - b.queued_ts);
  const start = rows[0]?.queued_ts ?? 0;
  const recorded = rows.map((row) => ({
    inputTokens: row.input_toks,
    outputTokens: row.output_toks,
    queuedMs: (row.queued_ts - start) * 1000,
    firstTokenMs: (row.first_token_ts - start) * 1000,
    lastTokenMs: (row.last_token_ts - start) * 1000,
  }));
  return { recorded, skipped };
}

/** `RTXPRO6000` is the catalogue's `rtx-pro-6000`; a beginning that fits one chip alone names it too. */
function chipOf(name: string): AcceleratorId | null {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const begins = (Object.keys(accelerators) as AcceleratorId[]).filter((id) => plain(id).startsWith(plain(name)));
  return acceleratorNamed(name) ?? (begins.length === 1 ? begins[0]! : null);
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

function print(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
