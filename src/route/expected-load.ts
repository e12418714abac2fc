import type { Workload, World } from "../catalog/index.ts";
import { busiestLocalHour, dailyCurve, dailyShare } from "./daily-curve.ts";
import type { ResidencyTable } from "./residency.ts";

/** What a world asks of the engines that a workload runs on. */
export interface ExpectedDemand {
  /** Mean over peak. */
  readonly meanRatio: number;
  /** Parts of the demand by what law lets come together in one country with it, mean over the periods, requests/s. */
  readonly parts: readonly { readonly shareRatio: number; readonly peakPerS: number }[];
}

/**
 * Demand for a workload's engines. Others that can share them count by the tokens they make: decoding is most of an engine's
 * time.
 *
 * @param mayShare whether another workload can run on the same engines.
 */
export function expectedDemand(
  world: World,
  residency: ResidencyTable,
  workload: Workload,
  mayShare: (other: Workload) => boolean,
): ExpectedDemand {
  const { countries, indexOf, dataClasses, allowed } = residency;
  const peaks = new Float64Array(countries.length);
  const inCountry = new Float64Array(countries.length);
  let [mean, peak] = [0, 0];
  const hosts = [...new Set(world.sites.map((site) => indexOf.get(site.country)!))];
  for (const [position, other] of world.workloads.entries()) {
    if (other !== workload && !mayShare(other)) continue;
    const weight = other.outputTokens.mean / workload.outputTokens.mean;
    const asked = new Float64Array(countries.length);
    for (const row of world.demand) {
      if (row.workload !== position) continue;
      const rowPeak = weight * sum(row.peakPerS);
      asked[indexOf.get(world.areas[row.area]!.country)!]! += rowPeak;
      mean += weight * sum(row.meanPerS);
      peak += rowPeak;
    }
    const matrix = allowed[dataClasses.indexOf(other.dataClass)]!;
    for (const [origin, perS] of asked.entries()) {
      if (perS === 0) continue;
      for (const host of hosts) if (matrix[origin * countries.length + host]) inCountry[host]! += perS;
      if (other === workload) peaks[origin] = perS;
    }
  }
  const periods = world.demand[0]?.peakPerS.length ?? 1;
  const own = sum(peaks);
  const matrix = allowed[dataClasses.indexOf(workload.dataClass)]!;
  const parts = new Map<number, number>();
  for (const [origin, perS] of peaks.entries()) {
    if (perS === 0) continue;
    const most = hosts.reduce(
      (best, host) => (matrix[origin * countries.length + host] ? Math.max(best, inCountry[host]!) : best),
      0,
    );
    parts.set(most, (parts.get(most) ?? 0) + perS / own);
  }
  return {
    meanRatio: peak > 0 ? Math.min(1, mean / peak) : 1,
    parts: [...parts].map(([perS, shareRatio]) => ({ shareRatio, peakPerS: perS / periods })),
  };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Local hours, from the busiest on, that stand for a day: the curve is the same before and after its top. */
const hoursAfterTop = [1.5, 4.5, 7.5, 10.5];

/**
 * Loads of an engine over the hours of a day, as part of what it carries unhurried, when as few modules as can carry all that
 * may come together share it: their peak leaves the headroom, and where there is less demand than the modules could take,
 * they stand partly idle. Spread over many places engines have less to do than this.
 *
 * To three digits, so that demand that differs by rounding is the same.
 *
 * @param modulePerS what a module carries unhurried, requests/s.
 */
export function expectedLoadRatios(demand: ExpectedDemand, modulePerS: number, headroomRatio: number): number[] {
  let filled = 0;
  for (const { shareRatio, peakPerS } of demand.parts) {
    const modules = peakPerS / (modulePerS * headroomRatio);
    if (modules > 0) filled += shareRatio * Math.min(1, modules / Math.ceil(modules - 1e-9));
  }
  const curve = dailyCurve(demand.meanRatio);
  const shares = hoursAfterTop.map((hours) => dailyShare(curve, busiestLocalHour + hours));
  const mean = shares.reduce((total, share) => total + share, 0) / shares.length;
  return shares.map((share) => Number(((headroomRatio * filled * demand.meanRatio * share) / mean).toPrecision(3)));
}
