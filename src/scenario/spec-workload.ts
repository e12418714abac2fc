/** Specification of what is asked for: workloads, training, and where the people are. */
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

const countryPattern = {
  pattern: "[A-Z]{2}",
  form: "a two-letter country code in capitals (ISO 3166-1)",
  example: "DE",
};

export const countryCode = text("Country, ISO 3166-1 alpha-2.", countryPattern);

export const precision = choice(["bf16", "fp8", "fp4", "int8", "int4"], "Number format.", { example: "fp8" });

export const tier = choice(["core", "regional", "edge"], "Tier of a site: core, regional or edge.", {
  example: "edge",
});

const tokenLength = (doc: string) =>
  object(
    {
      mean: quantity("tok", "Mean number of tokens per request.", { example: "512 tok", above: 0 }),
      cv: fallback(
        number("Coefficient of variation (standard deviation / mean) of a lognormal length.", {
          min: 0,
          max: 20,
          example: "1.2",
        }),
        1,
      ),
    },
    doc,
    { shorthand: "mean", example: "512 tok" },
  );

const demand = object(
  {
    users: optional(
      quantity("ratio", "Share of an area's inhabitants who use the workload.", { example: "5 %", max: 1 }),
    ),
    perUser: optional(
      quantity("req/day", "Requests of one user on an average day; with `users`, the demand follows the population.", {
        example: "20 req/day",
      }),
    ),
    peak: optional(
      quantity(
        "req/s",
        "Peak rate over all areas together, divided among them by population; instead of `users` and `perUser`.",
        { example: "12000 req/s" },
      ),
    ),
    peakToMean: fallback(
      number("Peak rate divided by the mean rate of the day.", { min: 1, max: 100, example: "2.2" }),
      2,
    ),
    growth: fallback(
      quantity(["ratio/year", "ratio"], "Growth of the rate per year, from the first period on.", {
        example: "30 %/year",
        min: -1,
      }),
      "0 %/year",
    ),
  },
  "How much is asked for: `users` × `perUser`, or `peak`. A workload that has rows in the section `demand` needs neither.",
);

const callers = object(
  {
    account: entryId("Account they are; the same one in several workloads shares what it gets among them.", {
      example: "crawlers",
    }),
    share: fallback(
      quantity("ratio", "Share of the workload's requests.", { example: "30 %", above: 0, max: 1 }),
      "100 %",
    ),
    priority: fallback(
      choice(["high", "normal", "low"], "Who is served first when not everyone can be.", { example: "low" }),
      "normal",
    ),
    weight: fallback(
      number("Share of the tokens among accounts of the same priority while not everyone can be served.", {
        above: 0,
        example: "2",
      }),
      1,
    ),
    accounts: fallback(
      count("So many accounts alike, `crawlers/1`, `crawlers/2` and so on, that have the share among them.", {
        min: 1,
        max: 10_000,
        example: "40",
      }),
      1,
    ),
  },
  "Callers of a simulation with an account of their own.",
);

export const workload = object(
  {
    name: optional(text("Name for people; the id when left out.", { example: "Cloud gaming companion" })),
    model: text("Model id, from the catalogue or from the section `models`.", { example: "qwen3-0.6b" }),
    precision: optional(precision),
    kvPrecision: optional({
      ...precision,
      doc: "Number format of the KV cache; the engine's usual one when left out.",
    }),
    engine: optional(
      text(
        "Engine profile id, from the catalogue or from the section `engines`; the catalogue's default when left out.",
        { example: "vllm" },
      ),
    ),
    inputTokens: tokenLength("Length of the prompt."),
    outputTokens: tokenLength("Length of the answer."),
    prefixHit: fallback(
      quantity("ratio", "Share of prompt tokens found in the prefix cache.", { example: "60 %", max: 1 }),
      "0 %",
    ),
    ttft: object(
      {
        budget: quantity("ms", "Longest time to first token as the user sees it: network + queue + prefill.", {
          example: "15 ms",
          above: 0,
        }),
        attainment: fallback(
          quantity("ratio", "Share of requests that must stay within the budget.", {
            example: "95 %",
            above: 0,
            max: 0.9999,
          }),
          "95 %",
        ),
      },
      "Time to first token.",
      { shorthand: "budget", example: "500 ms" },
    ),
    tpot: optional(
      quantity("ms", "Longest mean time per output token; no limit when left out.", { example: "50 ms", above: 0 }),
    ),
    dataClass: fallback(
      text("Class of the data in the request; residency rules go by it.", {
        example: "personal",
        pattern: "[a-z][a-z0-9-]*",
        form: "a lower-case word such as public, personal, health, payment, government",
      }),
      "personal",
    ),
    requestSize: fallback(quantity("B", "Bytes from the user to the site per request.", { example: "4 kB" }), "4 kB"),
    responseSize: fallback(
      quantity("B", "Bytes from the site to the user per request.", { example: "20 kB" }),
      "20 kB",
    ),
    price: fallback(quantity("USD/req", "Price the user pays per request.", { example: "0.002 USD/req" }), "0 USD/req"),
    unservedPenalty: fallback(
      quantity("USD/req", "What a request costs that nobody serves; it makes the plan serve what it can.", {
        example: "0.05 USD/req",
      }),
      "0.05 USD/req",
    ),
    backhaulSize: fallback(
      quantity("B", "Bytes between a site and its parent per request: cache misses, context, weights.", {
        example: "200 kB",
      }),
      "0 B",
    ),
    failover: optional(
      quantity("ms", "Longest time to first token after the loss of a site; as `ttft.budget` when left out.", {
        example: "60 ms",
        above: 0,
      }),
    ),
    redact: optional(
      object(
        {
          kinds: list(choice(["email", "card", "iban", "phone"], "What is taken out."), "Patterns to take out.", {
            filled: true,
            example: "[email, card, iban, phone]",
          }),
          when: fallback(
            choice(["always", "leaving-country"], "For every request, or for those served in another country."),
            "always",
          ),
        },
        "What the gateway takes out of a request's text before it goes to an engine. It finds patterns, not names; the law is as without it.",
        { shorthand: "kinds" },
      ),
    ),
    tiers: fallback(list(tier, "Tiers the workload may run in.", { example: "[regional, edge]" }), [
      "core",
      "regional",
      "edge",
    ]),
    access: optional(
      map(
        "access type",
        quantity("ratio", "Share of the requests.", { example: "70 %", max: 1 }),
        "How users are connected; shares sum to 100 %. The catalogue's mix when left out.",
        { example: "{ fibre: 60 %, cable: 20 %, 5g: 20 % }" },
      ),
    ),
    callers: optional(
      list(
        callers,
        "Who sends the requests, for simulations: under overload the gateway goes by priority and account. One account of normal priority when left out; shares sum to 100 %.",
        { filled: true, example: "[{ account: app, share: 70 % }, { account: crawlers, share: 30 %, priority: low }]" },
      ),
    ),
    demand: fallback(demand, {}),
  },
  "One class of requests: which model, how long, how fast, whose data, how much.",
);

