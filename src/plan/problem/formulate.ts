/**
 * Writes a `PlanProblem` as a mixed-integer model. The constraints, with their public names:
 *
 * | name       | inequality                                | dual                                  |
 * | ---------- | ----------------------------------------- | ------------------------------------- |
 * | `demand`   | Σ share + unserved = 1, per row           | worth of the row's service, USD/year  |
 * | `capacity` | Σ load · share ≤ modules, per pool        | worth of one module, USD/year         |
 * | `power`    | Σ kW · modules ≤ limit · open, per site   | worth of one kW, USD/year             |
 * | `ports`    | Σ Gbit/s · share ≤ limit, per site        | worth of one Gbit/s, USD/year         |
 * | `opening`  | modules ≤ most · open, per pool           |                                       |
 * | `occupied` | open ≤ Σ modules, where open pays         |                                       |
 * | `link`     | Σ share (row at site) ≤ open              | tightens the relaxation only          |
 * | `limit`    | Σ weights ≤ upper, per coupling limit     | worth of one unit of the limit        |
 * | `fleet`    | modules bought ≥ 0, per pool and period   | worth of buying later instead of now  |
 * | `engines`  | as in `engine-rows.ts`, per scarce place  |                                       |
 */
import { addEngines } from "./engine-rows.ts";
import { leastEngines } from "./engine-slots.ts";
import { MipBuilder } from "./mip-builder.ts";
import { noTies, openOnlyFilled, siteOfArc, usefulModules, type PlanProblem, type ProblemSolution } from "./problem.ts";
import type { MipModel } from "./solver.ts";

/** A model and where the parts of the problem stand in it (-1 = not in the model). */
export interface Formulation {
  readonly model: MipModel;
  readonly openCol: Int32Array;
  readonly moduleCol: Int32Array;
  readonly firstArcCol: number;
  readonly firstUnservedCol: number;
  readonly demandRow: Int32Array;
  readonly capacityRow: Int32Array;
  readonly powerRow: Int32Array;
  readonly portRow: Int32Array;
  readonly limitRow: Int32Array;
  readonly tieRow: Int32Array;
  /** Column of each kind of engines; -1 where there is room for all. Absent where the problem knows none. */
  readonly engineCol?: Int32Array;
  /** Columns of places that shut from one period to the next, where a limit must know of it. */
  readonly closings: readonly Closing[];
}

interface Closing {
  readonly before: number;
  readonly now: number;
  readonly col: number;
}

/** Row at site: a pair that `link` rows speak about, as `row * sites + site`. */
export type LinkKey = number;

export function linkKey(problem: PlanProblem, row: number, site: number): LinkKey {
  return row * problem.sites.count + site;
}

/** The column that says whether an arc's site is in use: `open`, or the pool itself where opening costs nothing. */
export function linkCol(problem: PlanProblem, formulation: Formulation, arc: number): number {
  const open = formulation.openCol[siteOfArc(problem, arc)]!;
  return open >= 0 ? open : formulation.moduleCol[problem.arcs.pool[arc]!]!;
}

/**
 * @param links `link` rows to write; `"all"` writes every one, which gives the tightest relaxation and the largest model.
 * @param most Modules a pool may have, where they are also decided for something beside this problem.
 */
