import type { World } from "../../catalog/index.ts";
import { dailyCurve, dailyShare, meanShareBetween, type DailyCurve } from "../../route/index.ts";

/** How much of the demand is simulated: along the daily curve of every area, all at its peak, or all at its mean. */
export type DemandLevel = "curve" | "peak" | "mean";

/** The request rate of every demand row at every moment. */
export interface DemandRate {
  /** Largest rate of each row, requests/s. */
  readonly maxPerS: Float64Array;
  /** Share of the largest rate at a time since the start of the simulation, ms. Held constant for each minute. */
  shareAt(row: number, timeMs: number): number;
  /** Expected requests of a row between two times, ms. */
  expected(row: number, fromMs: number, toMs: number): number;
}

const minutesPerDay = 1440;

export function demandRate(
  world: World,
  period: number,
  options: { level: DemandLevel; rateFactor: number; startHourUtc: number },
): DemandRate {
  const { level, rateFactor, startHourUtc } = options;
  const rows = world.demand;
  const maxPerS = Float64Array.from(rows, (row) => {
    const rate = level === "mean" ? row.meanPerS[period] : row.peakPerS[period];
    return (rate ?? 0) * rateFactor;
  });
  const curves: DailyCurve[] = [];
  const tables: Float64Array[] = [];
  const curveOfRatio = new Map<number, number>();
  // Offset in hours and number of the curve, side by side: two numbers per row.
  const byRow = new Float64Array(2 * rows.length);
  for (const [index, row] of rows.entries()) {
    byRow[2 * index] = startHourUtc + world.areas[row.area]!.utcOffsetHours;
    const peak = row.peakPerS[period] ?? 0;
    const ratio = level === "curve" && peak > 0 ? (row.meanPerS[period] ?? 0) / peak : 1;
    // Ratios closer than one part in ten thousand share a curve: rows differ in size, not in shape.
    const key = Math.round(ratio * 1e4);
    let curve = curveOfRatio.get(key);
    if (curve === undefined) {
      curve = curves.length;
      curveOfRatio.set(key, curve);
      const shape = dailyCurve(key / 1e4);
      curves.push(shape);
      tables.push(Float64Array.from({ length: minutesPerDay }, (_, minute) => dailyShare(shape, (minute + 0.5) / 60)));
    }
    byRow[2 * index + 1] = curve;
  }
  // Where no hour differs from another nobody has to know what hour it is.
  const isFlat = tables.every((table) => table.every((share) => share === 1));
  return {
    maxPerS,
    shareAt(row, timeMs) {
      if (isFlat) return 1;
      const minute = Math.floor(timeMs / 60_000 + byRow[2 * row]! * 60) % minutesPerDay;
      return tables[byRow[2 * row + 1]!]![minute < 0 ? minute + minutesPerDay : minute]!;
    },
    expected(row, fromMs, toMs) {
      const from = fromMs / 3_600_000 + byRow[2 * row]!;
      const to = toMs / 3_600_000 + byRow[2 * row]!;
      const mean = meanShareBetween(curves[byRow[2 * row + 1]!]!, from, to);
      return (maxPerS[row]! * mean * (toMs - fromMs)) / 1000;
    },
  };
}
