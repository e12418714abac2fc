import { chooseAfterLoss } from "./after-loss.ts";
import { assumedDrainMs, choose, computeMsOf, costUsd, pessimisticDrainMs, tieRatio } from "./choose.ts";
import type { RouteOrigin } from "./filter.ts";
import type { Lane } from "./lane.ts";
import { laneTerm, positionOf, termsAt } from "./lane-terms.ts";
import type { Routes } from "./routes.ts";
import { loadViewOf, type LoadView, type Snapshot } from "./snapshot.ts";

/** A request as the policy sees it: where it comes from and what it wants, never what it says. */
export interface RouteRequest extends RouteOrigin {
  /** Input tokens not found in a cache, when counted; the workload's mean otherwise. */
  readonly uncachedTokens?: number;
  /** Engines that hold the beginning of this prompt in their cache, and how many of the uncached tokens that saves. */
  readonly warm?: { readonly group: number; readonly tokens: number } | undefined;
  /** Replicas not to be used, for example because an attempt there has just failed. */
  readonly exclude?: readonly number[];
}

/**
 * Where a request goes, in numbers and for one moment: all that has to be kept of a decision to put it into words later.
 * Lists are by candidate, best first.
 */
export interface Placement {
  /** The target and the next best engines at other pools; empty when no engine may or can take the request. */
  readonly replicas: readonly number[];
  /** Queue assumed at each, ms. */
  readonly queueMs: readonly number[];
  /** Whether queue and health of each were known afresh. */
  readonly loadKnown: readonly boolean[];
  /** Uncached input tokens above (or below) the workload's mean: at the target, whose cache may know some, and elsewhere. */
  readonly targetTokens: number;
  readonly tokens: number;
}

/** Fallbacks offered: each is another pool, so three survive the loss of any two sites. */
const fallbackCount = 3;

