import { describe, expect, it } from "vitest";
import { accelerators, engineProfiles, models, type AcceleratorId, type ModelId } from "../catalog/index.ts";
import { calibrate } from "./calibration.ts";
import { coefficientsOf, predictRun, type EngineCoefficients, type MeasuredRun } from "./fit-coefficients.ts";
import { readMeasuredRuns } from "./read-measured-runs.ts";

const header = "engine,accelerator,tensorParallel,model,precision,inputTokens,outputTokens,concurrency,ttftMs,tpotMs";

/** Runs over a grid as an engine with these coefficients would show them, each off by a few percent. */
function runsOf(truth: EngineCoefficients, chip: AcceleratorId, ids: readonly ModelId[]): MeasuredRun[] {
  expect([chip in accelerators, ...ids.map((id) => id in models)]).not.toContain(false);
  const grid = ids.flatMap((id) => [200, 1000].flatMap((input) => [1, 4, 16, 32].map((n) => [id, input, n] as const)));
  const lines = grid.map(([id, input, n]) => `vllm,${chip},1,${id},bf16,${input},64,${n},100,10`);
  const read = readMeasuredRuns([header, ...lines].join("\n"));
  if (!read.ok) throw new Error(read.message);
  return read.rows.map(({ spec, inputTokens, outputTokens, concurrency }, at) => {
    const run = { spec: spec!, inputTokens, outputTokens, concurrency, tpotMs: 1, ttftMs: 1 };
    const { tpotMs, ttftMs } = predictRun(run, truth)!;
    const noise = 1 + 0.04 * Math.sin(7 * at);
    return { ...run, tpotMs: tpotMs * noise, ttftMs: ttftMs / noise };
  });
}

describe("a fit to runs of one engine", () => {
  const { byGeneration, ...vllm } = engineProfiles.vllm;
  const expected = coefficientsOf({ ...vllm, ...byGeneration.hopper });

  it("finds an engine that is nothing like the expected one, where enough runs show it", () => {
    const truth = {
      ...expected,
      stepPerSequenceUs: 800,
      computeCoefficient: 3.5,
      stepFixedMs: 0.1,
      requestOverheadMs: 4,
    };
    const { coefficients, fit } = calibrate(runsOf(truth, "h100-sxm", ["llama-3.1-8b", "llama-3.2-1b"]), expected);
    expect(fit.tpotMedian).toBeLessThan(0.06);
    expect(coefficients.stepPerSequenceUs / truth.stepPerSequenceUs).toBeGreaterThan(0.85);
    expect(coefficients.stepPerSequenceUs / truth.stepPerSequenceUs).toBeLessThan(1.15);
  });

  it("stays near the expected one where runs are few", () => {
    const truth = { ...expected, stepPerSequenceUs: 800 };
    const runs = runsOf(truth, "h100-sxm", ["llama-3.1-8b"]).slice(0, 4);
    expect(calibrate(runs, expected).coefficients.stepPerSequenceUs).toBeLessThan(200);
  });
});
