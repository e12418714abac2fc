import { allReduceSizesMB, deratedPeaks, type AcceleratorLink, type AcceleratorRow } from "./accelerator-row.ts";
import { assumed, derated, measured, vendor } from "./figure.ts";

/** Chips measured with large GEMMs reach 0.55 to 0.88 of their peak; these were not measured. */
const unmeasuredCompute = 0.6;
/** Chips measured at weight streaming reach 0.70 to 0.85 of their datasheet bandwidth; these were not measured. */
const unmeasuredBandwidth = 0.75;
const why = "no public kernel measurement; measured chips reach 0.55 to 0.88 of peak";
const whyBandwidth = "no public measurement; measured chips reach 0.70 to 0.85 of peak";

/** The catalogue's other rates are medians over shapes, AMD's figure for MI300X is the best shape. */
const attainedShare = "the best shape; over ten shapes MI325X attains 0.74 (bf16) and 0.81 (fp8) of its best";

const fabric = (latencyUs: number, allReduceGBps: number, note: string): AcceleratorLink => ({
  kind: "fabric",
  latencyUs: assumed(latencyUs, "us", note),
  allReduceGBps: assumed(allReduceGBps, "GB/s", note),
});

/**
 * Eight chips of which every two share a link: a sum over t of them sends a t-th of it over each of t − 1 links, twice, so that two
 * chips have one link to use and eight have seven. A chip's rate to all others says nothing about a pair.
 *
 * @param linkGBps what one link carries one way, of its peak; three quarters are assumed, as kernels seldom reach more.
 */
const mesh = (latencyUs: number, linkGBps: number, allReduceGBps: number, peak: string): AcceleratorLink => ({
  ...fabric(
    latencyUs,
    allReduceGBps,
    `eight chips, each two joined by one link of ${peak} one way, three quarters of it`,
  ),
  groups: [2, 4, 8].map((count) => ({
    accelerators: count,
    latencyUs: assumed(latencyUs, "us", "a little above NVLink 4, which measures 4.7 us"),
    timesUs: allReduceSizesMB.map((megabytes) => {
      const us = latencyUs + (2e3 * megabytes) / (count * linkGBps);
      const note = `all-reduce of ${megabytes} MB over ${count} chips: two passes over links of ${peak}, three quarters of it`;
      return assumed(Number(us.toPrecision(4)), "us", note);
    }),
  })),
});

const pcie: AcceleratorLink = {
  kind: "pcie",
  latencyUs: assumed(12.6, "us", "as RTX PRO 6000 over PCIe, four cards"),
  allReduceGBps: assumed(10, "GB/s", "PCIe 4.0: half of what RTX PRO 6000 reaches over PCIe 5.0"),
};

const noLink: AcceleratorLink = {
  kind: "none",
  latencyUs: assumed(0, "us", "one chip per board, no collective"),
  allReduceGBps: assumed(0, "GB/s", "one chip per board, no collective"),
};

