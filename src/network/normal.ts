/**
 * The standard normal distribution. Both directions are needed in double precision: quantiles of round-trip times decide
 * eligibility, and a planner and a checker must agree on them to the last digit that matters.
 */

const sqrtTwoPi = Math.sqrt(2 * Math.PI);

/**
 * P(Z ≤ x). Absolute error below 1e-14.
 *
 * Source: J. F. Hart et al., Computer Approximations (1968), algorithm 5666, in the arrangement of G. West, "Better
 * approximations to cumulative normal functions", Wilmott Magazine, May 2005.
 */
export function normalCdf(x: number): number {
  const tail = upperTail(Math.abs(x));
  return x > 0 ? 1 - tail : tail;
}

/** P(Z > x) for x ≥ 0, with full relative precision far out in the tail. */
function upperTail(x: number): number {
  if (x > 38) return 0;
  const density = Math.exp((-x * x) / 2);
  if (x < 7.07106781186547) {
    const top =
      (((((3.52624965998911e-2 * x + 0.700383064443688) * x + 6.37396220353165) * x + 33.912866078383) * x +
        112.079291497871) *
        x +
        221.213596169931) *
        x +
      220.206867912376;
    const bottom =
      ((((((8.83883476483184e-2 * x + 1.75566716318264) * x + 16.064177579207) * x + 86.7807322029461) * x +
        296.564248779674) *
        x +
        637.333633378831) *
        x +
        793.826512519948) *
        x +
      440.413735824752;
    return (density * top) / bottom;
  }
  // Far out the continued fraction of Mills' ratio converges within a few terms.
  let fraction = x + 0.65;
  for (let term = 4; term >= 1; term--) fraction = x + term / fraction;
  return density / (fraction * sqrtTwoPi);
}

/**
 * The x with P(Z ≤ x) = p; -Infinity at 0, Infinity at 1, NaN outside.
 *
 * Source: P. J. Acklam's rational approximation (2003, relative error 1.15e-9) followed by one Halley step on
 * `normalCdf`, which brings the error to that of the distribution function.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  // The upper half is the mirror of the lower, where the distribution function keeps its relative precision.
  if (p > 0.5) return -lowerQuantile(1 - p);
  return lowerQuantile(p);
}

/** Where the central approximation gives way to the one for the tail. */
const tailBelow = 0.02425;

function lowerQuantile(p: number): number {
  const guess = p < tailBelow ? tailGuess(p) : centralGuess(p);
  const error = (upperTail(-guess) - p) * sqrtTwoPi * Math.exp((guess * guess) / 2);
  return guess >= 0 ? guess : guess - error / (1 + (guess * error) / 2);
}

function centralGuess(p: number): number {
  const q = p - 0.5;
  const r = q * q;
  return (
    (((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) * r -
      3.066479806614716e1) *
      r +
      2.506628277459239) *
    (q /
      (((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r -
        1.328068155288572e1) *
        r +
        1))
  );
}

function tailGuess(p: number): number {
  const q = Math.sqrt(-2 * Math.log(p));
  return (
    (((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q +
      4.374664141464968) *
      q +
      2.938163982698783) /
    ((((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
  );
}
