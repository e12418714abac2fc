/**
 * Plans several periods. What is bought stays in service until the end of its life and is paid for as an annuity as long;
 * so the present cost of the horizon is the sum of the periods' yearly costs, each weighted with its discounted years, and
 * assets that outlive the horizon need no terminal value.
 *
 * The plan is made forward, each period keeping what earlier ones bought. The bound sets that free again: a period then
 * costs at least what it would if everything bought so far could be chosen anew, and the weighted sum of such bounds holds
 * for every plan of the horizon. Where demand grows and power is not taken away, little is lost between the two.
 */
import type { World } from "../catalog/index.ts";
import type { HorizonPeriod, PlanDocument } from "./plan-document.ts";
import { elapsedYears, fleetKey } from "./period-terms.ts";
import type { PlanOptions, PlanTools } from "./plan-options.ts";
import { planPeriod, type PlannedPeriod } from "./plan-period.ts";
import { gapOf } from "./solution-path.ts";

/** Modules bought in a period. */
export interface Purchase {
  readonly period: number;
  readonly site: number;
  readonly module: number;
  readonly trains: boolean;
  readonly count: number;
}

/** Modules bought before a period that are still in service when it begins, by `fleetKey`. */
export function carriedInto(world: World, purchases: readonly Purchase[], period: number): Map<number, number> {
  const carried = new Map<number, number>();
  const now = elapsedYears(world, period);
  for (const { period: bought, site, module, trains, count } of purchases) {
    if (bought >= period) continue;
    const ageYears = now - elapsedYears(world, bought);
    if (ageYears >= world.modules[module]!.lifeYears - 1e-9) continue;
    const key = fleetKey(world, site, module, trains);
    carried.set(key, (carried.get(key) ?? 0) + count);
  }
  return carried;
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

export async function planHorizon(world: World, tools: PlanTools, options: PlanOptions): Promise<PlanDocument> {
  const purchases: Purchase[] = [];
  const periods: HorizonPeriod[] = [];
  let first: PlanDocument | null = null;
  // Each period gets an equal part of the time; what one leaves unused, the next may have.
  const startedMs = tools.nowMs();
  for (const period of world.periods.keys()) {
    const left = (options.timeLimitS ?? usualTimeLimitS) - (tools.nowMs() - startedMs) / 1000;
    const timeLimitS = Math.max(1, left / (world.periods.length - period));
    const carried = carriedInto(world, purchases, period);
    // The alternative is compared once, for the first period.
    const compare = period === 0 && options.compare !== false;
    const result = await planPeriod(world, period, { kind: "following", carried }, tools, {
      ...options,
      timeLimitS,
      compare,
    });
    const { document } = result;
    if (document.status === "infeasible") {
      const id = world.periods[period]!.id;
      const clashes = document.clashes.map((clash) => ({ ...clash, detail: `in period ${id}: ${clash.detail}` }));
      return { ...document, clashes };
    }
    first ??= document;
    const bought = purchasesOf(result, period);
    purchases.push(...bought);
    periods.push({
      period,
      discountedYears: discountedYears(world, period),
      status: document.status,
      objectiveUsdPerYear: document.objectiveUsdPerYear!,
      bestBoundUsdPerYear: document.bestBoundUsdPerYear!,
      relativeGap: document.relativeGap!,
      deployment: document.deployment,
      cost: document.cost!,
      training: document.training,
      unserved: document.unserved,
      purchases: bought,
      certificate: document.certificate!,
    });
  }
  const sum = (value: (entry: HorizonPeriod) => number): number =>
    periods.reduce((total, entry) => total + entry.discountedYears * value(entry), 0);
  const presentCostUsd = sum((entry) => entry.objectiveUsdPerYear);
  const boundUsd = sum((entry) => entry.bestBoundUsdPerYear);
  return { ...first!, horizon: { periods, presentCostUsd, boundUsd, relativeGap: gapOf(presentCostUsd, boundUsd) } };
}

const usualTimeLimitS = 600;

/** What a period bought: what stands in its pools beyond what was there and what was carried into it. */
function purchasesOf({ planned, solution }: PlannedPeriod, period: number): Purchase[] {
  const { problem, poolModule, poolTrains, poolInstalled } = planned;
  const bought: Purchase[] = [];
  for (let pool = 0; pool < problem.pools.count; pool++) {
    const count = solution!.modules[pool]! - problem.pools.minCount[pool]!;
    if (poolInstalled[pool] || count <= 0) continue;
    bought.push({
      period,
      site: problem.pools.site[pool]!,
      module: poolModule[pool]!,
      trains: poolTrains[pool] === 1,
      count,
    });
  }
  return bought;
}
