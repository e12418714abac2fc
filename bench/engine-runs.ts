import { readFileSync } from "node:fs";
import {
  acceleratorOf,
  accelerators,
  engineProfiles,
  modelOf,
  models,
  type AcceleratorId,
  type EngineProfile,
  type ModelId,
  type Precision,
} from "../src/catalog/index.ts";
import type { ReplicaSpec } from "../src/perf/index.ts";

/** One measured run at a fixed concurrency, in the words of the model. */
export interface EngineRun {
  readonly id: string;
  readonly backend: string;
  readonly system: string;
  readonly modelPath: string;
  /** Null when the chip, the model or the engine is not in the catalogue. */
  readonly spec: ReplicaSpec | null;
  /** What the catalogue lacks, or why the row contradicts itself; null when nothing. */
  readonly problem: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Requests in flight in the whole engine. */
  readonly concurrency: number;
  readonly layout: string;
  /** Steps for which the published settings of the benchmark's server hold a request back, on average. */
  readonly heldSteps: number;
  readonly ttftMs: number;
  readonly tpotMs: number;
}

const precisions: Readonly<Record<string, Precision>> = {
  "": "bf16",
  bfloat16: "bf16",
  bf16: "bf16",
  fp8: "fp8",
  fp8_block: "fp8",
  nvfp4: "fp4",
  w4a16_mxfp4: "fp4",
  int4_wo: "int4",
  int8_wo: "int8",
};

/** Systems whose name in the file is not the catalogue's with underscores. */
const systemNames: Readonly<Record<string, string>> = { rtx_pro_6000_server: "rtx-pro-6000", b60: "arc-pro-b60" };

function acceleratorId(system: string): AcceleratorId | null {
  const id = systemNames[system] ?? system.replaceAll("_", "-");
  return id in accelerators ? (id as AcceleratorId) : null;
}

/** `Org/Name-Instruct-FP8` is the catalogue's `name`; versions within a family of the same shape share an entry. */
function modelId(path: string): ModelId | null {
  const name = path.split("/").at(-1)!.toLowerCase();
  let best: ModelId | null = null;
  for (const id of Object.keys(models) as ModelId[]) {
    const matches = name === id || name.startsWith(`${id}-`) || name.startsWith(`${id}.`);
    if (matches && (best === null || id.length > best.length)) best = id;
  }
  return best;
}

/** Reads the aggregated-mode rows of a CSV in the column format of AIConfigurator's measured runs. */
export function readEngineRuns(path: string): EngineRun[] {
  const [header, ...lines] = readFileSync(path, "utf8").trim().split(/\r?\n/);
  const names = header!.split(",");
  const runs: EngineRun[] = [];
  for (const line of lines) {
    const cells = line.split(",");
    const cell = (name: string) => cells[names.indexOf(name)] ?? "";
    if (cell("mode") !== "agg") continue;
    runs.push(runOf(cell));
  }
  return runs;
}

function runOf(cell: (name: string) => string): EngineRun {
  const number = (name: string) => (cell(name) === "" ? 1 : Number(cell(name)));
  const accelerator = acceleratorId(cell("system"));
  const model = modelId(cell("model_path"));
  const backend = cell("backend");
  const engine: EngineProfile | undefined = engineProfiles[backend as keyof typeof engineProfiles];
  const moe = model !== null && "experts" in models[model].shape;
  const quantisation = moe ? cell("moe_quant_mode") || cell("gemm_quant_mode") : cell("gemm_quant_mode");
  const precision = precisions[quantisation];
  const layout = ["tp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size"].map((name) => cell(name)).join("/");
  const missing = [
    accelerator === null && `chip ${cell("system")}`,
    model === null && `model ${cell("model_path")}`,
    engine === undefined && `engine ${backend}`,
    precision === undefined && `format ${quantisation}`,
  ].filter((entry) => entry !== false);
  const rest = {
    id: cell("id"),
    backend,
    system: cell("system"),
    modelPath: cell("model_path"),
    inputTokens: Number(cell("isl")),
    outputTokens: Number(cell("osl")),
    concurrency: Number(cell("batch_size")),
    layout,
    heldSteps: 0,
    ttftMs: Number(cell("silicon_ttft_ms")),
    tpotMs: Number(cell("silicon_tpot_ms")),
  };
  if (missing.length > 0) return { ...rest, spec: null, problem: `not in the catalogue: ${missing.join(", ")}` };
  const { accelerators: count, attentionDataParallel } = layoutOf(
    number("tp_size"),
    number("attention_dp_size"),
    number("moe_tp_size"),
    number("moe_ep_size"),
  );
  const spec: ReplicaSpec = {
    accelerator: acceleratorOf(accelerator!, accelerators[accelerator!]),
    tensorParallel: count,
    ...(attentionDataParallel && { attentionDataParallel }),
    model: modelOf(model!, models[model!]),
    // Who measures an engine gives it all the memory and as many seats as the run needs.
    engine: { ...engine!, memoryUtilization: 0.95, maxSequences: 8192 },
    weightPrecision: precision!,
    // The cache's format is not in the file; quantised models were run with an fp8 cache as a rule.
    kvPrecision: precision === "bf16" ? "bf16" : "fp8",
  };
  if (!attentionDataParallel && spec.model.attentionHeads % count !== 0) {
    const problem = `contradiction: ${count} accelerators cannot divide ${spec.model.attentionHeads} attention heads`;
    return { ...rest, spec: null, problem };
  }
  // The file divides the requests in flight by the degree of data parallelism it states.
  const requests = rest.concurrency * number("attention_dp_size");
  return {
    ...rest,
    concurrency: requests,
    heldSteps: heldSteps({ ...rest, concurrency: requests }, spec),
    spec,
    problem: null,
  };
}

/**
 * Settings of the benchmark's servers that delay first tokens, as published with InferenceX (scripts of October 2025 to
 * April 2026). SGLang looks for new requests every 10 steps, from 16 in flight on every 30. TensorRT-LLM waits up to 20
 * steps for fuller batches of prompts with Llama 70B at 1,024 tokens in and out on fewer than eight accelerators.
 */
function heldSteps(
  row: Pick<EngineRun, "backend" | "modelPath" | "inputTokens" | "outputTokens" | "concurrency">,
  spec: ReplicaSpec,
): number {
  if (row.backend === "sglang") return (row.concurrency < 16 ? 10 : 30) / 2;
  const waitsForBatch =
    row.backend === "trtllm" &&
    /Llama-3\.\d-70B/.test(row.modelPath) &&
    row.inputTokens === 1024 &&
    row.outputTokens === 1024 &&
    spec.tensorParallel < 8;
  return waitsForBatch ? 20 : 0;
}

/**
 * How many accelerators a row means. The file's columns multiply: a run with attention replicated over its four chips
 * says TP 4 × DP 4, and one with experts divided inside a group of eight says 8 × 8. Both use the smaller number, as
 * the concurrency of the same run shows.
 */
function layoutOf(
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
