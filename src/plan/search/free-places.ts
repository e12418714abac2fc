/** Which parts of a plan the search frees, in which order and how large. */
import type { LagrangianResult } from "../bound/lagrangian.ts";
import { neighbourhoodOf, type Neighbourhood } from "./neighbourhood.ts";
import type { PlanState } from "./plan-state.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { MoveTables } from "./row-moves.ts";
import type { SiteView } from "../problem/site-view.ts";

/** A site whose averaged opening is above this, or that nearly pays, may be opened by the search. */
const kernelOpening = 0.01;
/** Kernels up to this many arcs are searched as one. */
const wholeKernelArcs = 12_000;
/** Neighbourhoods with more arcs than this take the solver too long and too much memory: they free fewer places. */
const mostArcs = 12_000;
const fewestPlaces = 3;
const arcsPerRow = 8;
/** Sites per neighbourhood, open or in the kernel; it grows while they are solved faster than `briskS`. */
const smallestNeighbourhood = 10;
/** The same over several periods, where every place is decided as often. */
const wholeKernelArcsOverYears = 2_000;
const smallestOverYears = 4;
const largestNeighbourhood = 120;
const briskS = 1;
const slowS = 4;
const neighbourhoodTimeS = 10;
const neighbourhoodGap = 0.002;
const indispensableRivals = 4;
/** With no more places than this over several periods all of them are worth a look, and any two regions share rivals. */
const fewPlaces = 60;

/** Places freed together, and how long and how closely to look at them. */
export interface Region {
  readonly places: readonly number[];
  readonly part: Neighbourhood;
  readonly timeS: number;
  readonly gap: number;
}

export interface Search {
  next(state: PlanState, count: number): Region[];
  /** @param isCut Whether the solver's time ended before it was done. */
  learn(places: readonly number[], gainedUsd: number, objective: number, seconds: number, isCut: boolean): void;
}

/**
 * Chooses what to free: around the places whose cost lies farthest above what the bound says they must cost. A place is a
 * site in all its periods. It waits its turn again after its neighbourhood was solved; when all have been, neighbourhoods
 * grow.
 */
