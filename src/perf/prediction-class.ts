import { engineCalibration } from "../catalog/index.ts";
import type { Replica } from "./replica.ts";

/** Where a prediction stands: on a measured pair, between measured ones, or beyond them, out of datasheets and reasoning. */
export interface PredictionClass {
  readonly kind: "measured" | "interpolated" | "extrapolated";
  /** Nine of ten predictions of the time per token lie within this ratio of the truth. */
  readonly bandRatio: number;
  readonly because: string;
}

/**
 * Band for chips or engines known from datasheets only. MLPerf v5.1 results on such chips missed the prediction by 10
 * to 60 %.
 */
export const unknownBandRatio = 0.6;

/** Says how a replica's times are known, and within which band. */
export function predictionClass(replica: Replica): PredictionClass {
  const { accelerator, engine, model } = replica.spec;
  const calibration = engine.calibration ?? engineCalibration[engine.id];
  if (!calibration) {
    const because = `${engine.name} was not fitted on measured runs`;
    return { kind: "extrapolated", bandRatio: unknownBandRatio, because };
  }
  if (accelerator.rateConfidence !== "measured") {
    const because = `the rates of ${accelerator.name} come from its datasheet`;
    return { kind: "extrapolated", bandRatio: unknownBandRatio, because };
  }
  const unmeasured = engine.speculative
    ? "tokens guessed ahead"
    : replica.pipelineStages > 1
      ? "a pipeline"
      : engine.split
        ? "separate units for prompts and answers"
        : null;
  if (unmeasured !== null) {
    const share = engine.speculative ? "few or none" : "none";
    const because = `${share} of the ${calibration.rows} runs ${engine.name} was fitted on had ${unmeasured}`;
    return { kind: "extrapolated", bandRatio: unknownBandRatio, because };
  }
  const known = calibration.measured.some(([chip, id]) => chip === accelerator.id && id === model.id);
  return known
    ? {
        kind: "measured",
        bandRatio: calibration.p90Error,
        because: `${model.name} on ${accelerator.name} is among the ${calibration.rows} runs ${engine.name} was fitted on`,
      }
    : {
        kind: "interpolated",
        bandRatio: calibration.heldOutP90Error,
        because: `${accelerator.name} has measured rates, but ${model.name} was not measured on it with ${engine.name}`,
      };
}
