/** Why a row that something could serve is left unserved all the same, and what would have to give way. */
import type { FullLimits } from "../world/full-limits.ts";
import { money } from "../problem/money.ts";
import type { WorldProblem } from "../world/world-problem.ts";
import type { Physics } from "../../route/index.ts";

/**
 * Why demand is left unserved. Nothing could serve it: `physics` (no site, however near, meets the budget), `place` (a
 * nearer site would), `law`, `export`, `memory`, `tier`. Something could, but: `price` (serving costs more than the
 * scenario says a lost request is worth), `limits` (what could serve it is full), `scale` (too little demand in reach to
 * pay for a site or a module).
 */
export type UnservedReason = Exclude<Physics["verdict"], "served"> | "price" | "limits" | "scale";

export interface Finding<Reason = UnservedReason> {
  readonly reason: Reason;
  readonly detail: string;
  readonly whatWouldHelp: readonly string[];
}

/** What a row loses a year for what it goes without, and where sites stand open all the same. */
export interface Loss {
  readonly usd: number;
  readonly open: Uint8Array;
}

/** What is said of a row that something could serve. */
interface Words {
  readonly price: (cheapestUsd: number, worthUsd: number) => string;
  readonly dearer: (times: string) => string;
  readonly worthless: string;
  readonly scale: string;
  readonly cheaper: string;
}

export const wordsOfRequests: Words = {
  price: (cheapestUsd, worthUsd) =>
    `serving costs at least ${money(cheapestUsd)} a year, leaving it unserved ${money(worthUsd)}`,
  dearer: (times) => `a lost request worth ${times} times as much`,
  worthless: "a lost request that is worth something, and demand beyond the peak",
  scale: "the demand in reach does not pay for another module or for opening a site",
  cheaper: "smaller or cheaper modules, a cheaper site, or more demand in reach",
};

export const wordsOfTraining: Words = {
  price: (cheapestUsd, worthUsd) =>
    `all of it costs at least ${money(cheapestUsd)} a year, going without ${money(worthUsd)}`,
  dearer: (times) => `an unservedPenalty of ${times} times as much`,
  worthless: "an unservedPenalty or a price above 0",
  scale: "what is missing does not pay for another module or for opening a site",
  cheaper: "smaller or cheaper modules, or a cheaper site",
};

export function whyNot(
  { problem, world }: WorldProblem,
  row: number,
  loss: Loss,
  limits: FullLimits,
  words: Words,
  isObstacle: (limit: string) => boolean = () => true,
): Finding<"price" | "limits" | "scale"> {
  let cheapestUsd = Infinity;
  const blocking = new Map<string, number>();
  // Limits without which a further module at an open site would pay by what this row loses alone.
  const dear = new Map<string, number>();
  let unblocked = false;
  const { arcs, pools, rows } = problem;
  for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
    const pool = arcs.pool[arc]!;
    cheapestUsd = Math.min(cheapestUsd, arcs.usd[arc]! + arcs.load[arc]! * pools.usd[pool]!);
    const names = limits.ofArc(arc).filter(isObstacle);
    // Of what stands already there can be no more, so it is no way out that other limits leave open.
    if (names.length === 0 && !limits.isWhole(pool)) unblocked = true;
    for (const name of names) blocking.set(name, (blocking.get(name) ?? 0) + 1);
    if (loss.open[pools.site[pool]!] && pools.usd[pool]! < loss.usd) {
      for (const name of names) dear.set(name, (dear.get(name) ?? 0) + 1);
    }
  }
  const worthUsd = rows.unservedUsd[row]!;
  if (cheapestUsd >= worthUsd) {
    return {
      reason: "price",
      detail: words.price(cheapestUsd, worthUsd),
      whatWouldHelp: [worthUsd > 0 ? words.dearer((cheapestUsd / worthUsd).toFixed(2)) : words.worthless],
    };
  }
  if (!unblocked && blocking.size === 0) {
    return {
      reason: "limits",
      detail: "all that stands and could serve it is full, and no more can be had in this period",
      whatWouldHelp: ["modules that are delivered earlier, or sites that stay open longer"],
    };
  }
  if (!unblocked) {
    const names = foremost(blocking);
    return {
      reason: "limits",
      detail: `everything that could serve it is full: ${names.join(", ")}`,
      whatWouldHelp: names.map(remedyFor),
    };
  }
  const names = foremost(dear);
  const full = `; at sites that are open anyway there is no room for one: ${names.join(", ")}`;
  // Whoever is served needs room at a second place too, which costs as well and may be what cannot be had.
  const kept = `, with what has to be kept for the loss of any one ${world.limits.resilience}`;
  return {
    reason: "scale",
    detail: words.scale + (world.limits.resilience === undefined ? "" : kept) + (names.length === 0 ? "" : full),
    whatWouldHelp: [
      ...names.map(remedyFor),
      ...(world.limits.resilience === undefined ? [] : ["further sites that could take it over, or less resilience"]),
      words.cheaper,
    ],
  };
}

/** The three limits that stand in the way of most arcs. */
function foremost(limits: ReadonlyMap<string, number>): string[] {
  const ranked = [...limits].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return ranked.slice(0, 3).map(([name]) => name);
}

/** What would have to give way of a limit with this name. */
function remedyFor(limit: string): string {
  if (limit.startsWith("least ")) return `a smaller ${limit}`;
  return limit === "most sites" ? "more sites" : `more ${limit}`;
}