/** Decides where a request goes; `describe` explains it. Pure, see `decide`. */
export function place(
  routes: Routes,
  request: RouteRequest,
  snapshot: Snapshot,
  { nowMs, rng }: { readonly nowMs: number; readonly rng: () => number },
): Placement {
  let lane = routes.lane(request.workload, request.area, request.access);
  const seen = loadViewOf(snapshot);
  const excluded = request.exclude ?? [];
  const load: LoadView =
    excluded.length === 0
      ? seen
      : {
          drainMs: (replica, at) => seen.drainMs(replica, at),
          health: (replica, at) => (excluded.includes(replica) ? 0 : seen.health(replica, at)),
          isOut: (replica, at) => excluded.includes(replica) || seen.isOut(replica, at),
        };
  const workload = routes.policy.world.workloads[request.workload]!;
  const meanTokens = workload.inputTokens.mean * (1 - workload.prefixHitRatio);
  const tokens = (request.uncachedTokens ?? meanTokens) - meanTokens;
  let chosen = choose(routes, lane, load, nowMs, rng, { tokens });
  if (chosen < 0 && !lane.isWhole) {
    lane = routes.wholeLane(request.workload, request.area, request.access);
    chosen = choose(routes, lane, load, nowMs, rng, { tokens });
  }
  const beyond = chooseAfterLoss(routes, lane, load, nowMs, rng, { tokens }, request, chosen);
  if (beyond !== null) ({ lane, replica: chosen } = beyond);
  if (chosen < 0) return { replicas: [], queueMs: [], loadKnown: [], targetTokens: tokens, tokens };
  const warmer = request.warm && warmReplica(routes, lane, load, chosen, nowMs, tokens, request.warm);
  const saved = warmer === undefined ? 0 : request.warm!.tokens;
  const replicas = [warmer ?? chosen];
  addFallbacks(routes, lane, load, nowMs, tokens, replicas);
  const within = replicas.length;
  // Whoever has to ask them has lost all the others.
  const patient = beyond === null ? routes.afterLoss?.lane(request.workload, request.area, request.access) : undefined;
  if (patient !== undefined) addFallbacks(routes, patient, load, nowMs, tokens, replicas);
  // As long as they will be from the start: who keeps a placement keeps no room for more. Copies of what holds such values already,
  // for an array that was made for others is made anew with the first of them.
  const queueMs = someQueues.slice(0, replicas.length);
  const loadKnown = someKnown.slice(0, replicas.length);
  for (let candidate = 0; candidate < replicas.length; candidate++) {
    const replica = replicas[candidate]!;
    const drainMs = load.drainMs(replica, nowMs);
    const health = load.health(replica, nowMs);
    queueMs[candidate] = assumedDrainMs(candidate < within ? lane : patient!, drainMs, health);
    loadKnown[candidate] = !Number.isNaN(drainMs) && !Number.isNaN(health);
  }
  return { replicas, queueMs, loadKnown, targetTokens: tokens - saved, tokens };
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
  const index = positionOf(lane, warm.group);
  const group = routes.groups[warm.group];
  if (index < 0 || group === undefined) return undefined;
  const replica = leastLoaded(group.firstReplica, group.replicas, load, nowMs);
  if (replica < 0) return undefined;
  const chosenIndex = positionOf(lane, routes.groupOfReplica[chosen]!);
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

/** Adds the cheapest engines at other pools than those of the engines in `replicas`, best first. */
function addFallbacks(
  routes: Routes,
  lane: Lane,
  load: LoadView,
  nowMs: number,
  tokens: number,
  replicas: number[],
): void {
  const { poolOfGroup, replicasOfGroup } = routes;
  const { terms } = lane;
  const fixed = replicas.length;
  if (fixed > fallbackCount) return;
  const pools = poolsScratch;
  const costs = costsScratch;
  for (let index = 0; index < fixed; index++) {
    pools[index] = poolOfGroup[routes.groupOfReplica[replicas[index]!]!]!;
    costs[index] = Number.NEGATIVE_INFINITY;
  }
  for (let index = 0; index < lane.count; index++) {
    const at = termsAt(lane, index);
    // No later candidate can cost less than its bound, nor do the bounds fall; so nothing better follows. A request
    // shorter than the mean can undercut the bounds, and then all are looked at.
    const isFull = replicas.length > fallbackCount;
    if (isFull && tokens >= 0 && terms[at + laneTerm.boundUsd]! > costs[fallbackCount]!) break;
    const group = terms[at + laneTerm.group]!;
    const pool = poolOfGroup[group]!;
    if (isAmongFirst(pools, fixed, pool)) continue;
    const replica = leastLoaded(replicasOfGroup[2 * group]!, replicasOfGroup[2 * group + 1]!, load, nowMs);
    if (replica < 0) continue;
    const usd = costUsd(lane, index, pessimisticDrainMs(lane, load, replica, nowMs), tokens);
    let twin = replicas.length - 1;
    while (twin >= fixed && pools[twin] !== pool) twin--;
    if (twin >= fixed && usd >= costs[twin]!) continue;
    // Its pool's entry goes; or, when all places are taken, the last one, should it be worse.
    let place = twin >= fixed ? twin : replicas.length;
    if (place > fallbackCount) {
      place = fallbackCount;
      if (!isBefore(routes, usd, pool, costs[place]!, pools[place]!)) continue;
    }
    for (; place > fixed && isBefore(routes, usd, pool, costs[place - 1]!, pools[place - 1]!); place--) {
      replicas[place] = replicas[place - 1]!;
      costs[place] = costs[place - 1]!;
      pools[place] = pools[place - 1]!;
    }
    replicas[place] = replica;
    costs[place] = usd;
    pools[place] = pool;
  }
}

function isAmongFirst(list: readonly number[], count: number, value: number): boolean {
  for (let index = 0; index < count; index++) if (list[index] === value) return true;
  return false;
}

/** As many as there are candidates at most, and of the kind that will stand in their place. */
const someQueues: readonly number[] = [0.5, 0.5, 0.5, 0.5];
const someKnown: readonly boolean[] = [false, false, false, false];

/** Pools and costs of the list that is being made; a decision is made at once, and keeps none of them. */
const poolsScratch: number[] = [];
const costsScratch: number[] = [];

/** Equal costs are ordered by the pools' names, so that the order in which pools are listed cannot matter. */
function isBefore({ deployment }: Routes, usd: number, pool: number, otherUsd: number, other: number): boolean {
  if (usd !== otherUsd) return usd < otherUsd;
  return deployment.pools[pool]!.id < deployment.pools[other]!.id;
}

function leastLoaded(first: number, count: number, load: LoadView, nowMs: number): number {
  let best = -1;
  let bestMs = Number.POSITIVE_INFINITY;
  for (let replica = first; replica < first + count; replica++) {
    const health = load.health(replica, nowMs);
    if (health === 0) continue;
    const known = load.drainMs(replica, nowMs);
    // An engine of which nobody knows whether it lives has no short queue, whatever was last read of it.
    const drainMs = Number.isNaN(known) || Number.isNaN(health) ? Number.MAX_VALUE : known;
    if (drainMs >= bestMs) continue;
    best = replica;
    bestMs = drainMs;
    // None is shorter than no queue at all; of a large mesh every engine left unread is a wait for memory saved.
    if (drainMs <= 0) break;
  }
  return best;
}
