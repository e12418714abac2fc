import { engineCalibration, type EngineCalibration } from "../catalog/index.ts";
import { sharedPrecision, type ReplicaSpec } from "./memory.ts";
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

/** Whether all that a model's times follow from was measured on its chip: memory, and arithmetic in the formats it computes in. */
export function hasMeasuredRates(spec: ReplicaSpec): boolean {
  const { rateConfidence, measuredFormats = [], tflops } = spec.accelerator;
  if (rateConfidence === "measured") return true;
  // Attention is computed in 16 bits, and so are weights whose format the chip does not have.
  const used = [spec.weightPrecision, sharedPrecision(spec)].map((format) => (tflops[format] ? format : "bf16"));
  return [...used, "bf16" as const].every((format) => measuredFormats.includes(format));
}

function hasRunOn({ measured }: EngineCalibration, accelerator: string): boolean {
  return measured.some(([chip]) => chip === accelerator);
}

/** Says how a replica's times are known, and within which band. */
export function predictionClass(replica: Replica): PredictionClass {
  const { accelerator, engine, model, tensorParallel } = replica.spec;
  const calibration = engine.calibration ?? engineCalibration[engine.id];
  if (!calibration) {
    const because = `${engine.name} was not fitted on measured runs`;
    return { kind: "extrapolated", bandRatio: unknownBandRatio, because };
  }
  // Some engines are known so little that even chips with measured rates have a wider band than most datasheets.
  const extrapolatedBandRatio = Math.max(unknownBandRatio, calibration.heldOutP90Error);
  if (!hasMeasuredRates(replica.spec)) {
    const because = `the rates of ${accelerator.name} come from its datasheet`;
    return { kind: "extrapolated", bandRatio: extrapolatedBandRatio, because };
  }
  const unmeasured = engine.speculative
    ? "tokens guessed ahead"
    : replica.pipelineStages > 1
      ? "a pipeline"
      : engine.split
        ? "separate units for prompts and answers"
        : tensorParallel > 1 && accelerator.link.kind === "pcie" && !hasRunOn(calibration, accelerator.id)
          ? "sums over PCIe, whose time depends on the host"
          : null;
  if (unmeasured !== null) {
    const share = engine.speculative ? "few or none" : "none";
    const because = `${share} of the ${calibration.rows} runs ${engine.name} was fitted on had ${unmeasured}`;
    return { kind: "extrapolated", bandRatio: extrapolatedBandRatio, because };
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
