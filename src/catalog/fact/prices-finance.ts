import { analyst, assumed, type Figure } from "./figure.ts";
import type { Owner } from "../world/world-places.ts";

/** Lives over which assets are written off. */
export const depreciationYears = {
  accelerators: analyst(5, "year", "epoch-2026", { low: 3, high: 7, note: "cost model; books say 5 to 6" }),
  "accelerators-microsoft": analyst(6, "year", "company-filings"),
  "accelerators-alphabet": analyst(6, "year", "company-filings"),
  "accelerators-amazon": analyst(5, "year", "company-filings", { note: "a subset, from January 2025" }),
  "accelerators-meta": analyst(5.5, "year", "company-filings", { note: "from January 2025" }),
  building: analyst(14, "year", "epoch-2026"),
  network: assumed(6, "year", "switches and optics, between servers and buildings"),
} satisfies Record<string, Figure>;

/** Weighted average cost of capital by kind of owner, real terms left aside. */
export const waccRatio: Readonly<Record<Owner["kind"], Figure>> = {
  hyperscaler: analyst(0.0675, "ratio", "epoch-2026", {
    low: 0.06,
    high: 0.09,
    note: "rate at which its published annual cost is reproduced",
  }),
  enterprise: assumed(0.09, "ratio", "between hyperscaler and high-yield debt", { low: 0.07, high: 0.11 }),
  sovereign: assumed(0.045, "ratio", "government bonds plus a margin", { low: 0.025, high: 0.07 }),
  "micro-dc": assumed(0.11, "ratio", "high-yield debt of 7 to 10 % and dearer equity", { low: 0.08, high: 0.15 }),
};

export const debtRatioPerYear = {
  "high-yield": analyst(0.07, "ratio", "debt-2026", { low: 0.055, high: 0.1 }),
  neocloud: analyst(0.0925, "ratio", "debt-2026", { low: 0.09, asOf: "2025-12-31" }),
} satisfies Record<string, Figure>;

/** Yearly maintenance, support and spare parts as a share of accelerator capex. */
export const maintenanceRatioPerYear: Figure = assumed(
  0.04,
  "ratio/year",
  "between a vendor support contract and self-insurance",
  {
    low: 0.012,
    high: 0.06,
  },
);

/** Share of a module's rate a plan may use at the peak. */
export const headroomRatio: Figure = assumed(0.8, "ratio", "leaves room for forecast error and a lost server", {
  low: 0.6,
  high: 0.95,
});

/** Share of a site's port a plan may use at the peak. */
export const portHeadroomRatio: Figure = assumed(0.9, "ratio", "a queue of some answers instead of an endless one", {
  low: 0.7,
  high: 0.95,
  note: "M/D/1: an answer waits for 4.5 others on average at nine tenths, for 9.5 at 95 %, without end at 100 %",
});

/** Factor on overall AI capex when memory prices rise as in 2026. */
export const memoryPriceShockFactor: Figure = analyst(1.3, "ratio", "bernstein-2025", {
  note: "the rise in HBM price lifts overall AI capex by about 30 %; HBM itself rose more",
});

/** Rent of one accelerator for one hour, for chips that are not sold or to compare with buying. */
export const rentalUsdPerHour = {
  "h100-sxm-reserved": analyst(2.35, "USD/hour", "semianalysis-2026-03", { low: 1.7, note: "one year" }),
  "h100-sxm": analyst(2.95, "USD/hour", "rental-survey-2026", { low: 2.14, high: 5, note: "on demand, median" }),
  "h200-sxm": analyst(4, "USD/hour", "rental-survey-2026", { low: 2.5, high: 7 }),
  "b200-sxm": analyst(5.25, "USD/hour", "rental-survey-2026", { low: 2.25, high: 6, note: "on demand 4.50 to 6.00" }),
  "a100-sxm": analyst(1.6, "USD/hour", "rental-survey-2026", { low: 0.8, high: 3 }),
  l40s: analyst(0.95, "USD/hour", "rental-survey-2026", { low: 0.72, high: 1.2 }),
  "tpu-v6e": assumed(2.7, "USD/hour", "list price from memory of the market, no page found"),
} satisfies Record<string, Figure>;
