import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatQuantity, parseNumber, parseQuantity, units } from "./index.ts";
import { codePoints } from "../../test/laws/code-points.ts";

const parse = (text: string, unit: string, usdPerUnit: Record<string, number> = { EUR: 1.1 }) =>
  parseQuantity(text, { unit, usdPerUnit });

describe("parseQuantity", () => {
  it.each([
    ["15 ms", "ms", 15],
    ["15ms", "s", 0.015],
    ["3.75 Tbit/s", "Gbit/s", 3750],
    ["3.75 Tb/s", "Gbit/s", 3750],
    ["$40k", "USD", 40_000],
    ["40k USD", "USD", 40_000],
    ["40 kUSD", "USD", 40_000],
    ["-$40k", "USD", -40_000],
    ["0.07 USD/kWh", "USD/kWh", 0.07],
    ["$0.07/kWh", "USD/MWh", 70],
    ["7.5 USD/(Mbit/s)/month", "USD/(Gbit/s)/year", 90_000],
    ["122 %", "ratio", 1.22],
    ["7 %", "ratio", 0.07],
    ["8%", "ratio", 0.08],
    ["5 MW", "kW", 5000],
    ["8 %/year", "ratio/year", 0.08],
    ["600 W", "kW", 0.6],
    ["24 GB", "GB", 24],
    ["2 GiB", "B", 2 ** 31],
    ["100 km", "m", 100_000],
    ["0.5 req/s", "req/day", 43_200],
    ["512 tok", "tok", 512],
    ["6.75 Gbit/s", "Gbit/s", 6.75],
    ["EUR 1.2M", "USD", 1_320_000],
    ["€300", "EUR", 300],
    ["1.2M EUR", "EUR", 1_200_000],
    ["$2bn", "USD", 2e9],
    ["0.2 €/kWh", "EUR/kWh", 0.2],
    ["5k€", "EUR", 5000],
    ["-1.5 M$", "USD", -1_500_000],
    ["$5M/(PFLOP/s)/year", "USD/(PFLOP/s)/year", 5e6],
    ["2 years", "month", 24],
    ["6 months", "year", 0.5],
    ["1 year", "h", 8760],
    ["7.6G param", "param", 7.6e9],
    ["1_000_000 tok", "tok", 1e6],
    ["1.5e3 ms", "s", 1.5],
    ["5 PFLOP/s", "TFLOP/s", 5000],
    ["240 TOP/s", "TFLOP/s", 240],
    ["$11M/MW", "USD/kW", 11_000],
    ["1 kW", "kWh/h", 1],
  ])("reads %s as %s", (text, unit, value) => {
    const result = parse(text, unit);
    expect(result).toMatchObject({ ok: true });
    expect(result.ok && result.value).toBeCloseTo(value, 9);
  });

  it.each([
    ["15", "ms", "DSP_UNIT_BARE_NUMBER", "`15 ms`"],
    ["0.08", "ratio", "DSP_UNIT_BARE_NUMBER", "`10 %`"],
    ["15 MS", "ms", "DSP_UNIT_UNKNOWN", "did you mean `15 ms`?"],
    ["5 mw", "kW", "DSP_UNIT_UNKNOWN", "did you mean `5 MW`?"],
    ["24 gb", "GB", "DSP_UNIT_UNKNOWN", "did you mean `24 GB`?"],
    ["24 gb", "Gbit", "DSP_UNIT_UNKNOWN", "did you mean `24 Gb`?"],
    ["24 Gb", "GB", "DSP_UNIT_WRONG_DIMENSION", "b stands for bits"],
    ["100 GB/s", "Gbit/s", "DSP_UNIT_WRONG_DIMENSION", "B stands for bytes"],
    ["15 m", "ms", "DSP_UNIT_WRONG_DIMENSION", "min for minutes"],
    ["15 km", "ms", "DSP_UNIT_WRONG_DIMENSION", "10 ms"],
    ["15 parsec", "km", "DSP_UNIT_UNKNOWN", "10 km"],
    ["1,5 ms", "ms", "DSP_UNIT_BAD_NUMBER", "1.5"],
    [".5 ms", "ms", "DSP_UNIT_BAD_NUMBER", "0.5"],
    ["1.2.3 ms", "ms", "DSP_UNIT_BAD_NUMBER", "10 ms"],
    ["NaN ms", "ms", "DSP_UNIT_BAD_NUMBER", "10 ms"],
    ["Infinity ms", "ms", "DSP_UNIT_BAD_NUMBER", "10 ms"],
    ["1e400 ms", "ms", "DSP_UNIT_OUT_OF_RANGE", "10 ms"],
    ["1e-400 ms", "ms", "DSP_UNIT_OUT_OF_RANGE", "10 ms"],
    ["1e308 TB", "B", "DSP_UNIT_OUT_OF_RANGE", "10 B"],
    ["40k", "USD", "DSP_UNIT_BARE_NUMBER", "USD"],
    ["40 CHF", "USD", "DSP_UNIT_NO_EXCHANGE_RATE", "exchangeRates"],
    ["40 USD/EUR", "USD", "DSP_UNIT_SYNTAX", "10 USD"],
    ["5 MW/", "kW", "DSP_UNIT_SYNTAX", "10 kW"],
    ["5 (MW", "kW", "DSP_UNIT_SYNTAX", "10 kW"],
    ["0.08 ratio", "ratio", "DSP_UNIT_UNKNOWN", "10 %"],
    ["", "ms", "DSP_UNIT_BAD_NUMBER", "10 ms"],
  ])("refuses %j where %s is due", (text, unit, code, hint) => {
    const result = parse(text, unit);
    expect(result).toMatchObject({ ok: false, problem: { code } });
    expect(!result.ok && result.problem.hint).toContain(hint);
  });

  it("answers any text with a finite number or a problem that has a hint", () => {
    const unitText = fc.constantFrom("ms", "USD/kWh", "USD/(Gbit/s)/month", "ratio", "GB", "param");
    const anything = fc.oneof(
      fc.string({ unit: codePoints }),
      fc.stringMatching(/^[-+$€]?[0-9._e,]{0,6} ?[A-Za-z%/() ]{0,12}$/),
    );
    fc.assert(
      fc.property(anything, unitText, (text, unit) => {
        const number = parseNumber(text);
        expect(!number.ok || Number.isFinite(number.value)).toBe(true);
        const result = parse(text, unit);
        expect(result.ok ? Number.isFinite(result.value) : result.problem.hint.length > 0).toBe(true);
      }),
    );
  });

  it("does not take a currency from the prototype of the rate table", () => {
    expect(parse("1 USD", "EUR", {})).toMatchObject({ ok: false });
  });
});

