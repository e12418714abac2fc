import { acceleratorOf, accelerators, modelOf, models, type EngineProfile, type Precision } from "../catalog/index.ts";
import { foreignSeparator, readCsvRecords } from "../scenario/index.ts";
import { benchmarkSettings, layoutOf } from "./benchmark-settings.ts";
import { acceleratorNamed, engineNamed, modelNamed } from "./catalogue-names.ts";
import type { ClosedLoopProtocol } from "./closed-loop.ts";
import { formatNamed, weightFormatOf } from "./format-names.ts";
import type { ReplicaSpec } from "./memory.ts";
import { numberOf, publishedColumns, runColumns, timeOf, unstated, type Cell } from "./run-columns.ts";

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
  /** How the benchmark loaded the engine, as far as its published settings tell. */
  readonly protocol: ClosedLoopProtocol;
  /** Release of the engine; empty where the file does not say. */
  readonly release: string;
  /** 0 where the row does not say; one of the two times is always known where `spec` is. */
  readonly ttftMs: number;
  readonly tpotMs: number;
}

export type MeasuredRowsResult =
  | {
      readonly ok: true;
      readonly rows: readonly MeasuredRow[];
      /** Rows of other modes than `agg`, such as prefill and decode on separate engines; they are not in `rows`. */
      readonly otherModes: number;
    }
  | { readonly ok: false; readonly message: string };

/**
 * Reads a CSV of runs at a fixed number of requests in flight. Two forms are known by their header: the measured runs
 * published with AIConfigurator (`backend`, `system`, `isl`, …, of which rows of mode `agg` count), and the plain form
 * `engine, accelerator, tensorParallel, model, precision, inputTokens, outputTokens, concurrency, ttftMs, tpotMs`; in it
 * `attentionDataParallel`, `cachePrecision` and `release` may stand too, and of the two times one may be missing. Other columns may stand anywhere and are not looked at. Rows that cannot be used are given back with the reason.
 */
export function readMeasuredRuns(text: string): MeasuredRowsResult {
  if (text.startsWith("\u001f") || text.includes("\0"))
    return { ok: false, message: "this is no text: unpack it if it is compressed, and save it as UTF-8" };
  const read = readCsvRecords(text, "");
  if ("problems" in read) {
    const [first] = read.problems;
    return { ok: false, message: `line ${first!.line}: ${first!.message}` };
  }
  const [header, ...records] = read.records;
  if (header === undefined) return { ok: false, message: "the file is empty; its first line names the columns" };
  const foreign = foreignSeparator(header);
  if (foreign !== null) {
    return {
      ok: false,
      message: `the columns are parted by ${foreign}, not by commas; save it with commas, and points in decimals`,
    };
  }
  const columns = runColumns(header.map((cell) => cell.text));
  if ("missing" in columns) return { ok: false, message: `the header lacks ${columns.missing.join(", ")}` };
  if ("twice" in columns) return { ok: false, message: `the column ${columns.twice} stands twice; remove one of them` };
  const { isPublished } = columns;
  if (records.length === 0) return { ok: false, message: "there is a header and no run below it" };
  const rows: MeasuredRow[] = [];
  let otherModes = 0;
  for (const record of records) {
    const { line } = record[0]!.at;
    const cells = record.map((each) => each.text);
    const cell = columns.cellOf(cells);
    if (isPublished && !["agg", "aggregated", ""].includes(cell("mode").toLowerCase())) {
      otherModes++;
      continue;
    }
    const row = isPublished ? publishedRow(cell, line) : plainRow(cell, line);
    const short = record.length < header.length && (row.problem !== null || columns.lacksTime(cells));
    // A comma within a cell that has no quotes (`1,024`) moves all cells behind it: numbers, but those of other columns.
    const odd = short || cells.slice(header.length).some((text) => text.trim() !== "");
    const cut = `the row has ${record.length} of the header's ${header.length} cells`;
    rows.push(odd ? { ...row, spec: null, problem: cut } : row);
  }
  return { ok: true, rows, otherModes };
}

/** A run of the plain form, by its cells. */
export function plainRow(cell: Cell, line: number): MeasuredRow {
  const cache = cell("cachePrecision");
  const row = rowOf(
    {
      line,
      engine: cell("engine"),
      accelerator: cell("accelerator"),
      model: cell("model"),
      inputTokens: numberOf(cell("inputTokens")),
      outputTokens: numberOf(cell("outputTokens")),
      concurrency: numberOf(cell("concurrency")),
      protocol: {},
      release: cell("release", "version"),
      ttftMs: timeOf(cell("ttftMs")),
      tpotMs: timeOf(cell("tpotMs")),
    },
    cell("precision"),
    {
      accelerators: numberOf(cell("tensorParallel")),
      attentionDataParallel: /^(true|yes|1)$/i.test(cell("attentionDataParallel")),
    },
    shortCacheOf(cache, cell("engine")),
  );
  if (row.spec === null || formatNamed(cache) !== null) return row;
  return { ...row, spec: null, problem: `not in the catalogue: format ${cache} of the cache` };
}

/** Where a row does not say, vLLM keeps the cache in the model's own 16 bits and others take 8 beside weights of 8 or fewer. */
function shortCacheOf(stated: string, engine: string): boolean {
  return stated === "" ? engineNamed(engine)?.id !== "vllm" : formatNamed(stated) !== "bf16";
}

/** A file that does not state the weights' format leaves it to the model's name. */
function formatOf(stated: string, model: string): Precision | null {
  return /^(auto)?$/i.test(stated) ? weightFormatOf(model) : formatNamed(stated);
}

