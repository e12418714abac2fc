/**
 * Predicts MLPerf Inference results: `npm run -s bench -- mlperf CSV`. For every server and interactive row, the largest
 * rate at which the row's own limit on the first token holds for 99 % of requests and that on the time per token on
 * average, against the rate that was achieved; for offline rows the rate at saturation. Nothing is fitted on the file.
 *
 * The benchmark asks 99 % of requests for both. Submitted runs keep the time per token of 99 % within 5 to 25 % of its
 * median, by schedulers that divide the requests among engines and cut prompts, so that the mean is the nearer measure.
 * DeepSeek-R1 offline is predicted at half its rate: such runs keep attention whole on every chip, which would explain
 * it (9.3 to 10.1 requests/s on eight B200 against 8.4 to 8.9), but would double what is predicted for the servers, too.
 */
import {
  acceleratorOf,
  accelerators,
  engineProfiles,
  modelOf,
  models,
  type AcceleratorId,
  type ModelId,
  type Precision,
} from "../src/catalog/index.ts";
import { capacityPerS, compileReplica, formatNamed, saturationPerS } from "../src/perf/index.ts";
import { readCsvRecords } from "../src/scenario/index.ts";
import { quantile } from "./engine-fit.ts";
import { readText, refuse } from "./measured-runs.ts";

/**
 * Mean input length of each benchmark's data set, tokens, with its coefficient of variation. MLCommons data set notes:
 * OpenOrca for Llama 2 70B, CNN/DailyMail for Llama 3.1 8B, LongBench and others for 405B; variation assumed.
 */
const dataSets: Readonly<Record<string, { model: ModelId; inputMean: number; inputCv: number; outputCv: number }>> = {
  "llama2-70b-99": { model: "llama-2-70b", inputMean: 294, inputCv: 0.9, outputCv: 0.6 },
  "llama2-70b-99.9": { model: "llama-2-70b", inputMean: 294, inputCv: 0.9, outputCv: 0.6 },
  "llama3_1-70b-fp8_dyn": { model: "llama-3.1-70b", inputMean: 294, inputCv: 0.9, outputCv: 0.6 },
  "llama3_1-70b-fp8_pre": { model: "llama-3.1-70b", inputMean: 294, inputCv: 0.9, outputCv: 0.6 },
  "llama3.1-8b": { model: "llama-3.1-8b", inputMean: 778, inputCv: 0.5, outputCv: 0 },
  "llama3_1-8b": { model: "llama-3.1-8b", inputMean: 778, inputCv: 0.5, outputCv: 0 },
  // Inputs end at 20,000 tokens, 2.1 times the mean: a variation of 0.36 puts one in a hundred above that.
  "llama3.1-405b": { model: "llama-3.1-405b", inputMean: 9428, inputCv: 0.36, outputCv: 0.5 },
  "mixtral-8x7b": { model: "mixtral-8x7b", inputMean: 145, inputCv: 0.9, outputCv: 0.6 },
  "deepseek-r1": { model: "deepseek-r1", inputMean: 800, inputCv: 0.8, outputCv: 0.9 },
};

/** Weights by the row's own column, or by the name of the model where the submitter left it unset. */
function precisionOf(dataTypes: string, model: string): Precision | null {
  const stated = dataTypes.trim();
  if (stated !== "" && stated.toUpperCase() !== "UNSET") return formatNamed(stated);
  return formatNamed(/(fp8|fp4|int8|int4)/i.exec(model)?.[1] ?? "");
}

/** Parts of the accelerator's name that tell it; the first that matches counts. */
const chips: readonly (readonly [RegExp, AcceleratorId])[] = [
  [/ \(x\d+\), /, "mi300x"],
  [/RTX PRO 6000/, "rtx-pro-6000"],
  [/GB300/, "gb300"],
  [/GB200/, "gb200"],
  [/B200/, "b200-sxm"],
  [/GH200/, "gh200"],
  [/H200/, "h200-sxm"],
  [/H100.NVL/, "h100-nvl"],
  [/H100/, "h100-sxm"],
  [/L40S/, "l40s"],
  [/\bL4\b/, "l4"],
  [/A100/, "a100-sxm"],
  [/RTX 4090/, "rtx-4090"],
  [/RTX 5090/, "rtx-5090"],
  [/MI300X/, "mi300x"],
  [/MI325X/, "mi325x"],
  [/MI355X/, "mi355x"],
  [/B60/, "arc-pro-b60"],
  [/TPU v6e|Trillium/, "tpu-v6e"],
];

const neededColumns = [
  "ID",
  "UsedModel",
  "Scenario",
  "Accelerator",
  "Performance_Result",
  "chips_total",
  "samples_per_s",
];

interface Prediction {
  readonly error: number;
  readonly scenario: string;
}

