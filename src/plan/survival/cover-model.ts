/**
 * A large problem that has to survive in outline: which places are open, with which modules, and which of the rows that few places reach
 * are served. Rows with the same places are one, and the time that they take is left out; rows that are served from everywhere are
 * paid for at the prices of a bound, which knows them better. What is left is small enough for a solver. It costs less than any plan that
 * survives, its relaxation says what the limits are worth, and its places are those of a good plan.
 */
import type { LagrangianResult } from "../bound/lagrangian.ts";
import { MipBuilder } from "../problem/mip-builder.ts";
import type { Stage } from "../world/failover-terms.ts";
import { noTies, usefulModules, type PlanProblem } from "../problem/problem.ts";
import { cutsPerSite } from "../bound/site-cuts.ts";
import { createSitePass } from "../bound/site-pass.ts";
import type { SiteView } from "../problem/site-view.ts";
import type { MipModel, SolveResult } from "../problem/solver.ts";

/** Parts of what modules cost at which their time is offered to rows that are paid for, beside the prices of the bound. */
const offers: readonly number[] = [0, 0.5, 0.8, 0.9, 1, 1.1, 1.3, 2];
/** Moves that few prices foresee begin with this share of the mean price. */
const leastPrice = 0.05;

export interface CoverModel {
  readonly model: MipModel;
  /** What is paid at the prices of the bound whatever the model decides is in its offset. */
  readonly openCol: Int32Array;
  readonly moduleCol: Int32Array;
  /** Row of each limit; -1 for those that stay priced. */
  readonly limitRow: Int32Array;
  readonly groups: readonly Group[];
}

/** Rows that are served from the same pools. */
interface Group {
  readonly rows: number[];
  /** What serving each costs at least, USD/year. */
  readonly usd: number[];
  readonly col: number;
  /** Row by which it is served where something stands. */
  readonly servedRow: number;
}

type Known = Pick<LagrangianResult, "rowPrice" | "limitPrice" | "bounder">;

/** With more arcs, limits that count rows which are paid for stay priced: as rows they cost a third more memory, and plans got worse. */
const mostArcsWithLimits = 500_000;

/**
 * @param problem With the limits that follow from what is survived.
 * @param paid 1 for rows that are paid for at the prices of the bound.
 */
