/**
 * Futures over several periods. What is bought in the first period is decided once and stands in every future; what is bought
 * later, what was there from the beginning and who is served from where are decided in each. So the futures' stacked models
 * stand side by side and share the columns of the first period's purchases; no other row couples them.
 */
import type { World } from "../../catalog/index.ts";
import { formulate } from "../problem/formulate.ts";
import {
  expected,
  type ExtensiveForm,
  type FirstStage,
  type Future,
  type NoRecourse,
  type Recourse,
} from "./futures-model.ts";
import { haveSamePools } from "../world/same-pools.ts";
import { MipBuilder } from "../problem/mip-builder.ts";
import { fleetKey } from "../problem/period-terms.ts";
import {
  checkSolution,
  objectiveUsd,
  usefulModules,
  type PlanProblem,
  type ProblemSolution,
} from "../problem/problem.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";
import { solveProblem } from "../search/solve-problem.ts";
import { discountedYears, stackPeriodsSteps, type StackedPeriods } from "../world/stack-periods.ts";
import type { Steps } from "../problem/steps.ts";

/** Stacked problems with the same pools in the first period: what one future has a use for may be built in every other. */
export function* alignedHorizons(worlds: readonly World[]): Steps<StackedPeriods[]> {
  const alone: StackedPeriods[] = [];
  for (const world of worlds) alone.push(yield* stackPeriodsSteps(world));
  const keys = new Set<number>();
  for (const { periods } of alone) {
    const { world, problem, poolModule, poolTrains, firstAuxiliary } = periods[0]!;
    for (let pool = 0; pool < firstAuxiliary; pool++) {
      keys.add(fleetKey(world, problem.pools.site[pool]!, poolModule[pool]!, poolTrains[pool] === 1));
    }
  }
  const haveSame = (stacks: readonly StackedPeriods[]): boolean =>
    haveSamePools(stacks.map(({ periods }) => periods[0]!));
  if (haveSame(alone)) return alone;
  const aligned: StackedPeriods[] = [];
  for (const world of worlds) aligned.push(yield* stackPeriodsSteps(world, keys));
  if (!haveSame(aligned)) throw new RangeError("the futures do not have the same modules installed");
  return aligned;
}

/** The stacked problem in levelised dollars: what, paid every year of the horizon, is worth the same. */
export function levelised(stacked: StackedPeriods, world: World): PlanProblem {
  const years = horizonYears(world);
  const { problem } = stacked;
  const per = (usd: Float64Array): Float64Array => usd.map((value) => value / years);
  return {
    ...problem,
    constantUsd: (problem.constantUsd ?? 0) / years,
    rows: { ...problem.rows, unservedUsd: per(problem.rows.unservedUsd) },
    arcs: { ...problem.arcs, usd: per(problem.arcs.usd) },
    pools: { ...problem.pools, usd: per(problem.pools.usd) },
    sites: { ...problem.sites, usd: per(problem.sites.usd) },
  };
}

/** Discounted years of the whole horizon. */
export function horizonYears(world: World): number {
  return world.periods.reduce((sum, _, period) => sum + discountedYears(world, period), 0);
}

/** 1 for the pools of the first period whose modules or upgrades are bought. */
export function decidedPools({ periods }: StackedPeriods): Uint8Array {
  const { problem, poolInstalled, auxiliary, firstAuxiliary } = periods[0]!;
  return Uint8Array.from({ length: problem.pools.count }, (_, pool) =>
    pool < firstAuxiliary
      ? poolInstalled[pool]
        ? 0
        : 1
      : auxiliary[pool - firstAuxiliary]!.kind === "upgrade"
        ? 1
        : 0,
  );
}

/** Sites of a stacked problem, each counted once. */
function placesOf({ sites }: PlanProblem): number {
  let most = 0;
  for (const place of sites.place ?? []) most = Math.max(most, place + 1);
  return most;
}

/** What a solution of a stacked problem decides first. */
export function firstStageOf({ open, modules }: ProblemSolution, { decided, problem }: Future): FirstStage {
  if (decided === undefined) return { open, modules };
  return { open: open.slice(0, placesOf(problem)), modules: modules.slice(0, decided.length) };
}

/** The problem when the first period's purchases are given. */
export function withFirstStage({ problem, decided }: Future, { modules }: FirstStage): PlanProblem {
  const minCount = problem.pools.minCount.slice();
  const maxCount = problem.pools.maxCount.slice();
  for (const [pool, isDecided] of decided!.entries()) {
    if (isDecided) minCount[pool] = maxCount[pool] = modules[pool]!;
  }
  return { ...problem, pools: { ...problem.pools, minCount, maxCount } };
}

