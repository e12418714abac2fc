/**
 * The specification of a scenario: the one table from which the types, the checks, the JSON Schema and the reference
 * page are made.
 */
import {
  anything,
  idPattern,
  choice,
  count,
  fallback,
  list,
  listOrAll,
  map,
  number,
  object,
  optional,
  quantity,
  rows,
  series,
  text,
  type Parsed,
} from "./field.ts";
import { engine } from "./spec-engine.ts";
import { accelerator, model, module } from "./spec-hardware.ts";
import { limits, owner, site, tierTerms } from "./spec-site.ts";
import { area, countryCode, demandRow, training, workload } from "./spec-workload.ts";

const fit = (where: string) =>
  optional(
    object(
      {
        scale: quantity("ms", "Median round trip at 1 km.", { example: "0.267 ms", above: 0 }),
        exponent: number("Exponent of the distance in km.", { above: 0, max: 2, example: "0.677" }),
      },
      `Median round trip ${where}: scale × km^exponent. The catalogue's fit when left out.`,
    ),
  );

const horizon = object(
  {
    startYear: fallback(
      count("Calendar year in which the first period begins.", { min: 2000, max: 2200, example: "2027" }),
      2027,
    ),
    periods: fallback(count("Number of planning periods.", { min: 1, max: 50, example: "3" }), 1),
    periodLength: fallback(
      series(
        quantity("year", "Length of a period, for all or one per period.", { above: 0, max: 50, example: "1 year" }),
      ),
      "1 year",
    ),
  },
  "The years that are planned.",
);

const finance = object(
  {
    wacc: fallback(
      quantity(["ratio/year", "ratio"], "Weighted average cost of capital.", { example: "8 %/year", max: 1 }),
      "8 %/year",
    ),
    ownersWacc: fallback(
      choice(
        ["finance", "kind"],
        "What an owner without a `wacc` of its own asks for: `wacc` above, or the catalogue's figure for its kind.",
        { example: "kind" },
      ),
      "finance",
    ),
    maintenance: fallback(
      quantity(["ratio/year", "ratio"], "Share of accelerator capex due each year for maintenance and support.", {
        example: "4 %/year",
        max: 1,
      }),
      "4 %/year",
    ),
    acceleratorPriceFactor: fallback(
      series(
        number("Multiplier on the price of every module, for all periods or one value per period.", {
          above: 0,
          max: 100,
          example: "1.3",
        }),
      ),
      1,
    ),
    memoryPriceFactor: fallback(
      series(
        number(
          "Price of memory (HBM and DRAM) relative to the catalogue's date; it acts on each module's share of memory.",
          {
            min: 0,
            max: 100,
            example: "[1, 2.2, 1.6]",
          },
        ),
      ),
      1,
    ),
  },
  "Terms of money.",
);

const residencyRule = object(
  {
    dataClass: text("Class of data the rule is about.", { example: "health" }),
    origins: list(countryCode, "Countries the data comes from.", { example: "[DE]", filled: true }),
    allowed: listOrAll(
      text("Country code, or a group of the catalogue such as EEA.", { example: "EEA" }),
      "Where it may be processed; the origin is always included.",
      { example: "[DE, FR]", filled: false },
    ),
    law: text("The law and its article, shown when a site is refused.", { example: "Company policy 12" }),
  },
  "A residency rule that replaces the catalogue's rule for these countries and this class.",
);

const laws = object(
  {
    residency: fallback(list(residencyRule, "Residency rules that replace the catalogue's."), []),
    exportLicences: fallback(
      list(countryCode, "Countries for which export licences are in hand.", { example: "[AE]" }),
      [],
    ),
    exportControl: fallback(
      map(
        "country code",
        choice(["open", "licence", "restricted"], "Export regime."),
        "Export regime by country, instead of the catalogue's.",
        { example: "{ SA: open }", keyPattern: "[A-Z]{2}" },
      ),
      {},
    ),
  },
  "Where the law differs from the catalogue's.",
);

const network = object(
  {
    floor: optional(quantity("ms", "Smallest round trip between two places.", { example: "0.5 ms" })),
    sameCountry: fit("within a country"),
    sameContinent: fit("within a continent"),
    betweenContinents: fit("between continents"),
    access: fallback(
      map(
        "access type",
        object(
          {
            name: optional(text("Name for people.", { example: "Fibre" })),
            median: quantity("ms", "Median round trip of the last mile.", { example: "4 ms", above: 0 }),
            sigma: quantity("ratio", "Standard deviation of ln(round trip).", { example: "40 %", max: 3 }),
          },
          "An access type: new, or instead of the catalogue's.",
        ),
        "Last miles that differ from the catalogue's.",
      ),
      {},
    ),
  },
  "Where the network differs from the catalogue's.",
);

const prices = object(
  {
    electricity: fallback(
      map(
        "country code",
        quantity("USD/kWh", "Price of electricity.", { example: "0.11 USD/kWh" }),
        "Electricity by country, instead of the catalogue's.",
        { example: "{ DE: 0.18 EUR/kWh }", keyPattern: "[A-Z]{2}" },
      ),
      {},
    ),
    egress: fallback(
      map(
        "price class",
        quantity("USD/GB", "Price by volume.", { example: "0.05 USD/GB" }),
        "Egress price classes: new, or instead of the catalogue's.",
      ),
      {},
    ),
  },
  "Where prices differ from the catalogue's.",
);

