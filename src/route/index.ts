/** The routing policy: eligibility, cost and choice, decided once for `plan`, `simulate` and `serve`. */
export { chooseAfterLoss, fullGroup, isBeyondBudget, type Beyond } from "./after-loss.ts";
export { arcTable, arcTableSteps, reachKm, usdPerRequest, type ArcTable } from "./arcs.ts";
export { choose, costUsd, missRatioAt, type Extra } from "./choose.ts";
export { dailyCurve, dailyShare, meanShareBetween, type DailyCurve } from "./daily-curve.ts";
export {
  decide,
  describe,
  describeTarget,
  missRatioAfter,
  type Decision,
  type DecisionTerms,
  type Target,
} from "./decide.ts";
export { enginePredictions, type EnginePrediction } from "./engine-predictions.ts";
export type { Deployment, PlannedFlow, Pool, ReplicaGroup } from "./deployment.ts";
export { emptyJudgement, filter, judge, type Judgement, type RouteOrigin, type Verdict } from "./filter.ts";
export { groupEngine, type GroupEngine } from "./group-engine.ts";
export { atDistance, relations, type LatencyTable, type Relation } from "./latency.ts";
export { explainPhysics, type Physics } from "./physics.ts";
export { place, type Placement, type RouteRequest } from "./place.ts";
export { areaSiteKm, compilePolicy, relationOf, servingAt, type Policy } from "./policy.ts";
export { failoverWorld } from "./failover-world.ts";
export type { Group } from "./group.ts";
export { missRatio, type Lane } from "./lane.ts";
export { laneTerm, positionOf, termCount, termsAt, type Choices } from "./lane-terms.ts";
export type { Rejection } from "./rejections.ts";
export { residencyRefusal } from "./residency.ts";
export { Admission, type AdmissionEvents, type AdmissionLimits, type Candidate, type LineClock } from "./admission.ts";
export { FirstTokens } from "./first-tokens.ts";
export { lesserPriority, priorities, type Priority } from "./priority.ts";
export { defaultLine, hasRoom, placesOf, startsWithinMs } from "./room.ts";
export { reportTimes } from "./report-times.ts";
export { compileRoutes, type Routes } from "./routes.ts";
export { score, type StaticTerms } from "./score.ts";
export { engineKey, rateWithin, requestShape, type Serving, type ServingOption } from "./serving.ts";
export { loadViewOf, type EngineSignals, type LoadView, type Signal, type Snapshot } from "./snapshot.ts";
export { rejectReasons, type RejectReason } from "./standing.ts";
export { trainingRate } from "./training.ts";
export { residencyDetail, residencyRule } from "./residency.ts";