export function coverModel(problem: PlanProblem, view: SiteView, paid: Uint8Array, known: Known): CoverModel {
  const { rows, arcs, pools, sites, limits } = problem;
  const builder = new MipBuilder();
  const siteUsd = sites.usd.slice();
  const poolUsd = pools.usd.slice();
  const unservedUsd = rows.unservedUsd.slice();
  let arcUsd = view.usd;
  builder.addOffset(problem.constantUsd ?? 0);
  const isPriced = limits.map(
    ({ arcs: counted, unserved = [] }) =>
      (counted !== undefined || arcs.pool.length > mostArcsWithLimits) && unserved.some((row) => paid[row] === 1),
  );
  for (const [l, limit] of limits.entries()) {
    const price = known.limitPrice[l]!;
    if (!isPriced[l] || price === 0) continue;
    builder.addOffset(-price * limit.upper);
    for (const [i, site] of limit.sites.entries()) siteUsd[site]! += price * limit.siteWeights[i]!;
    for (const [i, pool] of limit.pools.entries()) poolUsd[pool]! += price * limit.poolWeights[i]!;
    for (const [i, row] of limit.unserved!.entries()) unservedUsd[row]! += price * limit.unservedWeights![i]!;
    for (const [i, arc] of (limit.arcs ?? []).entries()) {
      if (arcUsd === view.usd) arcUsd = view.usd.slice();
      arcUsd[view.position[arc]!]! += price * limit.arcWeights![i]!;
    }
  }
  const openCol = Int32Array.from(siteUsd, (usd, site) => builder.addCol(usd, sites.forced[site]!, 1, true));
  const moduleCol = Int32Array.from(poolUsd, (usd, pool) => {
    const fewest = pools.minCount[pool]!;
    return builder.addCol(usd, fewest, Math.max(fewest, view.most[pool]!), true);
  });
  addSites();
  const groupOf = new Int32Array(rows.count).fill(-1);
  const limitsOf = limitsOfRows();
  const groups = addGroups();
  addPaid();
  const leftOut = addLeftOut();
  const limitRow = Int32Array.from(limits, (_, l) => (isPriced[l] ? -1 : addLimit(l)));
  return { model: builder.build(), openCol, moduleCol, limitRow, groups };

  function addSites(): void {
    for (let pool = 0; pool < pools.count; pool++) {
      builder.addRow(-Infinity, 0);
      builder.addEntry(moduleCol[pool]!, 1);
      builder.addEntry(openCol[pools.site[pool]!]!, -Math.max(view.most[pool]!, pools.minCount[pool]!));
    }
    for (let site = 0; site < sites.count; site++) {
      if (!Number.isFinite(sites.kw[site]!)) continue;
      builder.addRow(-Infinity, sites.kw[site]!);
      for (let i = view.poolStarts[site]!; i < view.poolStarts[site + 1]!; i++) {
        builder.addEntry(moduleCol[view.pool[i]!]!, pools.kw[view.pool[i]!]!);
      }
    }
    const { count, starts, pool, weight } = problem.ties ?? noTies;
    for (let tie = 0; tie < count; tie++) {
      builder.addRow(-Infinity, 0);
      for (let i = starts[tie]!; i < starts[tie + 1]!; i++) builder.addEntry(moduleCol[pool[i]!]!, weight[i]!);
    }
  }

  function addGroups(): Group[] {
    const byPools = new Map<string, { rows: number[]; usd: number[]; pools: Set<number> }>();
    for (let row = 0; row < rows.count; row++) {
      if (paid[row] === 1) continue;
      builder.addOffset(unservedUsd[row]!);
      const here = new Set<number>();
      let least = Infinity;
      for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
        if (arcs.usd[arc]! >= unservedUsd[row]! || view.most[arcs.pool[arc]!] === 0) continue;
        here.add(arcs.pool[arc]!);
        least = Math.min(least, arcs.usd[arc]!);
      }
      if (here.size === 0) continue;
      const key = `${[...here].join()}|${(limitsOf.get(row) ?? []).join()}`;
      const group = byPools.get(key);
      if (group === undefined) byPools.set(key, { rows: [row], usd: [least], pools: here });
      else {
        group.rows.push(row);
        group.usd.push(least);
      }
    }
    return [...byPools.values()].map(({ rows: together, usd, pools: here }, group) => {
      let worth = 0;
      let share = Infinity;
      for (const [i, row] of together.entries()) {
        worth += unservedUsd[row]!;
        share = Math.min(share, usd[i]! / unservedUsd[row]!);
        groupOf[row] = group;
      }
      const col = builder.addCol(-worth * (1 - share), 0, 1, false);
      const servedRow = builder.addRow(-Infinity, 0);
      builder.addEntry(col, 1);
      for (const [site, of] of Map.groupBy(here, (pool) => pools.site[pool]!)) {
        // One module is enough for everybody in reach of some pools; of others the opening is what is known.
        if (of.reduce((sum, pool) => sum + view.most[pool]!, 0) > 1) builder.addEntry(openCol[site]!, -1);
        else for (const pool of of) builder.addEntry(moduleCol[pool]!, -1);
      }
      return { rows: together, usd, col, servedRow };
    });
  }

  /** Limits that count whether a row is served. */
  function limitsOfRows(): Map<number, number[]> {
    const of = new Map<number, number[]>();
    for (const [l, { unserved = [] }] of limits.entries()) {
      for (const row of isPriced[l] ? [] : unserved) {
        const known = of.get(row);
        if (known === undefined) of.set(row, [l]);
        else known.push(l);
      }
    }
    return of;
  }

  function beyondPrice(row: number): number {
    return unservedUsd[row]! - known.rowPrice[row]!;
  }

  /** What leaving out rows that are paid for costs beyond their price, those as one that the same limits count. */
  function addLeftOut(): Map<number, { readonly col: number; readonly usd: number }> {
    const together = new Map<string, { usd: number; readonly of: number[] }>();
    for (let row = 0; row < rows.count; row++) {
      const usd = beyondPrice(row);
      if (paid[row] === 0 || usd <= 0 || !limitsOf.has(row)) continue;
      const key = limitsOf.get(row)!.join();
      const group = together.get(key);
      if (group === undefined) together.set(key, { usd, of: [row] });
      else {
        group.usd += usd;
        group.of.push(row);
      }
    }
    const byRow = new Map<number, { readonly col: number; readonly usd: number }>();
    for (const { usd, of } of together.values()) {
      const one = { col: builder.addCol(usd, 0, 1, false), usd };
      for (const row of of) byRow.set(row, one);
    }
    return byRow;
  }

  /** What rows that are paid for leave at a site, by several prices of its modules' time. */
  function addPaid(): void {
    const offered = new Float64Array(rows.count);
    for (let row = 0; row < rows.count; row++) {
      if (paid[row] === 0) continue;
      const price = known.rowPrice[row]!;
      builder.addOffset(price + Math.min(0, unservedUsd[row]! - price));
      offered[row] = price;
    }
    const passes = createSitePass(problem, { ...view, usd: arcUsd });
    const { cuts } = known.bounder;
    const width = view.widest + 1;
    const used = new Float64Array(width);
    for (let site = 0; site < sites.count; site++) {
      const [from, end] = [view.poolStarts[site]!, view.poolStarts[site + 1]!];
      let reaches = false;
      for (let a = view.starts[site]!; a < view.starts[site + 1]! && !reaches; a++) reaches = paid[view.row[a]!] === 1;
      if (!reaches) continue;
      const vectors = Array.from({ length: cuts.count[site]! }, (_, k) => {
        const at = (site * cutsPerSite + k) * width;
        return cuts.prices.slice(at, at + width);
      });
      for (const part of offers) {
        const prices = new Float64Array(width);
        for (let i = from; i < end; i++) prices[i - from] = Math.max(0, part * poolUsd[view.pool[i]!]!);
        vectors.push(prices);
      }
      const earned = builder.addCol(-1, 0, Infinity, false);
      const seen = new Set<string>();
      for (const prices of vectors) {
        const key = prices.join();
        if (seen.has(key)) continue;
        seen.add(key);
        const port = prices[view.widest]!;
        const left = passes.pass(site, offered, prices, 0, used, 0) + (port > 0 ? port * sites.gbps[site]! : 0);
        builder.addRow(-Infinity, 0);
        builder.addEntry(earned, 1);
        if (left > 0) builder.addEntry(openCol[site]!, -left);
        for (let i = from; i < end; i++) builder.addEntry(moduleCol[view.pool[i]!]!, -prices[i - from]!);
      }
    }
  }

  function addLimit(l: number): number {
    const limit = limits[l]!;
    // Arcs are not told apart: what they add is left out, and the whole limit where they may make room in it.
    if (limit.arcWeights?.some((weight) => weight < 0) === true) return -1;
    let { upper } = limit;
    const shares = new Map<number, { most: number; sum: number }>();
    const gone = new Map<number, number>();
    for (const [i, row] of (limit.unserved ?? []).entries()) {
      const weight = limit.unservedWeights![i]!;
      if (paid[row] === 1) {
        const one = leftOut.get(row);
        // Who is paid more than leaving out costs is left out already.
        if (one === undefined) upper -= weight;
        else {
          const least = (weight * one.usd) / beyondPrice(row);
          gone.set(one.col, Math.min(gone.get(one.col) ?? 0, least));
        }
        continue;
      }
      upper -= weight;
      const group = groupOf[row]!;
      // Who cannot be served is left out whatever is decided.
      if (group < 0) continue;
      const ratio = weight / Math.max(unservedUsd[row]!, Number.MIN_VALUE);
      const known = shares.get(group);
      shares.set(group, {
        most: Math.max(known?.most ?? -Infinity, ratio),
        sum: (known?.sum ?? 0) + unservedUsd[row]!,
      });
    }
    const row = builder.addRow(-Infinity, upper);
    for (const [i, site] of limit.sites.entries()) builder.addEntry(openCol[site]!, limit.siteWeights[i]!);
    for (const [i, pool] of limit.pools.entries()) builder.addEntry(moduleCol[pool]!, limit.poolWeights[i]!);
    for (const [group, { most, sum }] of shares) builder.addEntry(groups[group]!.col, -most * sum);
    for (const [col, least] of gone) if (least < 0) builder.addEntry(col, least);
    return row;
  }
}

