import { describe, expect, it } from "vitest";
import { isLoadResults, readLoadResults, type LoadedServer } from "./read-load-results.ts";

const server: LoadedServer = {
  engine: "vllm",
  accelerator: "h200-sxm",
  tensorParallel: 2,
  model: null,
  precisionOf: (model) => (model.includes("FP8") ? "fp8" : "bf16"),
};

/** As vLLM's generator writes it: 640 requests of 1,024 tokens in and out, 64 in flight. */
const vllm = {
  backend: "vllm",
  model_id: "RedHatAI/Llama-3.3-70B-Instruct-FP8",
  request_rate: "inf",
  max_concurrency: 64,
  duration: 240,
  completed: 640,
  total_input_tokens: 655_360,
  total_output_tokens: 655_360,
  mean_ttft_ms: 417,
  mean_tpot_ms: 22.7,
};
const sglang = { ...vllm, backend: "sglang", dataset_name: "random", random_range_ratio: 0, model_id: undefined };

function rowsOf(text: string, of: LoadedServer = server) {
  const result = readLoadResults(text, of);
  if (!result.ok) throw new Error(result.message);
  return result.rows;
}

describe("readLoadResults", () => {
  it("reads a run with what it says of itself and what is known of the server", () => {
    const [row] = rowsOf(JSON.stringify(vllm, null, 2));
    expect(row).toMatchObject({
      engine: "vllm",
      inputTokens: 1024,
      outputTokens: 1024,
      concurrency: 64,
      ttftMs: 417,
      tpotMs: 22.7,
      protocol: { rounds: 10 },
      problem: null,
    });
    expect(row!.spec).toMatchObject({ tensorParallel: 2, weightPrecision: "fp8", model: { id: "llama-3.1-70b" } });
  });

  it("reads lines and arrays, and takes the engine that a generator of its own names", () => {
    const of = { ...server, model: "llama-3.1-70b" };
    const lines = rowsOf(`\uFEFF${JSON.stringify(sglang)}\n\n${JSON.stringify(vllm)}\n`, of);
    expect(lines.map(({ engine, line }) => [engine, line])).toEqual([
      ["sglang", 1],
      ["vllm", 3],
    ]);
    expect(lines[0]!.protocol.lengthCv).toBeCloseTo(1 / Math.sqrt(3));
    expect(rowsOf(JSON.stringify([vllm, vllm])).map(({ line }) => line)).toEqual([1, 2]);
  });

  it.each([
    ["no request came to its end", { completed: 0 }],
    ["sent at a rate", { request_rate: 4, max_concurrency: null }],
    ["both times are missing", { mean_ttft_ms: undefined, mean_tpot_ms: undefined }],
    ["tokens guessed ahead", { accept_length: 2.1 }],
    // 640 requests of 23.6 s in a quarter of an hour: 17 in flight, whatever the generator was allowed.
    ["17 in flight on average of 64 allowed", { duration: 900 }],
    ["not in the catalogue: model acme/Unheard-7B", { model_id: "acme/Unheard-7B" }],
  ])("gives a run back because of: %s", (why, change) => {
    const [row] = rowsOf(JSON.stringify({ ...vllm, ...change }));
    expect(row).toMatchObject({ spec: null });
    expect(row!.problem).toContain(why);
  });

  it("uses a run with one of the two times", () => {
    const [row] = rowsOf(JSON.stringify({ ...vllm, mean_ttft_ms: undefined }));
    expect(row).toMatchObject({ problem: null, ttftMs: 0, tpotMs: 22.7 });
  });

  it("says where a file is cut, and what is no list of results", () => {
    const cut = `${JSON.stringify(vllm)}\n${JSON.stringify(vllm).slice(0, 40)}`;
    expect(readLoadResults(cut, server)).toEqual({ ok: false, message: "line 2 is no JSON object; is the file cut?" });
    for (const text of ["[]", "[1]"]) expect(readLoadResults(text, server)).toMatchObject({ ok: false });
  });

  it("is told from tables by its first sign", () => {
    expect(["{}", "\uFEFF [", "\n{"].map(isLoadResults)).toEqual([true, true, true]);
    expect(["engine,model", ""].map(isLoadResults)).toEqual([false, false]);
  });
});
