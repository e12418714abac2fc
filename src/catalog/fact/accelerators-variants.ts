import type { AcceleratorLink, AcceleratorRow } from "./accelerator-row.ts";
import { assumed, derated, measured, vendor, type Figure } from "./figure.ts";

const sheet = (value: number, unit: string) => vendor(value, unit, "nvidia-datasheets");
/** Rate of one layer's products on one card. */
const profiled = (value: number, unit: string, low: number, high: number, note: string) =>
  measured(value, unit, "layer-profiles", { low, high, note });
const asH100 = "H100 SXM of the same generation reaches this share of its peak";

/** Hopper rates: 0.83 of bf16, 0.63 of fp8 and 0.83 of the memory's rate, as measured on H100 SXM. */
const hopperKernels = (bf16: Figure, fp8: Figure): AcceleratorRow["kernelTflops"] => ({
  bf16: derated(bf16, 0.83, asH100),
  fp8: derated(fp8, 0.63, asH100),
});

/**
 * Arithmetic of a Hopper chip at a lower power limit, over that of H100 SXM at 700 W. The same silicon is slowed by it, not by what
 * its datasheet says at the highest clock: eight H200 in MLPerf v4.1 serve Llama 2 70B at 0.81 of their rate, and Mixtral at
 * 0.83, with 500 W instead of 700, and at 1.11 with 1,000: power to the 0.6 below 700 W.
 */
const powerLimited = (watts: number): AcceleratorRow["kernelTflops"] => {
  const share = (watts / 700) ** 0.6;
  const note = `what H100 SXM reaches × (${watts} W / 700 W)^0.6: H200 loses a fifth of its rate from 700 to 500 W (MLPerf v4.1)`;
  return {
    bf16: assumed(Math.round(825 * share), "TFLOP/s", note),
    fp8: assumed(Math.round(1245 * share), "TFLOP/s", note),
  };
};

const bridgedPair = (note: string): AcceleratorLink => ({
  kind: "pcie",
  latencyUs: assumed(12.6, "us", `beyond the bridged pair: ${note}`),
  allReduceGBps: assumed(20, "GB/s", `beyond the bridged pair: ${note}`),
});
const fourPro6000 = "as RTX PRO 6000 over PCIe, four cards";

const pcie4: AcceleratorLink = {
  kind: "pcie",
  latencyUs: assumed(12.6, "us", fourPro6000),
  allReduceGBps: assumed(10, "GB/s", "PCIe 4.0: half of what RTX PRO 6000 reaches over PCIe 5.0"),
};

const nvlinkAs = (note: string): AcceleratorLink => ({
  kind: "nvlink",
  latencyUs: assumed(4.7, "us", note),
  allReduceGBps: assumed(196, "GB/s", note),
});

const nvl = { bf16: sheet(835, "TFLOP/s"), fp8: sheet(1671, "TFLOP/s") };
const h100Pcie = { bf16: sheet(756, "TFLOP/s"), fp8: sheet(1513, "TFLOP/s") };
const gh200 = { bf16: sheet(989, "TFLOP/s"), fp8: sheet(1979, "TFLOP/s") };
const a100 = { bf16: sheet(312, "TFLOP/s"), int8: sheet(624, "TOP/s") };
const asA100 = "A100 SXM 80 GB of the same generation reaches 0.71";
const h20 = { bf16: sheet(148, "TFLOP/s"), fp8: sheet(296, "TFLOP/s") };
const rtx5090 = {
  bf16: sheet(209.5, "TFLOP/s"),
  fp8: sheet(419, "TFLOP/s"),
  fp4: sheet(1676, "TFLOP/s"),
};
const asPro6000 = "RTX PRO 6000 with the same chip reaches this share of its peak";

