import { describe, expect, it } from "vitest";
import { isCountry, countryCodes } from "./countries.ts";
import { eea } from "./country-sets.ts";
import { countriesWithLaw, jurisdictionOf, residencyOf } from "./jurisdictions.ts";
import { dataClasses, residencyLaws } from "./residency-rules.ts";
import { accelerators } from "./accelerators.ts";
import { acceleratorOf } from "./accelerator-row.ts";

const allowed = (origin: string, dataClass: string) => residencyOf(origin, dataClass).allowed;

describe("residency", () => {
  it("records law for at least 60 countries, each a known one", () => {
    expect(countriesWithLaw().length).toBeGreaterThanOrEqual(60);
    for (const row of residencyLaws) {
      for (const country of [...row.origins, ...(row.allowed === "*" ? [] : row.allowed)]) {
        expect(isCountry(country), `${country} in ${row.law}`).toBe(true);
      }
    }
  });

  it("always lets data stay in its country", () => {
    for (const country of countryCodes) {
      for (const dataClass of dataClasses) {
        const places = allowed(country, dataClass);
        expect(places === "*" || places.includes(country), `${country} ${dataClass}`).toBe(true);
      }
    }
  });

  it("keeps a class without a known rule in the country", () => {
    expect(allowed("DE", "biometric")).toEqual(["DE"]);
    expect(allowed("TD", "personal")).toEqual(["TD"]);
  });

  it("lets public data go anywhere", () => {
    for (const country of countryCodes) expect(allowed(country, "public")).toBe("*");
  });

  it("lets personal data of the EEA go to the EEA and adequate countries only", () => {
    for (const country of eea) {
      const places = allowed(country, "personal");
      expect(places).toEqual(expect.arrayContaining([...eea, "CH", "GB", "JP", "KR", "UY"]));
      for (const elsewhere of ["US", "CA", "CN", "RU", "IN", "SG"]) expect(places).not.toContain(elsewhere);
    }
  });

  it("keeps personal data of Russia and China at home and bars countries of concern for the United States", () => {
    expect(allowed("RU", "personal")).toEqual(["RU"]);
    expect(allowed("CN", "personal")).toEqual(["CN"]);
    expect(allowed("US", "personal")).toContain("DE");
    expect(allowed("US", "personal")).not.toContain("CN");
  });

  it("keeps payment data of India at home and its personal data free", () => {
    expect(allowed("IN", "payment")).toEqual(["IN"]);
    expect(allowed("IN", "personal")).toBe("*");
  });
});

describe("export control", () => {
  it("lets an H200 but not a B200 under the limits for China", () => {
    const limit = jurisdictionOf("CN").exportThreshold!;
    const under = (id: keyof typeof accelerators) => {
      const chip = acceleratorOf(id, accelerators[id]);
      return chip.totalProcessingPerformance < limit.totalProcessingPerformance && chip.dramGBps < limit.dramGBps;
    };
    expect(under("h200-sxm")).toBe(true);
    expect(under("mi300x")).toBe(true);
    expect(under("b200-sxm")).toBe(false);
  });

  it("knows open, licensed and embargoed countries", () => {
    expect(jurisdictionOf("DE").exportControl).toBe("open");
    expect(jurisdictionOf("SA").exportControl).toBe("licence");
    expect(jurisdictionOf("RU")).toMatchObject({ exportControl: "restricted", exportThreshold: null });
  });
});
