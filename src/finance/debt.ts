import { annuityFactor } from "./annuity.ts";

/** One year of a loan, USD. */
export interface DebtYear {
  /** 1 = the first year. */
  readonly year: number;
  readonly interestUsd: number;
  readonly principalUsd: number;
  /** Owed at the end of the year. */
  readonly balanceUsd: number;
}

export interface DebtService {
  /** The level payment of every year, USD. */
  readonly paymentUsd: number;
  readonly years: readonly DebtYear[];
}

/** A loan repaid in equal yearly payments over whole years. */
export function debtService(principalUsd: number, ratePerYear: number, years: number): DebtService {
  const paymentUsd = principalUsd * annuityFactor(ratePerYear, years);
  const schedule: DebtYear[] = [];
  let owed = principalUsd;
  for (let year = 1; year <= years; year++) {
    const interestUsd = owed * ratePerYear;
    const paid = paymentUsd - interestUsd;
    // The last payment clears what rounding left.
    owed = year === years ? 0 : owed - paid;
    schedule.push({ year, interestUsd, principalUsd: paid, balanceUsd: owed });
  }
  return { paymentUsd, years: schedule };
}
