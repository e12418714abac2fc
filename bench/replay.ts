// Replays a recorded run of vLLM on the simulated engine and compares it request by request. Nothing is fitted to it.
// `npm run -s bench -- replay META.json REQUESTS.jsonl [chip]`
// META: model, engine_kwargs; REQUESTS: one JSON object per line with input_toks, output_toks and time stamps.
import { readFileSync } from "node:fs";
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
import { compileReplica, type ReplicaSpec } from "../src/perf/index.ts";
import { Engine, engineCosts, RequestTable } from "../src/simulate/index.ts";

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

interface Meta {
  readonly model: string;
  readonly engine_kwargs: {
    readonly tensor_parallel_size?: number;
    readonly data_parallel_size?: number;
    readonly max_num_seqs?: number;
    readonly max_num_batched_tokens?: number;
    readonly dtype?: string;
    readonly kv_cache_dtype?: string;
  };
}

export async function run(args: string[]): Promise<void> {
  const [metaPath, requestsPath, chipName] = args;
  if (metaPath === undefined || requestsPath === undefined) {
    throw new Error("usage: replay META.json REQUESTS.jsonl [chip]");
  }
  const meta = JSON.parse(readFileSync(metaPath, "utf8")) as Meta;
  const chip = chipOf(chipName ?? basename(metaPath).split("_")[0]!);
  const model = modelIdOf(meta.model);
  if (chip === null || model === null) {
    print({
      bench: "replay",
      model: meta.model,
      chip: chipName ?? basename(metaPath).split("_")[0],
      problem: "not in the catalogue",
    });
    return;
  }
  const { recorded, skipped } = readRequests(requestsPath);
  const kwargs = meta.engine_kwargs;
  const engine: EngineProfile = {
    ...engineProfiles.vllm,
    ...(kwargs.max_num_seqs === undefined ? {} : { maxSequences: kwargs.max_num_seqs }),
    ...(kwargs.max_num_batched_tokens === undefined ? {} : { maxBatchedTokens: kwargs.max_num_batched_tokens }),
  };
  const spec: ReplicaSpec = {
    accelerator: acceleratorOf(chip, accelerators[chip]),
    tensorParallel: kwargs.tensor_parallel_size ?? 1,
    model: modelOf(model, models[model]),
    engine,
    weightPrecision: /fp8/i.test(meta.model) ? "fp8" : "bf16",
    kvPrecision: kwargs.kv_cache_dtype?.startsWith("fp8") ? "fp8" : "bf16",
  };
  const replica = compileReplica(spec);
  if (replica === null) {
    print({ bench: "replay", model, chip, problem: "does not fit" });
    return;
  }
  const began = performance.now();
  const played = play(recorded, engineCosts(replica, 1), kwargs.data_parallel_size ?? 1);
  const tookMs = performance.now() - began;
  const measured = recorded.map(timesOf);
  const simulated = played.times;
  print({
    bench: "replay",
    model,
    chip,
    dataParallel: kwargs.data_parallel_size ?? 1,
    requests: recorded.length,
    skippedRows: skipped,
    kvTokenCapacity: replica.kvTokenCapacity,
    preemptions: played.preemptions,
    recomputedTokens: played.recomputedTokens,
    errors: Object.fromEntries(
      (["ttftMs", "tpotMs", "e2eMs"] as const).map((name) => [
        name,
        compare(
          measured.map((times) => times[name]),
          simulated.map((times) => times[name]),
        ),
      ]),
    ),
    requestsPerS: Math.round((recorded.length / tookMs) * 1000),
  });
}

function play(recorded: readonly Recorded[], costs: ReturnType<typeof engineCosts>, engineCount: number) {
  const table = new RequestTable();
  const times: Times[] = [];
  const engines = Array.from(
    { length: engineCount },
    () =>
      new Engine(costs, table, {
        finished(request, timeMs) {
          const { outputTokens, queuedMs } = recorded[table.serial[request]!]!;
          times[table.serial[request]!] = timesOf({
            inputTokens: 0,
            outputTokens,
            queuedMs,
            firstTokenMs: table.firstTokenMs[request]!,
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
    table.serial[request] = serial;
    table.inputTokens[request] = inputTokens;
    table.outputTokens[request] = outputTokens;
    table.cachedTokens[request] = 0;
    // The recorded time is that of the engine's queue, so the way to it is not added again.
    table.readyMs[request] = queuedMs;
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

function readRequests(path: string): { recorded: Recorded[]; skipped: number } {
  const rows: Record<string, number>[] = [];
  let skipped = 0;
  for (const line of readFileSync(path, "utf8").split(/\r?\n/)) {
    if (line.trim() === "") continue;
    try {
      const row = JSON.parse(line) as Record<string, number>;
      const fields = ["input_toks", "output_toks", "queued_ts", "first_token_ts", "last_token_ts"] as const;
      if (fields.every((field) => Number.isFinite(row[field])) && row["input_toks"]! > 0 && row["output_toks"]! > 0) {
        rows.push(row);
      } else skipped++;
    } catch {
      skipped++;
    }
  }
  rows.sort((a, b) => a["queued_ts"]! - b["queued_ts"]!);
  const start = rows[0]?.["queued_ts"] ?? 0;
  const recorded = rows.map((row) => ({
    inputTokens: row["input_toks"]!,
    outputTokens: row["output_toks"]!,
    queuedMs: (row["queued_ts"]! - start) * 1000,
    firstTokenMs: (row["first_token_ts"]! - start) * 1000,
    lastTokenMs: (row["last_token_ts"]! - start) * 1000,
  }));
  return { recorded, skipped };
}

/** `RTXPRO6000` and `rtx-pro-6000` are the same chip. */
function chipOf(name: string): AcceleratorId | null {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const wanted = plain(name);
  const ids = Object.keys(accelerators) as AcceleratorId[];
  return ids.find((id) => plain(id) === wanted) ?? ids.find((id) => plain(id).startsWith(wanted)) ?? null;
}

/** `Org/Name-Variant` is the catalogue's longest id that its name begins with. */
function modelIdOf(path: string): ModelId | null {
  const name = path.split("/").at(-1)!.toLowerCase();
  const ids = (Object.keys(models) as ModelId[]).filter((id) => name === id || name.startsWith(`${id}-`));
  return ids.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

function print(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