export function formulate(
  problem: PlanProblem,
  links: ReadonlySet<LinkKey> | "all",
  most = usefulModules(problem),
): Formulation {
  const { rows, arcs, pools, sites, limits } = problem;
  const builder = new MipBuilder();
  if (problem.constantUsd !== undefined) builder.addOffset(problem.constantUsd);

  const siteInLimit = new Uint8Array(sites.count);
  const onlyFilled = openOnlyFilled(problem);
  for (const limit of limits) for (const site of limit.sites) siteInLimit[site] = 1;
  const openCol = new Int32Array(sites.count).fill(-1);
  for (let site = 0; site < sites.count; site++) {
    if (sites.usd[site] === 0 && !siteInLimit[site]) continue;
    openCol[site] = builder.addCol(sites.usd[site]!, sites.forced[site]!, 1, true);
  }
  const moduleCol = Int32Array.from({ length: pools.count }, (_, pool) =>
    // An unreachable least count keeps its contradiction with the limits, for the solver to report.
    builder.addCol(pools.usd[pool]!, pools.minCount[pool]!, Math.max(most[pool]!, pools.minCount[pool]!), true),
  );
  const firstUnservedCol = builder.numCols;
  for (let row = 0; row < rows.count; row++) builder.addCol(rows.unservedUsd[row]!, 0, 1, false);
  const firstArcCol = builder.numCols;
  for (let arc = 0; arc < arcs.pool.length; arc++) builder.addCol(arcs.usd[arc]!, 0, 1, false);
  const closings = closingColumns(limits, builder);
  const closingCol = new Map(closings.map(({ before, col }) => [before, col]));

  const demandRow = new Int32Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    demandRow[row] = builder.addRow(1, 1);
    builder.addEntry(firstUnservedCol + row, 1);
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) builder.addEntry(firstArcCol + arc, 1);
  }

  const byPool = arcsByPool(problem);
  const capacityRow = new Int32Array(pools.count).fill(-1);
  for (let pool = 0; pool < pools.count; pool++) {
    if (byPool.starts[pool] === byPool.starts[pool + 1]) continue;
    capacityRow[pool] = builder.addRow(-Infinity, 0);
    builder.addEntry(moduleCol[pool]!, -1);
    for (let i = byPool.starts[pool]!; i < byPool.starts[pool + 1]!; i++) {
      builder.addEntry(firstArcCol + byPool.arc[i]!, arcs.load[byPool.arc[i]!]!);
    }
  }

  const poolsOfSite: number[][] = Array.from({ length: sites.count }, () => []);
  for (let pool = 0; pool < pools.count; pool++) poolsOfSite[pools.site[pool]!]!.push(pool);
  const rowOfArc = rowsOfArcs(problem);
  const powerRow = new Int32Array(sites.count).fill(-1);
  const portRow = new Int32Array(sites.count).fill(-1);
  for (let site = 0; site < sites.count; site++) {
    const here = poolsOfSite[site]!;
    const open = openCol[site]!;
    let fullKw = 0;
    for (const pool of here) fullKw += pools.kw[pool]! * most[pool]!;
    if (Number.isFinite(sites.kw[site]!) && fullKw > 0) {
      powerRow[site] = builder.addRow(-Infinity, open < 0 ? sites.kw[site]! : 0);
      for (const pool of here) builder.addEntry(moduleCol[pool]!, pools.kw[pool]!);
      if (open >= 0) builder.addEntry(open, -sites.kw[site]!);
    }
    if (Number.isFinite(sites.gbps[site]!)) {
      portRow[site] = builder.addRow(-Infinity, sites.gbps[site]!);
      for (const pool of here) {
        for (let i = byPool.starts[pool]!; i < byPool.starts[pool + 1]!; i++) {
          const arc = byPool.arc[i]!;
          builder.addEntry(firstArcCol + arc, rows.gbps[rowOfArc[arc]!]!);
        }
      }
    }
    if (open < 0) continue;
    if (onlyFilled[site]) {
      builder.addRow(-Infinity, 0);
      builder.addEntry(open, 1);
      for (const pool of here) if (!pools.isSwitch?.[pool]) builder.addEntry(moduleCol[pool]!, -1);
    }
    for (const pool of here) {
      const count = Math.max(most[pool]!, pools.minCount[pool]!);
      if (count === 0) continue;
      builder.addRow(-Infinity, 0);
      builder.addEntry(moduleCol[pool]!, 1);
      builder.addEntry(open, -count);
    }
  }

  const limitRow = Int32Array.from(limits, (limit) => {
    const row = builder.addRow(-Infinity, limit.upper);
    for (let i = 0; i < limit.sites.length; i++) builder.addEntry(openCol[limit.sites[i]!]!, limit.siteWeights[i]!);
    for (let i = 0; i < limit.pools.length; i++) builder.addEntry(moduleCol[limit.pools[i]!]!, limit.poolWeights[i]!);
    const { arcs: counted = [], arcWeights, unserved = [], unservedWeights } = limit;
    for (let i = 0; i < counted.length; i++) builder.addEntry(firstArcCol + counted[i]!, arcWeights![i]!);
    for (let i = 0; i < unserved.length; i++) builder.addEntry(firstUnservedCol + unserved[i]!, unservedWeights![i]!);
    for (const [i, before] of (limit.closings?.before ?? []).entries()) {
      builder.addEntry(closingCol.get(before)!, limit.closings!.weight[i]!);
    }
    return row;
  });
  for (const { before, now, col } of closings) {
    builder.addRow(-Infinity, 0);
    builder.addEntry(openCol[before]!, 1);
    builder.addEntry(openCol[now]!, -1);
    builder.addEntry(col, -1);
  }

  const ties = problem.ties ?? noTies;
  const tieRow = new Int32Array(ties.count);
  for (let tie = 0; tie < ties.count; tie++) {
    tieRow[tie] = builder.addRow(-Infinity, 0);
    for (let i = ties.starts[tie]!; i < ties.starts[tie + 1]!; i++) {
      builder.addEntry(moduleCol[ties.pool[i]!]!, ties.weight[i]!);
    }
  }

  const engineCol =
    problem.engines && addEngines(problem, problem.engines, builder, { firstArcCol, moduleCol, rowOf: rowOfArc });

  const partial = {
    ...(engineCol && { engineCol }),
    openCol,
    moduleCol,
    firstArcCol,
    firstUnservedCol,
    demandRow,
    capacityRow,
    powerRow,
    portRow,
    limitRow,
    tieRow,
    closings,
  };
  addLinks(problem, builder, { ...partial, model: emptyModel }, links);
  return { ...partial, model: builder.build() };
}

