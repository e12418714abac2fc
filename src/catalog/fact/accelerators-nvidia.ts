import { deratedPeaks, type AcceleratorLink, type AcceleratorRow } from "./accelerator-row.ts";
import { allReduceTimes } from "./all-reduce-times.ts";
import { assumed, derated, measured, vendor, type FigureExtras } from "./figure.ts";

const tflops = (value: number, extras?: FigureExtras) => vendor(value, "TFLOP/s", "aic-systems", extras);
const kernel = (value: number, extras?: FigureExtras) => measured(value, "TFLOP/s", "aic-kernels", extras);
const stream = (value: number, extras?: FigureExtras) => measured(value, "GB/s", "aic-kernels", extras);
const profiled = (value: number, unit: string, extras?: FigureExtras) =>
  measured(value, unit, "layer-profiles", extras);
const gigabytes = (value: number, extras?: FigureExtras) => vendor(value, "GB", "aic-systems", extras);
const dram = (value: number, extras?: FigureExtras) => vendor(value, "GB/s", "aic-systems", extras);
const watts = (value: number, extras?: FigureExtras) => vendor(value, "W", "aic-systems", extras);

const nvlink = (
  latencyUs: number,
  allReduceGBps: number,
  times: Pick<AcceleratorLink, "groups" | "groupsByEngine">,
): AcceleratorLink => ({
  kind: "nvlink",
  latencyUs: measured(latencyUs, "us", "aic-kernels"),
  allReduceGBps: measured(allReduceGBps, "GB/s", "aic-kernels", { note: "all-reduce of 67 MB over 8 chips" }),
  ...times,
});

const noLink: AcceleratorLink = {
  kind: "none",
  latencyUs: assumed(0, "us", "one chip per board, no collective"),
  allReduceGBps: assumed(0, "GB/s", "one chip per board, no collective"),
};

const orinPeaks = {
  bf16: assumed(69, "TFLOP/s", "half of the dense int8 rate"),
  int8: vendor(138, "TOP/s", "nvidia-jetson", { note: "275 with sparsity, deep-learning accelerators included" }),
};

const orinDram = assumed(204.8, "GB/s", "from memory of the datasheet");

const int8LikeFp8 = "same tensor-core path and peak as fp8";

/**
 * NVIDIA GPUs for servers and boxes. Kernel rates: large GEMMs (bf16, fp8: medians from 160 M weights on; fp4: from 256 M
 * on, as it rises the longest) and weight streaming at small batch. What smaller matrices lose is in `perf`.
 */
