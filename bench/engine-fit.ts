/**
 * Fits the coefficients of an engine profile on measured runs: `npm run -s bench -- engine-fit CSV`. Prints one JSON object
 * per engine with the coefficients, the errors in sample, and the errors when a chip or a model is left out of the fit.
 */
import {
  calibrate,
  closedLoop,
  compileReplica,
  type EngineCoefficients,
  type MeasuredRow,
  type MeasuredRun,
} from "../src/perf/index.ts";
import { readRuns, refuse } from "./measured-runs.ts";

/** Runs of one set-up whose times differ by more than this were not run alike (drafts of a small model, other versions). */
const alikeRatio = 1.15;

/** Positions of the runs that another run of the same set-up contradicts. */
export function contradictions(runs: readonly MeasuredRow[]): ReadonlySet<MeasuredRow> {
  const groups = Map.groupBy(runs, (run) =>
    [
      run.engine,
      run.accelerator,
      run.model,
      run.spec?.tensorParallel,
      run.spec?.attentionDataParallel,
      run.spec?.weightPrecision,
      run.inputTokens,
      run.outputTokens,
      run.concurrency,
    ].join(),
  );
  const found = new Set<MeasuredRow>();
  for (const group of groups.values()) {
    const times = group.map((run) => run.tpotMs);
    if (Math.max(...times) > Math.min(...times) * alikeRatio) for (const run of group) found.add(run);
  }
  return found;
}

/** First tokens that took longer than this came from servers that were still compiling kernels or out of memory, ms. */
const longestTtftMs = 6000;

/**
 * First tokens of these runs contradict themselves: the same prompt takes four times as long when the answer is longer,
 * as if each request in turn waited for a seat.
 */
const ttftContradictsItself = (run: MeasuredRow) => run.engine === "trtllm" && run.model.includes("Llama-3.1-8B");

function usable(runs: readonly MeasuredRow[]): MeasuredRun[] {
  const contradicted = contradictions(runs);
  return runs.flatMap((run) => {
    const { spec } = run;
    // Racks appear with the layouts of their disaggregated runs; they say nothing about one engine.
    if (!spec || contradicted.has(run) || !(run.tpotMs > 0) || spec.tensorParallel > 8) return [];
    const replica = compileReplica(spec);
    if (!replica || !closedLoop(replica, run.inputTokens, run.outputTokens, run.concurrency)) return [];
    const isTtftSound = run.ttftMs < longestTtftMs && !ttftContradictsItself(run);
    return [
      {
        spec,
        inputTokens: run.inputTokens,
        outputTokens: run.outputTokens,
        concurrency: run.concurrency,
        tpotMs: run.tpotMs,
        ttftMs: isTtftSound ? run.ttftMs : 0,
        protocol: { heldSteps: run.heldSteps },
      },
    ];
  });
}

/** Where the fit begins and what it stays near where runs say nothing: kernels at their measured rates, small overheads. */
const neutral: EngineCoefficients = {
  stepFixedMs: 0.3,
  stepPerLayerUs: 40,
  stepPerExpertLayerUs: 20,
  stepPerSequenceUs: 20,
  memoryCoefficient: 0.9,
  expertMemoryCoefficient: 0.9,
  computeCoefficient: 0.85,
  expertComputeCoefficient: 0.5,
  communicationCoefficient: 1,
  requestOverheadMs: 30,
  promptPerExpertLayerMs: 0,
};

/** Value below which a share `p` of the numbers lies. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

const short = (value: number) => Number(value.toPrecision(3));

export function run(args: string[]): Promise<void> {
  const [path, only] = args;
  if (path === undefined) return refuse("usage: engine-fit CSV [engine], a file of measured runs");
  for (const [engine, group] of Map.groupBy(readRuns(path).rows, (row) => row.engine)) {
    if (only !== undefined && only !== engine) continue;
    const { coefficients, fit, heldOut, bandRatio } = calibrate(usable(group), neutral);
    const errors = (entry: typeof fit) => ({
      runs: entry.runs,
      tpotMedian: short(entry.tpotMedian),
      tpotP90: short(entry.tpotP90),
      ttftMedian: short(entry.ttftMedian),
    });
    const out = heldOut.map((entry) => ({ leftOut: entry.leftOut, ...errors(entry) }));
    const line = { engine, coefficients, fit: errors(fit), heldOut: out, bandRatio: short(bandRatio) };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  return Promise.resolve();
}
