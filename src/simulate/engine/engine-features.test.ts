import { describe, expect, it } from "vitest";
import {
  acceleratorOf,
  accelerators,
  engineProfiles,
  modelOf,
  models,
  type EngineProfile,
} from "../../catalog/index.ts";
import { compileReplica, engineSpec, loadPoint, saturationPerS, type Replica } from "../../perf/index.ts";
import { engineCosts } from "./engine-costs.ts";
import { Engine } from "./engine.ts";
import { RandomStream } from "../chance/random.ts";
import { RequestTable } from "./request-table.ts";

const shape = { inputMean: 600, inputCv: 0.5, outputMean: 250, outputCv: 0.5, prefixHitRatio: 0 };

function replicaOf(changes: Partial<EngineProfile>, model: keyof typeof models, count: number): Replica {
  const spec = engineSpec({
    accelerator: acceleratorOf("rtx-pro-6000", accelerators["rtx-pro-6000"]),
    accelerators: count,
    model: modelOf(model, models[model]),
    engine: { ...engineProfiles.vllm, ...changes },
    weightPrecision: "fp8",
    kvPrecision: "fp8",
  });
  return compileReplica(spec!)!;
}

/** Means over requests that come at random, the first tenth left out. */
function simulated(replica: Replica, perS: number) {
  const table = new RequestTable();
  const random = new RandomStream(7, "features");
  const requests = 20_000;
  let [count, ttft, decode, steps] = [0, 0, 0, 0];
  const engine = new Engine(engineCosts(replica, 1), table, {
    finished(request, timeMs) {
      if (table.floatOf(request, "serial") >= requests / 10) {
        count++;
        ttft += table.floatOf(request, "firstTokenMs") - table.floatOf(request, "readyMs") + replica.requestOverheadMs;
        decode += timeMs - table.floatOf(request, "firstTokenMs");
        steps += table.intOf(request, "outputTokens") - 1;
      }
      table.release(request);
    },
  });
  const length = (mean: number, cv: number) => {
    const sigma = Math.sqrt(Math.log1p(cv * cv));
    return Math.max(1, Math.round(mean * Math.exp(sigma * random.normal() - sigma ** 2 / 2)));
  };
  let nowMs = 0;
  for (let serial = 0; serial < requests; serial++) {
    nowMs += (random.exponential() / perS) * 1000;
    const request = table.take();
    table.setFloat(request, "serial", serial);
    table.setInt(request, "inputTokens", length(shape.inputMean, shape.inputCv));
    table.setInt(request, "outputTokens", length(shape.outputMean, shape.outputCv));
    table.setInt(request, "cachedTokens", 0);
    table.setFloat(request, "readyMs", nowMs);
    engine.advance(nowMs);
    engine.enqueue(request);
  }
  engine.advance(Number.MAX_VALUE);
  return { ttftMs: ttft / count, tpotMs: decode / steps };
}

const drafts = { speculative: { draftTokens: 3, tokensPerStep: 2.95 } };

describe("engines with drafts and pipelines", () => {
  it.each([
    ["without either", {}, "llama-3.1-8b", 1],
    ["drafts", drafts, "llama-3.1-8b", 1],
    ["a pipeline of two stages", { pipelineParallel: 2 }, "qwen3-32b", 2],
    ["a pipeline whose stages are cut in two", { pipelineParallel: 2 }, "llama-3.1-70b", 4],
    ["drafts in a pipeline of experts", { ...drafts, pipelineParallel: 2 }, "qwen3-30b-a3b", 2],
  ] as const)("%s: the closed form that plans use agrees with the simulated engine", (_what, changes, model, count) => {
    const replica = replicaOf(changes, model, count);
    for (const load of [0.3, 0.6]) {
      const perS = load * saturationPerS(replica, shape);
      const point = loadPoint(replica, shape, perS);
      const engine = simulated(replica, perS);
      expect(Math.abs(engine.tpotMs / point.tpotMs - 1)).toBeLessThan(0.06);
      expect(Math.abs(engine.ttftMs / point.ttftMeanMs - 1)).toBeLessThan(0.1);
    }
  });

  it("makes drafts pay at small batches and less at large ones, where what they check costs arithmetic", () => {
    const [plain, drafted] = [replicaOf({}, "llama-3.1-8b", 1), replicaOf(drafts, "llama-3.1-8b", 1)];
    const slow = 0.05 * saturationPerS(plain, shape);
    const gain = loadPoint(plain, shape, slow).tpotMs / loadPoint(drafted, shape, slow).tpotMs;
    expect(gain).toBeGreaterThan(2);
    expect(gain).toBeLessThan(2.95);
    expect(saturationPerS(drafted, shape) / saturationPerS(plain, shape)).toBeLessThan(1.5);
  });

  it("holds with two stages what does not fit one chip, and with less traffic between chips than cut layers", () => {
    const cut = replicaOf({}, "llama-3.1-70b", 2);
    const stages = replicaOf({ pipelineParallel: 2 }, "llama-3.1-70b", 2);
    expect(Math.abs(stages.kvTokenCapacity / cut.kvTokenCapacity - 1)).toBeLessThan(0.01);
    // Over PCIe the sums of cut layers cost more than they save; alone, a request is sooner done by both chips at once.
    expect(saturationPerS(stages, shape)).toBeGreaterThan(1.3 * saturationPerS(cut, shape));
    expect(stages.stepBaseMs).toBeGreaterThan(cut.stepBaseMs);
  });

  it("cannot divide three chips into two stages", () => {
    const { spec } = replicaOf({}, "llama-3.1-8b", 1);
    const engine = { ...engineProfiles.vllm, pipelineParallel: 2 };
    expect(engineSpec({ ...spec, engine, accelerators: 3 })).toBeNull();
  });
});
