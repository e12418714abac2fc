import { describe, expect, it } from "vitest";
import { acceleratorNamed, engineNamed, modelNamed } from "./catalogue-names.ts";

describe("names in files of others", () => {
  it.each([
    ["h200_sxm", "h200-sxm"],
    ["NVIDIA H100 80GB HBM3", "h100-sxm"],
    ["NVIDIA A100-SXM4-80GB", "a100-sxm"],
    ["H100 SXM5", "h100-sxm"],
    ["A100-SXM4-40GB", "a100-40gb"],
    ["NVIDIA A100 80GB PCIe", "a100-pcie"],
    ["NVIDIA H200 NVL", "h200-nvl"],
    ["H100 NVL", "h100-nvl"],
    ["NVIDIA H100-PCIe-80GB", "h100-pcie"],
    ["NVIDIA RTX A6000", "rtx-a6000"],
    ["GH200 96GB", "gh200-96gb"],
    ["L40S-PCIe", "l40s"],
    ["NVIDIA GeForce RTX 4090", "rtx-4090"],
    ["Intel Arc Pro B60", "arc-pro-b60"],
    ["AMD Instinct MI300X 192GB HBM3", "mi300x"],
    ["B200 192GB", "b200-sxm"],
    ["NVIDIA B300 SXM6 AC", "b300-sxm"],
    ["AMD Instinct MI300X OAM", "mi300x"],
    ["HGX H100 8-GPU", "h100-sxm"],
    ["8xH100", "h100-sxm"],
    ["H200x8", "h200-sxm"],
    ["NVIDIA GeForce RTX 4090 GPU", "rtx-4090"],
    ["2xRTX5090", "rtx-5090"],
    ["RTX 4090 x 2", "rtx-4090"],
    ["rtx_pro_6000_server", "rtx-pro-6000"],
  ])("know the chip %s", (name, id) => {
    expect(acceleratorNamed(name)).toBe(id);
  });

  it.each(["A100-20GB", "A100 PCIe 40GB", "GH200 480GB", "A10", "nvidia", "80GB", "", "toString"])(
    "take %s for no chip of the catalogue: the figures of its namesake would be wrong",
    (name) => {
      expect(acceleratorNamed(name)).toBeNull();
    },
  );

  it.each([
    ["RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8", "llama-3.1-8b"],
    ["LLAMA3.1_8B", "llama-3.1-8b"],
    ["llama3_1-405b", "llama-3.1-405b"],
    ["llama2-70b-99.9", "llama-2-70b"],
    ["nvidia/DeepSeek-R1-0528-FP4-v2", "deepseek-r1"],
    ["MOE_Mixtral8x7B", "mixtral-8x7b"],
    ["Qwen/Qwen2-72B-Instruct", "qwen2.5-72b"],
    ["Qwen/Qwen3-Coder-Next-FP8", "qwen3-next-80b-a3b"],
    ["nvidia/Qwen3.6-35B-A3B-NVFP4", "qwen3.5-35b-a3b"],
    ["codellama/CodeLlama-34b-Instruct-hf", "codellama-34b"],
    ["mistralai/Mistral-Nemo-Instruct-2407", "mistral-nemo"],
    ["llama3.1:8b", "llama-3.1-8b"],
    ["deepseek-r1:671b", "deepseek-r1"],
    ["/data/models--meta-llama--Llama-3.1-70B-Instruct/snapshots/1605565b", "llama-3.1-70b"],
  ])("know the model %s", (name, id) => {
    expect(modelNamed(name)).toBe(id);
  });

  it.each([
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    "deepseek-r1:70b",
    "deepseek-r1:1.5b",
    "nvidia/Mistral-NeMo-Minitron-8B-Instruct",
    "Llama-3.1",
    "8b",
  ])("do not take %s for a model of another shape", (name) => {
    expect(modelNamed(name)).toBeNull();
  });

  it.each([
    ["vLLM 0.19", "vllm"],
    ["vllm/vllm-openai:v0.19.0-cu130", "vllm"],
    ["dynamo-trtllm", "trtllm"],
    ["TensorRT-LLM", "trtllm"],
    ["vllm_rocm", "vllm"],
    ["vLLM (v0.8.5)", "vllm"],
    ["vllm0.19", "vllm"],
  ])("know the engine %s", (name, id) => {
    expect(engineNamed(name)?.id).toBe(id);
  });
});
