import { derated, type Figure } from "./figure.ts";
import type { Accelerator, Confidence, Precision } from "./world.ts";

/**
 * An accelerator of the catalogue: what the datasheet says beside what the engine model uses.
 *
 * `peak*` are datasheet values for dense arithmetic on one chip. `kernel*` are the rates kernels reach: measured medians
 * where there are any, else the datasheet derated by a stated ratio.
 */
export interface AcceleratorRow {
  readonly name: string;
  readonly maker: string;
  readonly kind: Accelerator["kind"];
  readonly generation: string;
  readonly memoryGB: Figure;
  readonly dramGBps: Figure;
  readonly peakTflops: Readonly<Partial<Record<Precision, Figure>>>;
  readonly weightStreamGBps: Figure;
  readonly kernelTflops: Readonly<Partial<Record<Precision, Figure>>>;
  readonly link: AcceleratorLink;
  readonly tdpWatts: Figure;
}

/** How accelerators of one server talk to each other. */
export interface AcceleratorLink {
  readonly kind: Accelerator["link"]["kind"];
  readonly latencyUs: Figure;
  readonly allReduceGBps: Figure;
}

/** Bits of one number of a format. */
export const bitsOf: Readonly<Record<Precision, number>> = { bf16: 16, fp8: 8, int8: 8, fp4: 4, int4: 4 };

/**
 * Total processing performance as U.S. export law counts it: dense rate × bit length, the largest over all formats
 * (ECCN 3A090 technical note).
 */
export function totalProcessingPerformance(row: AcceleratorRow): number {
  let largest = 0;
  for (const [precision, peak] of Object.entries(row.peakTflops)) {
    largest = Math.max(largest, peak.value * bitsOf[precision as Precision]);
  }
  return Math.round(largest);
}

/** Derates every peak of a chip by one ratio. */
export function deratedPeaks(
  peaks: AcceleratorRow["peakTflops"],
  ratio: number,
  why: string,
): AcceleratorRow["kernelTflops"] {
  return Object.fromEntries(Object.entries(peaks).map(([precision, peak]) => [precision, derated(peak, ratio, why)]));
}

/** The plain accelerator that travels in a world. */
export function acceleratorOf(id: string, row: AcceleratorRow): Accelerator {
  const rates = [row.weightStreamGBps, ...Object.values(row.kernelTflops)];
  const rateConfidence: Confidence = rates.every((rate) => rate.confidence === "measured") ? "measured" : "vendor";
  return {
    id,
    name: row.name,
    kind: row.kind,
    generation: row.generation,
    memoryGB: row.memoryGB.value,
    memoryGBps: row.weightStreamGBps.value,
    tflops: Object.fromEntries(Object.entries(row.kernelTflops).map(([precision, rate]) => [precision, rate.value])),
    rateConfidence,
    link: {
      kind: row.link.kind,
      latencyUs: row.link.latencyUs.value,
      allReduceGBps: row.link.allReduceGBps.value,
    },
    totalProcessingPerformance: totalProcessingPerformance(row),
    dramGBps: row.dramGBps.value,
    tdpWatts: row.tdpWatts.value,
  };
}