/** A column per place and period in which it may shut, for all limits that must know of it. */
function closingColumns(limits: PlanProblem["limits"], builder: MipBuilder): Closing[] {
  const found = new Map<number, Closing>();
  for (const { closings } of limits) {
    for (const [i, before] of (closings?.before ?? []).entries()) {
      if (found.has(before)) continue;
      found.set(before, { before, now: closings!.now[i]!, col: builder.addCol(0, 0, 1, false) });
    }
  }
  return [...found.values()];
}

function addLinks(
  problem: PlanProblem,
  builder: MipBuilder,
  formulation: Formulation,
  links: ReadonlySet<LinkKey> | "all",
): void {
  if (links !== "all" && links.size === 0) return;
  const { starts } = problem.arcs;
  for (let row = 0; row < problem.rows.count; row++) {
    const bySwitch = new Map<number, number[]>();
    for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
      if (links !== "all" && !links.has(linkKey(problem, row, siteOfArc(problem, arc)))) continue;
      const col = linkCol(problem, formulation, arc);
      const list = bySwitch.get(col);
      if (list === undefined) bySwitch.set(col, [arc]);
      else list.push(arc);
    }
    for (const [col, list] of bySwitch) {
      builder.addRow(-Infinity, 0);
      for (const arc of list) builder.addEntry(formulation.firstArcCol + arc, 1);
      builder.addEntry(col, -1);
    }
  }
}

const emptyModel: MipModel = new MipBuilder().build();

