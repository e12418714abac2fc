import { normalQuantile } from "../../network/index.ts";
import type { Fault } from "../fault/fault.ts";
import type { RoutingRule } from "../mesh/routing-rule.ts";
import type { SimulationOptions } from "../run/simulation-options.ts";
import type { SweepRecord } from "./sweep-record.ts";

/** What to vary; every combination is one case. An absent list keeps the base options' value. */
export interface SweepGrid {
  readonly seeds: readonly number[];
  readonly rules?: readonly RoutingRule[];
  readonly rateFactors?: readonly number[];
  /** Fault schedules by name. */
  readonly faults?: Readonly<Record<string, readonly Fault[]>>;
}

export interface SweepCase {
  /** Names the combination without the seed; results of equal setting differ by chance alone. */
  readonly setting: string;
  /** Setting and seed: a result that exists under this name need not be computed again. */
  readonly id: string;
  readonly options: Partial<SimulationOptions>;
}

/** Lists the cases of a grid in a fixed order, seeds innermost. */
export function sweepCases(grid: SweepGrid, base: Partial<SimulationOptions> = {}): SweepCase[] {
  const rules = grid.rules?.map((rule) => ({ label: `rule=${rule}`, options: { rule } })) ?? [unvaried];
  const rates = grid.rateFactors?.map((rateFactor) => ({ label: `rate=${rateFactor}`, options: { rateFactor } })) ?? [
    unvaried,
  ];
  const faults = grid.faults
    ? Object.entries(grid.faults).map(([name, list]) => ({ label: `faults=${name}`, options: { faults: list } }))
    : [unvaried];
  return rules.flatMap((rule) =>
    rates.flatMap((rate) =>
      faults.flatMap((fault) => {
        const labels = [rule.label, rate.label, fault.label].filter((label) => label !== "");
        const setting = labels.join(" ") || "base";
        return grid.seeds.map((seed) => ({
          setting,
          id: `${setting} seed=${seed}`,
          options: { ...base, ...rule.options, ...rate.options, ...fault.options, seed },
        }));
      }),
    ),
  );
}

const unvaried = { label: "", options: {} };

/** A mean over seeds with the half width of its 95 % confidence interval; null with a single seed. */
export interface Interval {
  readonly mean: number;
  readonly halfWidth: number | null;
  readonly seeds: number;
}

/** A figure no seed produced is null. */
export interface WorkloadSummary {
  readonly workload: string;
  readonly attainmentOfArrivedRatio: Interval | null;
  readonly ttftP50Ms: Interval | null;
  readonly ttftP99Ms: Interval | null;
  readonly tpotMeanMs: Interval | null;
  readonly e2eP50Ms: Interval | null;
  readonly e2eP99Ms: Interval | null;
  readonly rejectedRatio: Interval | null;
}

export interface SeedSummary {
  readonly workloads: readonly WorkloadSummary[];
  /** Share of all requests of all workloads that were completed within the objective. */
  readonly attainmentOfArrivedRatio: Interval | null;
  readonly energyKwh: Interval | null;
  readonly goodputPerS: Interval | null;
  readonly usdPer1000OutputTokens: Interval | null;
  readonly residencyViolations: number;
}

/** Summarises runs that differ by their seed alone. */
export function summarizeSeeds(results: readonly SweepRecord[]): SeedSummary {
  const workloads = results[0]?.workloads.map((entry) => entry.workload) ?? [];
  return {
    workloads: workloads.map((workload, position) => {
      const of = (pick: (result: SweepRecord["workloads"][number]) => number | null) =>
        interval(results.map((result) => pick(result.workloads[position]!)));
      return {
        workload,
        attainmentOfArrivedRatio: of((result) => result.attainmentOfArrivedRatio),
        ttftP50Ms: of((result) => result.ttftMs.p50),
        ttftP99Ms: of((result) => result.ttftMs.p99),
        tpotMeanMs: of((result) => result.tpotMs.mean),
        e2eP50Ms: of((result) => result.e2eMs.p50),
        e2eP99Ms: of((result) => result.e2eMs.p99),
        rejectedRatio: of((result) => (result.arrived > 0 ? result.rejected / result.arrived : null)),
      };
    }),
    attainmentOfArrivedRatio: interval(results.map(withinSloRatio)),
    energyKwh: interval(results.map((result) => result.energyKwh)),
    goodputPerS: interval(results.map((result) => result.requests.goodputPerS)),
    usdPer1000OutputTokens: interval(results.map((result) => result.money.usdPer1000OutputTokens)),
    residencyViolations: results.reduce((sum, result) => sum + result.residencyViolations, 0),
  };
}

function withinSloRatio({ requests, simulatedS }: SweepRecord): number | null {
  return requests.arrived > 0 ? (requests.goodputPerS * simulatedS) / requests.arrived : null;
}

/** Mean and 95 % interval by Student's t; values that were not measured are left out. */
export function interval(values: readonly (number | null)[]): Interval | null {
  const known = values.filter((value) => value !== null);
  const n = known.length;
  if (n === 0) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, halfWidth: null, seeds: 1 };
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, halfWidth: studentT95(n - 1) * Math.sqrt(variance / n), seeds: n };
}

/** Two-sided 95 % quantile of Student's t for one to five degrees of freedom. Source: tables of the distribution. */
const fewDegrees = [12.706, 4.303, 3.182, 2.776, 2.571];

/** Beyond five degrees the expansion around the normal quantile is exact to three digits (Abramowitz and Stegun 26.7.5). */
function studentT95(degrees: number): number {
  const tabled = fewDegrees[degrees - 1];
  if (tabled !== undefined) return tabled;
  const z = normalQuantile(0.975);
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}
