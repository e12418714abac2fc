import { computeMsOf, costUsd } from "./choose.ts";
import type { RouteOrigin } from "./filter.ts";
import { laneTerm, missRatio, termCount, type Lane, type Rejection } from "./lane.ts";
import { place, type Placement, type RouteRequest } from "./place.ts";
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
  const { budgetMs } = routes.lane(origin.workload, origin.area, origin.access).stakes;
  if (placement.replicas.length === 0) {
    const lane = routes.wholeLane(origin.workload, origin.area, origin.access);
    return { target: null, fallbacks: [], rejected: [...unhealthy(routes, lane), ...lane.rejected], budgetMs };
  }
  const [target, ...fallbacks] = placement.replicas.map((_, candidate) =>
    describeTarget(routes, origin, placement, candidate),
  );
  const { rejected } = routes.lane(origin.workload, origin.area, origin.access);
  return { target: target!, fallbacks, rejected, budgetMs };
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
  { replicas, queueMs: queues, loadKnown, targetTokens, tokens: tokensElsewhere }: Placement,
  candidate: number,
): Target {
  const replica = replicas[candidate]!;
  const groupIndex = routes.groupOfReplica[replica]!;
  const group = routes.groups[groupIndex]!;
  let lane = routes.lane(workload, area, access);
  if (!lane.group.includes(groupIndex)) lane = routes.wholeLane(workload, area, access);
  const index = lane.group.indexOf(groupIndex);
  const money = lane.moneyOf(index);
  const term = (position: number) => lane.terms[lane.from + index * termCount + position]!;
  const site = routes.policy.world.sites[group.site]!;
  const tokens = candidate === 0 ? targetTokens : tokensElsewhere;
  const queueMs = queues[candidate]!;
  const computeMs = computeMsOf(lane, index, queueMs, tokens);
  return {
    replica,
    group: groupIndex,
    pool: routes.deployment.pools[group.pool]!.id,
    site: site.id,
    siteName: site.name,
    tier: site.tier,
    country: site.country,
    terms: {
      rttMs: term(laneTerm.rttMs),
      queueMs,
      prefillMs: computeMs - queueMs,
      ttftMs: term(laneTerm.rttMs) + computeMs,
      missRatio: missRatio(term(laneTerm.mu), term(laneTerm.sigma), lane.stakes.budgetMs, computeMs),
      egressUsd: money.egressUsd,
      energyUsd: money.energyUsd,
      egressBytes: routes.policy.world.workloads[workload]!.responseBytes,
      expectedUsd: costUsd(lane, index, queueMs, tokens),
      loadKnown: loadKnown[candidate]!,
    },
  };
}
