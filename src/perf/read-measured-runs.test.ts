import { describe, expect, it } from "vitest";
import { acceleratorNamed, engineNamed, modelNamed } from "./catalogue-names.ts";
import { formatNamed } from "./format-names.ts";
import { readMeasuredRuns } from "./read-measured-runs.ts";

const header = "engine,accelerator,tensorParallel,model,precision,inputTokens,outputTokens,concurrency,ttftMs,tpotMs";
const row = "vllm,h200-sxm,2,meta-llama/Llama-3.3-70B-Instruct,fp8,1024,1024,64,417,22.7";

function rowsOf(text: string) {
  const result = readMeasuredRuns(text);
  if (!result.ok) throw new Error(result.message);
  return result.rows;
}

describe("readMeasuredRuns", () => {
  it("reads the plain form whatever the line ends, quotes, order of columns and extra columns are", () => {
    const [plain] = rowsOf(`${header}\n${row}\n`);
    const [dressed] = rowsOf(`\uFEFFnote,${header}\r\n"a ""b"", c",${row.replace("vllm", '"vLLM"')}\r\n\r\n`);
    expect(plain).toMatchObject({ accelerator: "h200-sxm", concurrency: 64, ttftMs: 417, tpotMs: 22.7, problem: null });
    expect(plain!.spec!.model.id).toBe("llama-3.1-70b");
    expect(dressed).toMatchObject({ concurrency: 64, ttftMs: 417, problem: null });
    expect(dressed!.spec).toEqual(plain!.spec);
  });

  it("finds columns however their words are parted", () => {
    const parted = header.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(rowsOf(`${parted}\n${row}\n`)).toEqual(rowsOf(`${header}\n${row}\n`));
  });

  it("reads the published form by any of its names and leaves other modes to a count", () => {
    const published =
      "backend,system,model_path,mode,isl,osl,gemm_quant_mode,batch_size,tp_size,silicon_ttft_ms,silicon_tpot_ms";
    const result = readMeasuredRuns(
      `${published}\ntrtllm,h200_sxm,meta/Llama-3.1-70B,agg,1024,1024,fp8,64,2,417,22.7\nvllm,h200_sxm,meta/Llama-3.1-70B,disagg,1,1,fp8,1,1,1,1\n`,
    );
    expect(result).toMatchObject({ ok: true, otherModes: 1, rows: [{ engine: "trtllm", problem: null }] });
  });

  it.each([
    ["vllm,h999,2,meta/Llama-3.1-70B,fp8,1024,1024,64,417,22.7", "not in the catalogue: chip h999"],
    ["vllm,h200-sxm,2,acme/Unheard-7B,fp3,1,1,1,1,1", "not in the catalogue: model acme/Unheard-7B, format fp3"],
    ["vllm,h200-sxm,2,meta/Llama-3.1-70B,fp8,1024,1024,,417,22.7", "tokens, concurrency or accelerators are missing"],
    ["vllm,h200-sxm,2,meta/Llama-3.1-70B,fp8,1024,1024,64,,", "both times are missing"],
    ["vllm,h200-sxm,2,meta/Llama-3.1-70B,fp8,1024,1024,64,soon,22.7", "the time to first token is not a number"],
    ["vllm,h200-sxm,2,meta/Llama-3.1-70B,fp8,1024,1024,64,417,0", "the time per token is not a number or absurd"],
    ["vllm,h200-sxm,2,meta/Llama-3.1-70B,fp8,1024,1024,64,417", "the row has 9 of the header's 10 cells"],
    ["vllm,h200-sxm,2,meta/Llama-3.1-70B,fp8,1024,1024,64,417,1e99", "the time per token is not a number or absurd"],
    ["vllm,h200-sxm,3,meta/Llama-3.1-70B,fp8,1024,1024,64,417,22.7", "contradiction: 3 accelerators"],
    ["vllm,h200-sxm,2,meta/Llama-3.1-70B,fp8,1024,1,64,417,22.7", "an answer of one token has no time per token"],
    ["vllm,gb200,32,deepseek-ai/DeepSeek-R1,fp4,8192,1024,64,417,22.7", "spread over 32 accelerators"],
    ["vllm,h200-sxm,2", "the row has 3 of the header's 10 cells"],
    ["vllm,h200-sxm,2,meta/Llama-3.1-70B,fp8,1,024,128,64,417,22.7", "the row has 11 of the header's 10 cells"],
  ])("names what is wrong with %s", (bad, problem) => {
    const rows = rowsOf(`${header}\n${bad}\n${row}\n`);
    expect(rows[0]!.spec).toBeNull();
    expect(rows[0]!.problem).toContain(problem);
    expect(rows[0]!.line).toBe(2);
    expect(rows[1]!.problem).toBeNull();
  });

  it.each([
    ["", "the file is empty"],
    ["a,b\n1,2", "the header lacks engine, accelerator"],
    [`${header},tpot_ms\n${row},30`, "the column tpotMs stands twice"],
    ["\u001f\u008b\u0008", "this is no text"],
    ['engine,"model\nvllm', "line 1:"],
    ["system,silicon_tpot_ms\n", "the header lacks backend, model_path"],
    ["backend,system,model_path,isl,osl,batch_size\n", "the header lacks silicon_ttft_ms, silicon_tpot_ms"],
    ["backend,system,model_path,isl,osl,batch_size,silicon_ttft_ms,silicon_tpot_ms\n", "the header lacks tp_size"],
  ])("refuses %j as a whole", (text, message) => {
    const result = readMeasuredRuns(text);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.message).toContain(message);
  });
});

