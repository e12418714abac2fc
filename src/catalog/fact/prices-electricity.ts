import { continentOf, type Continent } from "./countries.ts";
import { analyst, assumed, type Figure } from "./figure.ts";

const continental = (value: number) =>
  analyst(value, "USD/kWh", "globalpetrolprices-2025", { note: "mean for businesses on the continent" });

/** Electricity price for businesses by continent. */
const electricityByContinent: Readonly<Record<Continent, Figure>> = {
  EU: continental(0.204),
  NA: continental(0.155),
  SA: continental(0.2),
  AS: continental(0.107),
  AF: continental(0.123),
  OC: continental(0.266),
  AN: analyst(0.161, "USD/kWh", "globalpetrolprices-2025", { note: "world mean; no market there" }),
};

/** Euro in US dollars used for the Eurostat rows: mean of the first half of 2024. */
const usdPerEuro = 1.08;

const eurostat = (eurPerKwh: number) =>
  analyst(Number((eurPerKwh * usdPerEuro).toFixed(3)), "USD/kWh", "eurostat-2024", {
    note: `${eurPerKwh} EUR/kWh, non-household, without refundable taxes`,
  });

/** Countries with a figure of their own; others take that of their continent. */
export const electricityByCountry: Readonly<Record<string, Figure>> = {
  IE: eurostat(0.256),
  FI: eurostat(0.0939),
  US: assumed(0.13, "USD/kWh", "commercial customers; census divisions of EIA table 5.6.A (April 2025) lie around it", {
    low: 0.097,
    high: 0.227,
  }),
};

/** Price of electricity for a site in `country` (ISO code), with the figure it came from. */
export function electricityPrice(country: string): Figure {
  return electricityByCountry[country] ?? electricityByContinent[continentOf(country)];
}
