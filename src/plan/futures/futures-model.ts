/**
 * The extensive form of a two-stage plan: what is built now is one decision for all futures, everything after it is decided
 * in each future by itself. The futures' models stand side by side and share the columns of the first stage:
 *
 * | name            | inequality                                                | function                                   |
 * | --------------- | --------------------------------------------------------- | ------------------------------------------ |
 * | `in service`    | modules in service (future) ≤ modules built, per pool      | what a future cannot power stands idle     |
 * | `in use`        | open (future) ≤ open, per site                             | a site where all stands idle is not in use |
 * | `built opening` | modules built ≤ most · open, per pool of the first stage   | nothing is built at a site that is shut    |
 * | `regret`        | cost (future) − least cost of the future ≤ greatest regret | only where the greatest regret is minimised |
 *
 * All other rows are those of `formulate`, once per future: limits on what is bought and what is owed for it hold for what is built, all
 * others for what is in service.
 */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { formulate, type Formulation } from "../problem/formulate.ts";
import { MipBuilder } from "../problem/mip-builder.ts";
import { usefulModules, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import type { MipModel } from "../problem/solver.ts";

/** One way the world may turn out. The problems of all futures have the same sites and pools, in the same order. */
export interface Future {
  readonly name: string;
  /** Above 0; those of all futures sum to 1. */
  readonly probability: number;
  readonly problem: PlanProblem;
  /**
   * Of several periods, stacked: 1 for the pools of the first period that are bought, once for all futures; everything later is
   * decided in each. Absent where all there is to build is decided at once.
   */
  readonly decided?: Uint8Array;
}

/** What is built before the future is known; of several periods, sites and pools of the first. */
export interface FirstStage {
  /** 1 where the site is open. */
  readonly open: Uint8Array;
  /** Whole modules per pool. */
  readonly modules: Float64Array;
}

/** Columns of the first stage, by site and by pool. */
interface FirstStageColumns {
  readonly open: Int32Array;
  readonly modules: Int32Array;
}

/** What a first stage costs when one future has come. */
export interface Recourse {
  /** With all that was built paid for, in service or not, USD/year. */
  readonly usdPerYear: number;
  /** Modules are those in service. */
  readonly solution: ProblemSolution;
}

/** Why there is no recourse: a limit or the solver says that there is none, or the search ended before it found one. */
export type NoRecourse = "cannot-be-built" | "not-found";

/** Mean over the futures, weighted with their probabilities. */
export function expected(futures: readonly Future[], values: readonly number[]): number {
  return futures.reduce((sum, { probability }, s) => sum + probability * values[s]!, 0);
}

export interface ExtensiveForm {
  readonly model: MipModel;
  /** The first stage behind column values. */
  firstStage(columns: Float64Array): FirstStage;
}

/** Whether a limit is about what is bought; the others are about what is in service. */
export function limitsPurchases(limit: CouplingLimit): boolean {
  // How many sites are open is one decision for all futures, too. A parent where all stands idle is no help to those that hang on it.
  return limit.of === "purchases" || (isOfSites(limit) && limit.siteWeights.every((weight) => weight >= 0));
}

/** Whether a limit counts what is built, in service or not. */
export function countsBuilt(limit: CouplingLimit): boolean {
  return limit.of === "built" || limitsPurchases(limit);
}

/** Whether a limit is about which sites are open and nothing else. */
export function isOfSites({ pools, arcs }: CouplingLimit): boolean {
  return pools.length === 0 && arcs === undefined;
}

/**
 * @param regretOver Least cost of each future, USD/year: the model then minimises the greatest regret. Without it, the
 * expected cost.
 */
export function writeExtensiveForm(futures: readonly Future[], regretOver?: readonly number[]): ExtensiveForm {
  const [{ problem: any }] = futures as [Future];
  const parts = futures.map(({ problem }) => formulate(problem, "all"));
  const builder = new MipBuilder();
  const cost = (usd: readonly number[]): number => (regretOver === undefined ? expected(futures, usd) : 0);

  const mosts = futures.map(({ problem }) => usefulModules(problem));
  const most = Float64Array.from({ length: any.pools.count }, (_, pool) =>
    Math.max(...futures.map(({ problem }, s) => Math.max(mosts[s]![pool]!, problem.pools.minCount[pool]!))),
  );
  const openCol = Int32Array.from({ length: any.sites.count }, (_, site) => {
    if (parts.every((part) => part.openCol[site]! < 0)) return -1;
    const usd = futures.map(({ problem }) => problem.sites.usd[site]!);
    const lower = Math.max(...futures.map(({ problem }) => problem.sites.forced[site]!));
    return builder.addCol(cost(usd), lower, 1, true);
  });
  const moduleCol = Int32Array.from({ length: any.pools.count }, (_, pool) => {
    const usd = futures.map(({ problem }) => problem.pools.usd[pool]!);
    const lower = Math.max(...futures.map(({ problem }) => problem.pools.minCount[pool]!));
    return builder.addCol(cost(usd), lower, Math.max(most[pool]!, lower), true);
  });
  builder.addOffset(cost(futures.map(({ problem }) => problem.constantUsd ?? 0)));
  const regretCol = regretOver === undefined ? -1 : builder.addCol(1, 0, Infinity, false);
  const columnsOf = parts.map((part, s) => addFuture(builder, part, futures[s]!, openCol, regretOver === undefined));

  for (const [s, part] of parts.entries())
    addRows(builder, part, futures[s]!.problem, columnsOf[s]!, {
      open: openCol,
      modules: moduleCol,
    });
  for (let pool = 0; pool < any.pools.count; pool++) {
    for (const [s, part] of parts.entries()) {
      builder.addRow(-Infinity, 0);
      builder.addEntry(columnsOf[s]![part.moduleCol[pool]!]!, 1);
      builder.addEntry(moduleCol[pool]!, -1);
    }
    const open = openCol[any.pools.site[pool]!]!;
    if (open < 0 || most[pool] === 0) continue;
    builder.addRow(-Infinity, 0);
    builder.addEntry(moduleCol[pool]!, 1);
    builder.addEntry(open, -most[pool]!);
  }
  if (regretOver !== undefined) {
    for (const [s, part] of parts.entries()) {
      const { pools, sites } = futures[s]!.problem;
      // A site that every model leaves out costs nothing, and one forced open is a column of its own.
      builder.addRow(-Infinity, regretOver[s]! - (futures[s]!.problem.constantUsd ?? 0));
      builder.addEntry(regretCol, -1);
      for (const [site, col] of openCol.entries()) if (col >= 0) builder.addEntry(col, sites.usd[site]!);
      for (const [pool, col] of moduleCol.entries()) builder.addEntry(col, pools.usd[pool]!);
      for (let col = part.firstUnservedCol; col < part.model.numCols; col++) {
        builder.addEntry(columnsOf[s]![col]!, part.model.colCost[col]!);
      }
    }
  }
  return {
    model: builder.build(),
    firstStage(columns) {
      const modules = Float64Array.from(moduleCol, (col) => Math.round(columns[col]!));
      const open = new Uint8Array(any.sites.count);
      for (const { problem } of futures) problem.sites.forced.forEach((forced, site) => void (open[site]! |= forced));
      for (const [pool, count] of modules.entries()) if (count > 0) open[any.pools.site[pool]!] = 1;
      return { open, modules };
    },
  };
}

/** Columns of one future: `open` is shared, modules in service are its own and cost nothing beyond what is built. */
function addFuture(
  builder: MipBuilder,
  { model, openCol, moduleCol }: Formulation,
  { probability }: Future,
  shared: Int32Array,
  priced: boolean,
): Int32Array {
  const column = new Int32Array(model.numCols).fill(-1);
  const isBuilt = new Set([...openCol, ...moduleCol]);
  for (let col = 0; col < model.numCols; col++) {
    const usd = isBuilt.has(col) || !priced ? 0 : probability * model.colCost[col]!;
    column[col] = builder.addCol(usd, model.colLower[col]!, model.colUpper[col]!, model.colInteger[col] === 1);
  }
  for (const [site, col] of openCol.entries()) {
    if (col < 0) continue;
    builder.addRow(-Infinity, 0);
    builder.addEntry(column[col]!, 1);
    builder.addEntry(shared[site]!, -1);
  }
  return column;
}

function addRows(
  builder: MipBuilder,
  part: Formulation,
  problem: PlanProblem,
  column: Int32Array,
  built: FirstStageColumns,
): void {
  const { model } = part;
  const builtCol = new Map([
    ...[...part.moduleCol].map((col, pool) => [col, built.modules[pool]!] as const),
    ...[...part.openCol].map((col, site) => [col, built.open[site]!] as const),
  ]);
  const ofBuilt = new Set([...part.limitRow].filter((_, l) => countsBuilt(problem.limits[l]!)));
  for (let row = 0; row < model.numRows; row++) {
    builder.addRow(model.rowLower[row]!, model.rowUpper[row]!);
    for (let i = model.rowStarts[row]!; i < model.rowStarts[row + 1]!; i++) {
      const col = model.colIndices[i]!;
      const first = ofBuilt.has(row) ? builtCol.get(col) : undefined;
      builder.addEntry(first ?? column[col]!, model.values[i]!);
    }
  }
}