const countryPrice = object(
  {
    country: countryCode,
    electricity: optional(quantity("USD/kWh", "Price of electricity.", { example: "0.11 USD/kWh" })),
    egress: optional(quantity("USD/GB", "Price of egress by volume.", { example: "0.02 USD/GB" })),
  },
  "Prices in one country, for sites that state none themselves.",
);

const future = object(
  {
    probability: quantity("ratio", "How likely it is; all futures together make 100 %.", {
      example: "25 %",
      above: 0,
      max: 1,
    }),
    apply: fallback(
      list(text("Name of an override or scenario."), "What is different in this future, applied in this order.", {
        example: "[hbm]",
      }),
      [],
    ),
  },
  "A way the world may turn out after sites and machines have been decided.",
);

export const scenarioSpec = object(
  {
    $schema: optional(text("Address of the JSON Schema, for editors.", { example: "./disperse.schema.json" })),
    apiVersion: choice(["disperse/v1"], "Version of this format.", { example: "disperse/v1" }),
    kind: choice(["Scenario"], "What the file is.", { example: "Scenario" }),
    metadata: object(
      {
        name: text("Short name.", {
          example: "europe",
          pattern: idPattern,
          form: "letters, digits, `.`, `_` and `-`, starting with a letter or digit",
        }),
        description: fallback(
          text("What the scenario asks.", { example: "Where should Europe's inference run in 2027?" }),
          "",
        ),
      },
      "Name and description.",
      { example: "{ name: europe }" },
    ),
    exchangeRates: fallback(
      map(
        "currency code",
        quantity("USD", "What one unit of the currency is worth.", { example: "1.08 USD", above: 0 }),
        "Money in another currency than USD needs its rate here.",
        { example: "{ EUR: 1.08 USD }", keyPattern: "[A-Z]{3}" },
      ),
      {},
    ),
    objective: fallback(
      choice(
        ["min-cost", "max-npv"],
        "`min-cost`: serve at least cost, what is not served has its penalty. `max-npv`: earn most, what is not served loses its price.",
        { example: "max-npv" },
      ),
      "min-cost",
    ),
    horizon: fallback(horizon, {}),
    finance: fallback(finance, {}),
    workloads: fallback(map("workload id", workload, "What is asked for."), {}),
    training: fallback(list(training, "Training demand."), []),
    areas: fallback(rows(area, "Where users are."), []),
    areaMultipliers: fallback(
      map(
        "area id or country code",
        number("Factor on the demand.", { min: 0, max: 1e6, example: "1.5" }),
        "Factors on the demand of areas or countries.",
        { example: "{ DE: 1.5 }" },
      ),
      {},
    ),
    demand: fallback(rows(demandRow, "Demand given outright, instead of by population."), []),
    sites: rows(site, "Where machines may stand.", {
      example: "[{ select: { cloudRegions: { continents: [EU] } }, tier: core }]",
    }),
    tiers: fallback(
      object(
        { core: fallback(tierTerms, {}), regional: fallback(tierTerms, {}), edge: fallback(tierTerms, {}) },
        "Terms by tier.",
      ),
      {},
    ),
    modules: optional(
      rows(module, "What may be bought; the catalogue's usual choice when left out.", { example: "[h100x8, l4x4]" }),
    ),
    accelerators: fallback(map("accelerator id", accelerator, "Own accelerators."), {}),
    engines: fallback(rows(engine, "Own engine profiles, or files of them that `disperse calibrate` wrote."), []),
    models: fallback(map("model id", model, "Own models."), {}),
    owners: fallback(map("owner id", owner, "Who pays; one hyperscaler when left out."), {}),
    limits: fallback(limits, {}),
    laws: fallback(laws, {}),
    network: fallback(network, {}),
    prices: fallback(prices, {}),
    countryPrices: fallback(
      rows(countryPrice, "Prices by country, instead of the catalogue's; `prices.electricity` goes first.", {
        example: "[{ country: DE, electricity: 0.18 EUR/kWh }]",
      }),
      [],
    ),
    overrides: fallback(
      map(
        "override name",
        anything("Keys of the scenario, dotted where that is shorter, and what they become; null removes."),
        "Named patches: mappings are merged, lists and values replaced, what is null is left out.",
        {
          example: "{ cheap-power: { prices.electricity.DE: 0.09 USD/kWh } }",
        },
      ),
      {},
    ),
    scenarios: fallback(
      map(
        "scenario name",
        list(text("Name of an override or of another scenario."), "Applied in this order."),
        "Named lists of overrides, chosen on the command line.",
        {
          example: "{ optimistic: [cheap-power, more-demand] }",
        },
      ),
      {},
    ),
    futures: fallback(
      map(
        "future name",
        future,
        "Futures that one plan must serve, with their probabilities; see `disperse futures`.",
        {
          example: "{ calm: { probability: 75 % }, shock: { probability: 25 %, apply: [hbm] } }",
        },
      ),
      {},
    ),
  },
  "A scenario: one question to Disperse.",
);

/** A scenario as parsed: every quantity a number in the unit its field names, everything left out filled or null. */
export type Scenario = Parsed<typeof scenarioSpec>;
export type WorkloadEntry = Parsed<typeof workload>;
export type EngineEntry = Parsed<typeof engine>;
export type AreaEntry = Parsed<typeof area>;
export type SiteEntry = Parsed<typeof site>;
export type ModuleEntry = Parsed<typeof module>;
export type TierTerms = Parsed<typeof tierTerms>;
