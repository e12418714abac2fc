import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceleratorOf, accelerators, engineProfiles, modelOf, models } from "../catalog/index.ts";
import {
  capacityPerS,
  compileReplica,
  loadPoint,
  saturationPerS,
  stepMs,
  unloadedTtftMs,
  type Replica,
  type RequestShape,
} from "./index.ts";

function replicaOf(
  chip: keyof typeof accelerators,
  model: keyof typeof models,
  precision: "bf16" | "fp8",
  pipelineParallel = 1,
): Replica {
  return compileReplica({
    accelerator: acceleratorOf(chip, accelerators[chip]),
    tensorParallel: 1,
    ...(pipelineParallel > 1 && { pipelineParallel }),
    model: modelOf(model, models[model]),
    engine: engineProfiles.vllm,
    weightPrecision: precision,
    kvPrecision: "bf16",
  })!;
}
const replicas = [
  replicaOf("h100-sxm", "llama-3.1-8b", "fp8"),
  replicaOf("l4", "llama-3.1-8b", "bf16"),
  replicaOf("l4", "qwen3-0.6b", "bf16"),
  replicaOf("b200-sxm", "qwen3-30b-a3b", "fp8"),
  replicaOf("h100-sxm", "llama-3.1-8b", "bf16", 4),
];
const anyReplica = fc.constantFrom(...replicas);
const anyShape: fc.Arbitrary<RequestShape> = fc.record({
  inputMean: fc.double({ min: 0, max: 20_000, noNaN: true }),
  inputCv: fc.double({ min: 0, max: 3, noNaN: true }),
  outputMean: fc.double({ min: 1, max: 4000, noNaN: true }),
  outputCv: fc.double({ min: 0, max: 2, noNaN: true }),
  prefixHitRatio: fc.double({ min: 0, max: 1, noNaN: true }),
});
const chat: RequestShape = { inputMean: 400, inputCv: 0.8, outputMean: 150, outputCv: 0.7, prefixHitRatio: 0 };
const budget = fc.double({ min: 1, max: 20_000, noNaN: true });

