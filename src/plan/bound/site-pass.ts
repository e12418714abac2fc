/** One pass over the arcs of a site at given prices: what the best arc of each row leaves. */
import { placesBySite } from "../problem/engine-slots.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { SiteView } from "../problem/site-view.ts";
import { createEnginePass } from "./engine-pass.ts";

/**
 * Prices stand one per pool of the site, then the price of the ports, and where models do not all fit together one per place for the
 * room of its accelerators.
 */
export interface SitePass {
  /** Prices that stand behind that of the ports. */
  readonly rooms: number;
  /** What the best arcs leave together, USD/year; `used` receives modules per pool and Gbit/s. */
  pass(
    site: number,
    rowPrice: Float64Array,
    price: Float64Array,
    at: number,
    used: Float64Array,
    usedAt: number,
  ): number;
  /**
   * Writes the position in the view of every arc the site uses at these prices into `into`, from `from` on.
   *
   * @returns Where it ended.
   */
  takes(site: number, rowPrice: Float64Array, price: Float64Array, at: number, into: Int32Array, from: number): number;
  /** Power drawn if every row were served at the site by its hungriest arc, kW. */
  mostPowerKw(site: number): number;
}

export function createSitePass(problem: PlanProblem, view: SiteView): SitePass {
  const { rows, pools, engines } = problem;
  const width = view.widest + 1;
  const portAt = view.widest;
  const plain: SitePass = {
    rooms: 0,
    pass(
      site: number,
      rowPrice: Float64Array,
      price: Float64Array,
      at: number,
      used: Float64Array,
      usedAt: number,
    ): number {
      const { row, localPool, usd, load } = view;
      const end = view.starts[site + 1]!;
      const port = price[at + portAt]!;
      for (let i = 0; i < width; i++) used[usedAt + i] = 0;
      let total = 0;
      let a = view.starts[site]!;
      while (a < end) {
        const r = row[a]!;
        const offer = port > 0 ? rowPrice[r]! - port * rows.gbps[r]! : rowPrice[r]!;
        let best = 0;
        let chosen = -1;
        do {
          const left = offer - usd[a]! - load[a]! * price[at + localPool[a]!]!;
          if (left > best) {
            best = left;
            chosen = a;
          }
          a++;
        } while (a < end && row[a] === r);
        if (chosen >= 0) {
          total += best;
          used[usedAt + localPool[chosen]!]! += load[chosen]!;
          used[usedAt + portAt]! += rows.gbps[r]!;
        }
      }
      return total;
    },
    takes(site, rowPrice, price, at, into, from) {
      const { row, localPool, usd, load } = view;
      const port = price[at + portAt]!;
      const end = view.starts[site + 1]!;
      let place = from;
      let a = view.starts[site]!;
      while (a < end) {
        const r = row[a]!;
        const offer = port > 0 ? rowPrice[r]! - port * rows.gbps[r]! : rowPrice[r]!;
        let best = 0;
        let chosen = -1;
        do {
          const left = offer - usd[a]! - load[a]! * price[at + localPool[a]!]!;
          if (left > best) {
            best = left;
            chosen = a;
          }
          a++;
        } while (a < end && row[a] === r);
        if (chosen >= 0) into[place++] = chosen;
      }
      return place;
    },
    mostPowerKw(site: number): number {
      let total = 0;
      let hungriest = 0;
      for (let a = view.starts[site]!; a < view.starts[site + 1]!; a++) {
        if (a > view.starts[site]! && view.row[a] !== view.row[a - 1]) {
          total += hungriest;
          hungriest = 0;
        }
        const kw = view.load[a]! * pools.kw[view.pool[view.poolStarts[site]! + view.localPool[a]!]!]!;
        if (kw > hungriest) hungriest = kw;
      }
      return total + hungriest;
    },
  };
  if (engines === undefined) return plain;
  const rooms = Math.max(...placesBySite(problem, engines).map((places) => places.length));
  return { ...plain, ...createEnginePass(problem, view, engines), rooms };
}
