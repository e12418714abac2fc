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

  it("is not led away by one run in eight that went wrong", () => {
    const truth = { ...expected, stepPerLayerUs: 80, memoryCoefficient: 1.1 };
    const runs = runsOf(truth, "h100-sxm", ["llama-3.1-8b", "qwen3-14b", "llama-3.2-1b"]);
    const spoilt = runs.map((run, at) =>
      at % 8 === 3 ? { ...run, tpotMs: run.tpotMs * 8, ttftMs: run.ttftMs * 20 } : run,
    );
    const { coefficients } = calibrate(spoilt, expected);
    const sound = calibrate(runs, expected).coefficients;
    expect(coefficients.stepPerLayerUs / sound.stepPerLayerUs).toBeCloseTo(1, 0.5);
    expect(coefficients.memoryCoefficient / sound.memoryCoefficient).toBeCloseTo(1, 0.5);
  });
});

describe("the band of a fit", () => {
  const { byGeneration, ...vllm } = engineProfiles.vllm;
  const expected = coefficientsOf({ ...vllm, ...byGeneration.hopper });
  const runs = runsOf({ ...expected, stepPerLayerUs: 80 }, "h100-sxm", ["llama-3.1-8b"]);

  it("is no narrower than that of an engine nobody has run, where fewer than ten times per token tell of it", () => {
    expect(calibrate(runs.slice(0, 1), expected, 0.2)).toMatchObject({ heldOut: [], bandRatio: 0.2 });
    expect(calibrate(runs.slice(0, 4), expected, 0.2).bandRatio).toBeGreaterThanOrEqual(0.2);
    const untimed = runs.map((run) => ({ ...run, tpotMs: 0 }));
    expect(calibrate(untimed, expected, 0.2).bandRatio).toBe(0.2);
  });

  it("rests on numbers in flight that the fit did not see, where chip, model and release are one", () => {
    const more = [0.97, 1, 1.03].flatMap((off) => runs.map((run) => ({ ...run, tpotMs: run.tpotMs * off })));
    const { heldOut, bandRatio } = calibrate(more, expected);
    expect(heldOut.map(({ by, leftOut }) => `${by}: ${leftOut}`)).toEqual(
      [1, 4, 16, 32].map((level) => `concurrency: ${level} in flight`),
    );
    expect(bandRatio).toBeGreaterThanOrEqual(Math.min(...heldOut.map(({ tpotP90 }) => tpotP90)));
    const released = more.map((run, at) => ({ ...run, release: at % 2 === 0 ? "1.0" : "2.0" }));
    expect(calibrate(released, expected).heldOut.map(({ by, leftOut }) => `${by}: ${leftOut}`)).toEqual([
      "release: 1.0",
      "release: 2.0",
    ]);
  });
});
