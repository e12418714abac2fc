/**
 * Predicts MLPerf Inference results: `npm run -s bench -- mlperf CSV`. For every server and interactive row, the largest rate
 * at which 99 % of requests keep the row's own limits on the first token and on the time per token, against the rate that was
 * achieved; for offline rows the rate at saturation. Nothing is fitted on the file. The layout is the best of those that hold
 * the model, as who submits a result chooses it.
 *
 * Servers of a rack whose chips share one fabric may put prompts and answers on separate units, as the rack's own submissions did
 * (scripts of MLPerf v5.1 and v6.1 for Llama 3.1 405B); a server alone may not: its eight chips make one or two engines of such a model.
 *
 * Latent attention is also run whole on every chip, but offline only: rates of DeepSeek-R1 there are twice what engines cut by
 * tensor parallelism reach, while servers of the same machines show the pace (61 to 70 ms per token with 900 in flight; 65
 * predicted) and the full caches of such.
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
  type SplitUnits,
} from "../src/catalog/index.ts";
import {
  acceleratorNamed,
  acceleratorsOf,
  benchmarkCapacityPerS,
  compileReplica,
  engineNamed,
  formatNamed,
  modelNamed,
  type ReplicaSpec,
} from "../src/perf/index.ts";
import { readCsvRecords } from "../src/scenario/index.ts";
import { quantile } from "./engine-fit.ts";
import { readText, refuse } from "./measured-runs.ts";

/**
 * Mean input length of each benchmark's data set, tokens, with its coefficient of variation. MLCommons data set notes:
 * OpenOrca for Llama 2 70B, CNN/DailyMail for Llama 3.1 8B, LongBench and others for 405B; variation assumed.
 */
const openOrca = { inputMean: 294, inputCv: 0.9, outputCv: 0.6 };
const dataSets: Readonly<Partial<Record<ModelId, { inputMean: number; inputCv: number; outputCv: number }>>> = {
  "llama-2-70b": openOrca,
  "llama-3.1-70b": openOrca,
  "llama-3.1-8b": { inputMean: 778, inputCv: 0.5, outputCv: 0 },
  // Inputs end at 20,000 tokens, 2.1 times the mean: a variation of 0.36 puts one in a hundred above that.
  "llama-3.1-405b": { inputMean: 9428, inputCv: 0.36, outputCv: 0.5 },
  "mixtral-8x7b": { inputMean: 145, inputCv: 0.9, outputCv: 0.6 },
  "deepseek-r1": { inputMean: 800, inputCv: 0.8, outputCv: 0.9 },
};

/** Weights by the row's own column, or by the name of the model where the submitter left it unset. */
function precisionOf(dataTypes: string, model: string): Precision | null {
  const stated = dataTypes.trim();
  if (stated !== "" && stated.toUpperCase() !== "UNSET") return formatNamed(stated);
  return formatNamed(/(fp8|fp4|int8|int4)/i.exec(model)?.[1] ?? "");
}

/** Where the whole name tells no chip, parts that do; the first that matches counts. */
const chips: readonly (readonly [RegExp, AcceleratorId])[] = [
  [/RTX PRO 6000/, "rtx-pro-6000"],
  [/GB300/, "gb300"],
  [/GB200/, "gb200"],
  [/B200/, "b200-sxm"],
  [/GH200.*\b96 ?GB/, "gh200-96gb"],
  [/GH200/, "gh200"],
  [/H200.NVL/i, "h200-nvl"],
  [/H200/, "h200-sxm"],
  [/H100.NVL/, "h100-nvl"],
  [/H100.PCIe/i, "h100-pcie"],
  [/H100/, "h100-sxm"],
  [/L40S/, "l40s"],
  [/\bL4\b/, "l4"],
  [/A100.*PCIe.*80 ?GB|A100.*80 ?GB.*PCIe/i, "a100-pcie"],
  [/A100.SXM.*40 ?GB/i, "a100-40gb"],
  [/A100.(?!PCIe)/i, "a100-sxm"],
  [/RTX 4090/, "rtx-4090"],
  [/RTX 5090/, "rtx-5090"],
  [/MI300X/, "mi300x"],
  [/MI325X/, "mi325x"],
  [/MI355X/, "mi355x"],
  [/B60/, "arc-pro-b60"],
  [/TPU v6e|Trillium/, "tpu-v6e"],
];

/**
 * A release of vLLM keeps the cache in the model's 16 bits unless told otherwise. Builds made for a submission, with a commit
 * in their version, come with a model calibrated for 8 bits, as other engines do.
 */
