import { describe, expect, it } from "vitest";
import { acceleratorOf, valuesOf, type AcceleratorRow } from "./accelerator-row.ts";
import { accelerators } from "./accelerators.ts";
import { countryCodes, isCountry } from "./countries.ts";
import { metros } from "./metros.ts";
import { serverModules } from "./server-modules.ts";

const rows = Object.entries<AcceleratorRow>(accelerators);

describe("accelerators", () => {
  it("cover GPUs, ASICs and edge NPUs", () => {
    expect(rows.length).toBeGreaterThanOrEqual(15);
    expect(new Set(rows.map(([, row]) => row.kind))).toEqual(new Set(["gpu", "asic", "npu"]));
  });

  it.each(rows)("%s uses rates below its datasheet", (id, row) => {
    const chip = acceleratorOf(id, row);
    expect(chip.memoryGBps).toBeLessThan(row.dramGBps.value);
    const peaks: Readonly<Record<string, number>> = valuesOf(row.peakTflops);
    for (const [precision, rate] of Object.entries(valuesOf(row.kernelTflops))) {
      expect(rate, precision).toBeLessThan(peaks[precision]!);
    }
    expect(Object.keys(chip.tflops).length).toBeGreaterThan(0);
  });

  it("says measured only when every rate was", () => {
    expect(acceleratorOf("h100-sxm", accelerators["h100-sxm"]).rateConfidence).toBe("measured");
    expect(acceleratorOf("l4", accelerators.l4).rateConfidence).toBe("vendor");
  });

  it("counts total processing performance as the export rule does", () => {
    expect(acceleratorOf("h100-sxm", accelerators["h100-sxm"]).totalProcessingPerformance).toBe(15_832);
  });
});

describe("server modules", () => {
  it.each(Object.entries(serverModules))("%s feeds its chips and idles below its load", (_id, row) => {
    const chips = row.acceleratorCount * accelerators[row.accelerator].tdpWatts.value;
    // The nameplate of the whole server carries the chips at full power.
    expect(row.powerKw.value * 1000).toBeGreaterThanOrEqual(chips);
    expect(row.idlePowerKw.value).toBeLessThan(row.powerKw.value);
    expect(row.tiers.length).toBeGreaterThan(0);
  });
});

describe("places", () => {
  it("lists at least 60 metros with ids of their own, on Earth, in known countries", () => {
    expect(metros.length).toBeGreaterThanOrEqual(60);
    expect(new Set(metros.map((metro) => metro.id)).size).toBe(metros.length);
    for (const metro of metros) {
      expect(isCountry(metro.country), metro.id).toBe(true);
      expect(Math.abs(metro.latitude), metro.id).toBeLessThan(70);
      expect(Math.abs(metro.longitude), metro.id).toBeLessThanOrEqual(180);
    }
    expect(metros.find((metro) => metro.name === "São Paulo")?.id).toBe("sao-paulo-br");
  });

  it("knows every ISO country once", () => {
    expect(countryCodes).toHaveLength(250);
    expect(new Set(countryCodes).size).toBe(250);
  });
});
