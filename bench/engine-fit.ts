/**
 * Fits the coefficients of an engine profile on measured runs: `npm run -s bench -- engine-fit CSV`. Prints one JSON object
 * per engine with the coefficients, the errors in sample, and the errors when a chip, a model or a release is left out of the fit.
 */
import {
  calibrate,
  usableRuns,
  type Calibration,
  type EngineCoefficients,
  type MeasuredRow,
} from "../src/perf/index.ts";
import { readRuns, refuse } from "./measured-runs.ts";

/** First tokens that took longer than this came from servers that were still compiling kernels or out of memory, ms. */
const longestTtftMs = 6000;

/**
 * First tokens of these runs contradict themselves: the same prompt takes four times as long when the answer is longer,
 * as if each request in turn waited for a seat.
 */
const ttftContradictsItself = (run: MeasuredRow) => run.engine === "trtllm" && run.model.includes("Llama-3.1-8B");

const isTtftSound = (run: MeasuredRow) => run.ttftMs < longestTtftMs && !ttftContradictsItself(run);

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

function print(entry: Calibration & { readonly engine: string; readonly generation?: string }): void {
  const { engine, generation, coefficients, fit, heldOut, bandRatio } = entry;
  const errors = (of: typeof fit) => ({
    runs: of.runs,
    tpotMedian: short(of.tpotMedian),
    tpotP90: short(of.tpotP90),
    ttftMedian: short(of.ttftMedian),
  });
  const out = heldOut.map((of) => ({ leftOut: of.leftOut, ...errors(of) }));
  const line = { engine, generation, coefficients, fit: errors(fit), heldOut: out, bandRatio: short(bandRatio) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

export function run(args: string[]): Promise<void> {
  const [path, only] = args;
  if (path === undefined) return refuse("usage: engine-fit CSV [engine], a file of measured runs");
  for (const [engine, group] of Map.groupBy(readRuns(path).rows, (row) => row.engine)) {
    if (only !== undefined && only !== engine) continue;
    const { runs } = usableRuns(group, isTtftSound);
    if (runs.length === 0) continue;
    const pooled = calibrate(runs, neutral);
    print({ engine, ...pooled });
    // Each generation of chips alone, held near what all of them show.
    for (const [generation, own] of Map.groupBy(runs, (run) => run.spec.accelerator.generation)) {
      if (own.length < runs.length) print({ engine, generation, ...calibrate(own, pooled.coefficients) });
    }
  }
  return Promise.resolve();
}
