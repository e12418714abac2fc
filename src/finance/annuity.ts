/**
 * The yearly payment that repays one unit over `years` at `ratePerYear` (0.08 = 8 %): r / (1 − (1 + r)^−n), and 1 / n at
 * rate 0.
 *
 * @throws RangeError when the rate is at or below −100 % or the life is not positive.
 */
export function annuityFactor(ratePerYear: number, years: number): number {
  if (!(ratePerYear > -1)) throw new RangeError(`a rate must be above -1 (-100 %), not ${ratePerYear}`);
  if (!(years > 0)) throw new RangeError(`a life must be longer than 0 years, not ${years}`);
  if (ratePerYear === 0) return 1 / years;
  // expm1 and log1p keep the digits where the rate is close to nothing.
  return ratePerYear / -Math.expm1(-years * Math.log1p(ratePerYear));
}

/** What owning `capexUsd` of something costs per year over its life, interest included, USD/year. */
export function annualCostUsd(capexUsd: number, ratePerYear: number, lifeYears: number): number {
  return capexUsd * annuityFactor(ratePerYear, lifeYears);
}

/**
 * What an asset of age `ageYears` is still worth, USD: the present value of the payments its remaining life saves, priced
 * at its own purchase. Then a plan that pays cash and keeps the residual costs exactly what one that pays annuities
 * does, whatever the horizon.
 */
export function residualUsd(capexUsd: number, ratePerYear: number, lifeYears: number, ageYears: number): number {
  const leftYears = Math.min(lifeYears, lifeYears - ageYears);
  if (!(leftYears > 0)) return 0;
  return annualCostUsd(capexUsd, ratePerYear, lifeYears) / annuityFactor(ratePerYear, leftYears);
}
