import { computeMsOf, costUsd, missRatioAt } from "./choose.ts";
import type { RouteOrigin } from "./filter.ts";
import { missRatio, type Lane } from "./lane.ts";
import { laneTerm, positionOf, termsAt } from "./lane-terms.ts";
import { place, type Placement, type RouteRequest } from "./place.ts";
import type { Rejection } from "./rejections.ts";
import type { Routes } from "./routes.ts";
import type { Snapshot } from "./snapshot.ts";

/** The terms behind a choice; latencies in ms, money in USD per request. */
export interface DecisionTerms {
  readonly rttMs: number;
  readonly queueMs: number;
  readonly prefillMs: number;
  /** Median network + queue + prefill. */
  readonly ttftMs: number;
  /** Probability of missing the first-token budget. */
  readonly missRatio: number;
  readonly egressUsd: number;
  readonly energyUsd: number;
  readonly egressBytes: number;
  /** What was minimised. */
  readonly expectedUsd: number;
  /** False when queue or health are not known afresh. */
  readonly loadKnown: boolean;
}

/** An engine the request may go to. */
export interface Target {
  readonly replica: number;
  readonly group: number;
  readonly pool: string;
  readonly site: string;
  readonly siteName: string;
  readonly tier: "core" | "regional" | "edge";
  readonly country: string;
  readonly terms: DecisionTerms;
}

export interface Decision {
  /** Null when no engine may or can take the request; `rejected` says why. */
  readonly target: Target | null;
  /** Next best engines at other pools, best first. */
  readonly fallbacks: readonly Target[];
  readonly rejected: readonly Rejection[];
  /** What the target was judged by: the workload's budget, or its `failover` time where only a loss made it a target. */
  readonly budgetMs: number;
}

/**
 * Decides where a request goes and explains it. Pure: the clock and the lots come from the caller, so replaying the
 * same snapshot gives the same bytes.
 */
export function decide(
  routes: Routes,
  request: RouteRequest,
  snapshot: Snapshot,
  { nowMs, rng }: { readonly nowMs: number; readonly rng: () => number },
): Decision {
  return describe(routes, request, place(routes, request, snapshot, { nowMs, rng }));
}

/** Puts a placement of a request from `origin` into words. */
export function describe(routes: Routes, origin: RouteOrigin, placement: Placement): Decision {
  const lane = routes.lane(origin.workload, origin.area, origin.access);
  const { budgetMs } = lane.stakes;
  if (placement.replicas.length === 0) {
    const whole = routes.wholeLane(origin.workload, origin.area, origin.access);
    return { target: null, fallbacks: [], rejected: [...unhealthy(routes, whole), ...whole.rejected], budgetMs };
  }
  const fallbacks: Target[] = [];
  for (let candidate = 1; candidate < placement.replicas.length; candidate++) {
    fallbacks.push(describeIn(routes, lane, placement, candidate));
  }
  const target = describeIn(routes, lane, placement, 0);
  if (routes.afterLoss === null) return { target, fallbacks, rejected: lane.rejected, budgetMs };
  // Who may go there after a loss is not told that it lies beyond the budget.
  const pools = new Set([target, ...fallbacks].map(({ pool }) => pool));
  const rejected = lane.rejected.filter(({ pool }) => !pools.has(pool));
  return { target, fallbacks, rejected, budgetMs: laneWith(routes, lane, target.group).stakes.budgetMs };
}

function unhealthy(routes: Routes, lane: Lane): Rejection[] {
  return Array.from(lane.group, (index) => {
    const group = routes.groups[index]!;
    return {
      site: routes.policy.world.sites[group.site]!.id,
      pool: routes.deployment.pools[group.pool]!.id,
      reason: "unhealthy" as const,
      detail: "every engine there is down or excluded",
    };
  });
}

/** One candidate of a placement; the first is the target. */
export function describeTarget(
  routes: Routes,
  { workload, area, access }: RouteOrigin,
  placement: Placement,
  candidate: number,
): Target {
  return describeIn(routes, routes.lane(workload, area, access), placement, candidate);
}

/** Probability that the first candidate of a placement has its first token too late for a request that has waited so long, ms. */
export function missRatioAfter(
  routes: Routes,
  { workload, area, access }: RouteOrigin,
  { replicas, queueMs, targetTokens }: Placement,
  waitedMs: number,
): number {
  const replica = replicas[0]!;
  const lane = laneWith(routes, routes.lane(workload, area, access), routes.groupOfReplica[replica]!);
  return missRatioAt(routes, lane, replica, queueMs[0]! + waitedMs, targetTokens);
}

function describeIn(
  routes: Routes,
  shortlist: Lane,
  { replicas, queueMs: queues, loadKnown, targetTokens, tokens: tokensElsewhere }: Placement,
  candidate: number,
): Target {
  const replica = replicas[candidate]!;
  const group = routes.groupOfReplica[replica]!;
  const lane = laneWith(routes, shortlist, group);
  const index = positionOf(lane, group);
  const { egressUsd, energyUsd } = lane.moneyOf(index);
  const at = termsAt(lane, index);
  const { terms, stakes, origin } = lane;
  const rttMs = terms[at + laneTerm.rttMs]!;
  const tokens = candidate === 0 ? targetTokens : tokensElsewhere;
  const queueMs = queues[candidate]!;
  const computeMs = computeMsOf(lane, index, queueMs, tokens);
  const miss = missRatio(terms[at + laneTerm.mu]!, terms[at + laneTerm.sigma]!, stakes.budgetMs, computeMs);
  const { pool, site, siteName, tier, country } = routes.namesOfGroup[group]!;
  return {
    replica,
    group,
    pool,
    site,
    siteName,
    tier,
    country,
    terms: {
      rttMs,
      queueMs,
      prefillMs: computeMs - queueMs,
      ttftMs: rttMs + computeMs,
      missRatio: miss,
      egressUsd,
      energyUsd,
      egressBytes: routes.policy.world.workloads[origin.workload]!.responseBytes,
      expectedUsd: costUsd(lane, index, queueMs, tokens, miss),
      loadKnown: loadKnown[candidate]!,
    },
  };
}

/** The lane of the same origin that a group stands in: the shortlist, or all within the budget, or all after a loss. */
function laneWith(routes: Routes, shortlist: Lane, group: number): Lane {
  if (positionOf(shortlist, group) >= 0) return shortlist;
  const { workload, area, access } = shortlist.origin;
  const whole = routes.wholeLane(workload, area, access);
  return positionOf(whole, group) >= 0 ? whole : (routes.afterLoss ?? routes).wholeLane(workload, area, access);
}