export const training = object(
  {
    id: entryId("Name of the training demand.", { example: "foundation-model" }),
    compute: series(
      quantity("PFLOP/s", "Sustained useful arithmetic, for all periods or one value per period.", {
        example: "40 PFLOP/s",
        above: 0,
      }),
    ),
    growth: fallback(
      quantity(["ratio/year", "ratio"], "Growth per year; not together with one value per period.", {
        example: "56 %/year",
        min: -1,
      }),
      "0 %/year",
    ),
    mfu: fallback(
      quantity("ratio", "Model FLOPs utilisation: useful share of the accelerators' arithmetic rate.", {
        example: "40 %",
        above: 0,
        max: 1,
      }),
      "40 %",
    ),
    precision: fallback(precision, "bf16"),
    countries: fallback(listOrAll(countryCode, "Countries the run may be in.", { example: "[DE, FR]" }), "*"),
    campus: fallback(choice(["any", "single"], "`single`: all of it at one site.", { example: "single" }), "any"),
    price: optional(
      quantity("USD/(PFLOP/s)/year", "What a PFLOP/s earns per year; counts with `objective: max-npv`.", {
        example: "$4M/(PFLOP/s)/year",
      }),
    ),
    unservedPenalty: fallback(
      quantity("USD/(PFLOP/s)/year", "What a PFLOP/s that is not there costs per year.", {
        example: "$5M/(PFLOP/s)/year",
      }),
      "5000000 USD/(PFLOP/s)/year",
    ),
  },
  "Sustained training compute; it is placed at core sites only.",
);

const citySelection = {
  countries: fallback(listOrAll(countryCode, "Countries to take from.", { example: "[DE, FR, NL]" }), "*"),
  continents: fallback(
    listOrAll(choice(["AF", "AN", "AS", "EU", "NA", "OC", "SA"], "Continent code."), "Continents to take from.", {
      example: "[EU]",
    }),
    "*",
  ),
  populationAbove: fallback(count("Only cities with more inhabitants.", { example: "100000" }), 100_000),
  limit: optional(count("At most so many, the largest first.", { example: "500", min: 1 })),
  exclude: fallback(list(text("City, by name or id.", {}), "Cities to leave out.", { example: "[Paris]" }), []),
};

export const cities = object(citySelection, "Cities of the catalogue (GeoNames).");

export const area = either(
  "select",
  object({ select: object({ cities }, "What to take from the catalogue.") }, "Areas taken from the catalogue."),
  "inline",
  object(
    {
      id: entryId("Id of the area.", { example: "berlin" }),
      name: optional(text("Name for people.", { example: "Berlin" })),
      country: countryCode,
      city: optional(
        text("City of the catalogue that gives the coordinates, and the inhabitants unless they are stated.", {
          example: "Berlin",
        }),
      ),
      latitude: optional(number("Degrees north.", { min: -90, max: 90, example: "52.52" })),
      longitude: optional(number("Degrees east.", { min: -180, max: 180, example: "13.41" })),
      population: optional(count("Inhabitants; those of `city` when left out.", { example: "3700000" })),
      utcOffset: optional(
        quantity("h", "Hours east of UTC for the daily curve; from the longitude when left out.", {
          min: -14,
          max: 14,
          example: "1 h",
        }),
      ),
    },
    "One area where users are.",
  ),
  "Where users are: areas one by one, from a CSV file, or selected from the catalogue.",
);

export const demandRow = object(
  {
    area: text("Id of the area.", { example: "berlin" }),
    workload: text("Id of the workload.", { example: "assistant" }),
    access: optional(text("Access type; the workload's mix when left out.", { example: "fibre" })),
    peak: series(quantity("req/s", "Peak rate.", { example: "120 req/s" })),
    mean: optional(
      series(
        quantity("req/s", "Mean rate; peak divided by the workload's `peakToMean` when left out.", {
          example: "55 req/s",
        }),
      ),
    ),
  },
  "Demand of one workload in one area, given outright; it replaces what the workload's own `demand` says for that pair.",
);
