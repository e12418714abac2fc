import type { Calibration } from "../../perf/index.ts";

/** A fitted engine as it goes into a file for scenarios. */
export interface CalibratedEngine {
  readonly id: string;
  /** Engine of the catalogue whose settings it keeps. */
  readonly like: string;
  readonly calibration: Calibration;
  /** `accelerator/model` pairs that were measured. */
  readonly measuredOn: readonly string[];
}

/** The file that `engines: [{ file: … }]` reads: one row per engine, keys of the specification as columns. */
export function engineTable(engines: readonly CalibratedEngine[]): string {
  const head = [
    "id",
    "like",
    "stepFixed [ms]",
    "stepPerLayer [us]",
    "stepPerExpertLayer [us]",
    "stepPerSequence [us]",
    "memory",
    "expertMemory",
    "compute",
    "expertCompute",
    "communication",
    "requestOverhead [ms]",
    "promptPerExpertLayer [ms]",
    "runs",
    "fitError",
    "heldOutError",
    "measuredOn",
  ];
  const rows = engines.map(({ id, like, calibration, measuredOn }) => {
    const c = calibration.coefficients;
    return [
      id,
      like,
      c.stepFixedMs,
      c.stepPerLayerUs,
      c.stepPerExpertLayerUs,
      c.stepPerSequenceUs,
      c.memoryCoefficient,
      c.expertMemoryCoefficient,
      c.computeCoefficient,
      c.expertComputeCoefficient,
      c.communicationCoefficient,
      c.requestOverheadMs,
      c.promptPerExpertLayerMs,
      calibration.fit.runs,
      errorCell(calibration.fit.tpotP90),
      errorCell(calibration.bandRatio),
      measuredOn.join(";"),
    ];
  });
  return `${[head, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}

/** Empty where no run tells. */
const errorCell = (ratio: number) =>
  Number.isNaN(ratio) ? "" : `${Number((Math.min(ratio, 10) * 100).toPrecision(3))} %`;
