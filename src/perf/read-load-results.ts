import { engineNamed } from "./catalogue-names.ts";
import type { ClosedLoopProtocol } from "./closed-loop.ts";
import { plainRow, type MeasuredRow, type MeasuredRowsResult } from "./read-measured-runs.ts";

/** What results of a load generator do not tell of the server that was loaded. */
export interface LoadedServer {
  /** Unless a result names another: vLLM's generator calls every server of OpenAI's API vllm. */
  readonly engine: string;
  readonly accelerator: string;
  readonly tensorParallel: number;
  /** Null: as the results name it. */
  readonly model: string | null;
  /** Number format of the weights by the model's name. */
  readonly precisionOf: (model: string) => string;
}

/** Of those a generator let in, at least this share was in flight on average: less, and it was not the engine that held them. */
const fullRatio = 0.7;

/** Whether a text is what load generators write, and not a table. */
export function isLoadResults(text: string): boolean {
  return /^\s*[[{]/.test(text.replace(/^\uFEFF/, ""));
}

/**
 * Reads what `vllm bench serve --save-result` and `sglang.bench_serving --output-file` write: one JSON object per run, in lines or
 * in an array. Runs at a rate, without a fixed number in flight, and those in which far fewer were in flight than allowed are given
 * back with the reason. `line` counts the runs where they stand in an array.
 */
export function readLoadResults(text: string, server: LoadedServer): MeasuredRowsResult {
  const parsed = parseResults(text.replace(/^\uFEFF/, ""));
  if (typeof parsed === "string") return { ok: false, message: parsed };
  return { ok: true, otherModes: 0, rows: parsed.map(({ line, run }) => rowOf(run, line, server)) };
}

type Result = Readonly<Record<string, unknown>>;

/** The objects with their places, or what is wrong. */
function parseResults(text: string): readonly { readonly line: number; readonly run: Result }[] | string {
  const whole = parsed(text);
  if (Array.isArray(whole)) {
    if (whole.length > 0 && whole.every(isObject)) return whole.map((run, i) => ({ line: i + 1, run }));
    return "the list is empty or holds something else than results";
  }
  if (isObject(whole)) return [{ line: 1, run: whole }];
  const runs: { line: number; run: Result }[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const run = parsed(line);
    if (!isObject(run)) return `line ${i + 1} is no JSON object; is the file cut?`;
    runs.push({ line: i + 1, run });
  }
  return runs;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Result {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rowOf(run: Result, line: number, server: LoadedServer): MeasuredRow {
  const known = (...names: readonly string[]): number => {
    const value = names.map((name) => run[name]).find((each) => typeof each === "number" && Number.isFinite(each));
    return typeof value === "number" ? value : Number.NaN;
  };
  const completed = known("completed");
  const concurrency = known("max_concurrency");
  const outputTokens = known("total_output_tokens", "total_output") / completed;
  const [ttftMs, tpotMs] = [known("mean_ttft_ms", "median_ttft_ms"), known("mean_tpot_ms", "median_tpot_ms")];
  const served = textOf(run, "model_id", "model");
  const backend = textOf(run, "backend");
  const named = engineNamed(backend)?.id ?? "vllm";
  const cells: Readonly<Record<string, string>> = {
    engine: named === "vllm" ? server.engine : named,
    accelerator: server.accelerator,
    tensorParallel: String(server.tensorParallel),
    model: server.model ?? served,
    precision: server.precisionOf(served),
    inputTokens: cellOf(known("total_input_tokens", "total_input") / completed),
    outputTokens: cellOf(outputTokens),
    concurrency: cellOf(concurrency),
    ttftMs: cellOf(ttftMs),
    tpotMs: cellOf(tpotMs),
  };
  const row = plainRow((...names) => cells[names[0]!] ?? "", line);
  const unusable = (problem: string): MeasuredRow => ({ ...row, spec: null, problem });
  if (!(completed > 0)) return unusable("no request came to its end");
  if (!(concurrency > 0)) return unusable("sent at a rate, not with a fixed number in flight (max_concurrency)");
  // Drafts gain what the engine's profile would have to say, and no coefficient is to make up for.
  if (known("accept_length") > 1) return unusable(`tokens guessed ahead (accept_length ${known("accept_length")})`);
  const inFlight = (completed * (ttftMs + tpotMs * (outputTokens - 1))) / 1e3 / known("duration");
  if (inFlight < fullRatio * Math.min(concurrency, completed)) {
    const share = `${inFlight.toPrecision(2)} in flight on average of ${concurrency} allowed`;
    return unusable(`${share}: who sent them or a limit held them back, not the engine`);
  }
  return { ...row, protocol: protocolOf(run, completed / concurrency) };
}

/** Requests a client sends one after the other, and how evenly lengths are drawn, where the result says it. */
function protocolOf(run: Result, rounds: number): ClosedLoopProtocol {
  const least = run["random_range_ratio"];
  const isDrawn = run["backend"] === "sglang" && run["dataset_name"] === "random" && typeof least === "number";
  return {
    rounds: Math.max(1, Math.round(rounds)),
    // Evenly from this share of the stated length to all of it.
    ...(isDrawn && { lengthCv: (1 - least) / (1 + least) / Math.sqrt(3) }),
  };
}

function textOf(run: Result, ...names: readonly string[]): string {
  const value = names.map((name) => run[name]).find((each) => typeof each === "string");
  return typeof value === "string" ? value : "";
}

const cellOf = (value: number) => (Number.isFinite(value) ? String(value) : "");