/** Rows that more places than this may serve, and pools that more modules than this may be of use at, are not told in outline. */
const mostPlaces = 40;
const mostModules = 64;

/** 1 for rows that are paid for: training, what is served from everywhere, and what takes many modules. */
export function paidRows(problem: PlanProblem, stages: readonly Stage[]): Uint8Array {
  const { arcs, pools, rows } = problem;
  const paid = new Uint8Array(rows.count);
  const most = usefulModules(problem);
  const stands = new Uint8Array(pools.count);
  let first = 0;
  for (const { planned, pool } of stages) {
    paid.fill(1, first + planned.demandRowCount, first + planned.problem.rows.count);
    first += planned.problem.rows.count;
    for (let own = 0; own < planned.firstAuxiliary; own++) stands[pool + own] = planned.poolInstalled[own]!;
  }
  for (let row = 0; row < rows.count; row++) {
    const places = new Set<number>();
    let fewest = Infinity;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const pool = arcs.pool[arc]!;
      places.add(pools.site[pool]!);
      // How many stand somewhere already says nothing of how many are of use.
      if (most[pool]! > 0 && stands[pool] === 0) fewest = Math.min(fewest, most[pool]!);
    }
    if (places.size > mostPlaces || (fewest > mostModules && fewest < Infinity)) paid[row] = 1;
  }
  return paid;
}

