/** A commented scenario to start from, as `disperse init` writes it: three workloads, one country, three tiers. */
export function starterScenario(): string {
  return `# A Disperse scenario: one question, in one file. Every key is explained in docs/reference/scenario.md.
# Quantities carry their unit (15 ms, 5 MW, $40k, 0.07 USD/kWh); what is left out comes from the catalogue.
apiVersion: disperse/v1
kind: Scenario
metadata:
  name: starter
  description: Where should the inference of German users run in 2027?

exchangeRates: { EUR: 1.08 USD } # money in other currencies than USD needs its rate

horizon: { startYear: 2027, periods: 1, periodLength: 1 year }
finance: { wacc: 8 %/year }

# What is asked for. The budget for the first token is split into network, queue and prefill.
workloads:
  gaming:
    model: qwen3-0.6b
    inputTokens: { mean: 128 tok, cv: 0.5 }
    outputTokens: { mean: 24 tok, cv: 0.5 }
    prefixHit: 80 %
    ttft: { budget: 40 ms, attainment: 90 % }
    dataClass: public
    price: 0.0002 USD/req
    unservedPenalty: 0.002 USD/req
    access: { ethernet: 20 %, fibre: 50 %, cable: 30 % }
    demand: { users: 2 %, perUser: 60 req/day, peakToMean: 2.5 }
  assistant:
    model: llama-3.1-8b
    inputTokens: { mean: 1200 tok, cv: 1.2 }
    outputTokens: { mean: 300 tok, cv: 1 }
    prefixHit: 30 %
    ttft: { budget: 500 ms, attainment: 95 % }
    tpot: 50 ms
    dataClass: personal # stays where the law of the user's country allows it
    price: 0.002 USD/req
    unservedPenalty: 0.02 USD/req
    demand: { users: 10 %, perUser: 15 req/day, peakToMean: 2, growth: 40 %/year }

# Training is placed at core sites only.
training:
  - { id: fine-tuning, compute: 20 PFLOP/s, countries: [DE] }

# Where users are: cities of the catalogue. Areas may also be listed one by one or come from a file: \`- file: areas.csv\`.
areas:
  - select: { cities: { countries: [DE], populationAbove: 200k } }

# Where machines may stand. Sites may also come from a file: \`- file: sites.csv\`.
sites:
  - select: { cloudRegions: { countries: [DE, FR, NL] } }
    tier: core
    powerLimit: 50 MW
  - select: { cities: { countries: [DE], populationAbove: 500k } }
    tier: regional
    powerLimit: 2 MW
  - select: { cities: { countries: [DE], populationAbove: 300k } }
    tier: edge
    powerLimit: 100 kW
  - id: munich-lab # one site given in full
    tier: edge
    country: DE
    city: Munich
    status: existing
    powerLimit: 60 kW
    electricityPrice: 0.19 EUR/kWh

# What may be bought, by the names of the catalogue (\`disperse data show modules\`).
modules: [h100x8, l40sx4, { use: l4x4, price: $18k }]

limits:
  headroom: 80 %

# Patches, applied with --scenario <name>.
overrides:
  cheap-power: { prices.electricity.DE: 0.09 USD/kWh }
  hbm-shock: { finance.acceleratorPriceFactor: 1.3 }
scenarios:
  shock-with-cheap-power: [cheap-power, hbm-shock]
`;
}
