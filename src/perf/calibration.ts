import type { Model } from "../catalog/index.ts";
import {
  coefficientNames,
  fitCoefficients,
  predictRun,
  type CoefficientName,
  type EngineCoefficients,
  type MeasuredRun,
} from "./fit-coefficients.ts";
import { median } from "./repeated-runs.ts";

/** Absolute relative errors of a set of runs. */
export interface ErrorSummary {
  readonly runs: number;
  readonly tpotMedian: number;
  readonly tpotP90: number;
  readonly ttftMedian: number;
}

/** Errors on runs that the fit did not see. */
export interface HeldOut extends ErrorSummary {
  /** What was left out: a chip, a model, or every fifth run where there is one chip and one model only. */
  readonly by: "accelerator" | "model" | "runs";
  readonly leftOut: string;
}

export interface Calibration {
  readonly coefficients: EngineCoefficients;
  readonly fit: ErrorSummary;
  readonly heldOut: readonly HeldOut[];
  /** Nine of ten predictions of the time per token should lie within this ratio: the worse of fit and held-out. */
  readonly bandRatio: number;
  /** Median of measured over expected times per token, before the fit: 1000 where they were written in other units. */
  readonly expectationRatio: number;
  /** Runs that could not be used as the model does not fit on the accelerators; they are in no figure above. */
  readonly unusable: number;
}

/** Fewer runs than this say nothing about what was left out. */
const fewestRuns = 5;

/** Value below which a share `p` of the numbers lies; 0 for none. */
function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? 0;
}

function errorsOf(runs: readonly MeasuredRun[], coefficients: EngineCoefficients): ErrorSummary {
  const tpot: number[] = [];
  const ttft: number[] = [];
  for (const run of runs) {
    const point = predictRun(run, coefficients);
    if (!point) continue;
    if (run.tpotMs > 0) tpot.push(Math.abs(point.tpotMs / run.tpotMs - 1));
    if (run.ttftMs > 0) ttft.push(Math.abs(point.ttftMs / run.ttftMs - 1));
  }
  return {
    runs: runs.length,
    tpotMedian: quantile(tpot, 0.5),
    tpotP90: quantile(tpot, 0.9),
    ttftMedian: quantile(ttft, 0.5),
  };
}

/**
 * Fits the coefficients of an engine to measured runs and says how far to trust them: the error on the runs, and the error
 * when a chip or a model is left out of the fit. Where there is only one of either, every fifth run is left out in turn.
 *
 * @param expected what the coefficients stay near where the runs say nothing, as a rule those of the catalogue.
 */
export function calibrate(runs: readonly MeasuredRun[], expected: EngineCoefficients): Calibration {
  const usable = runs.filter((run) => predictRun(run, expected) !== null);
  const coefficients = rounded(fitCoefficients(usable, expected));
  const fit = errorsOf(usable, coefficients);
  const heldOut: HeldOut[] = [];
  const leaveOut = (by: HeldOut["by"], leftOut: string, isOut: (run: MeasuredRun, position: number) => boolean) => {
    const out = usable.filter(isOut);
    const rest = usable.filter((run, position) => !isOut(run, position));
    if (out.length === 0 || rest.length < fewestRuns) return;
    heldOut.push({ by, leftOut, ...errorsOf(out, fitCoefficients(rest, expected)) });
  };
  const groups = {
    accelerator: Map.groupBy(usable, (run) => run.spec.accelerator.id),
    model: Map.groupBy(usable, (run) => shapeOf(run.spec.model)),
  };
  for (const by of ["accelerator", "model"] as const) {
    const members = Array.from(groups[by].values(), (group) =>
      [...new Set(group.map((run) => run.spec[by].id))].toSorted(),
    ).toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
    if (members.length < 2) continue;
    for (const ids of members) leaveOut(by, ids.join(", "), (run) => ids.includes(run.spec[by].id));
  }
  if (heldOut.length === 0) {
    for (let turn = 0; turn < 5; turn++) {
      leaveOut("runs", `every fifth from run ${turn + 1}`, (_, position) => position % 5 === turn);
    }
  }
  return {
    coefficients,
    fit,
    heldOut,
    bandRatio: Math.max(
      fit.tpotP90,
      quantile(
        heldOut.map((entry) => entry.tpotP90),
        0.5,
      ),
    ),
    expectationRatio: median(usable.map((run) => run.tpotMs / predictRun(run, expected)!.tpotMs)),
    unusable: runs.length - usable.length,
  };
}

/** Two releases of one shape run alike: leaving one of them out would leave nothing out. */
function shapeOf({ layers, hiddenSize, attentionHeads, totalParameters, sparseAttention }: Model): string {
  return [layers, hiddenSize, attentionHeads, totalParameters, sparseAttention !== undefined].join();
}

/** Three digits: more than the runs can tell, and short enough to read. */
function rounded(coefficients: EngineCoefficients): EngineCoefficients {
  const short: Record<CoefficientName, number> = { ...coefficients };
  for (const name of coefficientNames) short[name] = Number(coefficients[name].toPrecision(3));
  return short;
}
