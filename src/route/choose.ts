import { missRatio } from "./lane.ts";
import * as laneTerms from "./lane-terms.ts";
import { positionOf, termsAt, type Choices } from "./lane-terms.ts";
import type { Routes } from "./routes.ts";
import type { LoadView } from "./snapshot.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { laneTerm } = laneTerms;

/** Costs closer than this ratio are a tie, broken by lot so that equal sites share the load. */
export const tieRatio = 1e-9;

/** What the request brings that the lane could not know. */
export interface Extra {
  /** Uncached input tokens above (or below) the workload's mean. */
  readonly tokens: number;
  /** The engine that has most of the prompt in its prefix cache, and how many tokens; absent where nobody knows. */
  readonly holder?: { readonly replica: number; readonly cachedTokens: number } | null;
}
const nothingExtra: Extra = { tokens: 0 };

/**
 * Picks the replica with the least expected cost for one request, or -1 when none takes requests.
 *
 * Candidates come cheapest first with a bound no load can undercut, so the walk stops as soon as the next bound is
 * above the best cost found: one or two steps on a quiet mesh. Within a group two engines are drawn and the shorter
 * queue wins (power of two choices, Mitzenmacher 2001). Allocates nothing.
 */
export function choose(
  routes: Routes,
  lane: Choices,
  load: LoadView,
  nowMs: number,
  rng: () => number,
  extra: Extra = nothingExtra,
): number {
  let bestUsd = Number.POSITIVE_INFINITY;
  let best = -1;
  let ties = 1;
  // A request with fewer tokens than the mean can undercut the bound, which was computed at the mean.
  const boundsHold = extra.tokens >= 0;
  const { count } = lane;
  const { replicasOfGroup } = routes;
  for (let index = 0; index < count; index++) {
    const at = termsAt(lane, index);
    const boundUsd = lane.terms[at + laneTerm.boundUsd]!;
    if (boundsHold && boundUsd > bestUsd * (1 + tieRatio)) break;
    // Nor need anybody look at the engines of a group where the additional tokens alone make it dearer.
    const longerMs = extra.tokens * lane.terms[at + laneTerm.perTokenMs]!;
    if (longerMs > 0 && boundUsd + lane.stakes.latencyUsdPerMs * longerMs > bestUsd * (1 + 2 * tieRatio)) continue;
    const group = lane.terms[at + laneTerm.group]!;
    const replica = pickReplica(replicasOfGroup[2 * group]!, replicasOfGroup[2 * group + 1]!, load, nowMs, rng);
    if (replica < 0) continue;
    const drainMs = assumedDrainMs(lane, picked[pickedLoad.drainMs]!, picked[pickedLoad.health]!);
    const computeMs = computeMsAt(lane, at, drainMs, extra.tokens);
    // Waiting alone may cost too much already; then nobody has to know the odds of a miss, which cost most to find.
    const moreMs = computeMs - lane.terms[at + laneTerm.prefillMs]!;
    if (moreMs >= 0 && boundUsd + lane.stakes.latencyUsdPerMs * moreMs > bestUsd * (1 + 2 * tieRatio)) continue;
    const usd = drainMs === 0 && extra.tokens === 0 ? boundUsd : costUsdAt(lane, at, computeMs);
    if (usd < bestUsd * (1 - tieRatio)) {
      bestUsd = usd;
      best = replica;
      ties = 1;
    } else if (usd <= bestUsd * (1 + tieRatio)) {
      ties++;
      if (rng() * ties < 1) best = replica;
    }
  }
  return extra.holder ? choseHolder(routes, lane, load, nowMs, extra.holder, extra.tokens, best, bestUsd) : best;
}

/** The engine with the prompt's beginning in its cache, if the prefill it saves is worth more than what it costs to go there. */
function choseHolder(
  routes: Routes,
  lane: Choices,
  load: LoadView,
  nowMs: number,
  { replica, cachedTokens }: NonNullable<Extra["holder"]>,
  tokens: number,
  best: number,
  bestUsd: number,
): number {
  const index = positionOf(lane, routes.groupOfReplica[replica]!);
  if (index < 0 || load.health(replica, nowMs) === 0) return best;
  const usd = costUsd(lane, index, pessimisticDrainMs(lane, load, replica, nowMs), tokens - cachedTokens);
  return usd <= bestUsd ? replica : best;
}

/** Expected cost of a lane's candidate with a given queue, USD; `knownMiss` is the probability of a miss, where it is known. */
export function costUsd(
  lane: Choices,
  index: number,
  drainMs: number,
  extraTokens: number,
  knownMiss?: number,
): number {
  const at = termsAt(lane, index);
  if (drainMs === 0 && extraTokens === 0) return lane.terms[at + laneTerm.boundUsd]!;
  return costUsdAt(lane, at, computeMsAt(lane, at, drainMs, extraTokens), knownMiss);
}

