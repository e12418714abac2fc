/** What planning for several futures finds, as data. */
import { tiers, type Tier } from "../../catalog/index.ts";
import { summariseAlternative } from "../document/alternatives.ts";
import type { Clash } from "../document/clashes.ts";
import type { Future, NoRecourse, Recourse } from "./futures-model.ts";
import type { Decision } from "./futures-search.ts";
import { horizonYears } from "./futures-horizon.ts";
import type { Alternative, PlanStatus } from "../document/plan-document.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { PathResult } from "../problem/solution-path.ts";
import { discountedYears, periodSolution, type StackedPeriods } from "../world/stack-periods.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** A figure of which the gaps leave an interval. */
export interface ProvenWithin {
  /** Between the plans found. */
  readonly usdPerYear: number;
  readonly atLeastUsdPerYear: number;
  readonly atMostUsdPerYear: number;
}

/** What a decision comes to in a future. */
export interface FutureOutcome {
  readonly future: string;
  /** Null, like all below, where the decision cannot be built, or the search ended before it was known what comes of it. */
  readonly usdPerYear: number | null;
  /** Which of the two; absent where there are figures. */
  readonly lacks?: NoRecourse;
  /** What it costs more than the plan made for this future alone. */
  readonly regretUsdPerYear: number | null;
  readonly unservedUsdPerYear: number | null;
  readonly servedRatio: number | null;
  readonly servedByWorkload: readonly { readonly workload: string; readonly servedRatio: number }[];
  /** Modules that stand but are not in service, for example for want of power. */
  readonly idleModules: number | null;
}

export interface FuturesDecision {
  /** `common`, `average`, `least-regret`, or the name of the future it was made for. */
  readonly name: string;
  /** Null where it cannot be built in some future, or is not known to be. */
  readonly expectedUsdPerYear: number | null;
  readonly greatestRegretUsdPerYear: number | null;
  readonly outcomes: readonly FutureOutcome[];
  readonly openSites: readonly { readonly tier: Tier; readonly count: number }[];
  readonly modules: readonly {
    readonly site: string;
    readonly module: string;
    readonly trains: boolean;
    readonly count: number;
  }[];
}

export interface FuturesPlan {
  readonly format: "disperse/futures/v1";
  readonly name: string;
  readonly inputHash: string;
  readonly catalogVersion: string;
  /** Id of the period planned; of several, of the first, whose purchases are decided once for all futures. */
  readonly period: string;
  /** All periods, where more than one is planned: money per year is then levelised over them. */
  readonly periods?: readonly string[];
  readonly status: PlanStatus;
  readonly method: "exact" | "decomposition";
  /** Of the common decision. Null, like all below, when there is none. */
  readonly expectedUsdPerYear: number | null;
  /** No decision made before the future is known can cost less in expectation. */
  readonly bestBoundUsdPerYear: number | null;
  readonly relativeGap: number | null;
  readonly futures: readonly {
    readonly name: string;
    readonly probability: number;
    /** The plan made for this future alone. */
    readonly aloneUsdPerYear: number;
    readonly aloneBoundUsdPerYear: number;
  }[];
  /** Expected cost if the future were known before deciding. */
  readonly waitAndSeeUsdPerYear: number | null;
  /** Expected value of perfect information: what knowing the future is worth. */
  readonly evpi: ProvenWithin | null;
  /** Value of the stochastic solution: what planning for the average alone costs; null where that plan cannot be built or is not known to be. */
  readonly vss: ProvenWithin | null;
  /** The common decision first. */
  readonly decisions: readonly FuturesDecision[];
  readonly clashes: readonly Clash[];
}

/** A future as it is planned: one period of its world, or all of them stacked. */
export interface PlannedFuture {
  /** What is solved, in USD/year. */
  readonly problem: PlanProblem;
  readonly decided?: Uint8Array;
  readonly periods: readonly WorldProblem[];
  readonly stacked?: StackedPeriods;
}

