/** The routing policy: eligibility, cost and choice, decided once for `plan`, `simulate` and `serve`. */
export { arcTable, reachKm, type ArcTable } from "./arcs.ts";
export { choose, type Extra } from "./choose.ts";
export { decide, type Decision, type DecisionTerms, type RouteRequest, type Target } from "./decide.ts";
export { enginePredictions, type EnginePrediction } from "./engine-predictions.ts";
export type { Deployment, PlannedFlow, Pool, ReplicaGroup } from "./deployment.ts";
export { emptyJudgement, filter, judge, type Judgement, type RouteOrigin, type Verdict } from "./filter.ts";
export { atDistance, relations, type LatencyTable, type Relation } from "./latency.ts";
export { explainPhysics, type Physics } from "./physics.ts";
export { areaSiteKm, compilePolicy, relationOf, type Policy } from "./policy.ts";
export { laneTerm, missRatio, termCount, type Group, type Lane, type Rejection } from "./lane.ts";
export { residencyRefusal } from "./residency.ts";
export { compileRoutes, type Routes } from "./routes.ts";
export { score, type StaticTerms } from "./score.ts";
export { engineKey, rateWithin, requestShape, type Serving, type ServingOption } from "./serving.ts";
export { loadViewOf, type EngineSignals, type LoadView, type Signal, type Snapshot } from "./snapshot.ts";
export { rejectReasons, type RejectReason } from "./standing.ts";
export { trainingRate } from "./training.ts";
export { residencyDetail, residencyRule } from "./residency.ts";
