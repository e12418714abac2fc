import { tiers, type Tier } from "../../../src/catalog/index.ts";
import type { SimulationResult } from "../../../src/simulate/index.ts";
import type { Board } from "./board.ts";

/** What a site or a tier did in one window; null where it completed nothing. */
export type TimelineCell = { readonly completed: number; readonly ratio: number } | null;

export interface TimelineRow {
  readonly id: string;
  readonly name: string;
  readonly tier: Tier;
  readonly isTier: boolean;
  /** One per window. */
  readonly cells: readonly TimelineCell[];
  readonly completed: number;
  /** Within all budgets, over the whole time. */
  readonly ratio: number;
}

export interface SiteTimeline {
  /** Beginnings of the windows, s. */
  readonly fromS: readonly number[];
  readonly rows: readonly TimelineRow[];
  /** Sites with traffic that are not shown. */
  readonly hidden: number;
}

/**
 * Share of completed requests within all budgets by site and window: tiers first, then the sites that missed most
 * requests, `limit` at most. Null when the simulation did not keep windows by site.
 */
export function siteTimeline(board: Board, result: SimulationResult, limit: number): SiteTimeline | null {
  if (result.siteWindows.length === 0) return null;
  const fromS = result.windows.map((window) => window.fromS);
  const windowOf = new Map(fromS.map((time, index) => [time, index]));
  const sites = new Map(board.world.sites.map((site) => [site.id, site]));
  const sums = new Map<string, Sums>();
  const sumsOf = (id: string): Sums => {
    const known = sums.get(id);
    if (known !== undefined) return known;
    const made = { completed: fromS.map(() => 0), within: fromS.map(() => 0) };
    sums.set(id, made);
    return made;
  };
  for (const entry of result.siteWindows) {
    const window = windowOf.get(entry.fromS);
    const site = sites.get(entry.site);
    if (window === undefined || site === undefined) continue;
    for (const id of [`tier:${site.tier}`, site.id]) {
      const row = sumsOf(id);
      row.completed[window]! += entry.completed;
      row.within[window]! += entry.withinSlo;
    }
  }
  const rowOf = (id: string, name: string, tier: Tier, isTier: boolean): TimelineRow[] => {
    const row = sums.get(id);
    if (row === undefined) return [];
    const completed = row.completed.reduce((sum, value) => sum + value, 0);
    const within = row.within.reduce((sum, value) => sum + value, 0);
    const cells = row.completed.map((count, window): TimelineCell =>
      count === 0 ? null : { completed: count, ratio: row.within[window]! / count },
    );
    return [{ id, name, tier, isTier, cells, completed, ratio: completed > 0 ? within / completed : 0 }];
  };
  const missed = ({ completed, ratio }: TimelineRow): number => completed * (1 - ratio);
  const siteRows = board.world.sites
    .flatMap((site) => rowOf(site.id, site.name, site.tier, false))
    .toSorted((a, b) => missed(b) - missed(a) || b.completed - a.completed);
  return {
    fromS,
    rows: [...tiers.flatMap((tier) => rowOf(`tier:${tier}`, tier, tier, true)), ...siteRows.slice(0, limit)],
    hidden: Math.max(0, siteRows.length - limit),
  };
}

interface Sums {
  readonly completed: number[];
  readonly within: number[];
}
