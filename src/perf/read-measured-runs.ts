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
} from "../catalog/index.ts";
import { heldSteps, layoutOf } from "./benchmark-settings.ts";
import type { ReplicaSpec } from "./memory.ts";

/** One row of a file of measured runs, in the words of the model. */
export interface MeasuredRow {
  /** Line in the file, the header being line 1. */
  readonly line: number;
  readonly engine: string;
  readonly accelerator: string;
  readonly model: string;
  /** Null when the catalogue lacks the chip, the model or the engine, or when the row contradicts itself. */
  readonly spec: ReplicaSpec | null;
  /** Why `spec` is null; null when it is not. */
  readonly problem: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Requests in flight in the whole engine. */
  readonly concurrency: number;
  /** Steps for which the published settings of the benchmark's server hold a request back, on average. */
  readonly heldSteps: number;
  readonly ttftMs: number;
  readonly tpotMs: number;
}

export type MeasuredRowsResult =
  | { readonly ok: true; readonly rows: readonly MeasuredRow[] }
  | { readonly ok: false; readonly message: string };

const formats: Readonly<Record<string, Precision>> = {
  "": "bf16",
  bfloat16: "bf16",
  float16: "bf16",
  bf16: "bf16",
  fp8: "fp8",
  fp8_block: "fp8",
  fp8_static: "fp8",
  fp4: "fp4",
  nvfp4: "fp4",
  mxfp4: "fp4",
  w4a16_mxfp4: "fp4",
  w4a8_mxfp4_mxfp8: "fp4",
  int4: "int4",
  int4_wo: "int4",
  int8: "int8",
  int8_wo: "int8",
};

/** Systems whose name in published files is not the catalogue's with underscores. */
const systemNames: Readonly<Record<string, string>> = { rtx_pro_6000_server: "rtx-pro-6000", b60: "arc-pro-b60" };

/** Releases with the shape of an entry of the catalogue under another name. */
const sameShape: Readonly<Record<string, ModelId>> = {
  "llama-3.3-70b": "llama-3.1-70b",
  "llama-3-70b": "llama-3.1-70b",
  "llama-3-8b": "llama-3.1-8b",
  "minimax-m2": "minimax-m2.5",
};

/** The catalogue's accelerator of a name such as `h200_sxm` or `h200-sxm`; null when it has none. */
export function acceleratorNamed(system: string): AcceleratorId | null {
  const id = systemNames[system] ?? system.replaceAll("_", "-");
  return Object.hasOwn(accelerators, id) ? (id as AcceleratorId) : null;
}

/** `Org/Name-Instruct-FP8` is the catalogue's `name`; versions of a family with the same shape share an entry. */
export function modelNamed(path: string): ModelId | null {
  const name = path
    .split("/")
    .at(-1)!
    .toLowerCase()
    .replace(/^meta-/, "");
  let best = "";
  for (const id of [...Object.keys(models), ...Object.keys(sameShape)]) {
    const matches = name === id || name.startsWith(`${id}-`) || name.startsWith(`${id}.`);
    if (matches && id.length > best.length) best = id;
  }
  return best === "" ? null : (sameShape[best] ?? (best as ModelId));
}

type Cell = (name: string) => string;

/**
 * Reads a CSV of runs at a fixed number of requests in flight. Two forms are known by their header: the measured runs
 * published with AIConfigurator (`backend`, `system`, `isl`, …, of which rows of mode `agg` count), and the plain form
 * `engine, accelerator, tensorParallel, model, precision, inputTokens, outputTokens, concurrency, ttftMs, tpotMs`.
 */
export function readMeasuredRuns(text: string): MeasuredRowsResult {
  const [header = "", ...lines] = text
    .replace(/^\uFEFF/, "")
    .trim()
    .split(/\r?\n/);
  const names = header.split(",").map((name) => name.trim());
  const isPublished = names.includes("silicon_tpot_ms");
  const needed = isPublished ? publishedColumns : plainColumns;
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length > 0) return { ok: false, message: `the header lacks ${missing.join(", ")}` };
  const rows: MeasuredRow[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const cells = line.split(",");
    const cell: Cell = (name) => cells[names.indexOf(name)]?.trim() ?? "";
    if (isPublished && cell("mode") !== "agg") continue;
    rows.push(isPublished ? publishedRow(cell, index + 2) : plainRow(cell, index + 2));
  }
  return { ok: true, rows };
}