/** The best plan of a future that begins with these purchases. */
export async function horizonRecourse(
  first: FirstStage,
  future: Future,
  tools: PathTools,
  { onProgress: _quiet, ...options }: PathOptions,
): Promise<Recourse | NoRecourse> {
  const given = withFirstStage(future, first);
  if (given.pools.minCount.some((count, pool) => count > future.problem.pools.maxCount[pool]!))
    return "cannot-be-built";
  const { solution, status } = await solveProblem(given, tools, options);
  if (checkSolution(given, solution).length > 0)
    return cutShort.has(status) || options.signal?.aborted === true ? "not-found" : "cannot-be-built";
  return { usdPerYear: objectiveUsd(future.problem, solution), solution };
}

/** How searches end that might have found more. */
const cutShort: ReadonlySet<string> = new Set(["timeLimit", "cancelled", "outOfMemory"]);

/** @param regretOver As for `writeExtensiveForm`. */
export function writeHorizonForm(futures: readonly Future[], regretOver?: readonly number[]): ExtensiveForm {
  const [{ decided: some }] = futures as [Future];
  const decided = some!;
  const mosts = futures.map(({ problem }) => usefulModules(problem));
  for (const pool of decided.keys()) {
    if (!decided[pool]) continue;
    const most = Math.max(
      ...futures.map(({ problem }, s) => Math.max(mosts[s]![pool]!, problem.pools.minCount[pool]!)),
    );
    for (const [s, { problem }] of futures.entries()) mosts[s]![pool] = Math.min(most, problem.pools.maxCount[pool]!);
  }
  const parts = futures.map(({ problem }, s) => formulate(problem, "all", mosts[s]));
  const builder = new MipBuilder();
  const isPriced = regretOver === undefined;
  const shared = new Int32Array(decided.length).fill(-1);
  for (const pool of decided.keys()) {
    if (!decided[pool]) continue;
    const bounds = parts.map(({ model, moduleCol }) => {
      const col = moduleCol[pool]!;
      return [model.colLower[col]!, model.colUpper[col]!, model.colCost[col]!] as const;
    });
    const usd = isPriced
      ? expected(
          futures,
          bounds.map(([, , cost]) => cost),
        )
      : 0;
    shared[pool] = builder.addCol(
      usd,
      Math.max(...bounds.map(([lower]) => lower)),
      Math.min(...bounds.map(([, upper]) => upper)),
      true,
    );
  }
  const regretCol = isPriced ? -1 : builder.addCol(1, 0, Infinity, false);
  if (isPriced)
    builder.addOffset(
      expected(
        futures,
        futures.map(({ problem }) => problem.constantUsd ?? 0),
      ),
    );
  for (const [s, { model, moduleCol }] of parts.entries()) {
    const { probability, problem } = futures[s]!;
    const column = new Int32Array(model.numCols).fill(-1);
    for (const [pool, col] of shared.entries()) if (col >= 0) column[moduleCol[pool]!] = col;
    for (let col = 0; col < model.numCols; col++) {
      if (column[col]! >= 0) continue;
      const usd = isPriced ? probability * model.colCost[col]! : 0;
      column[col] = builder.addCol(usd, model.colLower[col]!, model.colUpper[col]!, model.colInteger[col] === 1);
    }
    for (let row = 0; row < model.numRows; row++) {
      builder.addRow(model.rowLower[row]!, model.rowUpper[row]!);
      for (let i = model.rowStarts[row]!; i < model.rowStarts[row + 1]!; i++) {
        builder.addEntry(column[model.colIndices[i]!]!, model.values[i]!);
      }
    }
    if (isPriced) continue;
    builder.addRow(-Infinity, regretOver[s]! - (problem.constantUsd ?? 0));
    builder.addEntry(regretCol, -1);
    for (let col = 0; col < model.numCols; col++) {
      if (model.colCost[col] !== 0) builder.addEntry(column[col]!, model.colCost[col]!);
    }
  }
  return {
    model: builder.build(),
    firstStage(columns) {
      const modules = Float64Array.from(shared, (col) => (col < 0 ? 0 : Math.round(columns[col]!)));
      const { problem } = futures[0]!;
      const open = problem.sites.forced.slice(0, placesOf(problem));
      for (const [pool, count] of modules.entries()) if (count > 0) open[problem.pools.site[pool]!] = 1;
      return { open, modules };
    },
  };
}