/** Arcs sorted by pool: pool p has the arcs `arc[starts[p]]` to `arc[starts[p + 1] - 1]`. */
export function arcsByPool(problem: PlanProblem): { starts: Int32Array; arc: Int32Array } {
  const { pool } = problem.arcs;
  const starts = new Int32Array(problem.pools.count + 1);
  for (let arc = 0; arc < pool.length; arc++) starts[pool[arc]! + 1]!++;
  for (let p = 0; p < problem.pools.count; p++) starts[p + 1]! += starts[p]!;
  const next = starts.slice();
  const order = new Int32Array(pool.length);
  for (let arc = 0; arc < pool.length; arc++) order[next[pool[arc]!]!++] = arc;
  return { starts, arc: order };
}

/** The row of each arc. */
export function rowsOfArcs(problem: PlanProblem): Int32Array {
  const { starts, pool } = problem.arcs;
  const rowOf = new Int32Array(pool.length);
  for (let row = 0; row < problem.rows.count; row++) rowOf.fill(row, starts[row]!, starts[row + 1]!);
  return rowOf;
}

/** Column values of a solution, for a start point. */
export function toColumns(problem: PlanProblem, formulation: Formulation, solution: ProblemSolution): Float64Array {
  const columns = new Float64Array(formulation.model.numCols);
  for (let site = 0; site < problem.sites.count; site++) {
    if (formulation.openCol[site]! >= 0) columns[formulation.openCol[site]!] = solution.open[site]!;
  }
  for (let pool = 0; pool < problem.pools.count; pool++)
    columns[formulation.moduleCol[pool]!] = solution.modules[pool]!;
  columns.set(solution.share, formulation.firstArcCol);
  const { starts } = problem.arcs;
  for (let row = 0; row < problem.rows.count; row++) {
    let served = 0;
    for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) served += solution.share[arc]!;
    columns[formulation.firstUnservedCol + row] = Math.max(0, 1 - served);
  }
  const { engineCol } = formulation;
  if (engineCol !== undefined) {
    for (const [kind, count] of leastEngines(problem, problem.engines!, solution).entries()) {
      if (engineCol[kind]! >= 0) columns[engineCol[kind]!] = count;
    }
  }
  for (const { before, now, col } of formulation.closings) {
    columns[col] = solution.open[before] && !solution.open[now] ? 1 : 0;
  }
  return columns;
}

/** The solution behind column values, with whole numbers made exactly whole and rounding noise removed from shares. */
export function fromColumns(problem: PlanProblem, formulation: Formulation, columns: Float64Array): ProblemSolution {
  const modules = Float64Array.from(formulation.moduleCol, (col) => Math.round(columns[col]!));
  dropUnneeded(problem, modules, columns, formulation);
  // A site without modules is not open, whatever a solver that stopped at a gap left switched on.
  const open = Uint8Array.from(problem.sites.forced);
  for (let pool = 0; pool < problem.pools.count; pool++) if (modules[pool]! > 0) open[problem.pools.site[pool]!] = 1;
  const share = columns.slice(formulation.firstArcCol, formulation.firstArcCol + problem.arcs.pool.length);
  for (let arc = 0; arc < share.length; arc++) {
    if (share[arc]! < 1e-9 || modules[problem.arcs.pool[arc]!] === 0) share[arc] = 0;
    else if (share[arc]! > 1) share[arc] = 1;
  }
  return { open, modules, share };
}

/** Switches are left on only where a limit needs them. */
function dropUnneeded(
  problem: PlanProblem,
  modules: Float64Array,
  columns: Float64Array,
  { firstArcCol }: Formulation,
): void {
  const { pools, limits } = problem;
  for (let pool = 0; pool < pools.count; pool++) {
    if (!(modules[pool]! > 0) || !pools.isSwitch?.[pool] || pools.minCount[pool]! > 0) continue;
    const needed = limits.some((limit) => {
      const i = limit.pools.indexOf(pool);
      if (i < 0 || !(limit.poolWeights[i]! < 0)) return false;
      return (limit.arcs ?? []).some((arc) => columns[firstArcCol + arc]! > 1e-9);
    });
    if (!needed) modules[pool] = 0;
  }
}
