/** Specification of where machines may stand, who owns them, and what limits hold. */
import {
  choice,
  count,
  either,
  fallback,
  list,
  map,
  number,
  object,
  optional,
  quantity,
  series,
  text,
} from "./field.ts";
import { cities, countryCode, tier } from "./spec-workload.ts";

/** What a site has besides a place. Everything may be left out: `tiers` of the scenario, then the catalogue, fill in. */
export const siteTerms = {
  owner: optional(text("Id of an owner from the section `owners`; the first one when left out.", { example: "telco" })),
  powerLimit: optional(
    series(
      quantity("kW", "Power from the grid (facility, after PUE), for all periods or one value per period.", {
        example: "5 MW",
      }),
    ),
  ),
  pue: optional(number("Power usage effectiveness: facility power / IT power.", { min: 1, max: 5, example: "1.35" })),
  electricityPrice: optional(
    quantity("USD/kWh", "Price of electricity; by country when left out.", { example: "0.07 USD/kWh" }),
  ),
  openingCost: optional(quantity("USD", "One-off cost of opening: land, connection, fit-out.", { example: "$250k" })),
  fixedCost: optional(quantity("USD/year", "Cost per year of being open: staff, rent.", { example: "40k USD/year" })),
  buildCost: optional(quantity("USD/kW", "Building cost per kW of IT load.", { example: "$11M/MW" })),
  buildLife: optional(quantity("year", "Book life of the building.", { example: "15 years", above: 0 })),
  egressPrice: optional(
    quantity("USD/GB", "Price of traffic that leaves the site, by volume.", { example: "0.02 USD/GB" }),
  ),
  transitPrice: optional(
    quantity(
      "USD/(Gbit/s)/month",
      "Price of traffic by port capacity, instead of `egressPrice`; converted at `transitUtilization`.",
      { example: "7.5 USD/(Mbit/s)/month" },
    ),
  ),
  transitUtilization: optional(
    quantity("ratio", "Mean use of paid port capacity; 50 % when left out.", { example: "50 %", above: 0, max: 1 }),
  ),
  egressClass: optional(text("Price class of the catalogue, instead of a price.", { example: "transit-hub" })),
  port: optional(quantity("Gbit/s", "Capacity of the ports towards users.", { example: "100 Gbit/s" })),
} as const;

const placed = {
  status: fallback(
    choice(
      ["candidate", "existing", "forced", "forbidden"],
      "`existing` is open already, `forced` must be opened, `forbidden` must not, `candidate` is the plan's choice.",
      { example: "candidate" },
    ),
    "candidate",
  ),
  ...siteTerms,
} as const;

export const site = either(
  "select",
  object(
    {
      select: object(
        {
          cities: optional(cities),
          cloudRegions: optional(
            object(
              {
                countries: cities.fields.countries,
                continents: cities.fields.continents,
                exclude: fallback(
                  list(text("Metro, by name or id."), "Metros to leave out.", { example: "[Dublin]" }),
                  [],
                ),
                limit: optional(count("At most so many.", { min: 1, example: "40" })),
              },
              "Metros that hold cloud regions.",
            ),
          ),
        },
        "What to take from the catalogue: `cities` or `cloudRegions`.",
      ),
      tier,
      ...placed,
    },
    "One site per selected place, each with the terms given here.",
  ),
  "inline",
  object(
    {
      id: text("Id of the site.", { example: "fra-1" }),
      name: optional(text("Name for people.", { example: "Frankfurt" })),
      tier,
      country: countryCode,
      city: optional(
        text("City of the catalogue that gives the coordinates, instead of `latitude` and `longitude`.", {
          example: "Frankfurt am Main",
        }),
      ),
      latitude: optional(number("Degrees north.", { min: -90, max: 90, example: "50.11" })),
      longitude: optional(number("Degrees east.", { min: -180, max: 180, example: "8.68" })),
      installed: fallback(
        map("module id", count("How many are there already.", { example: "4" }), "Modules already in place.", {
          example: "{ h100x8: 4 }",
        }),
        {},
      ),
      ...placed,
    },
    "One site.",
  ),
  "Where machines may stand: sites one by one, from a CSV file, or selected from the catalogue.",
);

export const tierTerms = object(siteTerms, "Terms of all sites of a tier, unless a site says otherwise.");

export const owner = object(
  {
    kind: choice(["hyperscaler", "enterprise", "sovereign", "micro-dc"], "Kind of investor.", { example: "sovereign" }),
    wacc: optional(
      quantity(["ratio/year", "ratio"], "Cost of capital; `finance.wacc` when left out.", { example: "6 %/year" }),
    ),
    budget: optional(
      series(
        quantity("USD", "Most that may be invested per period; no limit when left out.", {
          example: "$200M",
          above: 0,
        }),
      ),
    ),
  },
  "Who pays for a site.",
);

const zone = object(
  {
    id: text("Name of the zone.", { example: "frankfurt-grid" }),
    sites: fallback(list(text("Site id."), "Sites of the zone, by id.", { example: "[fra-1, fra-2]" }), []),
    countries: fallback(list(countryCode, "Or all sites of these countries.", { example: "[IE]" }), []),
    powerLimit: series(quantity("kW", "Power all of them may draw together.", { example: "60 MW" })),
  },
  "A power limit over several sites.",
);

export const limits = object(
  {
    headroom: fallback(
      quantity("ratio", "Share of a module's rate the plan may use at the peak.", {
        example: "80 %",
        above: 0,
        max: 1,
      }),
      "80 %",
    ),
    maxSites: optional(count("Most sites that may be open.", { example: "120", min: 1 })),
    budget: optional(
      series(
        quantity("USD", "Most that may be invested per period; no limit when left out.", { example: "$2bn", above: 0 }),
      ),
    ),
    zones: fallback(list(zone, "Power limits over several sites."), []),
  },
  "Limits of the whole plan.",
);
