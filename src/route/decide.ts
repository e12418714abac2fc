import { choose, computeMsOf, costUsd, pessimisticDrainMs, tieRatio } from "./choose.ts";
import type { RouteOrigin } from "./filter.ts";
import { laneTerm, missRatio, termCount, type Lane, type Rejection } from "./lane.ts";
import type { Routes } from "./routes.ts";
import { loadViewOf, type LoadView, type Snapshot } from "./snapshot.ts";

/** A request as the policy sees it: where it comes from and what it wants, never what it says. */
export interface RouteRequest extends RouteOrigin {
  /** Input tokens not found in a cache, when counted; the workload's mean otherwise. */
  readonly uncachedTokens?: number;
  /** Engines that hold the beginning of this prompt in their cache, and how many of the uncached tokens that saves. */
  readonly warm?: { readonly group: number; readonly tokens: number };
  /** Replicas not to be used, for example because an attempt there has just failed. */
  readonly exclude?: readonly number[];
}

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

/** Fallbacks offered: each is another pool, so three survive the loss of any two sites. */
const fallbackCount = 3;
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
  let lane = routes.lane(request.workload, request.area, request.access);
  const seen = loadViewOf(snapshot);
  const excluded = request.exclude ?? [];
  const load: LoadView =
    excluded.length === 0
      ? seen
      : {
          drainMs: (replica, at) => seen.drainMs(replica, at),
          health: (replica, at) => (excluded.includes(replica) ? 0 : seen.health(replica, at)),
        };
  const workload = routes.policy.world.workloads[request.workload]!;
  const meanTokens = workload.inputTokens.mean * (1 - workload.prefixHitRatio);
  const tokens = (request.uncachedTokens ?? meanTokens) - meanTokens;
  let chosen = choose(routes, lane, load, nowMs, rng, { tokens });
  if (chosen < 0 && !lane.isWhole) {
    lane = routes.wholeLane(request.workload, request.area, request.access);
    chosen = choose(routes, lane, load, nowMs, rng, { tokens });
  }
  if (chosen < 0) {
    return {
      target: null,
      fallbacks: [],
      rejected: [...unhealthy(routes, lane), ...lane.rejected],
      budgetMs: lane.stakes.budgetMs,
    };
  }
  const warmer = request.warm && warmReplica(routes, lane, load, chosen, nowMs, tokens, request.warm);
  const saved = warmer === undefined ? 0 : request.warm!.tokens;
  const target = describeTarget(routes, lane, load, warmer ?? chosen, nowMs, tokens - saved);
  const fallbacks = fallbackReplicas(routes, lane, load, target.pool, nowMs, tokens).map((replica) =>
    describeTarget(routes, lane, load, replica, nowMs, tokens),
  );
  return { target, fallbacks, rejected: lane.rejected, budgetMs: lane.stakes.budgetMs };
}

/**
 * The engine whose cache holds the prompt's beginning, when that makes it cheaper than the one chosen; undefined when it
 * does not. Its queue counts as everyone's, so affinity is worth no more than the prefill it saves: load stays bounded.
 */
function warmReplica(
  routes: Routes,
  lane: Lane,
  load: LoadView,
  chosen: number,
  nowMs: number,
  tokens: number,
  warm: { readonly group: number; readonly tokens: number },
): number | undefined {
  const index = lane.group.indexOf(warm.group);
  const group = routes.groups[warm.group];
  if (index < 0 || group === undefined) return undefined;
  const replica = leastLoaded(group.firstReplica, group.replicas, load, nowMs);
  if (replica < 0) return undefined;
  const chosenIndex = lane.group.indexOf(routes.groupOfReplica[chosen]!);
  const chosenDrainMs = pessimisticDrainMs(lane, load, chosen, nowMs);
  const drainMs = pessimisticDrainMs(lane, load, replica, nowMs);
  const warmUsd = costUsd(lane, index, drainMs, tokens - warm.tokens);
  const chosenUsd = costUsd(lane, chosenIndex, chosenDrainMs, tokens);
  if (warmUsd > chosenUsd * (1 + tieRatio)) return undefined;
  if (warmUsd < chosenUsd * (1 - tieRatio)) return replica;
  // Where being early is worth nothing, the sooner one is still the better one.
  const warmMs = computeMsOf(lane, index, drainMs, tokens - warm.tokens);
  return warmMs < computeMsOf(lane, chosenIndex, chosenDrainMs, tokens) ? replica : undefined;
}

/** The cheapest engines at other pools, best first; found before any of them is described, as describing allocates. */
function fallbackReplicas(
  routes: Routes,
  lane: Lane,
  load: LoadView,
  targetPool: string,
  nowMs: number,
  tokens: number,
): number[] {
  const found: { replica: number; usd: number; pool: string }[] = [];
  let worstUsd = Number.POSITIVE_INFINITY;
  for (let index = 0; index < lane.group.length; index++) {
    // No later candidate can cost less than its bound, nor do the bounds fall; so nothing better follows. A request
    // shorter than the mean can undercut the bounds, and then all are looked at.
    if (tokens >= 0 && lane.terms[index * termCount + laneTerm.boundUsd]! > worstUsd) break;
    const group = routes.groups[lane.group[index]!]!;
    const pool = routes.deployment.pools[group.pool]!.id;
    if (pool === targetPool) continue;
    const replica = leastLoaded(group.firstReplica, group.replicas, load, nowMs);
    if (replica < 0) continue;
    const usd = costUsd(lane, index, pessimisticDrainMs(lane, load, replica, nowMs), tokens);
    const twin = found.find((other) => other.pool === pool);
    if (!twin) found.push({ replica, usd, pool });
    else if (usd < twin.usd) Object.assign(twin, { replica, usd });
    found.sort((a, b) => a.usd - b.usd || (a.pool < b.pool ? -1 : 1));
    if (found.length >= fallbackCount) {
      found.length = fallbackCount;
      worstUsd = found[fallbackCount - 1]!.usd;
    }
  }
  return found.map((entry) => entry.replica);
}

function leastLoaded(first: number, count: number, load: LoadView, nowMs: number): number {
  let best = -1;
  let bestMs = Number.POSITIVE_INFINITY;
  for (let replica = first; replica < first + count; replica++) {
    if (load.health(replica, nowMs) === 0) continue;
    const known = load.drainMs(replica, nowMs);
    const drainMs = Number.isNaN(known) ? Number.MAX_VALUE : known;
    if (drainMs < bestMs) {
      best = replica;
      bestMs = drainMs;
    }
  }
  return best;
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

function describeTarget(
  routes: Routes,
  lane: Lane,
  load: LoadView,
  replica: number,
  nowMs: number,
  tokens: number,
): Target {
  const groupIndex = routes.groupOfReplica[replica]!;
  const group = routes.groups[groupIndex]!;
  const index = lane.group.indexOf(groupIndex);
  const money = lane.moneyOf(index);
  const term = (position: number) => lane.terms[index * termCount + position]!;
  const site = routes.policy.world.sites[group.site]!;
  const loadKnown = !Number.isNaN(load.drainMs(replica, nowMs)) && !Number.isNaN(load.health(replica, nowMs));
  const queueMs = pessimisticDrainMs(lane, load, replica, nowMs);
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
      egressBytes: routes.policy.world.workloads[lane.origin.workload]!.responseBytes,
      expectedUsd: costUsd(lane, index, queueMs, tokens),
      loadKnown,
    },
  };
}
