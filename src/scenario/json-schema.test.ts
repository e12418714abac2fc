import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { scenarioJsonSchema, starterScenario } from "./index.ts";

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(scenarioJsonSchema());
const starter = (): Record<string, unknown> => parse(starterScenario()) as Record<string, unknown>;

describe("scenarioJsonSchema", () => {
  it("is a draft-07 schema that accepts the starter", () => {
    expect(scenarioJsonSchema()["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
    expect(validate(starter()) ? [] : validate.errors).toEqual([]);
  });

  it.each([
    ["an unknown key", { limit: {} }],
    ["a number without a unit", { finance: { wacc: 8 } }],
    ["a unit of something else", { finance: { wacc: "8 kg" } }],
    ["a time where a share per time is due", { finance: { wacc: "8 years" } }],
    ["a word that is not one of the choices", { kind: "Deployment" }],
    ["an entry that is neither inline, selected nor a file", { sites: [{ tier: "core" }] }],
  ])("refuses %s", (_, change) => {
    expect(validate({ ...starter(), ...change })).toBe(false);
  });

  it("accepts short forms, files and wildcards", () => {
    const change = {
      modules: ["h100x8"],
      sites: [{ file: "sites.csv", tier: "edge" }],
      training: [{ id: "t", compute: ["1 PFLOP/s"], countries: "*" }],
    };
    expect(validate({ ...starter(), ...change })).toBe(true);
  });

  it("describes every key for editors", () => {
    const text = JSON.stringify(scenarioJsonSchema());
    expect(text).toContain("Longest time to first token");
    expect(text).toContain("Unit: USD/kWh");
  });
});
