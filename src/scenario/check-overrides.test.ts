import { describe, expect, it } from "vitest";
import { parseScenario, type Problem } from "./index.ts";

const base = `apiVersion: disperse/v1
kind: Scenario
metadata: { name: overrides }
exchangeRates: { EUR: 1.1 USD }
workloads:
  chat:
    model: qwen3-8b
    inputTokens: 500 tok
    outputTokens: 200 tok
    ttft: 500 ms
    access: { fibre: 100 % }
    demand: { peak: 100 req/s }
areas: [{ file: areas.csv }]
sites:
  - { id: ber, tier: core, country: DE, city: Berlin, powerLimit: 5 MW }
overrides:
`;
const areas = "id,country,city\nberlin,DE,Berlin\nvienna,AT,Vienna\n";

function problemsOf(overrides: string): readonly Problem[] {
  const read = (path: string) => ({ "s.yaml": base + overrides, "areas.csv": areas })[path] ?? null;
  const result = parseScenario("s.yaml", read);
  return result.ok ? [] : result.problems;
}

describe("overrides nobody asked for", () => {
  it.each([
    ["an unknown key", "  a: { limits.maxSitez: 3 }\n", "DSP_SCENARIO_UNKNOWN_KEY", "17:8", "did you mean `maxSites`?"],
    ["an unknown section", "  a: { limitz: { maxSites: 3 } }\n", "DSP_SCENARIO_UNKNOWN_KEY", "17:8", "`limits`"],
    ["a wrong unit", "  a: { sites.ber.powerLimit: 3 kg }\n", "DSP_UNIT_UNKNOWN", "17:30", "5 MW"],
    ["a value out of range", "  a:\n    finance: { wacc: 300 % }\n", "DSP_SCENARIO_OUT_OF_RANGE", "18:22", "8 %"],
  ])("with %s are refused where they stand", (_what, overrides, code, place, hint) => {
    const [problem, ...others] = problemsOf(overrides);
    expect(problem).toMatchObject({ code, file: "s.yaml" });
    expect(`${problem?.line}:${problem?.column}`).toBe(place);
    expect(problem?.hint).toContain(hint);
    expect(others).toEqual([]);
  });

  it.each([
    [
      "need another one beside them",
      "  a: { workloads.chat.access.fibre: null }\n  b: { workloads.chat.tpot: 20 ms }\n",
    ],
    ["change rows of a file", "  a: { areas.vienna.population: 2M }\n"],
    ["use the scenario's own currency", "  a: { sites.ber.openingCost: €40k }\n"],
    ["add to the scenario", "  a: { laws: { exportLicences: [AE] }, modules: [h100x8] }\n"],
  ])("pass when they %s", (_what, overrides) => {
    expect(problemsOf(overrides)).toEqual([]);
  });
});

describe("an override that steps into rows of a file", () => {
  it("changes the row with that id and no other", () => {
    const read = (path: string) =>
      ({ "s.yaml": `${base}  a: { areas.vienna.population: 2M }\n`, "areas.csv": areas })[path] ?? null;
    const result = parseScenario("s.yaml", read, { scenario: "a", set: ["areas.berlin.name=Spree"] });
    if (!result.ok) throw new Error(result.problems.map((item) => item.message).join("\n"));
    expect(result.parsed.scenario.areas).toMatchObject([
      { id: "berlin", name: "Spree", population: null },
      { id: "vienna", population: 2_000_000 },
    ]);
  });
});
