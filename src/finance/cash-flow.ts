/**
 * Cash flows are USD at the ends of years 0, 1, 2, …; year 0 is today. Money spent is negative.
 */

/** Net present value, USD, at a rate per year above −1. */
export function npvUsd(cashflows: readonly number[], ratePerYear: number): number {
  // Horner's rule from the last year back: one multiplication per year and no powers to overflow.
  let value = 0;
  for (let year = cashflows.length - 1; year >= 0; year--) value = value / (1 + ratePerYear) + cashflows[year]!;
  return value;
}

export type InternalRate =
  | { readonly status: "unique"; readonly ratePerYear: number }
  | { readonly status: "none" | "ambiguous"; readonly statement: string };

/** Rates looked at: −99 % to 100,000 % per year. */
const lowestGrowth = 0.01;
const highestGrowth = 1001;
/** Brackets per search; growth factors spaced evenly on a log scale, 0.6 % apart. */
const brackets = 2000;
const halvings = 200;
/** Of the value a bracket away: what rounding leaves of nothing. */
const touching = 1e-9;

/**
 * The rate per year at which the present value is nothing. Flows that change sign more than once can have several such
 * rates; then none of them means anything and the answer says so.
 */
export function internalRate(cashflows: readonly number[]): InternalRate {
  if (!cashflows.every(Number.isFinite)) return { status: "none", statement: "a cash flow is not a finite number" };
  if (!cashflows.some((flow) => flow > 0) || !cashflows.some((flow) => flow < 0)) {
    return { status: "none", statement: "money flows in one direction only, so no rate balances it" };
  }
  const value = (growth: number) => npvUsd(cashflows, growth - 1);
  const growthAt = (step: number) => lowestGrowth * (highestGrowth / lowestGrowth) ** (step / brackets);
  const roots: number[] = [];
  let before = growthAt(0);
  let left = before;
  let leftValue = value(left);
  let beforeValue = leftValue;
  for (let step = 1; step <= brackets; step++) {
    const right = growthAt(step);
    const rightValue = value(right);
    if (rightValue === 0) roots.push(right);
    else if (leftValue !== 0 && leftValue < 0 !== rightValue < 0) roots.push(bisect(value, left, right));
    else if (turnsBack(beforeValue, leftValue, rightValue)) {
      const touch = closest(value, before, right);
      if (touch !== null) roots.push(touch);
    }
    [before, beforeValue, left, leftValue] = [left, leftValue, right, rightValue];
  }
  if (roots.length === 1) return { status: "unique", ratePerYear: roots[0]! - 1 };
  if (roots.length === 0) {
    return {
      status: "none",
      statement: "no rate between -99 % and 100,000 % per year brings the present value to nothing",
    };
  }
  const list = roots.map((growth) => `${((growth - 1) * 100).toFixed(1)} %`).join(", ");
  return { status: "ambiguous", statement: `the flows change direction several times and balance at ${list}` };
}

function bisect(value: (growth: number) => number, from: number, to: number): number {
  let left = from;
  let right = to;
  const leftNegative = value(left) < 0;
  for (let step = 0; step < halvings && left < right; step++) {
    const middle = (left + right) / 2;
    if (middle === left || middle === right) break;
    if (value(middle) < 0 === leftNegative) left = middle;
    else right = middle;
  }
  return (left + right) / 2;
}

/** Whether three values of one sign come nearest to nothing in the middle: between them it may be touched. */
function turnsBack(before: number, middle: number, after: number): boolean {
  const isOneSign = before * middle > 0 && middle * after > 0;
  return isOneSign && Math.abs(middle) <= Math.abs(before) && Math.abs(middle) <= Math.abs(after);
}

/** Where between two growth factors the value touches nothing, to the last digits it can be computed with; else null. */
function closest(value: (growth: number) => number, from: number, to: number): number | null {
  let [left, right] = [from, to];
  for (let step = 0; step < halvings; step++) {
    const [low, high] = [left + (right - left) / 3, right - (right - left) / 3];
    if (Math.abs(value(low)) < Math.abs(value(high))) right = high;
    else left = low;
  }
  const growth = (left + right) / 2;
  const scale = Math.max(Math.abs(value(from)), Math.abs(value(to)));
  return Math.abs(value(growth)) <= touching * scale ? growth : null;
}

/** The internal rate of return per year; null when there is none or more than one (`internalRate` says which). */
export function irr(cashflows: readonly number[]): number | null {
  const result = internalRate(cashflows);
  return result.status === "unique" ? result.ratePerYear : null;
}

/**
 * Years until the money is back and stays back, counted from year 0 and interpolated within the year; null when never.
 * A rate above 0 discounts (discounted payback), 0 counts plain dollars.
 */
export function paybackYears(cashflows: readonly number[], ratePerYear = 0): number | null {
  let balance = 0;
  let factor = 1;
  let back: number | null = null;
  for (const [year, flow] of cashflows.entries()) {
    const before = balance;
    balance += flow * factor;
    factor /= 1 + ratePerYear;
    if (balance < 0) back = null;
    else if (back === null) back = before < 0 ? year - 1 + -before / (balance - before) : year;
  }
  return back;
}

/** Gross margin, as a ratio of revenue; null without revenue. */
export function grossMargin(revenueUsd: number, costOfRevenueUsd: number): number | null {
  return revenueUsd > 0 ? (revenueUsd - costOfRevenueUsd) / revenueUsd : null;
}
