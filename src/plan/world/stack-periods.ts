/**
 * A horizon as one planning problem: its periods behind each other, money of every period weighted with its discounted
 * years, and tied together by what is bought, which stays in service until the end of its life. What a period buys is not a
 * variable of its own: it is what stands, less what stands from before, so limits on purchases become limits on differences.
 */
import type { World } from "../../catalog/index.ts";
import { hasPriceVintages } from "../../finance/index.ts";
import { elapsedYears, livesUntil } from "../problem/period-terms.ts";
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import type { Purchase } from "./purchases.ts";
import { fleetOf, poolKey, tiesOf, type Fleet, type Offsets } from "./stacked-fleet.ts";
import { atOnce, type Steps } from "../problem/steps.ts";
import { worldProblemSteps, type WorldProblem } from "./world-problem.ts";

export interface StackedPeriods {
  /** Objective: present value at the beginning of the horizon, USD. */
  readonly problem: PlanProblem;
  /** Each period by itself, USD/year. */
  readonly periods: readonly WorldProblem[];
  /** Where each period begins in the stacked problem. */
  readonly first: readonly Offsets[];
  /** Modules that a stacked pool's period buys, when `modules` stand. */
  purchase(pool: number, modules: Float64Array): number;
  /** What stands in a period and was bought until then, by the period of its purchase. */
  vintages(period: number, modules: Float64Array): readonly Vintage[];
}

/** Modules in service by when they were bought. */
export interface Vintage extends Purchase {
  /** What one of them costs more per year than if it were bought now, USD. */
  readonly dearerUsd: number;
}

/**
 * Present value, at the beginning of the horizon, of one dollar a year during a period: paid in the middle of each year, at
 * the scenario's cost of capital.
 */
export function discountedYears(world: World, period: number): number {
  const { lengthYears } = world.periods[period]!;
  const from = elapsedYears(world, period);
  let total = 0;
  for (let year = 0; year < lengthYears; year++) {
    const part = Math.min(1, lengthYears - year);
    total += part * (1 + world.finance.waccRatio) ** -(from + year + part / 2);
  }
  return total;
}

/** @param also Pools of the first period to have even where nothing could use them, by `fleetKey`. */
export function stackPeriods(world: World, also: ReadonlySet<number> = new Set()): StackedPeriods {
  return atOnce(stackPeriodsSteps(world, also));
}

