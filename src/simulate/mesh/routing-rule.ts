import {
  choose,
  chooseAfterLoss,
  laneTerm,
  termsAt,
  type Beyond,
  type Choices,
  type Extra,
  type Lane,
  type LoadView,
  type RouteOrigin,
  type Routes,
} from "../../route/index.ts";
import { mixed } from "../chance/hashed-lots.ts";
import type { RandomStream } from "../chance/random.ts";

/**
 * How the engine of a request is found. `disperse` is the policy of `route` itself; the others are rivals to measure it
 * against. Rivals choose among the same eligible engines: law and physics are no matter of taste.
 */
export type RoutingRule =
  | "disperse"
  /** The engine with the smallest expected round trip that is not known to be down. */
  | "nearest"
  /** The next one in turn among all eligible engines. */
  | "round-robin"
  /** The shortest reported queue among all eligible engines. */
  | "least-load"
  /** The shorter reported queue of two eligible engines drawn at random. */
  | "power-of-two"
  /** Always the same engine for the same prompt, by highest random weight, so that its prefix stays cached; where prompts
   * are not followed piece by piece, for the same origin. */
  | "prefix-hash"
  /** The nearest site whose queue leaves half of the budget; when none does, the shortest queue anywhere. */
  | "regional-spill";

export const routingRules: readonly RoutingRule[] = [
  "disperse",
  "nearest",
  "round-robin",
  "least-load",
  "power-of-two",
  "prefix-hash",
  "regional-spill",
];

/** What a request brings beside its origin. */
export interface RequestHints extends Extra {
  /** Name of the conversation or of the last block of its prompt; NaN where prompts are not followed. */
  readonly prefixKey: number;
}

/** Finds an engine among the choices of a lane; -1 when none takes requests. */
export type FindAmong<Among extends Choices> = (
  lane: Among,
  load: LoadView,
  nowMs: number,
  hints: RequestHints,
) => number;
export type FindEngine = FindAmong<Lane>;

/** How the policy finds an engine; null when another rule does, which asks a lane for more than its terms. */
export function findByPolicy(rule: RoutingRule, routes: Routes, random: RandomStream): FindAmong<Choices> | null {
  if (rule !== "disperse") return null;
  const { uniform } = random;
  return (lane, load, nowMs, hints) => choose(routes, lane, load, nowMs, uniform, hints);
}

/** Finds an engine beyond the budget after a loss, instead of the one found within (-1 = none); null = there is no better one. */
export type FindBeyond = (
  lane: Choices,
  load: LoadView,
  nowMs: number,
  hints: RequestHints,
  origin: RouteOrigin,
  found: number,
) => Beyond | null;

/** How the policy goes beyond the budget after a loss; null where no workload has more time then, and for rivals, which know no loss. */
export function findAfterLoss(rule: RoutingRule, routes: Routes, { uniform }: RandomStream): FindBeyond | null {
  if (rule !== "disperse" || routes.afterLoss === null) return null;
  return (lane, load, nowMs, hints, origin, found) =>
    chooseAfterLoss(routes, lane, load, nowMs, uniform, hints, origin, found);
}

