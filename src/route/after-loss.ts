/**
 * What the loss of a place excuses. A workload may name a `failover` time beyond its budget: while engines within the budget
 * are out of service, its requests may go as far as that, where nothing within the budget would serve them in time. Plans that
 * survive failures count on it.
 */
import { choose, missRatioAt, pessimisticDrainMs, type Extra } from "./choose.ts";
import type { RouteOrigin } from "./filter.ts";
import type { Lane } from "./lane.ts";
import { laneTerm, positionOf, termsAt, type Choices } from "./lane-terms.ts";
import { isLikelyLate } from "./room.ts";
import type { Routes } from "./routes.ts";
import type { LoadView } from "./snapshot.ts";

/** An engine beyond the budget, and the lane it stands in. */
export interface Beyond {
  readonly lane: Lane;
  readonly replica: number;
}

/**
 * The engine a request goes to instead of `chosen`, the best within its budget (-1 = none takes requests): null when `chosen`
 * serves it in time, when nothing of its lane is out of service, or when nothing beyond does better.
 */
export function chooseAfterLoss(
  routes: Routes,
  lane: Choices,
  load: LoadView,
  nowMs: number,
  rng: () => number,
  extra: Extra,
  { workload, area, access }: RouteOrigin,
  chosen: number,
): Beyond | null {
  const { afterLoss, groupOfReplica } = routes;
  if (afterLoss === null) return null;
  const within = (replica: number) => positionOf(lane, groupOfReplica[replica]!);
  if (chosen >= 0 && !isLate(routes, lane, chosen, load, nowMs, extra.tokens)) return null;
  if (!somethingIsOut(routes, lane, load, nowMs)) return null;
  // Those within the budget had their turn.
  const beyond: LoadView = {
    drainMs: (replica, at) => load.drainMs(replica, at),
    health: (replica, at) => (within(replica) < 0 ? load.health(replica, at) : 0),
    isOut: (replica, at) => load.isOut(replica, at),
  };
  let far = afterLoss.lane(workload, area, access);
  let replica = choose(afterLoss, far, beyond, nowMs, rng, extra);
  if (replica < 0 && !far.isWhole) {
    far = afterLoss.wholeLane(workload, area, access);
    replica = choose(afterLoss, far, beyond, nowMs, rng, extra);
  }
  if (replica < 0) return null;
  if (chosen >= 0 && isLate(routes, far, replica, load, nowMs, extra.tokens)) return null;
  return { lane: far, replica };
}

function isLate(
  routes: Routes,
  lane: Choices,
  replica: number,
  load: LoadView,
  nowMs: number,
  extraTokens: number,
): boolean {
  const drainMs = pessimisticDrainMs(lane, load, replica, nowMs);
  return isLikelyLate(missRatioAt(routes, lane, replica, drainMs, extraTokens));
}

/** Whether a group lies beyond the budget of requests from there. */
export function isBeyondBudget(routes: Routes, { workload, area, access }: RouteOrigin, group: number): boolean {
  // Without failover times nothing beyond the budget is ever a candidate.
  return routes.afterLoss !== null && positionOf(routes.wholeLane(workload, area, access), group) < 0;
}

/** A full group that may take such a request when one of its own is over, within the budget or, after a loss, beyond; -1 = none. */
export function fullGroup(
  routes: Routes,
  { workload, area, access }: RouteOrigin,
  load: LoadView,
  nowMs: number,
  isFull: (group: number) => boolean,
): number {
  const within = routes.wholeLane(workload, area, access);
  const near = within.group.find(isFull);
  if (near !== undefined) return near;
  const { afterLoss } = routes;
  if (afterLoss === null || !somethingIsOut(routes, within, load, nowMs)) return -1;
  return afterLoss.wholeLane(workload, area, access).group.find(isFull) ?? -1;
}

/**
 * Whether no engine of some group takes requests because some of them are out of service. Where all merely have as many
 * requests as they take nothing is lost, and who finds no room waits for it.
 */
function somethingIsOut({ groups }: Pick<Routes, "groups">, lane: Choices, load: LoadView, nowMs: number): boolean {
  for (let index = 0; index < lane.count; index++) {
    const { firstReplica, replicas } = groups[lane.terms[termsAt(lane, index) + laneTerm.group]!]!;
    let isLost = false;
    let replica = firstReplica;
    for (; replica < firstReplica + replicas && load.health(replica, nowMs) === 0; replica++)
      isLost ||= load.isOut(replica, nowMs);
    if (isLost && replica === firstReplica + replicas) return true;
  }
  return false;
}