/** Expected cost, USD, of the candidate whose terms begin at `at`, when queue and prefill take `computeMs`. */
function costUsdAt({ terms, stakes }: Choices, at: number, computeMs: number, knownMiss?: number): number {
  const miss =
    knownMiss ?? missRatio(terms[at + laneTerm.mu]!, terms[at + laneTerm.sigma]!, stakes.budgetMs, computeMs);
  return (
    terms[at + laneTerm.fixedUsd]! +
    stakes.missUsd * miss +
    stakes.latencyUsdPerMs * (terms[at + laneTerm.rttMs]! + computeMs)
  );
}

/**
 * Probability that a request that goes to the replica has its first token after the budget, when the queue there takes
 * `drainMs`, which is to contain what it has waited already.
 */
export function missRatioAt(
  routes: Routes,
  lane: Choices,
  replica: number,
  drainMs: number,
  extraTokens: number,
): number {
  const at = termsAt(lane, positionOf(lane, routes.groupOfReplica[replica]!));
  const { terms, stakes } = lane;
  const computeMs = computeMsAt(lane, at, drainMs, extraTokens);
  return missRatio(terms[at + laneTerm.mu]!, terms[at + laneTerm.sigma]!, stakes.budgetMs, computeMs);
}

/** Queue plus prefill, ms. A request much shorter than the mean still takes a tenth of the mean's prefill. */
export function computeMsOf(lane: Choices, index: number, drainMs: number, extraTokens: number): number {
  return computeMsAt(lane, termsAt(lane, index), drainMs, extraTokens);
}

function computeMsAt({ terms }: Choices, at: number, drainMs: number, extraTokens: number): number {
  const meanMs = terms[at + laneTerm.prefillMs]!;
  return drainMs + Math.max(meanMs * 0.1, meanMs + extraTokens * terms[at + laneTerm.perTokenMs]!);
}

export function pessimisticDrainMs(lane: Choices, load: LoadView, replica: number, nowMs: number): number {
  return assumedDrainMs(lane, load.drainMs(replica, nowMs), load.health(replica, nowMs));
}

/** An engine of which nothing fresh is known is assumed to use up the whole budget: eligible, but never preferred. */
export function assumedDrainMs(lane: Choices, drainMs: number, health: number): number {
  // A degraded engine (health below 1) drains in proportion more slowly.
  if (Number.isNaN(drainMs) || Number.isNaN(health)) return lane.stakes.budgetMs;
  return health < 1 ? drainMs / health + lane.stakes.budgetMs * (1 - health) : drainMs;
}

// What is known of the engine picked last; written and read within one decision.
const pickedLoad = { drainMs: 0, health: 1 } as const;
const picked = new Float64Array(2);

/** One of the engines `first` to `first + count - 1`, -1 when none takes requests; `picked` says what is known of it. */
function pickReplica(first: number, count: number, load: LoadView, nowMs: number, rng: () => number): number {
  let replica = first;
  let health: number;
  let drainMs: number;
  if (count === 1) {
    health = load.health(first, nowMs);
    if (health === 0) return -1;
    drainMs = load.drainMs(first, nowMs);
  } else {
    const one = first + Math.floor(rng() * count);
    const other = first + ((one - first + 1 + Math.floor(rng() * (count - 1))) % count);
    const oneHealth = load.health(one, nowMs);
    const otherHealth = load.health(other, nowMs);
    if (oneHealth === 0 || otherHealth === 0) {
      replica = oneHealth !== 0 ? one : otherHealth !== 0 ? other : firstHealthy(first, count, load, nowMs);
      if (replica < 0) return -1;
      health = load.health(replica, nowMs);
      drainMs = load.drainMs(replica, nowMs);
    } else {
      // A queue known of an engine whose health is not is as good as unknown.
      const oneMs = Number.isNaN(oneHealth) ? Number.NaN : load.drainMs(one, nowMs);
      const otherMs = Number.isNaN(otherHealth) ? Number.NaN : load.drainMs(other, nowMs);
      const isOther = Number.isNaN(oneMs) ? !Number.isNaN(otherMs) : otherMs < oneMs;
      replica = isOther ? other : one;
      health = isOther ? otherHealth : oneHealth;
      drainMs = isOther ? otherMs : oneMs;
    }
  }
  picked[pickedLoad.drainMs] = drainMs;
  picked[pickedLoad.health] = health;
  return replica;
}

function firstHealthy(first: number, count: number, load: LoadView, nowMs: number): number {
  for (let replica = first; replica < first + count; replica++) {
    if (load.health(replica, nowMs) !== 0) return replica;
  }
  return -1;
}
