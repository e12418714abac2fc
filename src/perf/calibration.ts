import type { Model } from "../catalog/index.ts";
import {
  coefficientNames,
  fitCoefficients,
  predictRun,
  type CoefficientName,
  type EngineCoefficients,
  type MeasuredRun,
} from "./fit-coefficients.ts";
import { unknownBandRatio } from "./prediction-class.ts";
import { median } from "./repeated-runs.ts";

/** Absolute relative errors of a set of runs; NaN where none has that time. */
export interface ErrorSummary {
  readonly runs: number;
  readonly tpotMedian: number;
  readonly tpotP90: number;
  readonly ttftMedian: number;
}

/** Errors on runs that the fit did not see. */
export interface HeldOut extends ErrorSummary {
  /**
   * What was left out: a chip, a model, a release of the engine; where there is one of each only, a number in flight, and where
   * there are fewer than three of those, every fifth run.
   */
  readonly by: "accelerator" | "model" | "release" | "concurrency" | "runs";
  readonly leftOut: string;
}

export interface Calibration {
  readonly coefficients: EngineCoefficients;
  readonly fit: ErrorSummary;
  readonly heldOut: readonly HeldOut[];
  /**
   * Nine of ten predictions of the time per token should lie within this ratio: the worst of the fit and of what was left out,
   * for each kind of that. Fewer than ten runs cannot say it, and it is no less than what is expected without any.
   */
  readonly bandRatio: number;
  /** Median of measured over expected times, before the fit: 1000 where they were written in other units. */
  readonly expectationRatio: number;
  /** Runs that could not be used as the model does not fit on the accelerators; they are in no figure above. */
  readonly unusable: number;
}

/** Fewer runs than this say nothing about a chip, a model, a release or a number in flight that was left out. */
const fewestRuns = 5;
/** Of fewer runs nobody can say what nine in ten do. */
const fewestForBand = 10;
const fewestLevels = 3;

/** Value below which a share `p` of the numbers lies; NaN for none. */
function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

interface Errors {
  readonly tpot: number[];
  readonly ttft: number[];
}

function errorsOf(runs: readonly MeasuredRun[], coefficients: EngineCoefficients): Errors {
  const tpot: number[] = [];
  const ttft: number[] = [];
  for (const run of runs) {
    const point = predictRun(run, coefficients);
    if (!point) continue;
    if (run.tpotMs > 0) tpot.push(Math.abs(point.tpotMs / run.tpotMs - 1));
    if (run.ttftMs > 0) ttft.push(Math.abs(point.ttftMs / run.ttftMs - 1));
  }
  return { tpot, ttft };
}

function summaryOf(runs: number, { tpot, ttft }: Errors): ErrorSummary {
  return { runs, tpotMedian: quantile(tpot, 0.5), tpotP90: quantile(tpot, 0.9), ttftMedian: quantile(ttft, 0.5) };
}

/**
 * Fits the coefficients of an engine to measured runs and says how far to trust them: the error on the runs, and the error
 * when a chip, a model or a release is left out of the fit. Where there is only one of each, a number in flight is left out, or
 * every fifth run in turn.
 *
 * @param expected what the coefficients stay near where the runs say nothing, as a rule those of the catalogue.
 * @param expectedBandRatio band of an engine like it that nobody has run.
 */
export function calibrate(
  runs: readonly MeasuredRun[],
  expected: EngineCoefficients,
  expectedBandRatio = unknownBandRatio,
): Calibration {
  const usable = runs.filter((run) => predictRun(run, expected) !== null);
  const coefficients = rounded(fitCoefficients(usable, expected));
  const fitted = errorsOf(usable, coefficients);
  const fit = summaryOf(usable.length, fitted);
  const heldOut: HeldOut[] = [];
  const missed = new Map<HeldOut["by"], number[]>();
  const leaveOut = (
    by: HeldOut["by"],
    leftOut: string,
    isOut: (run: MeasuredRun, position: number) => boolean,
    fewest = fewestRuns,
  ) => {
    const out = usable.filter(isOut);
    const rest = usable.filter((run, position) => !isOut(run, position));
    if (out.length === 0 || rest.length < fewest) return;
    const errors = errorsOf(out, fitCoefficients(rest, expected));
    heldOut.push({ by, leftOut, ...summaryOf(out.length, errors) });
    missed.set(by, [...(missed.get(by) ?? []), ...errors.tpot]);
  };
  for (const by of ["accelerator", "model"] as const) {
    const group =
      by === "model" ? (run: MeasuredRun) => shapeOf(run.spec.model) : (run: MeasuredRun) => run.spec[by].id;
    const members = Array.from(Map.groupBy(usable, group).values(), (alike) =>
      [...new Set(alike.map((run) => run.spec[by].id))].toSorted(),
    ).toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
    if (members.length < 2) continue;
    for (const ids of members) leaveOut(by, ids.join(", "), (run) => ids.includes(run.spec[by].id));
  }
  const releases = [...new Set(usable.map((run) => run.release ?? ""))].toSorted();
  if (releases.length > 1) {
    for (const release of releases)
      leaveOut("release", release || "no release", (run) => (run.release ?? "") === release);
  }
  const levels = [...new Set(usable.map((run) => run.concurrency))].toSorted((a, b) => a - b);
  if (heldOut.length === 0 && levels.length >= fewestLevels) {
    for (const level of levels) leaveOut("concurrency", `${level} in flight`, (run) => run.concurrency === level);
  }
  if (heldOut.length === 0) {
    for (let turn = 0; turn < 5; turn++) {
      leaveOut("runs", `every fifth from run ${turn + 1}`, (_, position) => position % 5 === turn, 1);
    }
  }
  const told = [fitted.tpot, ...missed.values()].filter((errors) => errors.length > 0);
  const enough = told.filter((errors) => errors.length >= fewestForBand);
  const bandRatio = Math.max(0, ...(enough.length > 0 ? enough : told).map((errors) => quantile(errors, 0.9)));
  const ratios = usable.flatMap((run) => {
    const { tpotMs, ttftMs } = predictRun(run, expected)!;
    return run.tpotMs > 0 ? [run.tpotMs / tpotMs] : run.ttftMs > 0 ? [run.ttftMs / ttftMs] : [];
  });
  return {
    coefficients,
    fit,
    heldOut,
    bandRatio: fitted.tpot.length < fewestForBand ? Math.max(bandRatio, expectedBandRatio) : bandRatio,
    expectationRatio: median(ratios),
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