const amd = {
  mi300x: { bf16: vendor(1307, "TFLOP/s", "amd-datasheets"), fp8: vendor(2615, "TFLOP/s", "amd-datasheets") },
  mi350x: {
    bf16: vendor(2300, "TFLOP/s", "amd-datasheets"),
    fp8: vendor(4600, "TFLOP/s", "amd-datasheets"),
    fp4: vendor(9200, "TFLOP/s", "amd-datasheets"),
  },
  mi355x: {
    bf16: vendor(2500, "TFLOP/s", "amd-datasheets"),
    fp8: vendor(5000, "TFLOP/s", "amd-datasheets"),
    fp4: vendor(10_000, "TFLOP/s", "amd-datasheets"),
  },
};
const b60 = { bf16: vendor(98, "TFLOP/s", "aic-systems"), int8: vendor(197, "TOP/s", "aic-systems") };
const tpu = {
  v6e: { bf16: vendor(918, "TFLOP/s", "google-tpu"), int8: vendor(1836, "TOP/s", "google-tpu") },
  v7: {
    bf16: assumed(2307, "TFLOP/s", "half of the published fp8 rate"),
    fp8: vendor(4614, "TFLOP/s", "google-tpu"),
  },
};
const neuron = {
  trainium2: { bf16: vendor(667, "TFLOP/s", "aws-neuron"), fp8: vendor(1299, "TFLOP/s", "aws-neuron") },
  trainium3: {
    bf16: vendor(671, "TFLOP/s", "aws-neuron"),
    fp8: vendor(2517, "TFLOP/s", "aws-neuron"),
    fp4: vendor(2517, "TFLOP/s", "aws-neuron"),
  },
  inferentia2: { bf16: vendor(190, "TFLOP/s", "aws-neuron"), int8: vendor(380, "TOP/s", "aws-neuron") },
};
const qualcomm = {
  ultra: { bf16: vendor(290, "TFLOP/s", "qualcomm-docs"), int8: vendor(870, "TOP/s", "qualcomm-docs") },
  standard: { bf16: vendor(110, "TFLOP/s", "qualcomm-docs"), int8: vendor(325, "TOP/s", "qualcomm-docs") },
};
const groq = { bf16: vendor(188, "TFLOP/s", "techpowerup"), int8: vendor(750, "TOP/s", "techpowerup") };
const hailo = { int8: vendor(20, "TOP/s", "hailo-review"), int4: vendor(40, "TOP/s", "hailo-review") };