function cachePrecision(software: string): Precision {
  return /vllm/i.test(software) && !/dev|\+g[0-9a-f]{6}/i.test(software) ? "bf16" : "fp8";
}

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
  if (records.length === 0) return refuse(`${path}: there is a header and no result below it`);
  const predictions: Prediction[] = [];
  const refused = new Map<string, number>();
  for (const record of records) {
    const result = predict((name) => record[columns.get(name.toLowerCase()) ?? -1]?.text.trim() ?? "");
    process.stdout.write(`${JSON.stringify({ line: record[0]!.at.line, ...result.report })}\n`);
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

/** Units for prompts and for answers of one engine that are tried. */
const unitCounts: readonly SplitUnits[] = Array.from({ length: 8 }, (_, p) =>
  Array.from({ length: 8 }, (_, d) => ({ prefillUnits: p + 1, decodeUnits: d + 1 })),
).flat();

interface Best {
  readonly perS: number;
  readonly tensorParallel: number;
  readonly attentionDataParallel: boolean;
  readonly split?: SplitUnits;
}

/** Degrees of tensor parallelism and divisions into units that so many chips allow. */
function* layouts(
  chips: number,
  divisions: readonly (SplitUnits | undefined)[],
): Generator<readonly [tensorParallel: number, split: SplitUnits | undefined]> {
  for (const t of [1, 2, 4, 8]) {
    for (const split of divisions) {
      if (t * (split ? split.prefillUnits + split.decodeUnits : 1) <= chips) yield [t, split];
    }
  }
}

function predict(cell: (name: string) => string): Outcome {
  const id = { id: cell("ID"), model: cell("UsedModel"), scenario: cell("Scenario"), chip: cell("Accelerator") };
  const leaveOut = (why: string) => ({ report: { ...id, unpredicted: why }, prediction: null, why });
  const chipNames = cell("Accelerator");
  if (/\(x\d+\).*\(x\d+\)/.test(chipNames)) return leaveOut("a mix of chips");
  if (/maxq/i.test(cell("System")) || /power cap/i.test(chipNames))
    return leaveOut("a run below the chip's own power limit");
  const chip = acceleratorNamed(chipNames) ?? chips.find(([pattern]) => pattern.test(chipNames))?.[1];
  const modelId = modelNamed(cell("UsedModel"));
  const dataSet = modelId === null ? undefined : dataSets[modelId];
  const precision = precisionOf(cell("weight_data_types"), cell("UsedModel"));
  // A card of two chips counts as one accelerator.
  const chipCount = Number(cell("chips_total")) * (/\bdual\b/i.test(chipNames) ? 2 : 1);
  const measuredPerS = Number(cell("samples_per_s"));
  if (/^(n\/?a)?$/i.test(chipNames))
    return leaveOut("runs without an accelerator, on processors the catalogue does not hold");
  if (!chip) return leaveOut(`chip ${chipNames} is not in the catalogue`);
  if (modelId === null || !dataSet)
    return leaveOut(`the data set of ${cell("UsedModel") || "(no model)"} is not known`);
  if (!precision) return leaveOut(`weight format ${cell("weight_data_types")} is not known`);
  const tokensPerS = Number(cell("Performance_Result"));
  if (![chipCount, measuredPerS, tokensPerS].every((value) => value > 0 && value < Infinity)) {
    return leaveOut("chips, rate or tokens per second missing, not above zero or not finite");
  }
  const offline = cell("ttft_slo_ms") === "" && cell("tpot_slo_ms") === "";
  const [ttftMs, tpotMs] = [Number(cell("ttft_slo_ms")), Number(cell("tpot_slo_ms"))];
  if (!offline && !(ttftMs > 0 && tpotMs > 0)) return leaveOut("one limit without the other, or not above zero");

  const [, named] = /(vllm|sglang|tensorrt)/i.exec(cell("Software")) ?? [];
  // Software that the catalogue does not know is taken for the fastest it knows, and said to be.
  const engine = engineNamed(named ?? "") ?? engineProfiles.trtllm;
  // The output length is the benchmark's own: tokens over samples.
  const shape = {
    inputMean: dataSet.inputMean,
    inputCv: dataSet.inputCv,
    outputMean: tokensPerS / measuredPerS,
    outputCv: dataSet.outputCv,
    prefixHitRatio: 0,
  };
  const model = modelOf(modelId, models[modelId]);
  const wholeAttention = offline && model.kvBytesPerTokenBf16 !== undefined ? [false, true] : [false];
  const isRack = /^gb[23]00$/.test(chip) && Number(cell("Nodes")) > 1;
  const divisions = isRack && !offline ? [undefined, ...unitCounts] : [undefined];
  let best: Best = { perS: 0, tensorParallel: 0, attentionDataParallel: false };
  for (const attentionDataParallel of wholeAttention) {
    for (const [t, split] of layouts(chipCount, divisions)) {
      const spec: ReplicaSpec = {
        accelerator: acceleratorOf(chip, accelerators[chip]),
        tensorParallel: t,
        ...(attentionDataParallel && { attentionDataParallel }),
        model,
        // Who submits a result gives the engine all the memory and all the seats it can use, and runs no web server.
        engine: {
          ...engine,
          memoryUtilization: 0.95,
          maxSequences: 4096,
          requestOverheadMs: 3,
          ...(split && { split }),
        },
        weightPrecision: precision,
        kvPrecision: cachePrecision(cell("Software")),
      };
      const replica = compileReplica(spec);
      if (!replica) continue;
      const engines = Math.floor(chipCount / acceleratorsOf(spec));
      const limits = { ttftMs, tpotMs, quantile: 0.99, engines };
      const perS = benchmarkCapacityPerS(replica, shape, offline ? null : limits) * engines;
      if (perS > best.perS) best = { perS, tensorParallel: t, attentionDataParallel, ...(split && { split }) };
    }
  }
  const { perS: predictedPerS, tensorParallel, attentionDataParallel, split } = best;
  if (!(predictedPerS > 0)) return leaveOut("no layout holds the model within the limits");
  const error = predictedPerS / measuredPerS - 1;
  const report = {
    ...id,
    engine: engine.id,
    ...(named === undefined && { engineAssumedFor: cell("Software") || "(no software)" }),
    tensorParallel,
    ...(attentionDataParallel && { attentionDataParallel }),
    ...(split && { split }),
    measuredPerS,
    predictedPerS: Number(predictedPerS.toPrecision(4)),
    error: Number(error.toFixed(3)),
  };
  return { report, prediction: { error, scenario: cell("Scenario") } };
}
