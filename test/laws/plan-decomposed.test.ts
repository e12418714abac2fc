import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { exactness } from "../../src/plan/problem/clean-shares.ts";
import { certify, recomputeBound } from "../../src/plan/bound/certificate.ts";
import { solveDecomposed } from "../../src/plan/search/decomposed.ts";
import { solveExact } from "../../src/plan/search/exact.ts";
import { withImpliedLimits } from "../../src/plan/problem/implied-limits.ts";
import { lagrangianBound } from "../../src/plan/bound/lagrangian.ts";
import { checkSolution, objectiveUsd, type PlanProblem } from "../../src/plan/problem/problem.ts";
import { pricesByPeriod } from "../../src/plan/bound/periods-apart.ts";
import { planAround, roundedCounts } from "../../src/plan/search/round-plan.ts";
import { restrictArcs } from "../../src/plan/problem/restrict-arcs.ts";
import { moveTables } from "../../src/plan/search/row-moves.ts";
import { viewBySite } from "../../src/plan/problem/site-view.ts";
import { solveInPart } from "../../src/plan/search/solve-in-part.ts";
import { emptySolution } from "../../src/plan/problem/solution-path.ts";
import { atOnce } from "../../src/plan/problem/steps.ts";
import { tiedProblem } from "../worlds/tied-problem.ts";
import { tinyProblem } from "../worlds/tiny-problem.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const tools = { solver, nowMs: () => 0 };
const proven = { relativeGap: 0, timeLimitS: 30, seed: 1 };

