/**
 * How demand moves over the day: `((1 + cos θ) / 2) ^ sharpness`, θ running once around per local day with its maximum
 * at the busiest hour. The exponent is chosen so that the mean over the day has the ratio to the peak that the demand
 * row states; the curve is smooth, never negative, and flat when mean equals peak.
 *
 * Assumption: one maximum a day. Seen in published traces: weekly Azure traces of 2024 have one daily maximum with
 * mean-to-peak ratios of 0.33 (code) and 0.60 (conversation).
 */
export interface DailyCurve {
  readonly sharpness: number;
}

/** Local hour of the daily maximum: early evening, when consumer demand is highest. Assumed. */
export const busiestLocalHour = 20;

/** The curve whose mean over a day is `meanToPeakRatio` times its maximum; ratios outside (0, 1] are clamped. */
export function dailyCurve(meanToPeakRatio: number): DailyCurve {
  if (!(meanToPeakRatio < 1)) return { sharpness: 0 };
  if (!(meanToPeakRatio > dailyMean(sharpest).mean)) return { sharpness: sharpest };
  // The logarithm of the mean falls ever more slowly with sharpness: from below, Newton's steps never go too far.
  const wanted = Math.log(meanToPeakRatio);
  let sharpness = 0;
  for (let step = Infinity; step > 1e-9 * sharpness;) {
    const { mean, slope } = dailyMean(sharpness);
    step = ((wanted - Math.log(mean)) * mean) / slope;
    sharpness += Math.max(0, step);
  }
  return { sharpness: Math.min(sharpness, sharpest) };
}

/** Share of the peak rate at a local hour (any real number; the day wraps around). */
export function dailyShare(curve: DailyCurve, localHour: number): number {
  if (curve.sharpness === 0) return 1;
  const cosine = Math.cos(((localHour - busiestLocalHour) / 24) * 2 * Math.PI);
  return Math.pow((1 + cosine) / 2, curve.sharpness);
}

/** Mean of `dailyShare` between two UTC hours, by Simpson's rule on quarter hours or finer. */
export function meanShareBetween(curve: DailyCurve, fromLocalHour: number, toLocalHour: number): number {
  if (curve.sharpness === 0) return 1;
  const span = toLocalHour - fromLocalHour;
  if (!(span > 0)) return dailyShare(curve, fromLocalHour);
  const intervals = 2 * Math.max(2, Math.ceil(span * 4));
  let sum = dailyShare(curve, fromLocalHour) + dailyShare(curve, toLocalHour);
  for (let i = 1; i < intervals; i++) {
    sum += dailyShare(curve, fromLocalHour + (span * i) / intervals) * (i % 2 === 1 ? 4 : 2);
  }
  return sum / (3 * intervals);
}

/** Peaks sharper than this are below any ratio a demand row can sensibly state (mean under 2 % of the peak). */
const sharpest = 1024;

/** cos²(θ/2) in the middles of equal parts of half the circle; the other half has the same. */
const squares = Float64Array.from({ length: 256 }, (_, i) => (1 + Math.cos(((i + 0.5) / 256) * Math.PI)) / 2);
const logarithms = squares.map(Math.log);

/** Mean of cos²ⁿ(θ/2) over the circle, Γ(n + ½) / (√π Γ(n + 1)), here by the midpoint rule, and its slope by n. */
function dailyMean(sharpness: number): { readonly mean: number; readonly slope: number } {
  let [mean, slope] = [0, 0];
  for (const [i, square] of squares.entries()) {
    const share = Math.pow(square, sharpness);
    mean += share;
    slope += share * logarithms[i]!;
  }
  return { mean: mean / squares.length, slope: slope / squares.length };
}
