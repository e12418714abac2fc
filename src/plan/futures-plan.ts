/** What planning for several futures finds, as data. */
import { tiers, type Tier } from "../catalog/index.ts";
import { summariseAlternative } from "./alternatives.ts";
import type { Clash } from "./clashes.ts";
import type { Future } from "./futures-model.ts";
import type { Decision } from "./futures-search.ts";
import type { PlanStatus } from "./plan-document.ts";
import type { PathResult } from "./solution-path.ts";
import type { WorldProblem } from "./world-problem.ts";

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
  /** Null, like all below, where the decision cannot be built. */
  readonly usdPerYear: number | null;
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
  /** Null where it cannot be built in some future. */
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
  /** Id of the period planned. */
  readonly period: string;
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
  /** Value of the stochastic solution: what planning for the average alone costs; null where that plan cannot be built. */
  readonly vss: ProvenWithin | null;
  /** The common decision first. */
  readonly decisions: readonly FuturesDecision[];
  readonly clashes: readonly Clash[];
}

/** @param bestAlone The least cost known of each future by itself, USD/year. */
export function describeDecision(
  name: string,
  { first, recourse, expectedUsdPerYear }: Decision,
  futures: readonly Future[],
  planned: readonly WorldProblem[],
  bestAlone: readonly number[],
): FuturesDecision {
  const regrets = recourse.map((entry, s) => (entry === null ? null : entry.usdPerYear - bestAlone[s]!));
  const [{ world, problem, poolModule, poolTrains }] = planned as [WorldProblem];
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
      if (entry === null) return { future, ...unbuildable };
      const summary = summariseAlternative(future, planned[s]!, futures[s]!.problem, asResult(entry));
      let idleModules = 0;
      for (const [pool, count] of first.modules.entries()) {
        if (poolModule[pool]! < 0) continue;
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

const unbuildable = {
  usdPerYear: null,
  regretUsdPerYear: null,
  unservedUsdPerYear: null,
  servedRatio: null,
  servedByWorkload: [],
  idleModules: null,
} as const;

const asResult = (entry: { readonly usdPerYear: number; readonly solution: PathResult["solution"] }): PathResult => ({
  status: "optimal",
  solution: entry.solution,
  objectiveUsd: entry.usdPerYear,
  bestBoundUsd: entry.usdPerYear,
  relativeGap: 0,
  curve: [],
  method: "exact",
  message: "",
});