/** What the relaxation says rows and limits are worth, where the bound does not know better; with guesses at how they move. */
export function pricesOfCover(
  problem: PlanProblem,
  { limitRow, groups }: CoverModel,
  { rowDuals }: SolveResult,
  known: Pick<LagrangianResult, "rowPrice" | "limitPrice">,
): { readonly rowPrice: Float64Array; readonly limitPrice: Float64Array; readonly limits: PlanProblem["limits"] } {
  const rowPrice = known.rowPrice.slice();
  const worthOf = (row: number): number => Math.max(0, -rowDuals![row]!);
  const limitPrice = Float64Array.from(limitRow, (row, l) => (row < 0 ? known.limitPrice[l]! : worthOf(row)));
  for (const { rows, usd, servedRow } of groups) {
    const worth = worthOf(servedRow);
    const total = rows.reduce((sum, row) => sum + problem.rows.unservedUsd[row]!, 0);
    for (const [i, row] of rows.entries()) {
      const unservedUsd = problem.rows.unservedUsd[row]!;
      rowPrice[row] = Math.min(unservedUsd, usd[i]! + (worth * unservedUsd) / Math.max(total, Number.MIN_VALUE));
    }
  }
  const moving = problem.limits.map(
    (limit, l) => limit.follows === true && limitRow[l]! >= 0 && limit.inBound !== false,
  );
  let [sum, count] = [0, 0];
  for (const [l, price] of limitPrice.entries()) {
    if (!moving[l] || price === 0) continue;
    sum += price;
    count++;
  }
  const least = count > 0 ? (leastPrice * sum) / count : 0;
  const limits = problem.limits.map((limit, l) =>
    moving[l] && least > 0 ? { ...limit, firstPriceUsd: Math.max(limitPrice[l]!, least) } : limit,
  );
  return { rowPrice, limitPrice, limits };
}
