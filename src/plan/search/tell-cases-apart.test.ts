import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { recomputeBound } from "../bound/certificate.ts";
import { lagrangianBound } from "../bound/lagrangian.ts";
import { KnownPeriods } from "../bound/periods-apart.ts";
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { viewBySite } from "../problem/site-view.ts";
import { atOnce } from "../problem/steps.ts";
import { solveDecomposed } from "./decomposed.ts";
import { tellCasesApart, wholeCase } from "./tell-cases-apart.ts";

const years = 3;
/** What leaving out each year's demand costs. */
const unservedUsd = [60, 90, 200];
/** What serving a year costs: opening the place that provides the share, and a module there and where demand is. */
const servedUsd = 100 + 10 + 10;

/**
 * Demand that grows from year to year at one place, which a share of what stands at another, dear to open, has to go with. Prices
 * have the share from a part of it.
 */
function growing(): PlanProblem {
  const share = (year: number): CouplingLimit => ({
    name: `least share in year ${year}`,
    eachPeriod: "least share",
    upper: 0,
    sites: new Int32Array(0),
    siteWeights: new Float64Array(0),
    pools: Int32Array.of(2 * year + 1, 2 * year),
    poolWeights: Float64Array.of(0.2, -0.8),
  });
  const each = <T>(one: (year: number) => T[]): T[] => Array.from({ length: years }, (_, year) => one(year)).flat();
  return {
    rows: {
      count: years,
      unservedUsd: Float64Array.from(unservedUsd),
      gbps: new Float64Array(years),
      demand: new Int32Array(years),
    },
    arcs: {
      starts: Int32Array.from({ length: years + 1 }, (_, row) => row),
      pool: Int32Array.from({ length: years }, (_, row) => 2 * row + 1),
      usd: new Float64Array(years),
      load: new Float64Array(years).fill(0.5),
    },
    pools: {
      count: 2 * years,
      site: Int32Array.from({ length: 2 * years }, (_, pool) => pool),
      usd: Float64Array.from(each(() => [10, 5])),
      kw: new Float64Array(2 * years).fill(1),
      minCount: new Float64Array(2 * years),
      maxCount: new Float64Array(2 * years).fill(2),
      useful: new Float64Array(2 * years).fill(1),
    },
    sites: {
      count: 2 * years,
      usd: Float64Array.from(each(() => [100, 5])),
      kw: new Float64Array(2 * years).fill(10),
      gbps: new Float64Array(2 * years).fill(Infinity),
      forced: new Uint8Array(2 * years),
      place: Int32Array.from(each(() => [0, 1])),
    },
    limits: each((year) => [share(year)]),
    ties: {
      count: 2 * (years - 1),
      starts: Int32Array.from({ length: 2 * (years - 1) + 1 }, (_, tie) => 2 * tie),
      pool: Int32Array.from(Array.from({ length: 2 * (years - 1) }, (_, pool) => [pool, pool + 2]).flat()),
      weight: Float64Array.from({ length: 4 * (years - 1) }, (_, i) => (i % 2 === 0 ? 1 : -1)),
    },
  };
}

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());

describe("cases of a horizon", () => {
  it("prove no less for having no time than the years do by themselves", async () => {
    let now = 0;
    const path = { relativeGap: 0, timeLimitS: 0.1, seed: 1 };
    // Nothing but looking at the clock takes time: prices of all years are evaluated a few times.
    const { bestBoundUsd } = await solveDecomposed(growing(), { solver, nowMs: () => now++ }, path);
    expect(bestBoundUsd).toBeGreaterThan(0);
  });

  it("tell apart in which year a place opens of which prices have a part in all of them", async () => {
    const problem = growing();
    const view = viewBySite(problem);
    const whole = wholeCase(problem, view, lagrangianBound(problem, view, { iterations: 300, stop: () => false }));
    // Only the last year is worth opening for.
    const optimumUsd = 60 + 90 + servedUsd;
    expect(whole.certificate.boundUsd).toBeLessThan(0.5 * optimumUsd);
    const periods = new KnownPeriods();
    const { cases, certificate } = await tellCasesApart(whole, {
      iterations: 300,
      stallRatio: 1e-6,
      relativeGap: 0,
      bestUsd: () => optimumUsd,
      stop: () => false,
      finish: (work) => Promise.resolve(atOnce(work)),
      periods,
      onCase: () => Promise.resolve(),
    });
    expect(cases.length).toBeGreaterThan(2);
    expect(certificate.boundUsd).toBeGreaterThan(0.95 * optimumUsd);
    expect(certificate.boundUsd).toBeLessThanOrEqual(optimumUsd + 1e-6);
    expect(recomputeBound(problem, certificate)).toBe(certificate.boundUsd);
  });
});
