/**
 * One pass over the arcs of a site whose models do not all fit together. Behind the prices of time and ports stands one per place for
 * the room of its accelerators. A model is served at the site at all only if what its rows leave pays for the room of one engine, at
 * the place where that is cheapest: less than any plan pays, so that what the site earns is never told too low.
 */
import { modelCharges, placesBySite, type EngineSlots } from "../problem/engine-slots.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { SiteView } from "../problem/site-view.ts";
import type { SitePass } from "./site-pass.ts";

export function createEnginePass(
  problem: PlanProblem,
  view: SiteView,
  slots: EngineSlots,
): Pick<SitePass, "pass" | "takes"> {
  const { rows } = problem;
  const portAt = view.widest;
  const roomAt = portAt + 1;
  const bySite = placesBySite(problem, slots);
  const width = roomAt + Math.max(...bySite.map((places) => places.length));
  const charges = modelCharges(problem, slots, bySite);
  const models = slots.modelCount;
  const { modelOfRow } = slots;
  const left = new Float64Array(models);
  const usedBy = new Float64Array(models * roomAt);
  const isServed = new Uint8Array(models);

  /** Looks for the best arc of every row; `tell` hears of each. */
  function look(
    site: number,
    rowPrice: Float64Array,
    price: Float64Array,
    at: number,
    tell: (arc: number, row: number, usd: number) => void,
  ): void {
    const { row, localPool, usd, load } = view;
    const port = price[at + portAt]!;
    const end = view.starts[site + 1]!;
    for (let a = view.starts[site]!; a < end;) {
      const r = row[a]!;
      const offer = port > 0 ? rowPrice[r]! - port * rows.gbps[r]! : rowPrice[r]!;
      let best = 0;
      let chosen = -1;
      for (; a < end && row[a] === r; a++) {
        const leaves = offer - usd[a]! - load[a]! * price[at + localPool[a]!]!;
        if (leaves > best) [best, chosen] = [leaves, a];
      }
      if (chosen >= 0) tell(chosen, r, best);
    }
  }

  /** Which models pay for an engine; adds up what they leave, and what room they take where `used` is given. */
  function chargeModels(site: number, price: Float64Array, at: number, used?: Float64Array, usedAt = 0): number {
    let total = 0;
    for (let model = 0; model < models; model++) {
      isServed[model] = 0;
      if (!(left[model]! > 0)) continue;
      const here = charges[site * models + model]!;
      let [least, place, room] = [here.length === 0 ? 0 : Infinity, 0, 0];
      for (const charge of here) {
        const usd = charge.room * price[at + roomAt + charge.place]!;
        if (usd < least) [least, place, room] = [usd, charge.place, charge.room];
      }
      if (!(left[model]! > least)) continue;
      isServed[model] = 1;
      total += left[model]! - least;
      if (used === undefined) continue;
      used[usedAt + roomAt + place]! += room;
      for (let i = 0; i < roomAt; i++) used[usedAt + i]! += usedBy[model * roomAt + i]!;
    }
    return total;
  }

  return {
    pass(site, rowPrice, price, at, used, usedAt) {
      for (let i = 0; i < width; i++) used[usedAt + i] = 0;
      left.fill(0);
      usedBy.fill(0);
      let total = 0;
      look(site, rowPrice, price, at, (arc, row, usd) => {
        const model = modelOfRow[row]!;
        const pool = view.localPool[arc]!;
        if (model < 0) {
          total += usd;
          used[usedAt + pool]! += view.load[arc]!;
          used[usedAt + portAt]! += rows.gbps[row]!;
          return;
        }
        left[model]! += usd;
        usedBy[model * roomAt + pool]! += view.load[arc]!;
        usedBy[model * roomAt + portAt]! += rows.gbps[row]!;
      });
      return total + chargeModels(site, price, at, used, usedAt);
    },
    takes(site, rowPrice, price, at, into, from) {
      left.fill(0);
      let end = from;
      look(site, rowPrice, price, at, (arc, row, usd) => {
        if (modelOfRow[row]! >= 0) left[modelOfRow[row]!]! += usd;
        into[end++] = arc;
      });
      chargeModels(site, price, at);
      let kept = from;
      for (let i = from; i < end; i++) {
        const model = modelOfRow[view.row[into[i]!]!]!;
        if (model < 0 || isServed[model] === 1) into[kept++] = into[i]!;
      }
      return kept;
    },
  };
}
