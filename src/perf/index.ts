/** Floor 4: one engine under load. Pure. */
export { benchmarkCapacityPerS, type BenchmarkLimits } from "./benchmark-capacity.ts";
export { calibrate, type Calibration, type ErrorSummary, type HeldOut } from "./calibration.ts";
export { capacityPerS, firstTokenCurve, unloadedTtftMs, type LatencyLimits } from "./capacity.ts";
export {
  coefficientNames,
  coefficientsOf,
  predictRun,
  type CoefficientName,
  type EngineCoefficients,
  type MeasuredRun,
} from "./fit-coefficients.ts";
export { acceleratorNamed, engineNamed, modelNamed } from "./catalogue-names.ts";
export { formatNamed, weightFormatOf } from "./format-names.ts";
export { contradictions, usableRuns, type UsableRuns } from "./usable-runs.ts";
export { withoutRepeats } from "./repeated-runs.ts";
export { isLoadResults, readLoadResults, type LoadedServer } from "./read-load-results.ts";
export { readMeasuredRuns, type MeasuredRow, type MeasuredRowsResult } from "./read-measured-runs.ts";
export { loadPoint, saturationPerS, type LoadPoint } from "./load-point.ts";
export { fit, kvBytesPerToken, type Fit, type ReplicaSpec } from "./memory.ts";
export { sharingOf, type Peers, type Sharing, type Stream } from "./shared-load.ts";
export { divideMemory, leastMemoryRatio, type MemoryAsk } from "./shared-memory.ts";
export { closedLoop, type ClosedLoopPoint, type ClosedLoopProtocol } from "./closed-loop.ts";
export { hasMeasuredRates, predictionClass, type PredictionClass } from "./prediction-class.ts";
export { acceleratorsOf, engineSpec } from "./engine-spec.ts";
export { energyKwhPerRequest, wallPowerKw } from "./power.ts";
export { compileReplica } from "./compile-replica.ts";
export { acceptanceUnits, feasibleTensorParallel, promptShare, stepMs, type Replica, type Split } from "./replica.ts";
export { drawnMsPerRequest } from "./request-draw.ts";
export { runDrawnMs, type StepTerms } from "./step-draw.ts";
export { requestTokensAt, type RequestShape } from "./request-shape.ts";
export { bytesPerWeight } from "./precision.ts";
