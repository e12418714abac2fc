import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceleratorOf, accelerators, engineProfiles, modelOf, models } from "../catalog/index.ts";
import { allReduce } from "./all-reduce.ts";
import { largeModule, smallModule } from "../../test/worlds/tiny-world.ts";
import {
  closedLoop,
  compileReplica,
  energyKwhPerRequest,
  feasibleTensorParallel,
  fit,
  kvBytesPerToken,
  predictionClass,
  saturationPerS,
  stepMs,
  wallPowerKw,
  type ReplicaSpec,
} from "./index.ts";

function spec(
  chip: keyof typeof accelerators,
  model: keyof typeof models,
  fields: Partial<ReplicaSpec> = {},
): ReplicaSpec {
  return {
    accelerator: acceleratorOf(chip, accelerators[chip]),
    tensorParallel: 1,
    model: modelOf(model, models[model]),
    engine: engineProfiles.vllm,
    weightPrecision: "bf16",
    kvPrecision: "bf16",
    ...fields,
  };
}

describe("memory", () => {
  it("takes 131,072 bytes of cache per token of Llama-3.1-8B, and a compressed cache from latent attention", () => {
    expect(kvBytesPerToken(modelOf("llama-3.1-8b", models["llama-3.1-8b"]), "bf16")).toBe(131_072);
    expect(kvBytesPerToken(modelOf("deepseek-v3", models["deepseek-v3"]), "fp8")).toBe(35_136);
  });

  it("leaves about 41 thousand tokens for Llama-3.1-8B in bf16 on a 24 GB card, as vLLM 0.19 reports", () => {
    const memory = fit(spec("l4", "llama-3.1-8b", { engine: { ...engineProfiles.vllm, maxBatchedTokens: 2048 } }));
    expect(memory.ok && memory.kvTokenCapacity / 41_408).toBeCloseTo(1, 1);
    expect(memory.ok && memory.kvTokenCapacity % 16).toBe(0);
  });

  it("says how much is missing when a model does not fit, and compiles nothing", () => {
    const tooLarge = spec("l4", "llama-3.1-70b");
    expect(fit(tooLarge)).toMatchObject({ ok: false, reason: expect.stringContaining("needs 142") as string });
    expect(compileReplica(tooLarge)).toBeNull();
    expect(feasibleTensorParallel(largeModule)).toEqual([1, 2, 4, 8]);
    expect(feasibleTensorParallel(smallModule)).toEqual([1]);
    // A chip without a link cannot share a model.
    expect(fit(spec("jetson-agx-thor", "llama-3.1-8b", { tensorParallel: 2 })).ok).toBe(false);
  });

  it("keeps what a release does not quantise in its own format", () => {
    const few = { weightPrecision: "fp4", kvPrecision: "fp8" } as const;
    const memory = fit(spec("h100-sxm", "gpt-oss-120b", few));
    expect(memory.ok).toBe(true);
    const all = spec("h100-sxm", "gpt-oss-120b", few);
    const { sharedPrecision: _, ...quantised } = all.model;
    const smaller = fit({ ...all, model: quantised });
    if (!memory.ok || !smaller.ok) throw new Error("both fit");
    // 2.2 B weights beside the experts in 2 bytes instead of 0.5625.
    const bytes = (smaller.kvTokenCapacity - memory.kvTokenCapacity) * kvBytesPerToken(all.model, "fp8");
    expect(bytes / 1e9).toBeCloseTo(2.15 * (2 - 0.5625), 0);
    // In 16 bits nothing is quantised.
    expect(fit({ ...all, weightPrecision: "bf16" })).toEqual(
      fit({ ...all, weightPrecision: "bf16", model: quantised }),
    );
  });

  it("copies the cache beyond one head per accelerator, so that more of them hold no more tokens", () => {
    const capacity = (tensorParallel: number) => {
      const memory = fit(spec("b200-sxm", "qwen3-30b-a3b", { tensorParallel }));
      return memory.ok ? memory.kvTokenCapacity : 0;
    };
    expect(capacity(4) / capacity(2)).toBeGreaterThan(2);
    // Four heads: eight accelerators keep two copies and only save weights.
    expect(capacity(8) / capacity(4)).toBeLessThan(1.15);
  });
});

