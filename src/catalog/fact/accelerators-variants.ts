import type { AcceleratorLink, AcceleratorRow } from "./accelerator-row.ts";
import { assumed, derated, vendor, type Figure } from "./figure.ts";

const sheet = (value: number, unit: string) => vendor(value, unit, "nvidia-datasheets");
const asH100 = "H100 SXM of the same generation reaches this share of its peak";

/** Hopper rates: 0.83 of bf16, 0.63 of fp8 and 0.83 of the memory's rate, as measured on H100 SXM. */
const hopperKernels = (bf16: Figure, fp8: Figure): AcceleratorRow["kernelTflops"] => ({
  bf16: derated(bf16, 0.83, asH100),
  fp8: derated(fp8, 0.63, asH100),
});

const nvlinkAs = (note: string): AcceleratorLink => ({
  kind: "nvlink",
  latencyUs: assumed(4.7, "us", note),
  allReduceGBps: assumed(196, "GB/s", note),
});

const nvl = { bf16: sheet(835, "TFLOP/s"), fp8: sheet(1671, "TFLOP/s") };
const gh200 = { bf16: sheet(989, "TFLOP/s"), fp8: sheet(1979, "TFLOP/s") };
const h20 = { bf16: sheet(148, "TFLOP/s"), fp8: sheet(296, "TFLOP/s") };
const rtx5090 = {
  bf16: sheet(209.5, "TFLOP/s"),
  fp8: sheet(419, "TFLOP/s"),
  fp4: sheet(1676, "TFLOP/s"),
};
const asPro6000 = "RTX PRO 6000 with the same chip reaches this share of its peak";

/** Chips that share their silicon with one that was measured; rates are that one's share of the datasheet. */
export const variantAccelerators = {
  "h100-nvl": {
    name: "NVIDIA H100 NVL 94 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "hopper",
    memoryGB: sheet(94, "GB"),
    dramGBps: sheet(3938, "GB/s"),
    peakTflops: nvl,
    weightStreamGBps: derated(sheet(3938, "GB/s"), 0.83, asH100),
    kernelTflops: hopperKernels(nvl.bf16, nvl.fp8),
    link: {
      kind: "pcie",
      latencyUs: assumed(12.6, "us", "beyond the bridged pair: as RTX PRO 6000 over PCIe, four cards"),
      allReduceGBps: assumed(20, "GB/s", "beyond the bridged pair: as RTX PRO 6000 over PCIe, four cards"),
    },
    tdpWatts: sheet(400, "W"),
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
} satisfies Record<string, AcceleratorRow>;
