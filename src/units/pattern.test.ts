import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatQuantity, parseQuantity, prefixes, quantityPattern, units } from "./index.ts";

const dues = [
  "ms",
  "kW",
  "USD",
  "USD/kWh",
  "USD/GB",
  "USD/(Gbit/s)/month",
  "Gbit/s",
  "GB",
  "ratio",
  "ratio/year",
  "param",
];
const matches = (text: string, unit: string): boolean => new RegExp(quantityPattern(unit), "u").test(text);
const usdPerUnit = { EUR: 1.1 };

describe("quantityPattern", () => {
  it.each([
    ["15ms", "ms"],
    ["-5 ms", "ms"],
    ["1_000.5e3 µs", "ms"],
    ["5 MW", "kW"],
    ["1 kWh/h", "kW"],
    ["$40k", "USD"],
    ["-$40k", "USD"],
    ["40k USD", "USD"],
    ["40 kUSD", "USD"],
    ["EUR 1.2M", "USD"],
    ["5k€", "USD"],
    ["-1.5 M$", "USD"],
    ["0.2 €/kWh", "USD/kWh"],
    ["$0.07 / kWh", "USD/kWh"],
    ["7.5 USD/(Mbit/s)/month", "USD/(Gbit/s)/month"],
    ["$5M/(PFLOP/s)/year", "USD/(PFLOP/s)/year"],
    ["7.6G param", "param"],
    ["8%", "ratio"],
    ["8 %/year", "ratio/year"],
    ["$11M/MW", "USD/kW"],
  ])("takes %s where %s is due, as the parser does", (text, unit) => {
    expect(parseQuantity(text, { unit, usdPerUnit }).ok).toBe(true);
    expect(matches(text, unit)).toBe(true);
  });

  it.each([
    ["500 kg", "kW"],
    ["500 GB", "kW"],
    ["500 kWh", "kW"],
    ["500", "kW"],
    ["5 mw", "kW"],
    ["40", "USD"],
    ["40k", "USD"],
    ["40 USD/year", "USD"],
    ["40 USD", "USD/kWh"],
    ["0.08", "ratio"],
    ["8 %", "ratio/year"],
    ["10 GB/s", "Gbit/s"],
    ["15 km", "ms"],
    ["1,5 ms", "ms"],
  ])("refuses %s where %s is due, as the parser does", (text, unit) => {
    expect(parseQuantity(text, { unit, usdPerUnit }).ok).toBe(false);
    expect(matches(text, unit)).toBe(false);
  });

  it("judges every single word, with and without prefix, as the parser does", () => {
    const symbols = units.flatMap((unit) =>
      [unit.symbol, ...unit.aliases].flatMap((it) => ["", ...Object.keys(prefixes)].map((prefix) => prefix + it)),
    );
    for (const due of dues) {
      const pattern = new RegExp(quantityPattern(due), "u");
      for (const word of new Set(symbols)) {
        const text = `3 ${word}`;
        expect(`${text} for ${due}: ${pattern.test(text)}`).toBe(
          `${text} for ${due}: ${parseQuantity(text, { unit: due }).ok}`,
        );
      }
    }
  });

  it("takes whatever the program itself writes", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), fc.constantFrom(...dues), (value, due) => {
        const text = formatQuantity(value, due);
        fc.pre(parseQuantity(text, { unit: due }).ok);
        expect(matches(text, due) ? "" : `${text} for ${due}`).toBe("");
      }),
    );
  });
});