describe("what a row leaves open", () => {
  it("may be one of the two times, by cell or by column", () => {
    const [empty] = rowsOf(`${header}\n${row.replace(",22.7", ",nan")}\n`);
    expect(empty).toMatchObject({ problem: null, ttftMs: 417, tpotMs: 0 });
    const [absent] = rowsOf(`${header.replace(",ttftMs", "")}\n${row.replace(",417", "")}\n`);
    expect(absent).toMatchObject({ problem: null, ttftMs: 0, tpotMs: 22.7 });
  });

  const published =
    "backend,system,model_path,mode,isl,osl,gemm_quant_mode,batch_size,tp_size,attention_dp_size,silicon_ttft_ms,silicon_tpot_ms";
  const specOf = (engine: string, format: string, dataParallel: string) =>
    rowsOf(
      `${published}\n${engine},h200_sxm,meta/Llama-3.1-70B,agg,1024,1024,${format},16,2,${dataParallel},417,22.7\n`,
    )[0]!;

  it("is one degree of parallelism where its cell is empty or says there is none", () => {
    for (const none of ["", "nan", "None", "-"]) {
      expect(specOf("vllm", "fp8", none)).toMatchObject({
        problem: null,
        concurrency: 16,
        spec: { tensorParallel: 2 },
      });
    }
    for (const wrong of ["0", "-1", "two"]) expect(specOf("vllm", "fp8", wrong).problem).toMatch(/not above zero/);
  });

  it("is told by a column of its own in the plain form", () => {
    const cacheOf = (cache: string) => rowsOf(`${header},cachePrecision\n${row},${cache}\n`)[0]!;
    expect(["", "fp8", "bf16"].map((cache) => cacheOf(cache).spec!.kvPrecision)).toEqual(["bf16", "fp8", "bf16"]);
    expect(cacheOf("fp3").problem).toBe("not in the catalogue: format fp3 of the cache");
  });

  it("is the engine's default for the format of the cache", () => {
    expect(specOf("vllm", "fp8", "1").spec!.kvPrecision).toBe("bf16");
    expect(specOf("TensorRT-LLM", "fp8", "1")).toMatchObject({ engine: "trtllm", spec: { kvPrecision: "fp8" } });
  });
});

describe("rows of engines in stages", () => {
  const published =
    "backend,system,model_path,mode,isl,osl,gemm_quant_mode,batch_size,tp_size,pp_size,silicon_ttft_ms,silicon_tpot_ms";
  const at = (stages: string) =>
    rowsOf(`${published}\nvllm,h200_sxm,meta/Llama-3.1-70B,agg,1024,1024,fp8,16,2,${stages},417,22.7\n`)[0]!;

  it("are predicted as a pipeline, each stage cut over the degree of tensor parallelism", () => {
    expect(at("4").spec).toMatchObject({ tensorParallel: 2, pipelineParallel: 4 });
    expect(at("1").spec).not.toHaveProperty("pipelineParallel");
  });

  it("are told apart from nonsense", () => {
    for (const stages of ["0", "1.5", "a", "500"]) expect(at(stages).problem).toMatch(/^pipeline over/);
  });
});

describe("names in published files", () => {
  it.each([
    ["h200_sxm", "h200-sxm"],
    ["H200", "h200-sxm"],
    ["RTXPRO6000", "rtx-pro-6000"],
    ["rtx_pro_6000_server", "rtx-pro-6000"],
    ["AMD Instinct MI325X", "mi325x"],
    ["quantum-9", null],
  ])("the chip %s is %s", (name, id) => {
    expect(acceleratorNamed(name)).toBe(id);
  });

  it.each([
    ["meta-llama/Llama-3.3-70B-Instruct-FP8", "llama-3.1-70b"],
    ["deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "llama-3.1-70b"],
    ["deepseek-ai/DeepSeek-R1-0528", "deepseek-r1"],
    ["moonshotai/Kimi-K2.5", "kimi-k2"],
    ["Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3-30b-a3b"],
    ["zai-org/GLM-4.7-FP8", "glm-4.5"],
    ["deepseek-ai/DeepSeek-V3.2-Exp", "deepseek-v3.2"],
    ["mistralai/Mistral-Large-3-675B-Instruct-2512", null],
    ["microsoft/Phi-4-mini-instruct", null],
    ["nvidia/Llama-3.3-Nemotron-Super-49B", null],
    ["", null],
  ])("the model %s has the shape of %s", (name, id) => {
    expect(modelNamed(name)).toBe(id);
  });

  it("knows engines and formats by their usual names", () => {
    expect(engineNamed("TensorRT-LLM")?.id).toBe("trtllm");
    expect(engineNamed("vLLM")?.id).toBe("vllm");
    expect(engineNamed("ollama")).toBeNull();
    expect(formatNamed("NVFP4")).toBe("fp4");
    expect(formatNamed("w4afp8")).toBe("int4");
    expect(formatNamed("FP8-E4M3")).toBe("fp8");
    for (const unknown of ["fp3", "constructor"]) expect(formatNamed(unknown)).toBeNull();
  });
});