describe("the decomposition", () => {
  it("never bounds a problem above its optimum, and the bound can be recomputed without a solver (invariant 10)", async () => {
    await fc.assert(
      fc.asyncProperty(tinyProblem, fc.constantFrom(1, 5, 60), fc.boolean(), async (problem, iterations, hurries) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const view = viewBySite(problem);
        const strong = withImpliedLimits(problem);
        const bound = lagrangianBound(strong, view, { iterations, stop: () => false, isCancelled: () => hurries });
        const { objectiveUsd: optimum } = await solveExact(problem, tools, proven);
        expect(bound.boundUsd).toBeLessThanOrEqual(optimum + 1e-6);
        expect(recomputeBound(problem, certify(strong, bound, view))).toBeCloseTo(bound.boundUsd, 6);
      }),
      { numRuns: runs(150) },
    );
  });

  it("finds feasible plans that cost what they say, not below the optimum, with a bound not above it", async () => {
    await fc.assert(
      fc.asyncProperty(tinyProblem, async (problem) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const result = await solveDecomposed(problem, tools, proven);
        const { objectiveUsd: optimum } = await solveExact(problem, tools, proven);
        expect(checkSolution(problem, result.solution)).toEqual([]);
        expect(objectiveUsd(problem, result.solution)).toBeCloseTo(result.objectiveUsd, 6);
        expect(result.objectiveUsd).toBeCloseTo(optimum, 5);
        expect(result.bestBoundUsd).toBeLessThanOrEqual(optimum + 1e-6);
        // Where cases were told apart the certificate proves the least of them, and anyone can say so.
        const { boundUsd, ...certificate } = result.certificate!;
        expect(recomputeBound(problem, certificate)).toBeCloseTo(boundUsd, 6);
        expect(boundUsd).toBeLessThanOrEqual(optimum + 1e-6);
      }),
      { numRuns: runs(60) },
    );
  });

  it("claims no more from a part of the arcs than holds with all of them, and finds plans of the whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(tinyProblem, tiedProblem), fc.constantFrom(1, 2), async (problem, perRow) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const result = await solveInPart(problem, tools, { ...proven, relativeGap: 1e-3 }, perRow);
        const { objectiveUsd: optimum } = await solveExact(problem, tools, proven);
        expect(checkSolution(problem, result.solution)).toEqual([]);
        expect(objectiveUsd(problem, result.solution)).toBeCloseTo(result.objectiveUsd, 6);
        expect(result.objectiveUsd).toBeGreaterThanOrEqual(optimum - 1e-5);
        expect(result.bestBoundUsd).toBeLessThanOrEqual(optimum + 1e-6);
        expect(result.bestBoundUsd).toBeGreaterThan(-Infinity);
        const { boundUsd, ...certificate } = result.certificate!;
        expect(recomputeBound(problem, certificate)).toBeCloseTo(boundUsd, 6);
        expect(boundUsd).toBeLessThanOrEqual(optimum + 1e-6);
      }),
      { numRuns: runs(80) },
    );
  });

  it("comes to an end where the prices of limits make a plan cost next to nothing", async () => {
    const limit = { upper: 0, sites: new Int32Array(0), siteWeights: new Float64Array(0) };
    const problem: PlanProblem = {
      rows: { count: 2, unservedUsd: Float64Array.of(59, 53), gbps: Float64Array.of(1, 0) },
      arcs: {
        starts: Int32Array.of(0, 2, 4),
        pool: Int32Array.of(0, 1, 0, 1),
        usd: Float64Array.of(1, 4, 15, 10),
        load: Float64Array.of(0.5, 1.125, 1.5, 0.5),
      },
      pools: {
        count: 3,
        site: Int32Array.of(0, 0, 0),
        usd: Float64Array.of(12, 15, 0),
        kw: Float64Array.of(2, 0, 0),
        minCount: Float64Array.of(0, 0, 0),
        maxCount: Float64Array.of(2, 2, 1),
      },
      sites: {
        count: 1,
        usd: Float64Array.of(17),
        kw: Float64Array.of(2),
        gbps: Float64Array.of(Infinity),
        forced: Uint8Array.of(0),
      },
      limits: [
        { ...limit, name: "zone power", upper: 12, pools: Int32Array.of(0, 1), poolWeights: Float64Array.of(2, 0) },
        { ...limit, name: "least share", pools: Int32Array.of(0, 1), poolWeights: Float64Array.of(-0.5, -0.5) },
        {
          ...limit,
          name: "least use",
          pools: Int32Array.of(0),
          poolWeights: Float64Array.of(0.8),
          arcs: Int32Array.of(0, 2),
          arcWeights: Float64Array.of(-0.5, -1.5),
        },
        {
          ...limit,
          name: "line",
          upper: 0.5,
          pools: Int32Array.of(2),
          poolWeights: Float64Array.of(-1),
          arcs: Int32Array.of(0, 1, 2, 3),
          arcWeights: Float64Array.of(1, 1, 1, 1),
        },
      ],
    };
    // A clock that gives up for the search: what never ends fails here instead of hanging.
    let asked = 0;
    const patient = () => {
      if (++asked > 1e6) throw new Error("the search does not end");
      return 0;
    };
    const result = await solveDecomposed(problem, { solver, nowMs: patient }, proven);
    const { objectiveUsd: optimum } = await solveExact(problem, tools, proven);
    expect(result.objectiveUsd).toBeCloseTo(optimum, 5);
  });

  it("rounds averaged choices to plans that keep every limit, whichever way the limit works", () => {
    fc.assert(
      fc.property(tinyProblem, fc.constantFrom(1, 40), fc.constantFrom(0.2, 0.5), (problem, iterations, threshold) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const bound = lagrangianBound(problem, viewBySite(problem), { iterations, stop: () => false });
        const tables = moveTables(problem, bound.modulePrice);
        for (const by of ["modules", "sites"] as const) {
          const plan = planAround(
            problem,
            bound,
            tables,
            roundedCounts(problem, bound, { by, threshold }),
            () => false,
          ).solution();
          expect(checkSolution(problem, plan)).toEqual([]);
        }
      }),
      { numRuns: runs(200) },
    );
  });

  it("keeps what was bought over periods, with a bound and a plan on either side of the optimum", async () => {
    await fc.assert(
      fc.asyncProperty(tiedProblem, async (problem) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const { objectiveUsd: optimum, solution } = await solveExact(problem, tools, proven);
        // An optimum that overran its limits by a millionth would be cheaper than any true plan.
        expect(checkSolution(problem, solution, exactness)).toEqual([]);
        // Periods by themselves, tied to nothing, cost no more than together.
        const apart = atOnce(pricesByPeriod(withImpliedLimits(problem), { iterations: 40, stop: () => false }));
        if (apart !== undefined) expect(apart.boundUsd).toBeLessThanOrEqual(optimum + 1e-6);
        const result = await solveDecomposed(problem, tools, proven);
        expect(checkSolution(problem, result.solution)).toEqual([]);
        expect(result.objectiveUsd).toBeGreaterThanOrEqual(optimum - 1e-6);
        expect(result.bestBoundUsd).toBeLessThanOrEqual(optimum + 1e-6);
        expect(recomputeBound(problem, result.certificate!)).toBeLessThanOrEqual(optimum + 1e-6);
        // Whoever stops it before it has begun gets a plan and a bound all the same.
        const stopped = await solveDecomposed(problem, tools, { ...proven, signal: AbortSignal.abort() });
        expect(checkSolution(problem, stopped.solution)).toEqual([]);
        expect(stopped.objectiveUsd).toBeGreaterThanOrEqual(optimum - 1e-6);
        expect(stopped.bestBoundUsd).toBeLessThanOrEqual(optimum + 1e-6);
      }),
      { numRuns: runs(60) },
    );
  });

  it("lets an upgrade that costs nothing open its site, on either path", async () => {
    const none = { pools: new Int32Array(0), poolWeights: new Float64Array(0) };
    // The second site may only open below the first, and the first holds nothing but its upgrade.
    const problem: PlanProblem = {
      rows: { count: 1, unservedUsd: Float64Array.of(10), gbps: Float64Array.of(0) },
      arcs: {
        starts: Int32Array.of(0, 1),
        pool: Int32Array.of(1),
        usd: Float64Array.of(0),
        load: Float64Array.of(0.5),
      },
      pools: {
        count: 2,
        site: Int32Array.of(0, 1),
        usd: Float64Array.of(0, 2),
        kw: new Float64Array(2),
        minCount: new Float64Array(2),
        maxCount: Float64Array.of(1, 1),
      },
      sites: {
        count: 2,
        usd: Float64Array.of(3, 0),
        kw: new Float64Array(2).fill(Infinity),
        gbps: new Float64Array(2).fill(Infinity),
        forced: new Uint8Array(2),
      },
      limits: [
        { name: "parent", upper: 0, sites: Int32Array.of(1, 0), siteWeights: Float64Array.of(1, -1), ...none },
        {
          name: "line of the first site",
          upper: 0,
          sites: new Int32Array(0),
          siteWeights: new Float64Array(0),
          pools: Int32Array.of(0),
          poolWeights: Float64Array.of(-1),
        },
      ],
    };
    expect((await solveExact(problem, tools, proven)).objectiveUsd).toBeCloseTo(5, 6);
    const { objectiveUsd: found, bestBoundUsd } = await solveDecomposed(problem, tools, proven);
    expect(found).toBeGreaterThanOrEqual(5 - 1e-6);
    expect(bestBoundUsd).toBeLessThanOrEqual(5 + 1e-6);
    // A switch is nothing that stands there: then nobody is served.
    const switched = { ...problem, pools: { ...problem.pools, isSwitch: Uint8Array.of(1, 0) } };
    expect((await solveExact(switched, tools, proven)).objectiveUsd).toBeCloseTo(10, 6);
  });

  it("knows that few modules that stand already cannot serve everyone", () => {
    const rows = 200;
    const each = (value: number) => new Float64Array(rows).fill(value);
    const problem: PlanProblem = {
      rows: { count: rows, unservedUsd: each(1000), gbps: each(0) },
      arcs: {
        starts: Int32Array.from({ length: rows + 1 }, (_, row) => 2 * row),
        pool: Int32Array.from({ length: 2 * rows }, (_, arc) => arc % 2),
        usd: new Float64Array(2 * rows).fill(1),
        load: new Float64Array(2 * rows).fill(0.5),
      },
      pools: {
        count: 2,
        site: new Int32Array(2),
        usd: Float64Array.from([100, 10]),
        kw: new Float64Array(2),
        minCount: new Float64Array(2),
        maxCount: Float64Array.from([Infinity, 4]),
      },
      sites: {
        count: 1,
        usd: Float64Array.from([50]),
        kw: Float64Array.from([Infinity]),
        gbps: Float64Array.from([Infinity]),
        forced: new Uint8Array(1),
      },
      limits: [],
    };
    const view = viewBySite(problem);
    const bound = lagrangianBound(problem, view, { iterations: 1000, stop: () => false });
    const optimum = 200 + 50 + 4 * 10 + 96 * 100;
    expect(recomputeBound(problem, certify(problem, bound, view))).toBeGreaterThan(0.99 * optimum);
    expect(bound.boundUsd).toBeLessThanOrEqual(optimum + 1e-6);
  });

  it("knows that a share of what stands cannot be had from a sliver of an open site", async () => {
    // Half of a thousandth of all must be the second site's, whose opening costs more than the first site earns.
    const problem: PlanProblem = {
      rows: { count: 1, unservedUsd: Float64Array.of(1000), gbps: new Float64Array(1) },
      arcs: {
        starts: Int32Array.of(0, 1),
        pool: Int32Array.of(0),
        usd: Float64Array.of(1),
        load: Float64Array.of(0.5),
      },
      pools: {
        count: 2,
        site: Int32Array.of(0, 1),
        usd: Float64Array.of(10, 10),
        kw: new Float64Array(2),
        minCount: new Float64Array(2),
        maxCount: Float64Array.of(5000, 5000),
      },
      sites: {
        count: 2,
        usd: Float64Array.of(5, 5000),
        kw: new Float64Array(2).fill(Infinity),
        gbps: new Float64Array(2).fill(Infinity),
        forced: new Uint8Array(2),
      },
      limits: [
        {
          name: "least share",
          upper: 0,
          sites: new Int32Array(0),
          siteWeights: new Float64Array(0),
          pools: Int32Array.of(0, 1),
          poolWeights: Float64Array.of(0.0005, -0.9995),
        },
      ],
    };
    const view = viewBySite(problem);
    const strong = withImpliedLimits(problem);
    const options = { iterations: 200, stop: () => false };
    const { objectiveUsd: optimum } = await solveExact(problem, tools, proven);
    expect(optimum).toBeCloseTo(1000, 6);
    expect(lagrangianBound(problem, view, options).boundUsd).toBeLessThan(100);
    const bound = lagrangianBound(strong, view, options);
    expect(recomputeBound(problem, certify(strong, bound, view))).toBeGreaterThan(0.99 * optimum);
  });

  it("climbs as far where what nobody can serve costs a hundred thousand times as much as all the rest", () => {
    const plain = manyTowns(40, 120, 0);
    const climb = (problem: PlanProblem) =>
      lagrangianBound(problem, viewBySite(problem), { iterations: 1000, stallRatio: 5e-5, stop: () => false });
    const climbed = climb(plain);
    const lostUsd = 1e5 * climbed.boundUsd;
    expect(climb(manyTowns(40, 120, lostUsd)).boundUsd - lostUsd).toBeGreaterThan(0.998 * climbed.boundUsd);
  });

  it("serves whom it pays to serve even where time was up before it began", async () => {
    let ms = 0;
    const late = { solver, nowMs: () => (ms += 1000) };
    const problem = manyTowns(40, 120, 0);
    const { objectiveUsd: usd, solution } = await solveDecomposed(problem, late, { ...proven, timeLimitS: 0.5 });
    expect(checkSolution(problem, solution)).toEqual([]);
    expect(usd).toBeLessThan(0.2 * objectiveUsd(problem, emptySolution(problem)));
  });

  it("keeps the cheapest arcs of each row, the first of equals, and what carries traffic", () => {
    fc.assert(
      fc.property(
        tinyProblem,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 2, max: 5 }),
        (problem, most, every) => {
          const { arcs, pools } = problem;
          const share = Float64Array.from(arcs.pool, (_, arc) => (arc % every === 0 ? 0.5 : 0));
          const usd = (arc: number) => arcs.usd[arc]! + arcs.load[arc]! * pools.usd[arcs.pool[arc]!]!;
          const expected = Array.from({ length: problem.rows.count }, (_, row) => {
            const all = Array.from(arcs.pool.keys()).slice(arcs.starts[row], arcs.starts[row + 1]);
            const cheap = new Set(all.toSorted((a, b) => usd(a) - usd(b) || a - b).slice(0, most));
            return all.filter((arc) => cheap.has(arc) || share[arc]! > 0);
          });
          const kept = restrictArcs(problem, () => true, most, share);
          expect([...kept.arc]).toEqual(expected.flat());
          const { ranked } = moveTables(problem, pools.usd);
          for (let i = 1; i < ranked.length; i++) {
            if (arcs.starts.includes(i)) continue;
            expect(usd(ranked[i]!)).toBeGreaterThanOrEqual(usd(ranked[i - 1]!) * (1 - 1e-9) - 1e-9);
          }
          expect([...ranked].toSorted((a, b) => a - b)).toEqual([...ranked.keys()]);
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it("proves nothing from prices that are missing, negative or not numbers", () => {
    const [problem] = fc.sample(tinyProblem, { numRuns: 1, seed: 3 });
    const view = viewBySite(problem!);
    const good = certify(problem!, lagrangianBound(problem!, view, { iterations: 20, stop: () => false }), view);
    const spoil = (value: number) => good.rowPrices.map((price, row) => (row === 0 ? value : price));
    const negative = good.sitePrices.map((cuts) => cuts.map((cut) => cut.map(() => -1)));
    expect(recomputeBound(problem!, { ...good, sitePrices: negative })).toBe(-Infinity);
    expect(recomputeBound(problem!, { ...good, rowPrices: spoil(-Infinity) })).toBe(-Infinity);
    expect(recomputeBound(problem!, { ...good, rowPrices: spoil(Number.NaN) })).toBe(-Infinity);
    expect(recomputeBound(problem!, { ...good, rowPrices: good.rowPrices.slice(1) })).toBe(-Infinity);
    expect(recomputeBound(problem!, { ...good, sitePrices: [] })).toBe(-Infinity);
  });
});

/** Towns in a line, each served from the sites near it; and one row, where `lostUsd` is more than 0, that nothing may serve. */
function manyTowns(sites: number, towns: number, lostUsd: number): PlanProblem {
  const reach = 6;
  const rows = towns + (lostUsd > 0 ? 1 : 0);
  const starts = new Int32Array(rows + 1);
  const [pool, usd, load]: [number[], number[], number[]] = [[], [], []];
  for (let town = 0; town < towns; town++) {
    const middle = (town * sites) / towns;
    for (let site = 0; site < sites; site++) {
      const far = Math.abs(site - middle);
      if (far > reach) continue;
      pool.push(site);
      usd.push(1 + far + ((7 * town + 3 * site) % 5));
      load.push(0.2 + 0.05 * ((town * 13) % 7));
    }
    starts[town + 1] = pool.length;
  }
  if (lostUsd > 0) starts[rows] = pool.length;
  return {
    rows: {
      count: rows,
      unservedUsd: Float64Array.from({ length: rows }, (_, row) => (row < towns ? 400 : lostUsd)),
      gbps: new Float64Array(rows),
    },
    arcs: { starts, pool: Int32Array.from(pool), usd: Float64Array.from(usd), load: Float64Array.from(load) },
    pools: {
      count: sites,
      site: Int32Array.from({ length: sites }, (_, site) => site),
      usd: new Float64Array(sites).fill(30),
      kw: new Float64Array(sites).fill(1),
      minCount: new Float64Array(sites),
      maxCount: new Float64Array(sites).fill(Infinity),
    },
    sites: {
      count: sites,
      usd: Float64Array.from({ length: sites }, (_, site) => 200 + 10 * ((site * 11) % 9)),
      kw: new Float64Array(sites).fill(20),
      gbps: new Float64Array(sites).fill(Infinity),
      forced: new Uint8Array(sites),
    },
    limits: [],
  };
}
