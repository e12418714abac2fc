import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { answerWishes } from "./wishes.ts";

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());

describe("wishes about training", () => {
  it("are told from wishes about requests, and clash with what keeps the run away", async () => {
    const world = tinyWorld();
    const run = {
      id: "run",
      pflops: [5],
      mfuRatio: 0.4,
      precision: "bf16" as const,
      countries: "*" as const,
      unservedUsdPerPflopYear: 0,
    };
    const ask = (countries: "*" | string[], powerKw: number, trainedRatio?: number[]) =>
      answerWishes(
        {
          ...world,
          training: [{ ...run, countries }],
          sites: world.sites.map((site, index) => (index === 2 ? { ...site, powerLimitKw: [powerKw] } : site)),
        },
        { servedRatio: [0.9, null], costUsdPerYear: null, ...(trainedRatio && { trainedRatio }) },
        { solver, nowMs: () => 0 },
        { relativeGap: 0, timeLimitS: 20, seed: 1 },
      );
    // Two servers of 13 kW give 5.1 PFLOP/s.
    expect(await ask("*", 30, [1])).toMatchObject({ possible: true });
    expect(await ask("*", 20)).toMatchObject({ possible: true });
    const short = await ask("*", 20, [1]);
    expect(short).toMatchObject({ possible: false, smallest: true });
    expect(short.clash.map(({ name }) => name)).toEqual(["serve run", "power of core sites"]);
    const away = await ask(["ZZ"], 30, [1]);
    expect(away.clash.map(({ name }) => name)).toEqual(["serve run", "training run stays in ZZ"]);
  });
});

describe("wishes where a site is forced", () => {
  it("clash with its power where that is not enough for a single module, as the plan says", async () => {
    const world = tinyWorld();
    const ask = (powerKw: number) =>
      answerWishes(
        {
          ...world,
          sites: world.sites.map((site, index) =>
            index === 2 ? { ...site, status: "forced" as const, powerLimitKw: [powerKw] } : site,
          ),
        },
        { servedRatio: [null, null], costUsdPerYear: null },
        { solver, nowMs: () => 0 },
        { relativeGap: 0, timeLimitS: 20, seed: 1 },
      );
    const { id } = world.sites[2]!;
    const dark = await ask(0);
    expect(dark).toMatchObject({ possible: false, smallest: true });
    expect(dark.clash.map(({ name }) => name)).toEqual([`site ${id} is forced open`, `power of site ${id}`]);
    const least = dark.clash[1]!.wouldDo!;
    expect(least).toBeGreaterThan(0);
    expect(await ask(least * 1000)).toMatchObject({ possible: true });
  });
});

describe("wishes under a least share", () => {
  it("are answered where training that asks for nothing yet could stand where the share counts", async () => {
    const world = tinyWorld();
    const run = { id: "run", pflops: [0], mfuRatio: 0.4, countries: "*" as const, unservedUsdPerPflopYear: 1 };
    const share = { id: "core", leastRatio: 0.5, of: "modules", sites: [2], among: [0, 1, 2] } as const;
    const ask = (leastRatio: number) =>
      answerWishes(
        {
          ...world,
          training: [{ ...run, precision: "bf16" as const }],
          limits: { ...world.limits, shares: [{ ...share, leastRatio }] },
        },
        { servedRatio: [0.9, null], costUsdPerYear: 1e6 },
        { solver, nowMs: () => 0 },
        { relativeGap: 0, timeLimitS: 20, seed: 1 },
      );
    expect(await ask(0.5)).toMatchObject({ possible: true });
    // Quick requests are served outside the core only, and no more stands in the core than others could use.
    const told = await ask(0.999);
    expect(told).toMatchObject({ possible: false, smallest: true });
    expect(told.clash.map(({ name }) => name)).toContain("least share core");
  });
});