describe("step", () => {
  const dense = compileReplica(spec("h100-sxm", "llama-3.1-8b"))!;
  const experts = compileReplica(spec("b200-sxm", "qwen3-30b-a3b"))!;

  it("takes at least the time to read the weights", () => {
    expect(stepMs(dense, 1, 100, 0, 0)).toBeGreaterThan(((8.03 * 2) / 2790) * 1000 * 0.85);
  });

  it("is linear in context while the batch stays the same", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(1e5), fc.nat(1e4), (n, context, more) => {
        const slope = stepMs(experts, n, context + more, 0, 0) - stepMs(experts, n, context, 0, 0);
        expect(slope).toBeCloseTo(experts.perContextTokenMs * more, 9);
      }),
    );
  });

  it("reads few experts for few tokens and never more than all", () => {
    expect(dense.batchMs).toBeNull();
    const unworked = spec("h100-sxm", "qwen3-30b-a3b");
    const readMs = compileReplica({
      ...unworked,
      engine: { ...unworked.engine, byGeneration: {}, expertComputeCoefficient: 0 },
    })!.batchMs!;
    expect(readMs(0)).toBe(0);
    const all = readMs(1e9);
    expect(readMs(1) / all).toBeCloseTo(8 / 128, 6);
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), (a, b) => {
        expect(readMs(a + b)).toBeGreaterThanOrEqual(readMs(a));
        expect(readMs(a)).toBeLessThanOrEqual(all);
        // Some experts are more popular than others, so that more tokens call the same ones than would by chance.
        expect(readMs(a) / all).toBeLessThanOrEqual(1 - (1 - 8 / 128) ** a + 1e-9);
      }),
    );
  });

  it("computes with experts while it reads others: a step grows with every token, by no more than its arithmetic and its experts", () => {
    const one = stepMs(experts, 0, 0, 1, 0) - stepMs(experts, 0, 0, 0, 0);
    fc.assert(
      fc.property(fc.nat(5000), (tokens) => {
        const more = stepMs(experts, 0, 0, tokens + 1, 0) - stepMs(experts, 0, 0, tokens, 0);
        expect(more).toBeGreaterThan(0);
        expect(more).toBeLessThanOrEqual(one + 1e-9);
      }),
    );
    // Where there are many, what is read hides behind what is computed.
    expect(experts.batchMs!(1e6)).toBeLessThan(0.01 * experts.perPrefillTokenMs * 1e6);
  });

  it("adds up over accelerators in the measured times, which bytes alone would not give", () => {
    const spread = compileReplica(spec("h100-sxm", "llama-3.1-70b", { tensorParallel: 4 }))!;
    const beyond = spread.batchMs!;
    expect(beyond(0)).toBe(0);
    fc.assert(
      fc.property(fc.nat(5e4), fc.nat(5e4), (a, b) => {
        expect(beyond(a + b)).toBeGreaterThanOrEqual(beyond(a));
      }),
    );
    // 128 tokens of 8,192 numbers in bf16 are 2.1 MB: 19 us over four H100, two sums in each of 80 layers.
    const sums = allReduce(spec("h100-sxm", "llama-3.1-70b", { tensorParallel: 4 }), 1);
    expect(sums.startMs + 128 * sums.perTokenMs + sums.beyondMs!(128)).toBeCloseTo(160 * 0.019, 2);
  });

  it("computes in bf16 what the chip has no format for, and still saves the reading", () => {
    const halves = compileReplica(spec("a100-sxm", "llama-3.1-8b"))!;
    const bytes = compileReplica(spec("a100-sxm", "llama-3.1-8b", { weightPrecision: "fp8" }))!;
    expect(bytes.perPrefillTokenMs).toBe(halves.perPrefillTokenMs);
    expect(bytes.stepBaseMs).toBeLessThan(halves.stepBaseMs);
    const native = compileReplica(spec("h100-sxm", "llama-3.1-8b", { weightPrecision: "fp8" }))!;
    expect(native.perPrefillTokenMs).toBeLessThan(dense.perPrefillTokenMs);
  });

  it("pays for every collective on PCIe more than on NVLink", () => {
    const pcie = compileReplica(spec("rtx-pro-6000", "qwen3-32b", { tensorParallel: 2 }))!;
    const alone = compileReplica(spec("rtx-pro-6000", "qwen3-32b", { weightPrecision: "fp8" }))!;
    expect(pcie.perPrefillTokenMs).toBeGreaterThan(alone.perPrefillTokenMs);
  });

  it("gives an edge module with a small model a first token within ten milliseconds, as measured on Jetson Thor", () => {
    const thor = compileReplica(
      spec("jetson-agx-thor", "qwen3-0.6b", { engine: engineProfiles["edge-llm"], weightPrecision: "fp4" }),
    )!;
    // 8.8 ms for 383 tokens and 318.6 tokens/s; the model has one chip's worth of evidence, hence the width.
    const prefill = thor.requestOverheadMs + stepMs(thor, 0, 0, 383, 383 ** 2 / 2);
    expect(prefill / 8.8).toBeGreaterThan(0.7);
    expect(prefill / 8.8).toBeLessThan(1.3);
    expect(stepMs(thor, 1, 400, 0, 0) / (1000 / 318.6)).toBeGreaterThan(0.8);
    expect(stepMs(thor, 1, 400, 0, 0) / (1000 / 318.6)).toBeLessThan(1.2);
  });
});