describe("load point", () => {
  it("has a pipeline serve no more than its stages could serve by themselves, however many prompts a step has", () => {
    const short: RequestShape = { inputMean: 4, inputCv: 0.3, outputMean: 1, outputCv: 0, prefixHitRatio: 0 };
    const [whole, staged] = [1, 2].map((stages) => replicaOf("h100-sxm", "llama-3.1-8b", "bf16", stages));
    const [one, two] = [whole!, staged!].map((replica) => saturationPerS(replica, short));
    expect(two!).toBeGreaterThan(one!);
    expect(two!).toBeLessThanOrEqual(2 * one!);
  });

  it("is never NaN, whatever the load, overload and nothing included", () => {
    fc.assert(
      fc.property(anyReplica, anyShape, fc.double({ min: 0, max: 1e4, noNaN: true }), (replica, shape, rate) => {
        for (const perS of [0, rate, saturationPerS(replica, shape), 1e9]) {
          const point = loadPoint(replica, shape, perS);
          const values = [
            point.utilization,
            point.batch,
            point.tpotMs,
            point.ttftMeanMs,
            point.ttftP95Ms,
            point.e2eMeanMs,
            point.ttftQuantileMs(0.5),
            point.ttftQuantileMs(0.999),
          ];
          expect(values.some(Number.isNaN)).toBe(false);
          if (point.stable) expect(point.ttftMeanMs).toBeLessThan(Infinity);
        }
      }),
    );
  });

  it("holds Little's law and rises with the rate", () => {
    fc.assert(
      fc.property(anyReplica, fc.double({ min: 0.01, max: 0.9, noNaN: true }), (replica, share) => {
        const rate = saturationPerS(replica, chat) * share;
        const point = loadPoint(replica, chat, rate);
        expect(point.utilization).toBeCloseTo(share, 9);
        // The first token comes with the prompt; the others take a step each.
        expect(point.batch / ((rate / 1000) * (chat.outputMean - 1) * point.tpotMs)).toBeCloseTo(1, 6);
        const busier = loadPoint(replica, chat, rate * 1.1);
        expect(busier.tpotMs).toBeGreaterThanOrEqual(point.tpotMs);
        expect(busier.ttftP95Ms).toBeGreaterThanOrEqual(point.ttftP95Ms);
        expect(busier.ttftMeanMs).toBeGreaterThanOrEqual(point.ttftMeanMs);
      }),
    );
  });

  it("says that a rate above saturation cannot be sustained", () => {
    const replica = replicas[0]!;
    const point = loadPoint(replica, chat, saturationPerS(replica, chat) * 1.01);
    expect(point.stable).toBe(false);
    expect(point.utilization).toBeCloseTo(1.01, 9);
    expect(point.ttftQuantileMs(0.9)).toBe(Infinity);
  });

  it("refuses requests longer than the cache or the model's context", () => {
    const replica = replicas[1]!;
    const huge = { ...chat, inputMean: 1e6 };
    expect(saturationPerS(replica, huge)).toBe(0);
    expect(unloadedTtftMs(replica, huge, 0.9)).toBe(Infinity);
    expect(loadPoint(replica, huge, 0).stable).toBe(false);
  });

  it.each([0.2, 0.5, 0.75])("agrees with a step-by-step run of the engine at %f of saturation", (share) => {
    const replica = replicas[0]!;
    const rate = saturationPerS(replica, chat) * share;
    const point = loadPoint(replica, chat, rate);
    const seen = runEngine(replica, chat, rate, 12_000);
    expect(Math.abs(point.tpotMs / seen.tpotMs - 1)).toBeLessThan(0.05);
    expect(Math.abs(point.e2eMeanMs / seen.e2eMeanMs - 1)).toBeLessThan(0.06);
    expect(Math.abs(point.ttftMeanMs / seen.ttftMeanMs - 1)).toBeLessThan(0.05);
    expect(Math.abs(point.ttftP95Ms / seen.ttftP95Ms - 1)).toBeLessThan(0.08);
    expect(Math.abs(point.ttftQuantileMs(0.99) / seen.ttftP99Ms - 1)).toBeLessThan(0.12);
  });
});

describe("capacity within limits", () => {
  it("never falls when a limit is relaxed", () => {
    fc.assert(
      fc.property(anyReplica, anyShape, budget, budget, budget, (replica, shape, ttftMs, more, tpotMs) => {
        const base = capacityPerS(replica, shape, { ttftMs, quantile: 0.95, tpotMs });
        for (const relaxed of [
          { ttftMs: ttftMs + more, quantile: 0.95, tpotMs },
          { ttftMs, quantile: 0.95, tpotMs: tpotMs + more },
          { ttftMs, quantile: 0.95, tpotMs: null },
          { ttftMs, quantile: 0.8, tpotMs },
        ]) {
          expect(capacityPerS(replica, shape, relaxed)).toBeGreaterThanOrEqual(base);
        }
        expect(base).toBeLessThanOrEqual(saturationPerS(replica, shape));
      }),
    );
  });

  it("is nothing exactly when the idle engine misses a limit", () => {
    const replica = replicas[2]!;
    const idleMs = unloadedTtftMs(replica, chat, 0.95);
    const at = (ttftMs: number) => capacityPerS(replica, chat, { ttftMs, quantile: 0.95, tpotMs: null });
    expect(at(idleMs * 0.999)).toBe(0);
    expect(at(idleMs * 1.2)).toBeGreaterThan(0);
    expect(capacityPerS(replica, chat, { ttftMs: 1e5, quantile: 0.95, tpotMs: 0.1 })).toBe(0);
    expect(at(Number.NaN)).toBe(0);
  });

  it("is the rate at which the load point just keeps the limits", () => {
    const replica = replicas[0]!;
    const limits = { ttftMs: 150, quantile: 0.95, tpotMs: 30 };
    const point = loadPoint(replica, chat, capacityPerS(replica, chat, limits) * 0.9999);
    expect(point.ttftQuantileMs(0.95)).toBeLessThanOrEqual(limits.ttftMs);
    expect(point.tpotMs).toBeLessThanOrEqual(limits.tpotMs);
    const beyond = loadPoint(replica, chat, capacityPerS(replica, chat, limits) * 1.01);
    expect(beyond.ttftQuantileMs(0.95) > limits.ttftMs || beyond.tpotMs > limits.tpotMs).toBe(true);
  });
});