/** GPUs of other makers, ASICs and edge NPUs. */
export const otherAccelerators = {
  mi300x: {
    name: "AMD Instinct MI300X",
    maker: "AMD",
    kind: "gpu",
    generation: "cdna3",
    memoryGB: vendor(192, "GB", "amd-datasheets"),
    dramGBps: vendor(5300, "GB/s", "amd-datasheets"),
    peakTflops: amd.mi300x,
    weightStreamGBps: derated(vendor(5300, "GB/s", "amd-datasheets"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: {
      bf16: derated(measured(708, "TFLOP/s", "amd-achievable-flops"), 0.74, attainedShare),
      fp8: derated(measured(1273, "TFLOP/s", "amd-achievable-flops"), 0.81, attainedShare),
    },
    link: mesh(8, 48, 192, "64 GB/s"),
    tdpWatts: vendor(750, "W", "amd-datasheets"),
  },
  mi325x: {
    name: "AMD Instinct MI325X",
    maker: "AMD",
    kind: "gpu",
    generation: "cdna3",
    memoryGB: vendor(256, "GB", "amd-datasheets"),
    dramGBps: vendor(6000, "GB/s", "amd-datasheets"),
    peakTflops: amd.mi300x,
    weightStreamGBps: derated(vendor(6000, "GB/s", "amd-datasheets"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: {
      bf16: measured(616, "TFLOP/s", "amd-attained-flops", { high: 831, note: "ten shapes; 831 at the best one" }),
      fp8: measured(1143, "TFLOP/s", "amd-attained-flops", { high: 1408, note: "ten shapes; 1,408 at the best one" }),
    },
    link: mesh(8, 48, 192, "64 GB/s"),
    tdpWatts: vendor(1000, "W", "amd-datasheets"),
  },
  mi350x: {
    name: "AMD Instinct MI350X",
    maker: "AMD",
    kind: "gpu",
    generation: "cdna4",
    memoryGB: vendor(288, "GB", "amd-datasheets"),
    dramGBps: vendor(8000, "GB/s", "amd-datasheets"),
    peakTflops: amd.mi350x,
    weightStreamGBps: derated(vendor(8000, "GB/s", "amd-datasheets"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: {
      bf16: derated(amd.mi350x.bf16, 0.47, "MI325X attains 0.47 of its peak over ten shapes"),
      fp8: derated(amd.mi350x.fp8, 0.44, "MI325X attains 0.44 of its peak over ten shapes"),
      fp4: derated(amd.mi350x.fp4, 0.42, "B200 reaches 0.43 of a like peak"),
    },
    link: mesh(8, 57.6, 230, "76.8 GB/s"),
    tdpWatts: vendor(1000, "W", "amd-datasheets"),
  },
  mi355x: {
    name: "AMD Instinct MI355X",
    maker: "AMD",
    kind: "gpu",
    generation: "cdna4",
    memoryGB: vendor(288, "GB", "amd-datasheets"),
    dramGBps: vendor(8000, "GB/s", "amd-datasheets"),
    peakTflops: amd.mi355x,
    weightStreamGBps: derated(vendor(8000, "GB/s", "amd-datasheets"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: {
      bf16: derated(amd.mi355x.bf16, 0.47, "MI325X attains 0.47 of its peak over ten shapes"),
      fp8: derated(amd.mi355x.fp8, 0.44, "MI325X attains 0.44 of its peak over ten shapes"),
      fp4: derated(amd.mi355x.fp4, 0.42, "B200 reaches 0.43 of a like peak"),
    },
    link: mesh(8, 57.6, 230, "76.8 GB/s"),
    tdpWatts: vendor(1400, "W", "amd-datasheets"),
  },
  "arc-pro-b60": {
    name: "Intel Arc Pro B60",
    maker: "Intel",
    kind: "gpu",
    generation: "battlemage",
    memoryGB: vendor(24, "GB", "intel-datasheets"),
    dramGBps: vendor(456, "GB/s", "aic-systems"),
    peakTflops: b60,
    weightStreamGBps: measured(219, "GB/s", "aic-systems", { note: "48 % of 456 GB/s, remark in the system file" }),
    kernelTflops: deratedPeaks(b60, unmeasuredCompute, why),
    link: pcie,
    tdpWatts: vendor(200, "W", "intel-datasheets"),
  },
  "tpu-v6e": {
    name: "Google TPU v6e (Trillium)",
    maker: "Google",
    kind: "asic",
    generation: "tpu-v6",
    memoryGB: vendor(32, "GB", "google-tpu"),
    dramGBps: vendor(1640, "GB/s", "google-tpu"),
    peakTflops: tpu.v6e,
    weightStreamGBps: measured(1540, "GB/s", "layer-profiles", { low: 1480, note: "0.1 to 1 GB of bf16 weights" }),
    kernelTflops: {
      bf16: measured(755, "TFLOP/s", "layer-profiles", {
        low: 680,
        high: 795,
        note: "59 to 525 M weights, 1,024 rows",
      }),
      int8: derated(tpu.v6e.int8, unmeasuredCompute, why),
    },
    link: fabric(5, 180, "inter-chip interconnect, assumed like NVLink 4"),
    tdpWatts: assumed(300, "W", "not published; from the class of chip", { low: 200, high: 400 }),
  },
  "tpu-v7": {
    name: "Google TPU v7 (Ironwood)",
    maker: "Google",
    kind: "asic",
    generation: "tpu-v7",
    memoryGB: vendor(192, "GB", "google-tpu"),
    dramGBps: vendor(7370, "GB/s", "google-tpu"),
    peakTflops: tpu.v7,
    weightStreamGBps: derated(vendor(7370, "GB/s", "google-tpu"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: deratedPeaks(tpu.v7, unmeasuredCompute, why),
    link: fabric(5, 240, "inter-chip interconnect, assumed between NVLink 4 and 5"),
    tdpWatts: assumed(1000, "W", "not published; from the class of chip", { low: 700, high: 1200 }),
  },
  trainium2: {
    name: "AWS Trainium2",
    maker: "Amazon Web Services",
    kind: "asic",
    generation: "trainium2",
    memoryGB: vendor(96, "GB", "aws-neuron"),
    dramGBps: vendor(2900, "GB/s", "aws-neuron"),
    peakTflops: neuron.trainium2,
    weightStreamGBps: derated(vendor(2900, "GB/s", "aws-neuron"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: deratedPeaks(neuron.trainium2, unmeasuredCompute, why),
    link: fabric(8, 180, "NeuronLink, assumed a little below NVLink 4"),
    tdpWatts: assumed(500, "W", "not published; from the class of chip", { low: 400, high: 600 }),
  },
  trainium3: {
    name: "AWS Trainium3",
    maker: "Amazon Web Services",
    kind: "asic",
    generation: "trainium3",
    memoryGB: vendor(144, "GB", "aws-neuron"),
    dramGBps: vendor(4900, "GB/s", "aws-neuron"),
    peakTflops: neuron.trainium3,
    weightStreamGBps: derated(vendor(4900, "GB/s", "aws-neuron"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: deratedPeaks(neuron.trainium3, unmeasuredCompute, why),
    link: fabric(8, 220, "NeuronLink, assumed between NVLink 4 and 5"),
    tdpWatts: assumed(900, "W", "not published; from the class of chip", { low: 700, high: 1100 }),
  },
  inferentia2: {
    name: "AWS Inferentia2",
    maker: "Amazon Web Services",
    kind: "asic",
    generation: "inferentia2",
    memoryGB: vendor(32, "GB", "aws-neuron"),
    dramGBps: vendor(820, "GB/s", "aws-neuron"),
    peakTflops: neuron.inferentia2,
    weightStreamGBps: derated(vendor(820, "GB/s", "aws-neuron"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: deratedPeaks(neuron.inferentia2, unmeasuredCompute, why),
    link: fabric(10, 80, "NeuronLink of the second generation, assumed below A100"),
    tdpWatts: assumed(175, "W", "not published; from the class of chip", { low: 100, high: 250 }),
  },
  "ai100-ultra": {
    name: "Qualcomm Cloud AI 100 Ultra",
    maker: "Qualcomm",
    kind: "asic",
    generation: "ai100",
    memoryGB: vendor(128, "GB", "qualcomm-docs"),
    dramGBps: vendor(548, "GB/s", "qualcomm-docs"),
    peakTflops: qualcomm.ultra,
    weightStreamGBps: derated(vendor(548, "GB/s", "qualcomm-docs"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: deratedPeaks(qualcomm.ultra, unmeasuredCompute, why),
    link: pcie,
    tdpWatts: vendor(150, "W", "qualcomm-docs"),
  },
  "ai100-standard": {
    name: "Qualcomm Cloud AI 100 Standard",
    maker: "Qualcomm",
    kind: "asic",
    generation: "ai100",
    memoryGB: vendor(16, "GB", "qualcomm-docs"),
    dramGBps: vendor(137, "GB/s", "qualcomm-docs"),
    peakTflops: qualcomm.standard,
    weightStreamGBps: derated(vendor(137, "GB/s", "qualcomm-docs"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: deratedPeaks(qualcomm.standard, unmeasuredCompute, why),
    link: pcie,
    tdpWatts: vendor(75, "W", "qualcomm-docs"),
  },
  "groq-lpu": {
    name: "Groq LPU v1",
    maker: "Groq",
    kind: "asic",
    generation: "lpu-v1",
    memoryGB: vendor(0.23, "GB", "techpowerup", { note: "on-chip SRAM; a model spans hundreds of chips" }),
    dramGBps: vendor(80_000, "GB/s", "techpowerup", { note: "SRAM, not DRAM" }),
    peakTflops: groq,
    weightStreamGBps: derated(vendor(80_000, "GB/s", "techpowerup"), unmeasuredBandwidth, whyBandwidth),
    kernelTflops: deratedPeaks(groq, unmeasuredCompute, why),
    link: fabric(2, 40, "chip-to-chip links, not published as all-reduce"),
    tdpWatts: vendor(300, "W", "techpowerup"),
  },
  "hailo-10h": {
    name: "Hailo-10H",
    maker: "Hailo",
    kind: "npu",
    generation: "hailo-10",
    memoryGB: vendor(8, "GB", "hailo-review"),
    dramGBps: assumed(17, "GB/s", "LPDDR4X on a 32-bit bus; not stated by the maker"),
    peakTflops: hailo,
    weightStreamGBps: assumed(8.5, "GB/s", "solved from 9.45 tokens/s of a 1.5 B int4 model (0.9 GB)"),
    kernelTflops: deratedPeaks(hailo, 0.5, "no measurement; the larger Thor shows 0.4 in fp4"),
    link: noLink,
    tdpWatts: vendor(2.5, "W", "hailo-review"),
  },
} satisfies Record<string, AcceleratorRow>;