describe("measured runs of vLLM at fixed concurrency (InferenceX, April 2026)", () => {
  // Llama-3.1-70B, 1,024 tokens in and out, 64 requests: chip, accelerators, format, time per token in ms.
  it.each([
    ["h100-sxm", 4, "fp8", 19.5],
    ["h200-sxm", 2, "fp8", 22.7],
    ["b200-sxm", 1, "fp8", 23.1],
    ["b200-sxm", 1, "fp4", 17.8],
  ] as const)("are met within 20 %% on %s × %i in %s", (chip, tensorParallel, weightPrecision, tpotMs) => {
    const replica = compileReplica(
      spec(chip, "llama-3.1-70b", { tensorParallel, weightPrecision, kvPrecision: "fp8" }),
    )!;
    expect(Math.abs(closedLoop(replica, 1024, 1024, 64)!.tpotMs / tpotMs - 1)).toBeLessThan(0.2);
  });

  it("decode fewer at once than are in flight when the cache holds no more", () => {
    const replica = compileReplica(spec("h100-sxm", "llama-3.1-8b"))!;
    const point = closedLoop(replica, 8000, 1000, 400)!;
    expect(point.decoding).toBeLessThan(400);
    expect(point.ttftMs).toBeGreaterThan(closedLoop(replica, 8000, 1000, 20)!.ttftMs);
    expect(closedLoop(replica, 2e6, 1000, 1)).toBeNull();
  });
});

describe("prediction class", () => {
  it("tells measured pairs from chips that only have a datasheet", () => {
    const known = compileReplica(spec("b200-sxm", "llama-3.1-70b", { weightPrecision: "fp8" }))!;
    const between = compileReplica(spec("b200-sxm", "llama-3.1-8b"))!;
    const datasheet = compileReplica(spec("mi300x", "llama-3.1-8b"))!;
    expect(predictionClass(known).kind).toBe("measured");
    expect(predictionClass(between).kind).toBe("interpolated");
    expect(predictionClass(datasheet).kind).toBe("extrapolated");
    expect(predictionClass(known).bandRatio).toBeLessThan(predictionClass(between).bandRatio);
    // However the stages were asked for: no run of the fit had any.
    const staged = compileReplica(spec("b200-sxm", "llama-3.1-70b", { weightPrecision: "fp8", pipelineParallel: 2 }))!;
    expect(predictionClass(staged).kind).toBe("extrapolated");
    expect(predictionClass(between).bandRatio).toBeLessThan(predictionClass(datasheet).bandRatio);
  });

  it("claims no less error of a chip known from its datasheet than of one with measured rates, whatever the engine", () => {
    const engine = engineProfiles.llamacpp;
    const [rates, datasheet] = (["h200-sxm", "mi300x"] as const).map((chip) =>
      predictionClass(compileReplica(spec(chip, "llama-3.1-8b", { engine }))!),
    );
    expect(rates!.kind).toBe("interpolated");
    expect(datasheet!.kind).toBe("extrapolated");
    expect(datasheet!.bandRatio).toBeGreaterThanOrEqual(rates!.bandRatio);
    const ahead = { draftTokens: 2, tokensPerStep: 2 };
    const drafted = compileReplica(spec("h200-sxm", "llama-3.1-8b", { engine: { ...engine, speculative: ahead } }))!;
    expect(predictionClass(drafted).bandRatio).toBeGreaterThanOrEqual(rates!.bandRatio);
  });

  it("goes by the formats a model computes in, where only some of a chip's rates were measured", () => {
    const full = compileReplica(spec("rtx-4090", "llama-3.2-3b"))!;
    const short = compileReplica(spec("rtx-4090", "llama-3.2-3b", { weightPrecision: "fp8" }))!;
    expect(predictionClass(full).kind).toBe("interpolated");
    expect(predictionClass(short).kind).toBe("extrapolated");
  });

  it("does not claim to know sums over PCIe, which no run of a fit had, until runs on that chip are given", () => {
    const pair = spec("rtx-pro-6000", "qwen3-32b", { tensorParallel: 2 });
    const alone = compileReplica({ ...pair, tensorParallel: 1 })!;
    expect(predictionClass(alone).kind).toBe("interpolated");
    expect(predictionClass(compileReplica(pair)!)).toMatchObject({ kind: "extrapolated", bandRatio: 0.6 });
    const calibration = {
      rows: 40,
      p90Error: 0.1,
      heldOutP90Error: 0.2,
      measured: [["rtx-pro-6000", "qwen3-32b"]] as const,
    };
    const own = compileReplica({ ...pair, engine: { ...pair.engine, calibration } })!;
    expect(predictionClass(own).kind).toBe("measured");
  });
});

