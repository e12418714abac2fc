/** Rows that may be served by the same modules, and go to the same after a loss, taking as long there as each other. */
import type { ReserveBook } from "./reserve-book.ts";

/** Rows that are decided as one: the same share of each is served over the same pools. */
export interface AlikeRows {
  readonly rows: readonly number[];
  /** By pool that may serve them, the arc of each row. */
  readonly arcs: ReadonlyMap<number, readonly number[]>;
  /** By place that may take them over, the modules that all of them together take there. */
  readonly loads: ReadonlyMap<number, number>;
}

/** Groups of rows in all, and how far the loads of two of a group may be apart where there would be fewer. */
const mostGroups = 120;
const alikeWithin = 0.02;
/** Rows that take less of a module together, wherever they go, are alike in that. */
const littleLoad = 0.02;

/**
 * @param mayServe Pools that may have modules.
 * @param mayTake Places that may.
 */
export function alikeRows(
  { plan, refuges }: ReserveBook,
  rows: readonly number[],
  mayServe: (pool: number) => boolean,
  mayTake: (place: number) => boolean,
): AlikeRows[] {
  const { arcs } = plan.problem;
  const byPlaces = new Map<string, Spread[]>();
  for (const row of rows) {
    const serving: number[] = [];
    const loads: number[] = [];
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      if (!mayServe(arcs.pool[arc]!) || arcs.usd[arc]! >= plan.problem.rows.unservedUsd[row]!) continue;
      serving.push(arc);
      loads.push(arcs.load[arc]!);
    }
    if (serving.length === 0) continue;
    const entries: number[] = [];
    for (let at = refuges.starts[row]!; at < refuges.starts[row + 1]!; at++) {
      if (!mayTake(refuges.place[at]!)) continue;
      entries.push(at);
      loads.push(refuges.load[at]!);
    }
    const least = Math.max(Number.MIN_VALUE, Math.min(...loads));
    const key = `${serving.map((arc) => arcs.pool[arc]!).join()}|${entries.map((at) => refuges.place[at]!).join()}`;
    const spread = {
      row,
      serving,
      entries,
      ratio: Float64Array.from(loads, (load) => load / least),
      most: Math.max(...loads),
    };
    const known = byPlaces.get(key);
    if (known === undefined) byPlaces.set(key, [spread]);
    else known.push(spread);
  }
  const total = rows.length;
  return [...byPlaces.values()].flatMap((spreads) =>
    apart(spreads, Math.max(1, Math.round((mostGroups * spreads.length) / total))).map((group) => ({
      rows: group.map(({ row }) => row),
      arcs: new Map(group[0]!.serving.map((arc, i) => [arcs.pool[arc]!, group.map(({ serving }) => serving[i]!)])),
      loads: new Map(
        group[0]!.entries.map((at, i) => [
          refuges.place[at]!,
          group.reduce((sum, { entries }) => sum + refuges.load[entries[i]!]!, 0),
        ]),
      ),
    })),
  );
}

interface Spread {
  readonly row: number;
  readonly serving: readonly number[];
  readonly entries: readonly number[];
  /** Loads over the least of them. */
  readonly ratio: Float64Array;
  readonly most: number;
}

/** Groups around those that are farthest from each other (Gonzalez 1985). */
function apart(spreads: readonly Spread[], most: number): Spread[][] {
  if (spreads.reduce((sum, one) => sum + one.most, 0) < littleLoad) return [[...spreads]];
  const nearest = new Float64Array(spreads.length).fill(Infinity);
  const leader = new Int32Array(spreads.length);
  let count = 0;
  for (let next = 0; count < most; count++) {
    const { ratio } = spreads[next]!;
    let far = -1;
    for (const [i, one] of spreads.entries()) {
      const distance = distanceOf(ratio, one.ratio);
      if (distance < nearest[i]!) [nearest[i], leader[i]] = [distance, count];
      if (far < 0 || nearest[i]! > nearest[far]!) far = i;
    }
    if (nearest[far]! <= alikeWithin) {
      count++;
      break;
    }
    next = far;
  }
  const groups: Spread[][] = Array.from({ length: count }, () => []);
  for (const [i, one] of spreads.entries()) groups[leader[i]!]!.push(one);
  return groups.filter((group) => group.length > 0);
}

function distanceOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!) / a[i]!;
  return sum / a.length;
}
