import { analyst, assumed, type Figure } from "./figure.ts";
import type { Tier } from "../world/world-places.ts";

/** Building cost per kW of IT load: shell, cooling, power distribution. Land and grid connection are in `openingCapex`. */
export const buildingUsdPerKw: Readonly<Record<Tier, Figure>> = {
  core: analyst(10_700, "USD/kW", "cbre-2025", {
    low: 7_700,
    high: 14_000,
    note: "7.7 to 10.7 million per MW within two years; JLL 2026 states 10 to 14, liquid-cooled halls above 20",
  }),
  regional: assumed(11_200, "USD/kW", "core plus 5 % for smaller halls", { low: 9_000, high: 15_000 }),
  edge: assumed(13_000, "USD/kW", "core plus 21 %: small sites cost 14 to 29 % more per kW in a UK study", {
    low: 8_500,
    high: 20_000,
  }),
};

/** One-off cost of opening a site: land, permits, fibre entry, grid connection. */
export const openingCapexUsd: Readonly<Record<Tier, Figure>> = {
  core: assumed(20e6, "USD", "land and substation of a campus of tens of MW", { low: 5e6, high: 60e6 }),
  regional: assumed(2e6, "USD", "fit-out of leased halls, two fibre entries", { low: 0.5e6, high: 6e6 }),
  edge: assumed(120e3, "USD", "prefabricated cabinet or container, connection, permit", { low: 30e3, high: 400e3 }),
};

/** Power usage effectiveness. The survey mean over all sites is 1.54 to 1.58 (Uptime Institute, 2023 to 2025). */
export const pue: Readonly<Record<Tier, Figure>> = {
  core: assumed(1.15, "ratio", "best hyperscale sites reach about 1.1", { low: 1.08, high: 1.3 }),
  regional: assumed(1.35, "ratio", "a large colocation operator reported 1.42 for 2023", { low: 1.2, high: 1.5 }),
  edge: assumed(1.5, "ratio", "smaller sites are worse than the survey mean of 1.54 to 1.58 unless new", {
    low: 1.25,
    high: 1.8,
  }),
};

/** Mean over all sites in the survey, for comparison. */
export const pueSurveyMean: Figure = analyst(1.56, "ratio", "uptime-2025", { low: 1.54, high: 1.58 });

/** Full-time staff a site needs on average. */
export const staffPerSite: Readonly<Record<Tier, Figure>> = {
  core: assumed(40, "count", "three shifts of operations, facility and security", { low: 25, high: 80 }),
  regional: assumed(6, "count", "one person around the clock", { low: 3, high: 12 }),
  edge: assumed(0.2, "count", "unstaffed, a technician serves five sites", { low: 0.05, high: 0.5 }),
};

export const staffUsdPerYear: Figure = assumed(95_000, "USD/year", "cost to the employer in high-income countries", {
  low: 30_000,
  high: 150_000,
});

/** Rent, insurance, network ports and spare parts of an open site. */
export const otherOpexUsdPerYear: Readonly<Record<Tier, Figure>> = {
  core: assumed(2e6, "USD/year", "insurance, ports, property tax of a campus", { low: 1e6, high: 6e6 }),
  regional: assumed(300e3, "USD/year", "hall rent without power, ports", { low: 100e3, high: 800e3 }),
  edge: assumed(15e3, "USD/year", "cabinet space, 10 Gbit/s port, visits", { low: 5e3, high: 40e3 }),
};

/** Grid power a site of the tier has when the scenario states none. */
export const sitePowerKw: Readonly<Record<Tier, Figure>> = {
  core: assumed(50_000, "kW", "a campus hall of 50 MW", { low: 10_000, high: 1_000_000 }),
  regional: assumed(5_000, "kW", "a metro data centre", { low: 1_000, high: 20_000 }),
  edge: assumed(200, "kW", "a container or a telephone exchange", { low: 10, high: 1_000 }),
};

/** Port capacity towards users when the scenario states none. */
export const portGbps: Readonly<Record<Tier, Figure>> = {
  core: assumed(4_000, "Gbit/s", "ten 400G ports", { low: 400, high: 100_000 }),
  regional: assumed(800, "Gbit/s", "two 400G ports", { low: 100, high: 10_000 }),
  edge: assumed(100, "Gbit/s", "one 100G port", { low: 10, high: 400 }),
};

/** Time from ordering grid power to having it. */
export const powerLeadYears: Readonly<Record<Tier, Figure>> = {
  core: analyst(4, "year", "jll-2026", { low: 1.5, high: 7, note: "US mean; Northern Virginia 7 for 100 MW" }),
  regional: analyst(2, "year", "jll-2026", { low: 1.5, high: 3, note: "18 to 36 months above 10 MW" }),
  edge: assumed(0.5, "year", "weeks to 18 months for small connections", { low: 0.1, high: 1.5 }),
};
