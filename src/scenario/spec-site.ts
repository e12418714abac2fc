/** Specification of where machines may stand, who owns them, and what limits hold. */
import {
  choice,
  count,
  either,
  entryId,
  fallback,
  list,
  listOrAll,
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
  connection: optional(
    number("Calendar year from which the power is there; before it the limit is 0. The middle of 2029 is 2029.5.", {
      min: 2000,
      max: 2300,
      example: "2029.5",
    }),
  ),
  backhaul: optional(
    quantity("Gbit/s", "Capacity of the link to the parent site; no limit when left out.", { example: "10 Gbit/s" }),
  ),
  backhaulPrice: optional(
    quantity("USD/(Gbit/s)/month", "Price of the link to the parent, by the traffic at the peak.", {
      example: "400 USD/(Gbit/s)/month",
    }),
  ),
  minUtilization: optional(
    quantity("ratio", "Least use at the peak of the modules bought for a site, of what the plan may use.", {
      example: "30 %",
      max: 1,
    }),
  ),
  upgrades: optional(
    list(
      object(
        {
          size: quantity("kW", "Power it adds to the site's limit (facility, after PUE).", {
            example: "20 MW",
            above: 0,
          }),
          price: quantity("USD", "Price, paid once: substation, cable, shell.", { example: "$30M" }),
          leadTime: fallback(quantity("year", "From order to power.", { example: "3 years" }), "0 years"),
        },
        "One upgrade, bought once or not at all.",
      ),
      "Upgrades of the power limit the plan may buy.",
      { example: "[{ size: 20 MW, price: $30M, leadTime: 3 years }]" },
    ),
  ),
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
  closingCost: optional(
    quantity("USD", "What closing an `existing` site costs, once; without it and `closeBy` such a site stays open.", {
      example: "$2M",
    }),
  ),
  salvage: optional(
    quantity("USD", "What closing brings in, once: land, equipment sold. Taken off `closingCost`.", {
      example: "$500k",
    }),
  ),
  closeBy: optional(
    number("Calendar year from which the site must be closed.", { min: 2000, max: 2300, example: "2030" }),
  ),
  parent: optional(
    text(
      "Id of the site it hangs on; it then opens only where that one is open. The nearest of a higher tier otherwise.",
      {
        example: "fra-1",
      },
    ),
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
      id: entryId("Id of the site.", { example: "fra-1" }),
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
      quantity(["ratio/year", "ratio"], "Cost of capital; what `finance.ownersWacc` says when left out.", {
        example: "6 %/year",
        max: 1,
      }),
    ),
    budget: optional(
      series(
        quantity("USD", "Most that may be invested per period; no limit when left out.", {
          example: "$200M",
          above: 0,
        }),
      ),
    ),
    debt: optional(
      object(
        {
          share: quantity("ratio", "Share of every investment that is borrowed (leverage).", {
            example: "60 %",
            max: 0.95,
          }),
          rate: quantity(["ratio/year", "ratio"], "Interest.", { example: "7 %/year", max: 1 }),
          coverage: optional(
            number("Least ratio of revenue minus running cost to debt service (DSCR); no limit when left out.", {
              min: 0,
              max: 100,
              example: "1.3",
            }),
          ),
        },
        "Debt beside the owner's own money: `budget` is then that money alone, and `wacc` what it must earn.",
      ),
    ),
    allotments: fallback(
      map(
        "module id",
        series(count("Most the owner gets per period.", { example: "200" })),
        "Allotment of modules, beside their supply.",
        { example: "{ gb200nvl72: 40 }" },
      ),
      {},
    ),
    countries: fallback(listOrAll(countryCode, "Countries the owner may invest in.", { example: "[SA, AE]" }), "*"),
  },
  "Who pays for a site.",
);

const zone = object(
  {
    id: entryId("Name of the zone.", { example: "frankfurt-grid" }),
    sites: fallback(list(text("Site id."), "Sites of the zone, by id.", { example: "[fra-1, fra-2]" }), []),
    countries: fallback(list(countryCode, "Or all sites of these countries.", { example: "[IE]" }), []),
    powerLimit: series(quantity("kW", "Power all of them may draw together.", { example: "60 MW" })),
    connection: optional(
      number("Calendar year from which the power is there; before it the limit is 0.", {
        min: 2000,
        max: 2300,
        example: "2029",
      }),
    ),
  },
  "A power limit over several sites.",
);

const share = object(
  {
    id: entryId("Name of the rule.", { example: "gulf-sovereign" }),
    least: quantity("ratio", "Least share.", { example: "40 %", max: 1 }),
    of: fallback(
      choice(["power", "modules", "compute"], "What the share is counted in: facility power, servers, or arithmetic.", {
        example: "power",
      }),
      "power",
    ),
    owners: fallback(list(text("Owner id."), "What these own counts.", { example: "[kingdom]" }), []),
    countries: fallback(list(countryCode, "What stands in these countries counts.", { example: "[SA]" }), []),
    within: fallback(
      listOrAll(countryCode, "Share of all that stands in these countries.", { example: "[SA, AE]" }),
      "*",
    ),
  },
  "A least share of what is built: owned by someone, or standing somewhere, or both.",
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
    portHeadroom: fallback(
      quantity(
        "ratio",
        "Share of a site's port the plan may use at the peak; the rest is for crowds within it. At 100 % a port may be planned to the last bit, and answers queue.",
        { example: "80 %", above: 0, max: 1 },
      ),
      "90 %",
    ),
    maxSites: optional(count("Most sites that may be open.", { example: "120", min: 1 })),
    budget: optional(
      series(
        quantity("USD", "Most that may be invested per period; no limit when left out.", { example: "$2bn", above: 0 }),
      ),
    ),
    zones: fallback(list(zone, "Power limits over several sites."), []),
    shares: fallback(list(share, "Least shares of what is built, such as a sovereign share."), []),
    resilience: optional(
      choice(
        ["none", "site", "zone"],
        "`site`: the loss of any one site leaves its requests somewhere to go, all that another place may serve; `zone`: also that of any one zone.",
        { example: "site" },
      ),
    ),
  },
  "Limits of the whole plan.",
);
