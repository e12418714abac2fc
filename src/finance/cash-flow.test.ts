import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  annualCostUsd,
  annuityFactor,
  debtService,
  depreciationByClass,
  grossMargin,
  internalRate,
  irr,
  npvUsd,
  paybackYears,
  residualUsd,
  straightLine,
} from "./index.ts";

const rate = fc.double({ min: 0, max: 0.3, noNaN: true });
const life = fc.integer({ min: 1, max: 30 });

describe("annuity", () => {
  it("repays exactly what was paid", () => {
    fc.assert(
      fc.property(rate, life, (r, years) => {
        const payments = [0, ...Array.from({ length: years }, () => annualCostUsd(1000, r, years))];
        expect(npvUsd(payments, r)).toBeCloseTo(1000, 6);
      }),
    );
  });

  it("is straight division without interest and refuses nonsense", () => {
    expect(annuityFactor(0, 5)).toBe(0.2);
    expect(annuityFactor(1e-12, 5)).toBeCloseTo(0.2, 9);
    expect(() => annuityFactor(0.05, 0)).toThrow(RangeError);
    expect(() => annuityFactor(-1, 5)).toThrow(RangeError);
    expect(() => annuityFactor(Number.NaN, 5)).toThrow(RangeError);
  });

  // Epoch AI, 14 May 2026: a gigawatt costs 25.5 billion USD of IT and 12.5 of facility, 0.9 a year to operate.
  it.each([
    [5, 8.486],
    [3, 11.98],
    [7, 6.998],
  ])("makes a gigawatt with IT that lives %i years cost %f billion USD a year at 6.75 %%", (years, expected) => {
    const capital = annualCostUsd(25.5, 0.0675, years) + annualCostUsd(12.5, 0.0675, 14);
    expect(Math.abs(capital + 0.9 - expected)).toBeLessThan(0.001);
  });
});

describe("residual value", () => {
  it("makes paying cash and keeping the rest cost the same as paying annuities, at any horizon", () => {
    fc.assert(
      fc.property(rate, life, fc.nat(40), (r, years, horizon) => {
        const cash = 1000 - residualUsd(1000, r, years, horizon) / (1 + r) ** horizon;
        const paid = Math.min(horizon, years);
        const annuities = npvUsd([0, ...Array.from({ length: paid }, () => annualCostUsd(1000, r, years))], r);
        expect(cash).toBeCloseTo(annuities, 6);
      }),
    );
  });
});

describe("internal rate of return", () => {
  it("brings the present value of an investment to nothing", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.array(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (paid, income) => {
          const flows = [-paid, ...income];
          const found = irr(flows);
          if (found === null) return;
          const scale = flows.reduce((sum, flow, year) => sum + Math.abs(flow) / (1 + found) ** year, 0);
          expect(Math.abs(npvUsd(flows, found))).toBeLessThan(1e-9 * scale);
        },
      ),
    );
    expect(irr([-100, 110])).toBeCloseTo(0.1, 9);
    expect(irr([-100, 30, 30, 30, 30])).toBeCloseTo(0.0771, 4);
  });

  it("says when there is none and when there are several", () => {
    expect(irr([-100, -5])).toBeNull();
    expect(irr([])).toBeNull();
    expect(irr([-100, Number.NaN])).toBeNull();
    expect(internalRate([100, 200]).status).toBe("none");
    // Touches nothing at 10 %, and is negative at every other rate.
    expect(irr([-100, 220, -121])).toBeCloseTo(0.1, 6);
    expect(internalRate([-1, 3, -2.5]).status).toBe("none");
    // Balances at 10 % and at 20 %.
    const twice = internalRate([-100, 230, -132]);
    expect(twice).toMatchObject({
      status: "ambiguous",
      statement: expect.stringContaining("10.0 %, 20.0 %") as string,
    });
  });
});

describe("payback", () => {
  it("interpolates within the year, discounts when asked, and waits until the money stays back", () => {
    expect(paybackYears([-100, 40, 40, 40])).toBeCloseTo(2.5, 12);
    expect(paybackYears([-100, 40, 40, 40], 0.1)).toBeNull();
    expect(paybackYears([-100, 60, 60, 60], 0.1)).toBeCloseTo(1 + (100 - 60 / 1.1) / (60 / 1.21), 9);
    expect(paybackYears([-100, 120, -50, 40])).toBeCloseTo(2.75, 12);
    expect(paybackYears([10, 5])).toBe(0);
    expect(paybackYears([-1])).toBeNull();
  });
});

describe("books", () => {
  it("depreciate an asset wholly over its life and nothing after", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 30, noNaN: true }), (years) => {
        let total = 0;
        for (let year = 1; year <= 40; year++) total += straightLine(700, years, year).depreciationUsd;
        expect(total).toBeCloseTo(700, 6);
        expect(straightLine(700, years, 40)).toEqual({ depreciationUsd: 0, bookUsd: 0 });
      }),
    );
  });

  it("keep classes and vintages apart", () => {
    const books = depreciationByClass(
      [
        { assetClass: "accelerators", capexUsd: 500, lifeYears: 5, firstYear: 1 },
        { assetClass: "accelerators", capexUsd: 300, lifeYears: 3, firstYear: 3 },
        { assetClass: "building", capexUsd: 1400, lifeYears: 14, firstYear: 1 },
      ],
      3,
    );
    expect(books.accelerators.depreciationUsd).toBeCloseTo(200, 9);
    expect(books.accelerators.bookUsd).toBeCloseTo(400, 9);
    expect(books.building.bookUsd).toBeCloseTo(1100, 9);
    expect(books.opening).toEqual({ depreciationUsd: 0, bookUsd: 0 });
  });

  it("repay a loan in level payments down to nothing", () => {
    fc.assert(
      fc.property(rate, life, (r, years) => {
        const loan = debtService(1000, r, years);
        expect(loan.years).toHaveLength(years);
        expect(loan.years.reduce((sum, year) => sum + year.principalUsd, 0)).toBeCloseTo(1000, 6);
        expect(loan.years.at(-1)!.balanceUsd).toBe(0);
        for (const year of loan.years) expect(year.interestUsd + year.principalUsd).toBeCloseTo(loan.paymentUsd, 6);
      }),
    );
  });

  it("give the gross margin as a share of revenue, and none without revenue", () => {
    expect(grossMargin(100, 36)).toBeCloseTo(0.64, 12);
    expect(grossMargin(0, 36)).toBeNull();
  });
});
