import { derated, type Figure } from "./figure.ts";
import type { Accelerator, AllReduceGroup, Precision } from "../world/world-engines.ts";

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
  readonly groups?: readonly LinkGroup[];
  /** By the engine's id where its own kernels take other times. */
  readonly groupsByEngine?: Readonly<Record<string, readonly LinkGroup[]>>;
}

/** All-reduce over a number of accelerators: time of the smallest message and of one of each size in `allReduceSizesMB`. */
export interface LinkGroup {
  readonly accelerators: number;
  readonly latencyUs: Figure;
  readonly timesUs: readonly Figure[];
}

/** Sizes of message at which all-reduce is listed: from a few decoding sequences to many long prompts, MB. */
export const allReduceSizesMB = [0.131, 0.524, 2.1, 8.39, 33.6, 134, 537] as const;

/** Number formats with the bits of one number. */
const formats: readonly { readonly precision: Precision; readonly bits: number }[] = [
  { precision: "bf16", bits: 16 },
  { precision: "fp8", bits: 8 },
  { precision: "int8", bits: 8 },
  { precision: "fp4", bits: 4 },
  { precision: "int4", bits: 4 },
];

/**
 * Total processing performance as U.S. export law counts it: dense rate (TFLOP/s) × bit length, the largest over all
 * formats (ECCN 3A090 technical note).
 */
export function totalProcessingPerformance(rates: Readonly<Partial<Record<Precision, number>>>): number {
  return Math.round(Math.max(0, ...formats.map(({ precision, bits }) => (rates[precision] ?? 0) * bits)));
}

/** The values of figures by name. */
export function valuesOf<Key extends string>(
  figures: Readonly<Partial<Record<Key, Figure>>>,
): Readonly<Partial<Record<Key, number>>> {
  const values: Partial<Record<Key, number>> = {};
  for (const key in figures) if (figures[key]) values[key] = figures[key].value;
  return values;
}

/** Derates every peak of a chip by one ratio. */
export function deratedPeaks(
  peaks: AcceleratorRow["peakTflops"],
  ratio: number,
  why: string,
): AcceleratorRow["kernelTflops"] {
  return Object.fromEntries(Object.entries(peaks).map(([precision, peak]) => [precision, derated(peak, ratio, why)]));
}

/** Formats whose arithmetic was measured, if the memory was: none otherwise. */
function measuredOf({ weightStreamGBps, kernelTflops }: AcceleratorRow): readonly Precision[] {
  if (weightStreamGBps.confidence !== "measured") return [];
  return formats.map(({ precision }) => precision).filter((format) => kernelTflops[format]?.confidence === "measured");
}

function plainGroup({ accelerators, latencyUs, timesUs }: LinkGroup): AllReduceGroup {
  return { accelerators, latencyUs: latencyUs.value, timesUs: timesUs.map(({ value }) => value) };
}

/** The plain accelerator that travels in a world. */
export function acceleratorOf(id: string, row: AcceleratorRow): Accelerator {
  const measuredFormats = measuredOf(row);
  const isMeasured = measuredFormats.length > 0 && measuredFormats.length === Object.keys(row.kernelTflops).length;
  return {
    id,
    name: row.name,
    kind: row.kind,
    generation: row.generation,
    memoryGB: row.memoryGB.value,
    memoryGBps: row.weightStreamGBps.value,
    tflops: valuesOf(row.kernelTflops),
    rateConfidence: isMeasured ? "measured" : "vendor",
    ...(!isMeasured && measuredFormats.length > 0 && { measuredFormats }),
    link: {
      kind: row.link.kind,
      latencyUs: row.link.latencyUs.value,
      allReduceGBps: row.link.allReduceGBps.value,
      ...(row.link.groups && { groups: row.link.groups.map(plainGroup) }),
      ...(row.link.groupsByEngine && {
        groupsByEngine: Object.fromEntries(
          Object.entries(row.link.groupsByEngine).map(([engine, groups]) => [engine, groups.map(plainGroup)]),
        ),
      }),
    },
    totalProcessingPerformance: totalProcessingPerformance(valuesOf(row.peakTflops)),
    dramGBps: row.dramGBps.value,
    tdpWatts: row.tdpWatts.value,
  };
}