const publishedColumns = ["backend", "system", "model_path", "mode", "isl", "osl", "batch_size", "tp_size"];
const plainColumns = [
  "engine",
  "accelerator",
  "tensorParallel",
  "model",
  "precision",
  "inputTokens",
  "outputTokens",
  "concurrency",
  "ttftMs",
  "tpotMs",
];

function plainRow(cell: Cell, line: number): MeasuredRow {
  return rowOf(
    {
      line,
      engine: cell("engine"),
      accelerator: cell("accelerator"),
      model: cell("model"),
      inputTokens: Number(cell("inputTokens")),
      outputTokens: Number(cell("outputTokens")),
      concurrency: Number(cell("concurrency")),
      heldSteps: 0,
      ttftMs: Number(cell("ttftMs")),
      tpotMs: Number(cell("tpotMs")),
    },
    cell("precision"),
    { accelerators: Number(cell("tensorParallel")), attentionDataParallel: false },
  );
}

function publishedRow(cell: Cell, line: number): MeasuredRow {
  const number = (name: string) => (cell(name) === "" ? 1 : Number(cell(name)));
  const model = modelNamed(cell("model_path"));
  const moe = model !== null && "experts" in models[model].shape;
  const format = moe ? cell("moe_quant_mode") || cell("gemm_quant_mode") : cell("gemm_quant_mode");
  const dataParallel = number("attention_dp_size");
  const layout = layoutOf(number("tp_size"), dataParallel, number("moe_tp_size"), number("moe_ep_size"));
  const row = {
    line,
    engine: cell("backend"),
    accelerator: cell("system"),
    model: cell("model_path"),
    inputTokens: Number(cell("isl")),
    outputTokens: Number(cell("osl")),
    // The file divides the requests in flight by the degree of data parallelism it states.
    concurrency: Number(cell("batch_size")) * dataParallel,
    ttftMs: Number(cell("silicon_ttft_ms")),
    tpotMs: Number(cell("silicon_tpot_ms")),
  };
  return rowOf({ ...row, heldSteps: heldSteps(row, layout.accelerators) }, format, layout);
}

function rowOf(
  row: Omit<MeasuredRow, "spec" | "problem">,
  format: string,
  layout: { readonly accelerators: number; readonly attentionDataParallel: boolean },
): MeasuredRow {
  const accelerator = acceleratorNamed(row.accelerator);
  const model = modelNamed(row.model);
  const engine: EngineProfile | undefined = Object.hasOwn(engineProfiles, row.engine)
    ? engineProfiles[row.engine as keyof typeof engineProfiles]
    : undefined;
  const precision = formats[format];
  const unusable = (problem: string): MeasuredRow => ({ ...row, spec: null, problem });
  if (accelerator === null || model === null || !engine || !precision) {
    const lacking = [
      accelerator === null ? [`chip ${row.accelerator}`] : [],
      model === null ? [`model ${row.model}`] : [],
      engine ? [] : [`engine ${row.engine}`],
      precision ? [] : [`format ${format}`],
    ].flat();
    return unusable(`not in the catalogue: ${lacking.join(", ")}`);
  }
  const counts = [row.inputTokens, row.outputTokens, row.concurrency, layout.accelerators];
  if (!counts.every((value) => Number.isFinite(value) && value > 0) || !(row.ttftMs > 0) || !(row.tpotMs > 0)) {
    return unusable("a measured time or a count is missing or not positive");
  }
  const spec: ReplicaSpec = {
    accelerator: acceleratorOf(accelerator, accelerators[accelerator]),
    tensorParallel: layout.accelerators,
    ...(layout.attentionDataParallel && { attentionDataParallel: true }),
    model: modelOf(model, models[model]),
    // Who measures an engine gives it all the memory and as many seats as the run needs.
    engine: { ...engine, memoryUtilization: 0.95, maxSequences: 8192 },
    weightPrecision: precision,
    // The cache's format is not in the file; quantised models were run with an fp8 cache as a rule.
    kvPrecision: precision === "bf16" ? "bf16" : "fp8",
  };
  if (!layout.attentionDataParallel && spec.model.attentionHeads % layout.accelerators !== 0) {
    const heads = spec.model.attentionHeads;
    return unusable(`contradiction: ${layout.accelerators} accelerators cannot divide ${heads} attention heads`);
  }
  return { ...row, spec, problem: null };
}