/** @param bestAlone The least cost known of each future by itself, USD/year. */
export function describeDecision(
  name: string,
  { first, recourse, lacks, expectedUsdPerYear }: Decision,
  futures: readonly Future[],
  planned: readonly PlannedFuture[],
  bestAlone: readonly number[],
): FuturesDecision {
  const regrets = recourse.map((entry, s) => (entry === null ? null : entry.usdPerYear - bestAlone[s]!));
  const { world, problem, poolModule, poolTrains } = planned[0]!.periods[0]!;
  const counts = new Map<string, number>();
  const used = new Set<number>();
  for (let pool = 0; pool < problem.pools.count; pool++) {
    if (!(first.modules[pool]! > 0) || poolModule[pool]! < 0) continue;
    used.add(problem.pools.site[pool]!);
    const key = JSON.stringify([problem.pools.site[pool], poolModule[pool], poolTrains[pool]]);
    counts.set(key, (counts.get(key) ?? 0) + first.modules[pool]!);
  }
  return {
    name,
    expectedUsdPerYear: Number.isFinite(expectedUsdPerYear) ? expectedUsdPerYear : null,
    greatestRegretUsdPerYear: regrets.includes(null) ? null : Math.max(...regrets.map((regret) => regret!)),
    outcomes: futures.map(({ name: future }, s) => {
      const entry = recourse[s]!;
      if (entry === null) return { future, ...unbuildable, lacks: lacks[s] ?? "not-found" };
      const summary = summaryOf(future, planned[s]!, entry);
      let idleModules = 0;
      for (const [pool, count] of first.modules.entries()) {
        if (poolModule[pool]! < 0 || futures[s]!.decided !== undefined) continue;
        idleModules += Math.max(0, count - entry.solution.modules[pool]!);
      }
      return {
        future,
        usdPerYear: entry.usdPerYear,
        regretUsdPerYear: regrets[s]!,
        unservedUsdPerYear: summary.unservedUsdPerYear,
        servedRatio: summary.servedRatio,
        servedByWorkload: summary.servedByWorkload,
        idleModules,
      };
    }),
    openSites: tiers.map((tier) => ({
      tier,
      count: [...used].filter((site) => world.sites[site]!.tier === tier).length,
    })),
    modules: [...counts].map(([key, count]) => {
      const [site, module, trains] = JSON.parse(key) as [number, number, number];
      return { site: world.sites[site]!.id, module: world.modules[module]!.id, trains: trains === 1, count };
    }),
  };
}

type Summary = Pick<Alternative, "unservedUsdPerYear" | "servedRatio" | "servedByWorkload">;

/** What a future leaves unserved; of several periods, a year of the horizon on average. */
function summaryOf(name: string, { problem, periods, stacked }: PlannedFuture, entry: Recourse): Summary {
  if (stacked === undefined) return summariseAlternative(name, periods[0]!, problem, asResult(entry));
  const { world } = periods[0]!;
  const parts = periods.map((planned, period) =>
    summariseAlternative(
      name,
      planned,
      planned.problem,
      asResult({ ...entry, solution: periodSolution(stacked, period, entry.solution) }),
    ),
  );
  const lengths = world.periods.map(({ lengthYears }) => lengthYears);
  const years = parts.map((_, period) => discountedYears(world, period));
  const asked = (period: number, workload?: number): number =>
    world.demand.reduce(
      (sum, row) => (workload === undefined || row.workload === workload ? sum + row.peakPerS[period]! : sum),
      0,
    ) * lengths[period]!;
  const mean = (ratioOf: (part: Alternative) => number, workload?: number): number => {
    const all = parts.reduce((sum, _, period) => sum + asked(period, workload), 0);
    return all > 0 ? parts.reduce((sum, part, period) => sum + ratioOf(part) * asked(period, workload), 0) / all : 1;
  };
  return {
    unservedUsdPerYear:
      parts.reduce((sum, part, period) => sum + part.unservedUsdPerYear * years[period]!, 0) / horizonYears(world),
    servedRatio: mean((part) => part.servedRatio),
    servedByWorkload: world.workloads.map(({ id }, index) => ({
      workload: id,
      servedRatio: mean((part) => part.servedByWorkload[index]!.servedRatio, index),
    })),
  };
}

const unbuildable = {
  usdPerYear: null,
  regretUsdPerYear: null,
  unservedUsdPerYear: null,
  servedRatio: null,
  servedByWorkload: [],
  idleModules: null,
} as const;

const asResult = (entry: Recourse): PathResult => ({
  status: "optimal",
  solution: entry.solution,
  objectiveUsd: entry.usdPerYear,
  bestBoundUsd: entry.usdPerYear,
  relativeGap: 0,
  curve: [],
  method: "exact",
  message: "",
});