function publishedRow(cell: Cell, line: number): MeasuredRow {
  const degree = (name: string) => (unstated.test(cell(name)) ? 1 : numberOf(cell(name)));
  const name = cell(...publishedColumns.model);
  const model = modelNamed(name);
  const moe = model !== null && "experts" in models[model].shape;
  const format = (moe && cell("moe_quant_mode")) || cell("gemm_quant_mode") || cell("precision");
  const dataParallel = degree("attention_dp_size");
  const layout = layoutOf(degree("tp_size"), dataParallel, degree("moe_tp_size"), degree("moe_ep_size"));
  const row = {
    line,
    engine: engineNamed(cell(...publishedColumns.engine))?.id ?? cell(...publishedColumns.engine).toLowerCase(),
    accelerator: cell(...publishedColumns.system),
    model: name,
    inputTokens: numberOf(cell(...publishedColumns.inputTokens)),
    outputTokens: numberOf(cell(...publishedColumns.outputTokens)),
    // The file divides the requests in flight by the degree of data parallelism it states.
    concurrency: numberOf(cell(...publishedColumns.batch)) * dataParallel,
    release: cell("backend_version", "version"),
    ttftMs: timeOf(cell(...publishedColumns.ttftMs)),
    tpotMs: timeOf(cell(...publishedColumns.tpotMs)),
  };
  const settings = benchmarkSettings(
    {
      ...row,
      system: row.accelerator,
      precision: formatOf(format, name) ?? format,
      source: cell("silicon_data_source"),
      version: row.release,
    },
    layout.accelerators,
    layout.attentionDataParallel,
  );
  const { maxBatchedTokens, speculative, shortCache, ...protocol } = settings;
  const set = { ...(maxBatchedTokens !== null && { maxBatchedTokens }), ...(speculative && { speculative }) };
  const stages = degree("pp_size");
  const read = rowOf({ ...row, protocol }, format, layout, shortCache, set);
  if (read.spec === null || stages === 1) return read;
  if (!Number.isInteger(stages) || stages < 1 || stages > read.spec.model.layers) {
    return { ...read, spec: null, problem: `pipeline over ${cell("pp_size")} stages: not a number of stages` };
  }
  return { ...read, spec: { ...read.spec, pipelineParallel: stages } };
}

/**
 * Most accelerators of one engine that sums were measured over. Published files list racks whose prompts and answers run on
 * engines of their own as one row of all their chips.
 */
const largestGroup = 8;

/** An hour: no engine under test takes that long for a token, so the column holds something else. */
const longestMs = 3.6e6;

function rowOf(
  row: Omit<MeasuredRow, "spec" | "problem">,
  format: string,
  layout: { readonly accelerators: number; readonly attentionDataParallel: boolean },
  shortCache: boolean,
  settings: Partial<EngineProfile> = {},
): MeasuredRow {
  const accelerator = acceleratorNamed(row.accelerator);
  const model = modelNamed(row.model);
  const engine = engineNamed(row.engine);
  const precision = formatOf(format, row.model);
  const unusable = (problem: string): MeasuredRow => ({ ...row, spec: null, problem });
  if (accelerator === null || model === null || engine === null || precision === null) {
    const lacking = [
      accelerator === null ? [`chip ${row.accelerator || "(no name)"}`] : [],
      model === null ? [`model ${row.model || "(no name)"}`] : [],
      engine ? [] : [`engine ${row.engine || "(no name)"}`],
      precision ? [] : [`format ${format}`],
    ].flat();
    return unusable(`not in the catalogue: ${lacking.join(", ")}`);
  }
  const counts = [row.inputTokens, row.outputTokens, row.concurrency, layout.accelerators];
  if (!counts.every((value) => Number.isFinite(value) && value > 0)) {
    return unusable("tokens, concurrency or accelerators are missing, not a number or not above zero");
  }
  if (!(row.tpotMs >= 0 && row.tpotMs < longestMs)) return unusable("the time per token is not a number or absurd");
  if (!(row.ttftMs >= 0 && row.ttftMs < longestMs)) {
    return unusable("the time to first token is not a number or absurd");
  }
  if (row.outputTokens === 1 && row.tpotMs > 0) return unusable("an answer of one token has no time per token");
  if (row.tpotMs === 0 && row.ttftMs === 0) return unusable("both times are missing, per token and to first token");
  const spec: ReplicaSpec = {
    accelerator: acceleratorOf(accelerator, accelerators[accelerator]),
    tensorParallel: layout.accelerators,
    ...(layout.attentionDataParallel && { attentionDataParallel: true }),
    model: modelOf(model, models[model]),
    // Who measures an engine gives it all the memory and as many seats as the run needs.
    engine: { ...engine, memoryUtilization: 0.95, maxSequences: 8192, ...settings },
    weightPrecision: precision,
    kvPrecision: precision === "bf16" || !shortCache ? "bf16" : "fp8",
  };
  if (layout.accelerators > largestGroup) {
    return unusable(
      `spread over ${layout.accelerators} accelerators: more than one server, or the engines of a rack added up; only one engine in a server is predicted`,
    );
  }
  if (!layout.attentionDataParallel && spec.model.attentionHeads % layout.accelerators !== 0) {
    const heads = spec.model.attentionHeads;
    return unusable(`contradiction: ${layout.accelerators} accelerators cannot divide ${heads} attention heads`);
  }
  return { ...row, spec, problem: null };
}
