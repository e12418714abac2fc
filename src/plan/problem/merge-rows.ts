import type { World } from "../../catalog/index.ts";
import type { ArcTable } from "../../route/index.ts";

/** Demand rows grouped: group g has the world's rows `members[memberStarts[g]]` to `members[memberStarts[g + 1] - 1]`. */
export interface MergedRows {
  readonly memberStarts: Int32Array;
  readonly members: Int32Array;
}

/**
 * Merges demand rows that no plan could treat differently to its advantage: same workload, same arcs with the same rates
 * (and so the same costs), same ratio of mean to peak. The merged problem has exactly the same optimum. Rows without any demand in the
 * period are left out.
 */
export function mergeRows(world: World, period: number, table: ArcTable): MergedRows {
  // What rows may do while something has failed can differ where what they do otherwise is the same.
  const mayMerge = world.limits.resilience === undefined;
  const groups: number[][] = [];
  const byHash = new Map<number, number[]>();
  for (let row = 0; row < world.demand.length; row++) {
    const { peakPerS, meanPerS } = world.demand[row]!;
    if (!(peakPerS[period]! > 0) && !(meanPerS[period]! > 0)) continue;
    if (!mayMerge) {
      groups.push([row]);
      continue;
    }
    const hash = hashOf(world, table, row);
    const candidates = byHash.get(hash);
    const group = candidates?.find((candidate) => isSame(world, period, table, groups[candidate]![0]!, row));
    if (group !== undefined) {
      groups[group]!.push(row);
      continue;
    }
    if (candidates === undefined) byHash.set(hash, [groups.length]);
    else candidates.push(groups.length);
    groups.push([row]);
  }
  const memberStarts = new Int32Array(groups.length + 1);
  for (const [group, rows] of groups.entries()) memberStarts[group + 1] = memberStarts[group]! + rows.length;
  return { memberStarts, members: Int32Array.from(groups.flat()) };
}

/** Multiplicative hash over workload and arcs; equal rows hash equally, and `isSame` decides. */
function hashOf(world: World, table: ArcTable, row: number): number {
  let hash = world.demand[row]!.workload + 1;
  for (let arc = table.rowStart[row]!; arc < table.rowStart[row + 1]!; arc++) {
    hash = Math.imul(hash, 0x01000193) ^ table.site[arc]!;
    hash = Math.imul(hash, 0x01000193) ^ table.module[arc]!;
    // The leading digits of the rate tell rows apart; what they do not tell apart is compared in full.
    hash = Math.imul(hash, 0x01000193) ^ Math.round(table.perModulePerS[arc]! * 1e6);
  }
  return hash;
}

function isSame(world: World, period: number, table: ArcTable, a: number, b: number): boolean {
  const first = world.demand[a]!;
  const second = world.demand[b]!;
  if (first.workload !== second.workload) return false;
  if (first.meanPerS[period]! * second.peakPerS[period]! !== second.meanPerS[period]! * first.peakPerS[period]!)
    return false;
  const from = table.rowStart[a]!;
  const length = table.rowStart[a + 1]! - from;
  const other = table.rowStart[b]!;
  if (table.rowStart[b + 1]! - other !== length) return false;
  for (let i = 0; i < length; i++) {
    if (
      table.site[from + i] !== table.site[other + i] ||
      table.module[from + i] !== table.module[other + i] ||
      table.option[from + i] !== table.option[other + i] ||
      table.perModulePerS[from + i] !== table.perModulePerS[other + i]
    )
      return false;
  }
  return true;
}