export const nvidiaAccelerators = {
  "a100-sxm": {
    name: "NVIDIA A100 SXM 80 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "ampere",
    memoryGB: gigabytes(80),
    dramGBps: dram(2039),
    peakTflops: { bf16: tflops(312), int8: vendor(624, "TOP/s", "nvidia-datasheets") },
    weightStreamGBps: stream(1440),
    kernelTflops: { bf16: kernel(275) },
    link: nvlink(5.7, 112, allReduceTimes["a100-sxm"]),
    tdpWatts: watts(400),
  },
  "h100-sxm": {
    name: "NVIDIA H100 SXM 80 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "hopper",
    memoryGB: gigabytes(80),
    dramGBps: dram(3350),
    peakTflops: { bf16: tflops(989), fp8: tflops(1979), int8: tflops(1979, { note: int8LikeFp8 }) },
    weightStreamGBps: stream(2790, { low: 2400, note: "bf16 weights; 2,400 with fp8 weights" }),
    kernelTflops: { bf16: kernel(825), fp8: kernel(1245) },
    link: nvlink(4.7, 196, allReduceTimes["h100-sxm"]),
    tdpWatts: watts(700),
  },
  "h200-sxm": {
    name: "NVIDIA H200 SXM 141 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "hopper",
    memoryGB: gigabytes(141),
    dramGBps: dram(4800),
    peakTflops: { bf16: tflops(989), fp8: tflops(1979), int8: tflops(1979, { note: int8LikeFp8 }) },
    weightStreamGBps: stream(3760, { low: 3310, note: "bf16 weights; 3,310 with fp8 weights" }),
    kernelTflops: { bf16: kernel(820), fp8: kernel(1400) },
    link: nvlink(4.7, 196, allReduceTimes["h200-sxm"]),
    tdpWatts: watts(700),
  },
  "b200-sxm": {
    name: "NVIDIA B200 SXM 180 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "blackwell",
    memoryGB: gigabytes(180),
    dramGBps: dram(7700),
    peakTflops: { bf16: tflops(2250), fp8: tflops(4500), fp4: tflops(9000) },
    weightStreamGBps: stream(5900, { low: 3360, note: "bf16 weights; 4,900 with fp8, 3,360 at batch 1" }),
    kernelTflops: { bf16: kernel(1550), fp8: kernel(2600), fp4: kernel(4400, { high: 5240 }) },
    link: nvlink(7.4, 300, allReduceTimes["b200-sxm"]),
    tdpWatts: watts(1000),
  },
  "b300-sxm": {
    name: "NVIDIA B300 SXM 288 GB",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "blackwell-ultra",
    memoryGB: gigabytes(288, { note: "269 GiB usable" }),
    dramGBps: dram(7750),
    peakTflops: { bf16: tflops(2250), fp8: tflops(4500), fp4: tflops(14000) },
    weightStreamGBps: stream(5850),
    kernelTflops: { bf16: kernel(1740), fp8: kernel(2800), fp4: kernel(4750, { high: 5930 }) },
    link: {
      kind: "nvlink",
      latencyUs: assumed(7.4, "us", "as B200, same NVLink generation"),
      allReduceGBps: assumed(300, "GB/s", "as B200, same NVLink generation"),
      ...allReduceTimes["b300-sxm"],
    },
    tdpWatts: watts(1100),
  },
  gb200: {
    name: "NVIDIA GB200 (one GPU of an NVL72 rack)",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "blackwell",
    memoryGB: gigabytes(185),
    dramGBps: dram(8000),
    peakTflops: { bf16: tflops(2500), fp8: tflops(5000), fp4: tflops(10000) },
    weightStreamGBps: stream(6050),
    kernelTflops: { bf16: kernel(1720), fp8: kernel(2700), fp4: kernel(4600, { high: 5860 }) },
    link: {
      kind: "nvlink",
      latencyUs: measured(5, "us", "aic-kernels"),
      allReduceGBps: measured(368, "GB/s", "aic-kernels", { note: "all-reduce of 537 MB over 4 chips" }),
      ...allReduceTimes.gb200,
    },
    tdpWatts: watts(1200),
  },
  gb300: {
    name: "NVIDIA GB300 (one GPU of an NVL72 rack)",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "blackwell-ultra",
    memoryGB: gigabytes(288, { note: "278 GiB usable" }),
    dramGBps: dram(8000),
    peakTflops: { bf16: tflops(2500), fp8: tflops(5000), fp4: tflops(15000) },
    weightStreamGBps: derated(dram(8000), 0.75, "GB200 reaches 0.76 of the same peak"),
    kernelTflops: {
      bf16: derated(tflops(2500), 0.69, "GB200 reaches 0.69"),
      fp8: derated(tflops(5000), 0.54, "GB200 reaches 0.54"),
      fp4: derated(tflops(15000), 0.3, "B300 reaches 0.30 of its peak"),
    },
    link: {
      kind: "nvlink",
      latencyUs: assumed(5, "us", "as GB200, same rack"),
      allReduceGBps: assumed(368, "GB/s", "as GB200, same rack"),
      ...allReduceTimes.gb300,
    },
    tdpWatts: watts(1400),
  },
  vr200: {
    name: "NVIDIA VR200 Rubin (one GPU of an NVL72 rack)",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "rubin",
    memoryGB: vendor(288, "GB", "rubin-announcement"),
    dramGBps: vendor(22_000, "GB/s", "rubin-announcement", { low: 13_000, note: "raised twice before launch" }),
    peakTflops: {
      bf16: assumed(4000, "TFLOP/s", "announced; dense rate unconfirmed"),
      fp8: assumed(17_500, "TFLOP/s", "announced training rate; dense rate unconfirmed", { low: 8000 }),
      fp4: vendor(50_000, "TFLOP/s", "rubin-announcement", {
        low: 25_000,
        note: "inference rate, with sparsity or adaptive compression; the dense rate is lower",
      }),
    },
    weightStreamGBps: assumed(15_400, "GB/s", "announced bandwidth × 0.7, no measurement exists", { low: 9000 }),
    kernelTflops: {
      bf16: assumed(2600, "TFLOP/s", "announced × 0.65, no measurement exists"),
      fp8: assumed(7000, "TFLOP/s", "announced × 0.4, no measurement exists", { low: 4000 }),
      fp4: assumed(15_000, "TFLOP/s", "announced × 0.3 as on Blackwell Ultra, no measurement exists", { low: 8000 }),
    },
    link: {
      kind: "nvlink",
      latencyUs: assumed(5, "us", "as GB200"),
      allReduceGBps: assumed(736, "GB/s", "NVLink 6 doubles NVLink 5; GB200 measures 368"),
    },
    tdpWatts: assumed(1800, "W", "announced module power", { high: 2300 }),
  },
  l4: {
    name: "NVIDIA L4",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "ada",
    memoryGB: gigabytes(24),
    dramGBps: dram(300),
    peakTflops: { bf16: tflops(121), fp8: tflops(242), int8: tflops(242, { note: int8LikeFp8 }) },
    weightStreamGBps: derated(dram(300), 0.75, "L40S of the same generation reaches 0.70 to 0.85"),
    kernelTflops: deratedPeaks(
      { bf16: tflops(121), fp8: tflops(242) },
      0.5,
      "L40S reaches 0.55 to 0.68 and the 72 W limit lowers the clock further",
    ),
    link: {
      kind: "pcie",
      latencyUs: assumed(12.6, "us", "as RTX PRO 6000 over PCIe, four cards"),
      allReduceGBps: assumed(10, "GB/s", "PCIe 4.0: half of what RTX PRO 6000 reaches over PCIe 5.0"),
    },
    tdpWatts: watts(72),
  },
  l40s: {
    name: "NVIDIA L40S",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "ada",
    memoryGB: gigabytes(48),
    dramGBps: dram(864),
    peakTflops: { bf16: tflops(362), fp8: tflops(733), int8: tflops(733, { note: int8LikeFp8 }) },
    weightStreamGBps: stream(670, { low: 560, high: 735, note: "bf16 weights; 560 with fp8 weights" }),
    kernelTflops: { bf16: kernel(245), fp8: kernel(405) },
    link: {
      kind: "pcie",
      latencyUs: assumed(12.6, "us", "as RTX PRO 6000 over PCIe, four cards"),
      allReduceGBps: measured(19, "GB/s", "aic-kernels", { low: 1, note: "two cards; 1 over eight cards" }),
      ...allReduceTimes.l40s,
    },
    tdpWatts: watts(350),
  },
  "rtx-4090": {
    name: "NVIDIA GeForce RTX 4090",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "ada",
    memoryGB: vendor(24, "GB", "nvidia-datasheets"),
    dramGBps: vendor(1008, "GB/s", "nvidia-datasheets"),
    peakTflops: {
      bf16: vendor(165.2, "TFLOP/s", "nvidia-datasheets", { note: "with 32-bit accumulation" }),
      fp8: vendor(660.6, "TFLOP/s", "nvidia-datasheets", { low: 330.3, note: "330.3 with 32-bit accumulation" }),
    },
    weightStreamGBps: profiled(928, "GB/s", { low: 814, high: 958, note: "235 MB of bf16 weights, 1 to 64 rows" }),
    kernelTflops: {
      bf16: profiled(160, "TFLOP/s", { low: 155, high: 166, note: "117 M weights, 1,024 rows and more" }),
      fp8: assumed(297, "TFLOP/s", "0.9 of the peak with 32-bit accumulation"),
    },
    link: {
      kind: "pcie",
      latencyUs: assumed(24, "us", "no peer access between cards: through the host, twice RTX PRO 6000's four cards"),
      allReduceGBps: assumed(10, "GB/s", "PCIe 4.0 through the host: half of what RTX PRO 6000 reaches over PCIe 5.0"),
    },
    tdpWatts: vendor(450, "W", "nvidia-datasheets"),
  },
  "rtx-pro-6000": {
    name: "NVIDIA RTX PRO 6000 Blackwell Server Edition",
    maker: "NVIDIA",
    kind: "gpu",
    generation: "blackwell",
    memoryGB: gigabytes(96),
    dramGBps: dram(1792, { low: 1597, note: "the server sheet is said to state 1,597" }),
    peakTflops: { bf16: tflops(468), fp8: tflops(936), fp4: tflops(1871) },
    weightStreamGBps: stream(1440, { low: 1390, note: "bf16 weights; 1,390 with fp8 weights" }),
    kernelTflops: { bf16: kernel(395), fp8: kernel(750), fp4: kernel(1270, { high: 1490 }) },
    link: {
      kind: "pcie",
      latencyUs: measured(12.6, "us", "aic-kernels", { low: 4.3, high: 24, note: "four cards; 4.3 two, 24 eight" }),
      allReduceGBps: measured(20, "GB/s", "aic-kernels", { low: 14, high: 38, note: "four cards; 38 two, 14 eight" }),
      ...allReduceTimes["rtx-pro-6000"],
    },
    tdpWatts: watts(600),
  },
  "jetson-agx-thor": {
    name: "NVIDIA Jetson AGX Thor (T5000)",
    maker: "NVIDIA",
    kind: "npu",
    generation: "blackwell",
    memoryGB: vendor(128, "GB", "nvidia-jetson", { note: "shared with the CPU" }),
    dramGBps: assumed(273, "GB/s", "from memory of the datasheet; 258 GB/s measured agrees"),
    peakTflops: {
      bf16: assumed(259, "TFLOP/s", "a quarter of the published dense fp4 rate"),
      fp8: assumed(517, "TFLOP/s", "half of the published dense fp4 rate"),
      fp4: vendor(1035, "TFLOP/s", "nvidia-jetson"),
    },
    weightStreamGBps: measured(258, "GB/s", "nvidia-jetson", {
      note: "54.9 tokens/s of an 8 B NVFP4 model (4.7 GB) at batch 1",
    }),
    kernelTflops: {
      bf16: assumed(105, "TFLOP/s", "peak × 0.4, the ratio fp4 shows"),
      fp8: assumed(207, "TFLOP/s", "peak × 0.4, the ratio fp4 shows"),
      fp4: assumed(415, "TFLOP/s", "solved from 31.0 ms prefill of 383 tokens by an 8 B NVFP4 model less weight time"),
    },
    link: noLink,
    tdpWatts: vendor(130, "W", "nvidia-jetson", { low: 40 }),
  },
  "jetson-agx-orin": {
    name: "NVIDIA Jetson AGX Orin 64 GB",
    maker: "NVIDIA",
    kind: "npu",
    generation: "ampere",
    memoryGB: vendor(64, "GB", "nvidia-jetson", { note: "shared with the CPU" }),
    dramGBps: orinDram,
    peakTflops: orinPeaks,
    weightStreamGBps: derated(orinDram, 0.75, "no measurement; HBM and GDDR chips reach 0.71 to 0.85"),
    kernelTflops: deratedPeaks(orinPeaks, 0.5, "no measurement; the larger Thor shows 0.4 in fp4"),
    link: noLink,
    tdpWatts: vendor(60, "W", "nvidia-jetson", { low: 15 }),
  },
} satisfies Record<string, AcceleratorRow>;