/** The same in steps. */
export function* stackPeriodsSteps(world: World, also: ReadonlySet<number> = new Set()): Steps<StackedPeriods> {
  const periods = yield* alignedPeriods(world, also);
  const weights = periods.map((_, period) => discountedYears(world, period));
  const first: Offsets[] = [];
  let [row, arc, pool] = [0, 0, 0];
  for (const { problem } of periods) {
    first.push({ row, arc, pool });
    row += problem.rows.count;
    arc += problem.arcs.pool.length;
    pool += problem.pools.count;
  }
  const sites = world.sites.length;
  const siteAt = (period: number): number => period * sites;
  const join = (pick: (problem: PlanProblem) => Float64Array): Float64Array =>
    joined(Float64Array, periods, ({ problem }) => pick(problem));
  const worth = (pick: (problem: PlanProblem) => Float64Array): Float64Array =>
    joined(Float64Array, periods, ({ problem }, period) => pick(problem).map((usd) => usd * weights[period]!));
  const starts = new Int32Array(row + 1);
  for (const [period, { problem }] of periods.entries()) {
    const from = first[period]!;
    for (let r = 0; r < problem.rows.count; r++) starts[from.row + r + 1] = from.arc + problem.arcs.starts[r + 1]!;
  }
  const fleet = fleetOf(world, periods, first);
  const problem: PlanProblem = {
    constantUsd: periods.reduce(
      (sum, { problem: { constantUsd } }, period) => sum + weights[period]! * (constantUsd ?? 0),
      0,
    ),
    rows: {
      count: row,
      unservedUsd: worth(({ rows }) => rows.unservedUsd),
      gbps: join(({ rows }) => rows.gbps),
      demand: demandOfRows(periods),
    },
    arcs: {
      starts,
      pool: joined(Int32Array, periods, ({ problem: { arcs } }, period) =>
        arcs.pool.map((p) => p + first[period]!.pool),
      ),
      usd: worth(({ arcs }) => arcs.usd),
      load: join(({ arcs }) => arcs.load),
    },
    pools: {
      count: pool,
      site: joined(Int32Array, periods, ({ problem: { pools } }, period) =>
        pools.site.map((site) => site + siteAt(period)),
      ),
      usd: worth(({ pools }) => pools.usd),
      kw: join(({ pools }) => pools.kw),
      minCount: join(({ pools }) => pools.minCount),
      maxCount: join(({ pools }) => pools.maxCount),
      isSwitch: joined(Uint8Array, periods, ({ problem: { pools } }) => pools.isSwitch ?? new Uint8Array(pools.count)),
      ...(world.limits.resilience !== undefined && { reserveLoad: join(({ pools }) => pools.reserveLoad!) }),
    },
    sites: {
      count: sites * periods.length,
      usd: worth((part) => part.sites.usd),
      kw: join((part) => part.sites.kw),
      gbps: join((part) => part.sites.gbps),
      forced: joined(Uint8Array, periods, (part) => part.problem.sites.forced),
      place: Int32Array.from({ length: sites * periods.length }, (_, site) => site % sites),
    },
    limits: periods.flatMap(({ problem: { limits } }, period) =>
      limits.map((limit) => stackedLimit(world, limit, period, first[period]!, fleet)),
    ),
    ties: tiesOf(periods, first, fleet),
  };
  const purchase = (of: number, modules: Float64Array): number =>
    (fleet.purchase(of) ?? []).reduce((sum, part) => sum + part.weight * modules[part.pool]!, 0);
  const vintages = (period: number, modules: Float64Array): Vintage[] =>
    periods.slice(0, period + 1).flatMap((planned, bought) =>
      Array.from({ length: planned.firstAuxiliary }, (_, local) => local).flatMap((local) => {
        const module = planned.poolModule[local]!;
        if (!livesUntil(world, world.modules[module]!.lifeYears, bought, period)) return [];
        const count = purchase(first[bought]!.pool + local, modules);
        if (!(count > 0)) return [];
        const now = fleet.inPeriod(first[bought]!.pool + local, period);
        const { usd } = periods[period]!.problem.pools;
        const dearerUsd = now < 0 ? 0 : planned.problem.pools.usd[local]! - usd[now - first[period]!.pool]!;
        return [{ site: planned.problem.pools.site[local]!, module, period: bought, count, dearerUsd }];
      }),
    );
  if (hasPriceVintages(world)) chargeVintages(problem, periods, first, fleet, weights);
  return { problem, periods, first, purchase, vintages };
}

/**
 * Every period's modules are priced as if bought in it; what an earlier purchase cost more or less goes on top, for as long
 * as it lives. Purchases being differences of what stands, so does this charge.
 */
function chargeVintages(
  { pools }: PlanProblem,
  periods: readonly WorldProblem[],
  first: readonly Offsets[],
  fleet: Fleet,
  weights: readonly number[],
): void {
  for (const [bought, planned] of periods.entries()) {
    for (let local = 0; local < planned.firstAuxiliary; local++) {
      const pool = first[bought]!.pool + local;
      const parts = fleet.purchase(pool);
      if (parts === null) continue;
      const { lifeYears } = planned.world.modules[planned.poolModule[local]!]!;
      let dearerUsd = 0;
      for (let later = bought + 1; later < periods.length; later++) {
        if (!livesUntil(planned.world, lifeYears, bought, later)) break;
        const now = fleet.inPeriod(pool, later);
        if (now < 0) continue;
        const wouldCost = periods[later]!.problem.pools.usd[now - first[later]!.pool]!;
        dearerUsd += weights[later]! * (planned.problem.pools.usd[local]! - wouldCost);
      }
      for (const part of parts) pools.usd[part.pool]! += part.weight * dearerUsd;
    }
  }
}

/** The first of the world's demands behind every row; what trains comes behind all that is served. */
function demandOfRows(periods: readonly WorldProblem[]): Int32Array {
  return Int32Array.from(
    periods.flatMap(({ world, problem, demandRowCount, memberStarts, members }) =>
      Array.from({ length: problem.rows.count }, (_, row) =>
        row < demandRowCount ? members[memberStarts[row]!]! : world.demand.length + row - demandRowCount,
      ),
    ),
  );
}