describe("power", () => {
  it("runs from idle to full, and requests that fill the engines take nearly all between", () => {
    expect(wallPowerKw(largeModule, 0)).toBe(2.5);
    expect(wallPowerKw(largeModule, 1)).toBe(10);
    expect(wallPowerKw(largeModule, 3)).toBe(10);
    const replica = compileReplica(spec("h100-sxm", "llama-3.1-8b"))!;
    const shape = { inputMean: 500, inputCv: 1, outputMean: 200, outputCv: 1, prefixHitRatio: 0 };
    const perS = 0.999 * saturationPerS(replica, shape);
    const kw = energyKwhPerRequest(largeModule, replica, shape, perS) * perS * 8 * 3600;
    expect(kw).toBeGreaterThan(0.85 * 7.5);
    expect(kw).toBeLessThanOrEqual(7.5 + 1e-9);
    // A lone request has the weights read for itself alone.
    expect(energyKwhPerRequest(largeModule, replica, shape, perS / 1000)).toBeGreaterThan((10 * kw) / perS / 8 / 3600);
  });
});

describe("tokens guessed ahead", () => {
  const engine = engineProfiles.sglang;
  const drafting = (fields: object = {}) =>
    compileReplica(
      spec("b200-sxm", "llama-3.1-8b", {
        engine: { ...engine, speculative: { draftTokens: 3, tokensPerStep: 2.5, ...fields } },
      }),
    )!;
  const plain = compileReplica(spec("b200-sxm", "llama-3.1-8b", { engine }))!;

  it("cost a sequence what every token checked asks of the sampler and of arithmetic", () => {
    expect(drafting({ draftCostRatio: 0 }).perSequenceMs).toBeCloseTo(4 * plain.perSequenceMs, 9);
  });

  it("cost what one more layer and the output matrix do, where the draft is not described", () => {
    const { layers, lookupParameters, activeParameters } = plain.spec.model;
    const ratio = 1 / layers + lookupParameters! / activeParameters;
    expect(drafting().stepBaseMs).toBeCloseTo(plain.stepBaseMs * (1 + 3 * ratio), 9);
    expect(drafting()).toEqual({ ...drafting({ draftCostRatio: ratio }), spec: drafting().spec });
  });
});

describe("experts in a format that the chip does not compute in", () => {
  it("take 1.4 to 2 times as long to read on H100 and H200, and longer the faster the memory", () => {
    // A batch of 64 calls most experts, and hardly computes with them.
    const experts = (chip: keyof typeof accelerators, weightPrecision: ReplicaSpec["weightPrecision"]) =>
      compileReplica(spec(chip, "gpt-oss-120b", { weightPrecision, tensorParallel: 2 }))!.batchMs!(4);
    const ratioOn = (chip: keyof typeof accelerators) => experts(chip, "fp4") / experts(chip, "fp8") / 0.5625;
    expect(ratioOn("h100-sxm")).toBeGreaterThan(1.4);
    expect(ratioOn("h200-sxm")).toBeGreaterThan(ratioOn("h100-sxm"));
    expect(ratioOn("h200-sxm")).toBeLessThan(2);
  });
});

describe("latent attention", () => {
  const perContextToken = (fields: Partial<ReplicaSpec>) =>
    compileReplica(
      spec("b200-sxm", "deepseek-v3", { weightPrecision: "fp4", kvPrecision: "fp8", tensorParallel: 8, ...fields }),
    )!.perContextTokenMs;
  const readMs = (tokens: number) => (tokens * 35_136 * engineProfiles.vllm.memoryCoefficient) / (5900 * 1e6);

  it("costs no less than reading its cache, which every accelerator holds whole", () => {
    expect(perContextToken({})).toBeGreaterThanOrEqual(readMs(1));
    expect(perContextToken({})).toBeLessThan(readMs(1.2));
  });

  it("multiplies by two matrices more in each layer than attention with heads of its own", () => {
    const { model } = spec("b200-sxm", "deepseek-v3");
    const { kvBytesPerTokenBf16: _, attentionPairFlops: __, ...withHeads } = model;
    const step = (of: ReplicaSpec["model"]) =>
      compileReplica(spec("b200-sxm", "deepseek-v3", { model: of, weightPrecision: "fp4", tensorParallel: 8 }))!
        .stepBaseMs;
    // 4.5 us each and more on B200, in each of 61 layers.
    expect(step(model) - step(withHeads)).toBeGreaterThan(61 * 0.009);
    expect(step(model) - step(withHeads)).toBeLessThan(61 * 0.015);
  });

  it("takes arithmetic that drafts multiply", () => {
    const drafting = { ...engineProfiles.vllm, speculative: { draftTokens: 3, tokensPerStep: 2.4 } };
    expect(perContextToken({ engine: drafting })).toBeGreaterThan(1.4 * perContextToken({}));
  });
});
