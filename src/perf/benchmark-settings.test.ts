import { describe, expect, it } from "vitest";
import { benchmarkSettings, type PublishedRun } from "./benchmark-settings.ts";

const deepSeek: PublishedRun = {
  engine: "trtllm",
  model: "deepseek-ai/DeepSeek-R1",
  system: "b200_sxm",
  precision: "fp8",
  source:
    "source_file=2026-04-06.csv; measured=2026-02-05T00:00:00Z; image=nvcr.io/nvidia/tensorrt-llm/release:1.2.0rc6.post3",
  version: "1.2.0rc6.post3",
  inputTokens: 1024,
  outputTokens: 1024,
  concurrency: 64,
};

describe("settings of published runs", () => {
  it("assume nothing of rows from elsewhere", () => {
    const settings = benchmarkSettings({ ...deepSeek, source: "source_file=/home/me/own.csv" }, 8, false);
    expect(settings).toMatchObject({ lengthRatio: 1, heldSteps: 0, maxBatchedTokens: null, speculative: null });
  });

  it("know an image that only configurations with drafts use, three heads deep, one with attention over the data", () => {
    expect(benchmarkSettings(deepSeek, 8, false).speculative?.draftTokens).toBe(3);
    expect(benchmarkSettings(deepSeek, 8, true).speculative?.draftTokens).toBe(1);
    expect(benchmarkSettings({ ...deepSeek, version: "1.2.0rc6.post2" }, 8, false).speculative).toBeNull();
  });

  it("tell plain runs from drafts by the date where both had one image", () => {
    const old = { ...deepSeek, version: "1.1.0rc2.post2" };
    const on = (date: string) =>
      benchmarkSettings({ ...old, source: `source_file=2026-04-06.csv; measured=${date}T00:00:00Z` }, 8, false);
    expect(on("2025-12-15").speculative).toBeNull();
    expect(on("2026-01-14").speculative).not.toBeNull();
  });

  it("hold prompts of TensorRT-LLM back until every rank of replicated attention has one", () => {
    const held = (engine: string, dataParallel: boolean, concurrency = 64) =>
      benchmarkSettings({ ...deepSeek, engine, concurrency, outputTokens: 8192 }, 8, dataParallel).heldSteps;
    expect(held("trtllm", false)).toBe(0);
    expect(held("trtllm", true)).toBeGreaterThan(30);
    expect(held("trtllm", true)).toBeLessThan(60);
    expect(held("trtllm", true, 256)).toBeLessThan(held("trtllm", true));
    expect(held("vllm", true)).toBe(0);
  });

  it("keep the cache in 16 bits but where a script asks for less", () => {
    const cacheOf = (engine: string, system: string, source = deepSeek.source, model = "meta-llama/Llama-3.1-70B") =>
      benchmarkSettings({ ...deepSeek, engine, system, source, model }, 8, false).shortCache;
    expect(cacheOf("vllm", "h200_sxm")).toBe(false);
    expect(cacheOf("vllm", "b200_sxm")).toBe(true);
    expect(cacheOf("vllm", "b200_sxm", "source_file=/home/me/own.csv")).toBe(false);
    expect(cacheOf("vllm", "h200_sxm", deepSeek.source, "MiniMaxAI/MiniMax-M2.5")).toBe(true);
    expect(cacheOf("sglang", "h200_sxm", deepSeek.source, deepSeek.model)).toBe(false);
    expect(cacheOf("sglang", "b200_sxm", deepSeek.source, deepSeek.model)).toBe(true);
  });

  it("hold requests back for a fuller batch the less, the more requests come to fill it", () => {
    const plain = { ...deepSeek, version: "1.2.0rc6.post2" };
    const held = (concurrency: number) => benchmarkSettings({ ...plain, concurrency }, 8, false).heldSteps;
    expect(held(32)).toBe(0);
    expect(held(64)).toBeLessThan(40);
    expect(held(64)).toBeGreaterThan(held(256));
    expect(held(256)).toBeGreaterThan(20);
  });
});