/** Runs an engine step by step: decode first, prompts in order of arrival within the token budget. Seeded. */
function runEngine(replica: Replica, shape: RequestShape, perS: number, requests: number) {
  let state = 12_345;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const length = (mean: number, cv: number) => {
    const variance = Math.log1p(cv * cv);
    return Math.max(1, Math.round(mean * Math.exp(Math.sqrt(variance) * normal() - variance / 2)));
  };
  interface Request {
    readonly arrivedMs: number;
    readonly input: number;
    readonly output: number;
    prefilled: number;
    produced: number;
    firstMs: number;
  }
  let arrivalMs = 0;
  const waiting: Request[] = [];
  const next = (): Request => {
    arrivalMs += (-Math.log(uniform()) / perS) * 1000;
    const input = length(shape.inputMean, shape.inputCv);
    const output = length(shape.outputMean, shape.outputCv);
    return { arrivedMs: arrivalMs, input, output, prefilled: 0, produced: 0, firstMs: 0 };
  };
  let upcoming = next();
  let created = 1;
  let nowMs = 0;
  let running: Request[] = [];
  const ttft: number[] = [];
  let tokenMs = 0;
  let tokens = 0;
  let e2e = 0;
  while (ttft.length < requests || running.length > 0 || waiting.length > 0) {
    if (running.length === 0 && waiting.length === 0) nowMs = Math.max(nowMs, upcoming.arrivedMs);
    while (upcoming.arrivedMs <= nowMs && created <= requests) {
      waiting.push(upcoming);
      upcoming = next();
      created++;
    }
    let left = replica.maxBatchedTokens - running.length;
    let prefill = 0;
    let pairs = 0;
    const finished: Request[] = [];
    while (left > 0 && waiting.length > 0) {
      const head = waiting[0]!;
      const chunk = Math.min(left, head.input - head.prefilled);
      pairs += chunk * (head.prefilled + chunk / 2);
      head.prefilled += chunk;
      prefill += chunk;
      left -= chunk;
      if (head.prefilled === head.input) finished.push(waiting.shift()!);
    }
    const context = running.reduce((sum, request) => sum + request.input + request.produced, 0);
    nowMs += stepMs(replica, running.length, context, prefill, pairs);
    for (const request of running) request.produced++;
    for (const request of finished) {
      request.produced = 1;
      request.firstMs = nowMs;
      ttft.push(nowMs - request.arrivedMs + replica.requestOverheadMs);
    }
    for (const request of [...running, ...finished]) {
      if (request.produced < request.output) continue;
      if (request.output > 1) {
        tokenMs += nowMs - request.firstMs;
        tokens += request.output - 1;
      }
      e2e += nowMs - request.arrivedMs + replica.requestOverheadMs;
    }
    running = [...running, ...finished].filter((request) => request.produced < request.output);
    if (created > requests && running.length === 0 && waiting.length === 0) break;
  }
  const sorted = ttft.toSorted((a, b) => a - b);
  return {
    tpotMs: tokenMs / tokens,
    ttftMeanMs: ttft.reduce((sum, value) => sum + value, 0) / ttft.length,
    ttftP95Ms: sorted[Math.floor(0.95 * sorted.length)]!,
    ttftP99Ms: sorted[Math.floor(0.99 * sorted.length)]!,
    e2eMeanMs: e2e / ttft.length,
  };
}