/** Chips that share their silicon with one that was measured; rates are that one's share of the datasheet. */
export const variantAccelerators = {
  "a100-40gb": {
    name: "NVIDIA A100 SXM 40 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "ampere",
    memoryGB: sheet(40, "GB"),
    dramGBps: sheet(1555, "GB/s"),
    peakTflops: a100,
    weightStreamGBps: derated(sheet(1555, "GB/s"), 0.71, asA100),
    kernelTflops: { bf16: assumed(275, "TFLOP/s", "the chip of A100 SXM 80 GB at the same power") },
    link: {
      kind: "nvlink",
      latencyUs: assumed(5.7, "us", "as A100 SXM 80 GB"),
      allReduceGBps: assumed(112, "GB/s", "as A100 SXM 80 GB"),
    },
    tdpWatts: sheet(400, "W"),
  },
  "a100-pcie": {
    name: "NVIDIA A100 PCIe 80 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "ampere",
    memoryGB: sheet(80, "GB"),
    dramGBps: sheet(1935, "GB/s"),
    peakTflops: a100,
    weightStreamGBps: derated(sheet(1935, "GB/s"), 0.71, asA100),
    kernelTflops: { bf16: assumed(231, "TFLOP/s", "what A100 SXM reaches × (300 W / 400 W)^0.6, as on Hopper") },
    link: pcie4,
    tdpWatts: sheet(300, "W"),
  },
  "h200-nvl": {
    name: "NVIDIA H200 NVL 141 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "hopper",
    memoryGB: sheet(141, "GB"),
    dramGBps: sheet(4800, "GB/s"),
    peakTflops: nvl,
    weightStreamGBps: derated(sheet(4800, "GB/s"), 0.78, "H200 SXM with the same memory reaches 0.78"),
    kernelTflops: powerLimited(600),
    link: bridgedPair(fourPro6000),
    tdpWatts: sheet(600, "W"),
  },
  "h100-nvl": {
    name: "NVIDIA H100 NVL 94 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "hopper",
    memoryGB: sheet(94, "GB"),
    dramGBps: sheet(3938, "GB/s"),
    peakTflops: nvl,
    weightStreamGBps: derated(sheet(3938, "GB/s"), 0.83, asH100),
    kernelTflops: powerLimited(400),
    link: bridgedPair(fourPro6000),
    tdpWatts: sheet(400, "W"),
  },
  "h100-pcie": {
    name: "NVIDIA H100 PCIe 80 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "hopper",
    memoryGB: sheet(80, "GB"),
    dramGBps: sheet(2039, "GB/s"),
    peakTflops: h100Pcie,
    weightStreamGBps: derated(sheet(2039, "GB/s"), 0.83, asH100),
    kernelTflops: powerLimited(350),
    link: bridgedPair(fourPro6000),
    tdpWatts: sheet(350, "W"),
  },
  gh200: {
    name: "NVIDIA GH200 144 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "hopper",
    memoryGB: sheet(144, "GB"),
    dramGBps: sheet(4900, "GB/s"),
    peakTflops: gh200,
    weightStreamGBps: derated(sheet(4900, "GB/s"), 0.78, "H200 with the same memory reaches 0.78"),
    kernelTflops: hopperKernels(gh200.bf16, gh200.fp8),
    link: nvlinkAs("as H100 SXM, same NVLink generation"),
    tdpWatts: sheet(900, "W"),
  },
  "gh200-96gb": {
    name: "NVIDIA GH200 96 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "hopper",
    memoryGB: sheet(96, "GB"),
    dramGBps: sheet(4000, "GB/s"),
    peakTflops: gh200,
    weightStreamGBps: derated(sheet(4000, "GB/s"), 0.83, asH100),
    kernelTflops: hopperKernels(gh200.bf16, gh200.fp8),
    link: nvlinkAs("as H100 SXM, same NVLink generation"),
    tdpWatts: sheet(900, "W"),
  },
  h20: {
    name: "NVIDIA H20 96 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "hopper",
    memoryGB: vendor(96, "GB", "nvidia-datasheets"),
    dramGBps: sheet(4000, "GB/s"),
    peakTflops: h20,
    weightStreamGBps: derated(sheet(4000, "GB/s"), 0.83, asH100),
    kernelTflops: hopperKernels(h20.bf16, h20.fp8),
    link: nvlinkAs("as H100 SXM, same NVLink generation"),
    tdpWatts: sheet(400, "W"),
  },
  "rtx-5090": {
    name: "NVIDIA GeForce RTX 5090",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "blackwell",
    memoryGB: sheet(32, "GB"),
    dramGBps: sheet(1792, "GB/s"),
    peakTflops: rtx5090,
    weightStreamGBps: derated(sheet(1792, "GB/s"), 0.8, asPro6000),
    kernelTflops: {
      bf16: derated(rtx5090.bf16, 0.84, asPro6000),
      fp8: derated(rtx5090.fp8, 0.8, asPro6000),
      fp4: derated(rtx5090.fp4, 0.68, asPro6000),
    },
    link: {
      kind: "pcie",
      latencyUs: assumed(24, "us", "no peer access between cards: through the host, as RTX 4090"),
      allReduceGBps: assumed(20, "GB/s", "as RTX PRO 6000 over PCIe 5.0, four cards"),
    },
    tdpWatts: sheet(575, "W"),
  },
  "rtx-3090": {
    name: "NVIDIA GeForce RTX 3090",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "ampere",
    memoryGB: sheet(24, "GB"),
    dramGBps: sheet(936, "GB/s"),
    peakTflops: { bf16: sheet(71, "TFLOP/s"), int8: sheet(284, "TOP/s") },
    weightStreamGBps: profiled(792, "GB/s", 701, 843, "0.1 to 1 GB of bf16 weights, 1 to 64 rows"),
    kernelTflops: { bf16: profiled(67, "TFLOP/s", 64, 71, "17 to 525 M weights, 1,024 rows and more") },
    link: pcie4,
    tdpWatts: sheet(350, "W"),
  },
  "rtx-a6000": {
    name: "NVIDIA RTX A6000",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "ampere",
    memoryGB: sheet(48, "GB"),
    dramGBps: sheet(768, "GB/s"),
    peakTflops: { bf16: sheet(154.8, "TFLOP/s"), int8: sheet(309.7, "TOP/s") },
    weightStreamGBps: profiled(700, "GB/s", 646, 726, "34 MB to 1 GB of bf16 weights, 1 to 64 rows"),
    kernelTflops: { bf16: profiled(109, "TFLOP/s", 99, 114, "17 to 525 M weights, 1,024 rows and more") },
    link: pcie4,
    tdpWatts: sheet(300, "W"),
  },
} satisfies Record<string, AcceleratorRow>;