export function run(args: string[]): Promise<void> {
  const [path] = args;
  if (path === undefined) return refuse("usage: mlperf CSV, a file of MLPerf Inference results");
  const read = readCsvRecords(readText(path), path);
  if ("problems" in read) return refuse(`${path}:${read.problems[0]!.line}: ${read.problems[0]!.message}`);
  const [header, ...records] = read.records;
  if (header === undefined) return refuse(`${path}: the file is empty; its first line names the columns`);
  const columns = new Map(header.map((cell, column) => [cell.text.trim().toLowerCase(), column]));
  const missing = neededColumns.filter((name) => !columns.has(name.toLowerCase()));
  if (missing.length > 0) return refuse(`${path}: the header lacks ${missing.join(", ")}`);
  const predictions: Prediction[] = [];
  const refused = new Map<string, number>();
  for (const record of records) {
    const result = predict((name) => record[columns.get(name.toLowerCase()) ?? -1]?.text.trim() ?? "");
    process.stdout.write(`${JSON.stringify(result.report)}\n`);
    if (result.prediction) predictions.push(result.prediction);
    else refused.set(result.why, (refused.get(result.why) ?? 0) + 1);
  }
  const groups = [...Map.groupBy(predictions, (entry) => entry.scenario), ["all", predictions] as const];
  for (const [scenario, group] of groups) {
    const errors = group.map((entry) => Math.abs(entry.error));
    const within = errors.filter((error) => error <= 0.15).length;
    const median = errors.length > 0 ? Number(quantile(errors, 0.5).toFixed(3)) : null;
    const summary = { summary: scenario, rows: group.length, within15Percent: within, medianError: median };
    process.stdout.write(`${JSON.stringify(summary)}\n`);
  }
  for (const [why, rows] of refused) process.stdout.write(`${JSON.stringify({ unpredicted: why, rows })}\n`);
  const skipped = records.length - predictions.length;
  process.stdout.write(`${JSON.stringify({ summary: "unpredicted", rows: skipped })}\n`);
  return Promise.resolve();
}

type Outcome =
  | { readonly report: object; readonly prediction: Prediction }
  | { readonly report: object; readonly prediction: null; readonly why: string };

function predict(cell: (name: string) => string): Outcome {
  const id = { id: cell("ID"), model: cell("UsedModel"), scenario: cell("Scenario"), chip: cell("Accelerator") };
  const leaveOut = (why: string) => ({ report: { ...id, unpredicted: why }, prediction: null, why });
  const chipNames = cell("Accelerator");
  if (/ \(x\d+\), /.test(chipNames)) return leaveOut("a mix of chips");
  const chip = chips.find(([pattern]) => pattern.test(chipNames))?.[1];
  const dataSet = dataSets[cell("UsedModel")];
  const precision = precisionOf(cell("weight_data_types"), cell("UsedModel"));
  const chipCount = Number(cell("chips_total"));
  const measuredPerS = Number(cell("samples_per_s"));
  if (chipNames === "") return leaveOut("runs without an accelerator, on processors the catalogue does not hold");
  if (!chip) return leaveOut(`chip ${chipNames} is not in the catalogue`);
  if (!dataSet) return leaveOut(`the data set of ${cell("UsedModel") || "(no model)"} is not known`);
  if (!precision) return leaveOut(`weight format ${cell("weight_data_types")} is not known`);
  if (!(chipCount > 0) || !(measuredPerS > 0)) return leaveOut("chips or rate missing or not above zero");

  const engine = /vllm/i.test(cell("Software")) ? engineProfiles.vllm : engineProfiles.trtllm;
  // The output length is the benchmark's own: tokens over samples.
  const shape = {
    inputMean: dataSet.inputMean,
    inputCv: dataSet.inputCv,
    outputMean: Number(cell("Performance_Result")) / measuredPerS,
    outputCv: dataSet.outputCv,
    prefixHitRatio: 0,
  };
  let predictedPerS = 0;
  let tensorParallel = 0;
  const model = modelOf(dataSet.model, models[dataSet.model]);
  for (const t of [1, 2, 4, 8].filter((degree) => degree <= chipCount)) {
    const replica = compileReplica({
      accelerator: acceleratorOf(chip, accelerators[chip]),
      tensorParallel: t,
      model,
      // Who submits a result gives the engine all the memory and all the seats it can use, and runs no web server.
      engine: { ...engine, memoryUtilization: 0.95, maxSequences: 4096, requestOverheadMs: 3 },
      weightPrecision: precision,
      kvPrecision: "fp8",
    });
    if (!replica) continue;
    const offline = cell("ttft_slo_ms") === "";
    const limits = { ttftMs: Number(cell("ttft_slo_ms")), quantile: 0.99, tpotMs: Number(cell("tpot_slo_ms")) };
    const each = offline ? saturationPerS(replica, shape) : capacityPerS(replica, shape, limits);
    const total = (each * chipCount) / t;
    if (total > predictedPerS) [predictedPerS, tensorParallel] = [total, t];
  }
  if (!(predictedPerS > 0)) return leaveOut("no layout holds the model within the limits");
  const error = predictedPerS / measuredPerS - 1;
  const report = {
    ...id,
    engine: engine.id,
    tensorParallel,
    measuredPerS,
    predictedPerS: Number(predictedPerS.toPrecision(4)),
    error: Number(error.toFixed(3)),
  };
  return { report, prediction: { error, scenario: cell("Scenario") } };
}