export function createSearch(
  problem: PlanProblem,
  view: SiteView,
  bound: LagrangianResult,
  tables: MoveTables,
): Search {
  const { sites, pools, arcs } = problem;
  const placeOf = sites.place ?? Int32Array.from({ length: sites.count }, (_, site) => site);
  const sitesOf: number[][] = [];
  for (let site = 0; site < sites.count; site++) (sitesOf[placeOf[site]!] ??= []).push(site);
  const overYears = sites.place !== undefined;
  const areFew = overYears && sitesOf.length <= fewPlaces;
  const smallest = overYears ? smallestOverYears : smallestNeighbourhood;
  const wholeUpToArcs = overYears ? wholeKernelArcsOverYears : wholeKernelArcs;
  const near = (site: number): boolean =>
    areFew || bound.open[site]! > kernelOpening || bound.siteValue[site]! < 0 || sites.forced[site] === 1;
  const kernel = Uint8Array.from(sitesOf, (here) => (here.some(near) ? 1 : 0));
  const solvedAt = new Float64Array(sitesOf.length).fill(-1);
  let clock = 0;
  let size = smallest;
  let gainInRound = 0;

  const stands = (state: PlanState, place: number): boolean =>
    sitesOf[place]!.some((site) => state.standing[site]! > 0);

  function excess(state: PlanState, place: number): number {
    let cost = 0;
    for (const site of sitesOf[place]!) {
      if (state.standing[site]! > 0 || sites.forced[site]) cost += sites.usd[site]!;
      for (const pool of tables.poolsOfSite[site]!) cost += state.modules[pool]! * pools.usd[pool]!;
      for (let a = view.starts[site]!; a < view.starts[site + 1]!; a++) {
        const arc = view.arc[a]!;
        if (state.share[arc]! > 0) cost += state.share[arc]! * (arcs.usd[arc]! - bound.rowPrice[view.row[a]!]!);
      }
      cost -= bound.siteValue[site]!;
    }
    return cost;
  }

  /** Places that compete for the same demand, strongest rivals first. */
  function rivals(state: PlanState, seed: number): number[] {
    const weight = new Map<number, number>();
    for (const seedSite of sitesOf[seed]!) {
      for (let a = view.starts[seedSite]!; a < view.starts[seedSite + 1]!; a++) {
        const row = view.row[a]!;
        if (a > view.starts[seedSite]! && view.row[a - 1] === row) continue;
        let rank = 0;
        let last = -1;
        for (let i = arcs.starts[row]!; i < arcs.starts[row + 1]! && rank < 12; i++) {
          const arc = tables.ranked[i]!;
          const place = placeOf[pools.site[arcs.pool[arc]!]!]!;
          if (place === last) continue;
          last = place;
          // Sites that will not open are no rivals and must not hide those that stand behind them.
          if (place === seed || (!kernel[place] && !stands(state, place))) continue;
          rank++;
          const worth = (bound.rowPrice[row]! / rank) * (state.share[arc]! > 0 ? 2 : 1);
          weight.set(place, (weight.get(place) ?? 0) + worth);
        }
      }
    }
    return [...weight].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([place]) => place);
  }

  return {
    next(state, count) {
      const active = sitesOf.map((_, place) => place).filter((place) => kernel[place] === 1 || stands(state, place));
      const free = (places: readonly number[], perRow: number, takesUnserved = true): Neighbourhood =>
        neighbourhoodOf(
          state,
          tables,
          places.flatMap((place) => sitesOf[place]!),
          perRow,
          takesUnserved,
        );
      let kernelArcs = 0;
      for (let row = 0; row < problem.rows.count; row++) {
        kernelArcs += Math.min(arcsPerRow, arcs.starts[row + 1]! - arcs.starts[row]!);
      }
      if (kernelArcs <= wholeUpToArcs || active.length <= smallest) {
        // The whole kernel fits: it is searched with more and more arcs until the time is up.
        if (clock >= 2) return [];
        clock++;
        const perRow = arcsPerRow * 2 ** (clock - 1);
        return [{ places: active, part: free(active, perRow), timeS: Infinity, gap: 1e-4 }];
      }
      const pending = active.filter((place) => solvedAt[place]! < 0);
      if (pending.length < active.length * 0.03) {
        if (gainInRound < 1e-4) return [];
        gainInRound = 0;
        solvedAt.fill(-1);
      }
      const scored = active
        .filter((place) => solvedAt[place]! < 0)
        .map((place) => ({ place, excess: excess(state, place) }))
        .sort((a, b) => b.excess - a.excess || a.place - b.place);
      const taken = new Set<number>();
      const regions: Region[] = [];
      for (const { place } of scored) {
        if (regions.length === count) break;
        if (taken.has(place)) continue;
        const nearest = rivals(state, place);
        // Without its strongest rivals a site has nowhere to send its demand: it waits for the next turn.
        if (!areFew && nearest.slice(0, indispensableRivals).some((rival) => taken.has(rival))) continue;
        let members = [place, ...nearest.filter((rival) => !taken.has(rival)).slice(0, Math.floor(size) - 1)];
        // Unserved demand may be offered to one region only.
        const takesUnserved = !areFew || regions.length === 0;
        let part = free(members, arcsPerRow, takesUnserved);
        while (part.problem.arcs.pool.length > mostArcs && members.length > fewestPlaces) {
          members = members.slice(0, Math.max(fewestPlaces, Math.floor(members.length / 2)));
          part = free(members, arcsPerRow, takesUnserved);
        }
        // Regions solved together must not share demand that is split between them either; the seed's rivals suffice.
        for (const member of members) taken.add(member);
        regions.push({
          places: members,
          part,
          timeS: neighbourhoodTimeS,
          gap: neighbourhoodGap,
        });
        if (regions.length === 1 && !areFew) for (const row of regions[0]!.part.row) blockRow(row, taken);
      }
      return regions;

      /** Keeps whoever could serve what is unserved of a row out of further regions. */
      function blockRow(row: number, blocked: Set<number>): void {
        if (state.unserved[row]! <= 1e-9) return;
        for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
          blocked.add(placeOf[pools.site[arcs.pool[arc]!]!]!);
        }
      }
    },
    learn(members, gainedUsd, objective, seconds, isCut) {
      gainInRound += gainedUsd / objective;
      clock++;
      if (seconds < briskS && !isCut) size = Math.min(largestNeighbourhood, size * 1.15);
      else if (seconds > slowS || isCut) size = Math.max(smallest, size / 1.3);
      // The seed and its closest rivals count as done; the rim is better solved from its own middle.
      for (const place of members.slice(0, Math.max(1, Math.ceil(members.length * 0.4)))) solvedAt[place] = clock;
    },
  };
}
