import { describe, expect, it } from "vitest";
import { formatNamed, weightFormatOf } from "./format-names.ts";

describe("number formats in files of others", () => {
  it.each([
    ["fp8-dynamic", "fp8"],
    ["W4A16-AWQ", "int4"],
    ["AWQ-INT4", "int4"],
    ["modelopt_fp4", "fp4"],
    ["MXFP4_MXFP8", "fp4"],
    ["int8_sq", "int8"],
    ["half", "bf16"],
    ["torch.bfloat16", "bf16"],
  ])("are known by the name %s", (name, format) => {
    expect(formatNamed(name)).toBe(format);
  });

  it("are none where none of the catalogue's is meant", () => {
    expect(formatNamed("fp32")).toBeNull();
  });

  it.each([
    ["meta-llama/Llama-3.1-8B-Instruct", "bf16"],
    ["nvidia/Llama-3.3-70B-Instruct-FP4", "fp4"],
    ["deepseek-ai/DeepSeek-R1-0528", "fp8"],
    ["deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "bf16"],
    ["deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", "bf16"],
    ["nvidia/DeepSeek-V3.1-NVFP4", "fp4"],
    ["moonshotai/Kimi-K2-Instruct", "fp8"],
    ["moonshotai/Kimi-K2-Thinking", "int4"],
    ["amd/gpt-oss-120b-w-mxfp4-a-fp8", "fp4"],
  ])("follow from the release %s where nothing else states them", (name, format) => {
    expect(weightFormatOf(name)).toBe(format);
  });
});
