/** Draws many flows as few arcs: ends that lie close together are merged until the number fits. */
import type { Tier } from "../../../src/catalog/index.ts";

/** A flow in the plane of the map, from where users are to where they are served. */
export interface PlaneFlow {
  readonly fromX: number;
  readonly fromY: number;
  readonly toX: number;
  readonly toY: number;
  readonly tier: Tier;
  /** Requests per second. */
  readonly weight: number;
}

/** The grid of the last cell size covers the whole plane, which leaves one arc per tier at most. */
const planeReach = 1000;

/**
 * Merges `flows` to at most `limit` arcs (3 or more) and sorts them by weight, lightest first: the heaviest is drawn on
 * top. `firstCell` is the first size of merging, in plane units.
 */
export function aggregateFlows(flows: readonly PlaneFlow[], limit: number, firstCell = 0.5): PlaneFlow[] {
  let arcs = merge(flows, 0);
  for (let cell = firstCell; arcs.length > limit; cell *= 1.6) {
    arcs = merge(flows, Math.min(cell, 2 * planeReach));
    if (cell >= 2 * planeReach) break;
  }
  return arcs.toSorted((a, b) => a.weight - b.weight);
}

interface Sum {
  fromX: number;
  fromY: number;
  toX: number;
  toY: number;
  tier: Tier;
  weight: number;
}

function merge(flows: readonly PlaneFlow[], cell: number): Sum[] {
  const sums = new Map<string, Sum>();
  const place = (x: number, y: number) =>
    cell === 0 ? `${x},${y}` : `${Math.floor((x + planeReach) / cell)},${Math.floor((y + planeReach) / cell)}`;
  for (const flow of flows) {
    const key = `${place(flow.fromX, flow.fromY)}|${place(flow.toX, flow.toY)}|${flow.tier}`;
    const sum = sums.get(key) ?? { fromX: 0, fromY: 0, toX: 0, toY: 0, tier: flow.tier, weight: 0 };
    sum.fromX += flow.fromX * flow.weight;
    sum.fromY += flow.fromY * flow.weight;
    sum.toX += flow.toX * flow.weight;
    sum.toY += flow.toY * flow.weight;
    sum.weight += flow.weight;
    sums.set(key, sum);
  }
  const merged: Sum[] = [];
  for (const sum of sums.values()) {
    if (!(sum.weight > 0)) continue;
    sum.fromX /= sum.weight;
    sum.fromY /= sum.weight;
    sum.toX /= sum.weight;
    sum.toY /= sum.weight;
    merged.push(sum);
  }
  return merged;
}
