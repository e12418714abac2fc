/** Floor 4: one engine under load. Pure. */
export { capacityPerS, unloadedTtftMs, type LatencyLimits } from "./capacity.ts";
export { loadPoint, saturationPerS, type LoadPoint } from "./load-point.ts";
export { fit, kvBytesPerToken, type Fit, type ReplicaSpec } from "./memory.ts";
export { closedLoop, type ClosedLoopPoint } from "./closed-loop.ts";
export { predictionClass, type PredictionClass } from "./prediction-class.ts";
export { energyKwhPerRequest, wallPowerKw } from "./power.ts";
export { compileReplica, feasibleTensorParallel, stepMs, type Replica } from "./replica.ts";
export type { RequestShape } from "./request-shape.ts";