describe("formatQuantity", () => {
  it.each([
    [3750, "Gbit/s", "3.75 Tbit/s"],
    [40_000, "USD", "$40k"],
    [-40_000, "USD", "-$40k"],
    [0.015, "s", "15 ms"],
    [5000, "kW", "5 MW"],
    [0.6, "kW", "600 W"],
    [0.08, "ratio", "8 %"],
    [0.08, "ratio/year", "8 %/year"],
    [1.22, "ratio", "122 %"],
    [0.07, "USD/kWh", "$0.07/kWh"],
    [7.5, "USD/(Mbit/s)/month", "$7.5/(Mbit/s)/month"],
    [1_200_000, "CHF", "1.2M CHF"],
    [999.96, "kW", "1 MW"],
    [0, "ms", "0 ms"],
    [2, "year", "2 years"],
    [1, "year", "1 year"],
    [Number.NaN, "ms", "n/a"],
  ])("writes %d %s as %s", (value, unit, text) => {
    expect(formatQuantity(value, unit)).toBe(text);
  });

  it("writes what parseQuantity reads back, for every unit", () => {
    const symbols = units.flatMap((unit) => [unit.symbol, ...unit.prefixes.map((prefix) => prefix + unit.symbol)]);
    const compound = [
      "ratio",
      "ratio/year",
      "USD",
      "EUR",
      "CHF",
      "USD/kWh",
      "USD/(Gbit/s)/month",
      "Gbit/s",
      "req/s",
      "PFLOP/s",
      "GB/s",
    ];
    const value = fc.double({ min: -1e18, max: 1e18, noNaN: true }).filter((x) => Math.abs(x) > 1e-12 || x === 0);
    fc.assert(
      fc.property(fc.constantFrom(...symbols, ...compound), value, (unit, x) => {
        const text = formatQuantity(x, unit, { digits: 17 });
        const back = parse(text, unit);
        expect(back).toMatchObject({ ok: true });
        expect(Math.abs((back.ok ? back.value : Number.NaN) - x)).toBeLessThanOrEqual(Math.abs(x) * 1e-12);
      }),
    );
  });
});

describe("parseNumber", () => {
  it("reads groups, powers and magnitudes", () => {
    expect(["100_000", "1.5e6", "3.7M", "100k", "-2"].map(parseNumber)).toEqual(
      [100_000, 1.5e6, 3.7e6, 100_000, -2].map((value) => ({ ok: true, value })),
    );
  });
  it.each(["", "x", "1 ms", "1,000", "1e999", "0x10", "NaN"])("refuses %j", (text) => {
    expect(parseNumber(text).ok).toBe(false);
  });
});