/** What a solution of the stacked problem does in one period. */
export function periodSolution(
  { periods, first }: StackedPeriods,
  period: number,
  whole: ProblemSolution,
): ProblemSolution {
  const { problem } = periods[period]!;
  const { arc, pool } = first[period]!;
  const site = period * problem.sites.count;
  return {
    open: whole.open.slice(site, site + problem.sites.count),
    modules: whole.modules.slice(pool, pool + problem.pools.count),
    share: whole.share.slice(arc, arc + problem.arcs.pool.length),
  };
}

/** The periods' problems, each with a pool for everything that may stand from before. */
function* alignedPeriods(world: World, also: ReadonlySet<number>): Steps<WorldProblem[]> {
  const periods: WorldProblem[] = [];
  const fleet = new Set(also);
  for (const period of world.periods.keys()) {
    const planned = yield* worldProblemSteps(world, period, fleet, 0);
    periods.push(planned);
    for (let pool = 0; pool < planned.firstAuxiliary; pool++) {
      if (!planned.poolInstalled[pool]) fleet.add(poolKey(planned, pool));
    }
  }
  return periods;
}

type Arrays = Float64Array | Int32Array | Uint8Array;

function joined<A extends Arrays>(
  type: new (length: number) => A,
  periods: readonly WorldProblem[],
  pick: (planned: WorldProblem, period: number) => A,
): A {
  const parts = periods.map(pick);
  const whole = new type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part as never, at);
    at += part.length;
  }
  return whole;
}

function stackedLimit(world: World, limit: CouplingLimit, period: number, first: Offsets, fleet: Fleet): CouplingLimit {
  const sites = world.sites.length;
  const site: number[] = [];
  const siteWeight: number[] = [];
  const poolWeight = new Map<number, number>();
  const weigh = (at: number, weight: number): void => void poolWeight.set(at, (poolWeight.get(at) ?? 0) + weight);
  const purchases = limit.of === "purchases";
  const closing: { at: number; weight: number }[] = [];
  for (const [i, at] of limit.sites.entries()) {
    const weight = limit.siteWeights[i]!;
    site.push(at + period * sites);
    siteWeight.push(weight);
    if (!purchases || period === 0) continue;
    site.push(at + (period - 1) * sites);
    siteWeight.push(-weight);
    if (weight > 0 && mayEmpty(world, at, period)) closing.push({ at, weight });
  }
  for (const [i, at] of limit.pools.entries()) {
    const parts = (purchases ? fleet.purchase(first.pool + at) : null) ?? [{ pool: first.pool + at, weight: 1 }];
    for (const part of parts) weigh(part.pool, part.weight * limit.poolWeights[i]!);
    for (const [bought, weights] of (limit.poolWeightsBoughtIn ?? []).entries()) {
      const more = weights[i]! - limit.poolWeights[i]!;
      const then = more === 0 ? -1 : fleet.inPeriod(first.pool + at, bought);
      if (then < 0 || !fleet.lives(then, period)) continue;
      for (const part of fleet.purchase(then) ?? []) weigh(part.pool, part.weight * more);
    }
  }
  const { poolWeightsBoughtIn: _written, ...stated } = limit;
  return {
    ...stated,
    name: `${limit.name} in ${world.periods[period]!.id}`,
    eachPeriod: limit.name,
    sites: Int32Array.from(site),
    siteWeights: Float64Array.from(siteWeight),
    pools: Int32Array.from(poolWeight.keys()),
    poolWeights: Float64Array.from(poolWeight.values()),
    ...(limit.arcs === undefined ? {} : { arcs: limit.arcs.map((arc) => arc + first.arc) }),
    ...(closing.length > 0 && {
      closings: {
        before: Int32Array.from(closing, ({ at }) => at + (period - 1) * sites),
        now: Int32Array.from(closing, ({ at }) => at + period * sites),
        weight: Float64Array.from(closing, (entry) => entry.weight),
      },
    }),
  };
}

/** Whether a place may stand empty in a period after it was open in the one before: elsewhere what was bought keeps it open. */
function mayEmpty(world: World, site: number, period: number): boolean {
  const ends = ({ lifeYears }: World["modules"][number], bought: number): boolean =>
    livesUntil(world, lifeYears, bought, period - 1) && !livesUntil(world, lifeYears, bought, period);
  const earlier = Array.from({ length: period }, (_, bought) => bought);
  return (
    world.sites[site]!.installed.length > 0 || world.modules.some((module) => earlier.some((at) => ends(module, at)))
  );
}