export function findEngine(rule: RoutingRule, routes: Routes, random: RandomStream): FindEngine {
  const { uniform } = random;
  const replicasOf = (lane: Lane, index: number) => routes.groups[lane.group[index]!]!;
  const isOpen = (load: LoadView, replica: number, nowMs: number) => load.health(replica, nowMs) !== 0;
  /** All engines of a lane that are not known to be down, in the lane's order. */
  const open = (lane: Lane, load: LoadView, nowMs: number): number[] => {
    const found: number[] = [];
    for (let index = 0; index < lane.group.length; index++) {
      const { firstReplica, replicas } = replicasOf(lane, index);
      for (let replica = firstReplica; replica < firstReplica + replicas; replica++) {
        if (isOpen(load, replica, nowMs)) found.push(replica);
      }
    }
    return found;
  };
  // An unknown queue is taken to be long: never preferred, still usable when nothing else is there.
  const queueMs = (load: LoadView, replica: number, nowMs: number) => {
    const drainMs = load.drainMs(replica, nowMs);
    return Number.isNaN(drainMs) ? Number.MAX_VALUE : drainMs;
  };
  const shortest = (engines: readonly number[], load: LoadView, nowMs: number) => {
    let best = -1;
    let bestMs = Number.POSITIVE_INFINITY;
    // The walk starts anywhere, or the first of many idle engines would take everything between two reports.
    const start = Math.floor(uniform() * engines.length);
    for (let i = 0; i < engines.length; i++) {
      const replica = engines[(start + i) % engines.length]!;
      const waitMs = queueMs(load, replica, nowMs);
      if (waitMs < bestMs) {
        best = replica;
        bestMs = waitMs;
      }
    }
    return best;
  };
  /** An engine of the site with the smallest round trip among those with a queue of at most `mostMs`. */
  const nearest = (lane: Lane, load: LoadView, nowMs: number, mostMs: number) => {
    let best = -1;
    let bestMs = Number.POSITIVE_INFINITY;
    for (let index = 0; index < lane.group.length; index++) {
      const rttMs = lane.terms[termsAt(lane, index) + laneTerm.rttMs]!;
      if (rttMs >= bestMs) continue;
      const { firstReplica, replicas } = replicasOf(lane, index);
      const start = Math.floor(uniform() * replicas);
      for (let i = 0; i < replicas; i++) {
        const replica = firstReplica + ((start + i) % replicas);
        if (!isOpen(load, replica, nowMs)) continue;
        if (mostMs < Number.POSITIVE_INFINITY && queueMs(load, replica, nowMs) > mostMs) continue;
        best = replica;
        bestMs = rttMs;
        break;
      }
    }
    return best;
  };
  switch (rule) {
    case "disperse":
      return findByPolicy(rule, routes, random)!;
    case "nearest":
      return (lane, load, nowMs) => nearest(lane, load, nowMs, Number.POSITIVE_INFINITY);
    case "round-robin": {
      const turns = new Map<Lane, number>();
      return (lane, load, nowMs) => {
        const engines = open(lane, load, nowMs);
        if (engines.length === 0) return -1;
        const turn = turns.get(lane) ?? 0;
        turns.set(lane, turn + 1);
        return engines[turn % engines.length]!;
      };
    }
    case "least-load":
      return (lane, load, nowMs) => shortest(open(lane, load, nowMs), load, nowMs);
    case "power-of-two":
      return (lane, load, nowMs) => {
        const engines = open(lane, load, nowMs);
        if (engines.length === 0) return -1;
        const one = engines[Math.floor(uniform() * engines.length)]!;
        const other = engines[Math.floor(uniform() * engines.length)]!;
        return queueMs(load, other, nowMs) < queueMs(load, one, nowMs) ? other : one;
      };
    case "prefix-hash":
      return (lane, load, nowMs, { prefixKey }) => {
        const { workload, area, access } = lane.origin;
        const key = Number.isNaN(prefixKey)
          ? Math.imul(workload * 65_599 + area, 0x9e3779b1) ^ access
          : mixed(prefixKey ^ Math.imul(Math.floor(prefixKey / 4294967296), 0x9e3779b1));
        let best = -1;
        let heaviest = -1;
        for (const replica of open(lane, load, nowMs)) {
          const weight = mixed(key ^ Math.imul(replica + 1, 0x85ebca6b));
          if (weight > heaviest) {
            heaviest = weight;
            best = replica;
          }
        }
        return best;
      };
    case "regional-spill":
      return (lane, load, nowMs) => {
        const near = nearest(lane, load, nowMs, lane.stakes.budgetMs / 2);
        return near >= 0 ? near : shortest(open(lane, load, nowMs), load, nowMs);
      };
  }
}
