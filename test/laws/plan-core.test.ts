import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { branchOnPlaces, canBranch } from "../../src/plan/search/branch-on-places.ts";
import { closeOnCore } from "../../src/plan/search/close-on-core.ts";
import { coreOf, fatesOf } from "../../src/plan/search/core-problem.ts";
import { limitUse } from "../../src/plan/problem/coupling-limit.ts";
import { solveExact } from "../../src/plan/search/exact.ts";
import { withImpliedLimits } from "../../src/plan/problem/implied-limits.ts";
import { lagrangianBound } from "../../src/plan/bound/lagrangian.ts";
import { leastModules } from "../../src/plan/problem/least-modules.ts";
import { checkSolution, objectiveUsd, unservedShares, type PlanProblem } from "../../src/plan/problem/problem.ts";
import { viewBySite } from "../../src/plan/problem/site-view.ts";
import { emptySolution } from "../../src/plan/problem/solution-path.ts";
import { tinyProblem } from "../worlds/tiny-problem.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const tools = { solver, nowMs: () => 0 };
const proven = { relativeGap: 0, timeLimitS: 30, seed: 1 };

/** Few sites of one pool each that carry a few of the rows each: what a published location problem is. */
const location: fc.Arbitrary<PlanProblem> = fc
  .record({
    sites: fc.integer({ min: 2, max: 6 }),
    rows: fc.integer({ min: 2, max: 8 }),
    seed: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 90, maxLength: 90 }),
    carries: fc.integer({ min: 3, max: 12 }),
  })
  .map(({ sites, rows, seed, carries }) => {
    const at = (i: number): number => seed[i % seed.length]!;
    const arcs = Array.from({ length: rows * sites }, (_, i) => i);
    return {
      rows: { count: rows, unservedUsd: new Float64Array(rows).fill(500), gbps: new Float64Array(rows) },
      arcs: {
        starts: Int32Array.from({ length: rows + 1 }, (_, row) => row * sites),
        pool: Int32Array.from(arcs, (i) => i % sites),
        usd: Float64Array.from(arcs, (i) => at(i)),
        load: Float64Array.from(arcs, (i) => (1 + (at(Math.floor(i / sites) + 11) % 4)) / carries),
      },
      pools: {
        count: sites,
        site: Int32Array.from({ length: sites }, (_, site) => site),
        usd: Float64Array.from({ length: sites }, (_, site) => 20 + at(site + 50)),
        kw: new Float64Array(sites),
        minCount: new Float64Array(sites),
        maxCount: new Float64Array(sites).fill(1),
      },
      sites: {
        count: sites,
        usd: new Float64Array(sites),
        kw: new Float64Array(sites).fill(Infinity),
        gbps: new Float64Array(sites).fill(Infinity),
        forced: new Uint8Array(sites),
      },
      limits: [],
    };
  });

describe("the least count of modules for all demand", () => {
  it("is kept by every plan, however much it leaves unserved", () => {
    fc.assert(
      fc.property(
        fc.oneof(tinyProblem, location),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 60, maxLength: 60 }),
        (problem, drawn) => {
          const limit = leastModules(problem);
          fc.pre(limit !== null);
          const { arcs, pools, rows } = problem;
          const share = Float64Array.from(arcs.pool, (_, arc) => drawn[arc % drawn.length]!);
          const modules = new Float64Array(pools.count);
          for (let row = 0; row < rows.count; row++) {
            const mine = share.subarray(arcs.starts[row], arcs.starts[row + 1]);
            const total = mine.reduce((sum, value) => sum + value, 0);
            // Some rows are served whole, some in part.
            const whole = drawn[(row + 7) % drawn.length]! < 0.5 || total > 1;
            if (total > 0 && whole) for (let i = 0; i < mine.length; i++) mine[i]! /= total;
          }
          for (let arc = 0; arc < share.length; arc++) modules[arcs.pool[arc]!]! += share[arc]! * arcs.load[arc]!;
          const plan = {
            open: new Uint8Array(problem.sites.count),
            modules: modules.map((load) => Math.ceil(load - 1e-9)),
            share,
          };
          expect(limitUse(limit!, plan, unservedShares(problem, share))).toBeLessThanOrEqual(limit!.upper + 1e-5);
        },
      ),
      { numRuns: runs(200) },
    );
  });

  it("proves of a problem of few modules what its relaxation does not", () => {
    const [problem] = fc.sample(location, { numRuns: 1, seed: 5 });
    const count = problem!.rows.count;
    // Three rows of 0.4 modules each ask for 1.2, so two modules stand.
    const three = { ...problem!, arcs: { ...problem!.arcs, load: problem!.arcs.load.map(() => 1.2 / count) } };
    const options = { iterations: 300, stop: () => false };
    const plain = lagrangianBound(three, viewBySite(three), options);
    const strong = withImpliedLimits(three);
    expect(strong.limits.map(({ upper }) => upper)).toEqual([-2]);
    expect(lagrangianBound(strong, viewBySite(three), options).boundUsd).toBeGreaterThan(plain.boundUsd + 1);
  });
});

describe("telling cases apart by what stands where", () => {
  it("finds the cheapest plan, and proves it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(tinyProblem, location), fc.constantFrom(1, 1.3), async (problem, beyond) => {
        fc.pre(canBranch(problem) && checkSolution(problem, emptySolution(problem)).length === 0);
        const { objectiveUsd: optimum } = await solveExact(problem, tools, proven);
        const from = lagrangianBound(problem, viewBySite(problem), { iterations: 20, stop: () => false });
        const mostUsd = optimum + (beyond - 1) * Math.abs(optimum) + 1;
        const onProgress = ({ boundUsd }: { boundUsd: number }): void =>
          expect(boundUsd).toBeLessThanOrEqual(optimum + 1e-5);
        const found = await branchOnPlaces(problem, tools, {
          ...proven,
          patienceS: Infinity,
          from,
          mostUsd,
          onProgress,
        });
        expect(found.isWorthIt).toBe(true);
        expect(found.solution).not.toBeNull();
        expect(checkSolution(problem, found.solution!)).toEqual([]);
        expect(objectiveUsd(problem, found.solution!)).toBeCloseTo(optimum, 5);
        expect(found.boundUsd).toBeLessThanOrEqual(optimum + 1e-5);
        expect(found.boundUsd).toBeGreaterThan(optimum - 1e-4);
      }),
      { numRuns: runs(200) },
    );
  });

  it("says that there is no plan below a cost, where all cost as much", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(tinyProblem, location), async (problem) => {
        fc.pre(canBranch(problem) && checkSolution(problem, emptySolution(problem)).length === 0);
        const { objectiveUsd: optimum } = await solveExact(problem, tools, proven);
        const from = lagrangianBound(problem, viewBySite(problem), { iterations: 20, stop: () => false });
        const found = await branchOnPlaces(problem, tools, {
          ...proven,
          patienceS: Infinity,
          from,
          mostUsd: optimum - 1e-3,
        });
        expect(found.solution).toBeNull();
        expect(found.boundUsd).toBeCloseTo(optimum - 1e-3, 5);
      }),
      { numRuns: runs(100) },
    );
  });
});

describe("the core of a problem", () => {
  it("keeps a place whose modules a limit pays for beyond what they serve", () => {
    const problem: PlanProblem = {
      rows: { count: 1, unservedUsd: Float64Array.of(1), gbps: new Float64Array(1) },
      arcs: { starts: Int32Array.of(0, 1), pool: Int32Array.of(0), usd: Float64Array.of(0), load: Float64Array.of(3) },
      pools: {
        count: 1,
        site: Int32Array.of(0),
        usd: Float64Array.of(10),
        kw: new Float64Array(1),
        minCount: new Float64Array(1),
        maxCount: Float64Array.of(Infinity),
      },
      sites: {
        count: 1,
        usd: Float64Array.of(0),
        kw: Float64Array.of(Infinity),
        gbps: Float64Array.of(Infinity),
        forced: new Uint8Array(1),
      },
      limits: [
        {
          name: "three modules",
          upper: -3,
          sites: new Int32Array(0),
          siteWeights: new Float64Array(0),
          pools: Int32Array.of(0),
          poolWeights: Float64Array.of(-1),
        },
      ],
    };
    // At 12 a module the limit pays 36, and the place gives 2 of each of its modules back: 30, which the only plan costs.
    const bound = {
      boundUsd: 30,
      rowPrice: Float64Array.of(0),
      limitPrice: Float64Array.of(12),
      tiePrice: new Float64Array(0),
      siteValue: Float64Array.of(-6),
      modulePrice: Float64Array.of(10),
    };
    expect(fatesOf(problem, bound as never, 30).never).toEqual(Uint8Array.of(0));
  });

  it("holds every plan that costs no more than it is made for, and never costs more than it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(tinyProblem, location),
        fc.constantFrom(3, 40),
        fc.constantFrom(1, 1.01, 1.2),
        fc.constantFrom(0, 0.7, 1.2),
        async (problem, iterations, reach, kept) => {
          fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
          const { solution, objectiveUsd: optimum } = await solveExact(problem, tools, proven);
          const strong = withImpliedLimits(problem);
          const bound = lagrangianBound(strong, viewBySite(problem), { iterations, stop: () => false });
          const fates = fatesOf(strong, bound, optimum + (reach - 1) * Math.abs(optimum) + 1e-6);
          for (const [pool, count] of solution.modules.entries()) {
            const site = problem.pools.site[pool]!;
            if (count > 0) expect(fates.never[site]).toBe(0);
            else expect(fates.always[site]).toBe(0);
          }
          const keeps = bound.rowPrice.map((usd) => kept * usd);
          const core = coreOf(strong, fates, keeps, emptySolution(problem));
          const found = await solveExact(core.problem, tools, proven);
          expect(found.objectiveUsd).toBeLessThanOrEqual(optimum + 1e-5);
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it("leaves room for modules that a limit asks for, though the arcs they serve by are missing", async () => {
    // Two modules serve all for 3; without the dearer arc one module seems enough for what is left.
    const problem: PlanProblem = {
      rows: { count: 2, unservedUsd: Float64Array.of(15, 4), gbps: new Float64Array(2) },
      arcs: {
        starts: Int32Array.of(0, 1, 2),
        pool: Int32Array.of(0, 0),
        usd: Float64Array.of(0, 1),
        load: Float64Array.of(0.375, 1),
      },
      pools: {
        count: 1,
        site: Int32Array.of(0),
        usd: Float64Array.of(1),
        kw: Float64Array.of(0),
        minCount: Float64Array.of(0),
        maxCount: Float64Array.of(2),
      },
      sites: {
        count: 1,
        usd: Float64Array.of(0),
        kw: Float64Array.of(Infinity),
        gbps: Float64Array.of(Infinity),
        forced: Uint8Array.of(0),
      },
      limits: [],
    };
    const strong = withImpliedLimits(problem);
    expect(strong.limits.length).toBe(1);
    const undecided = { never: new Uint8Array(1), always: new Uint8Array(1) };
    const core = coreOf(strong, undecided, new Float64Array(2), emptySolution(problem));
    expect((await solveExact(core.problem, tools, proven)).objectiveUsd).toBeCloseTo(3, 6);
  });

  it("closes the gap: what it finds is a plan of the whole, the cheapest there is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(tinyProblem, location), async (problem) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const { objectiveUsd: optimum } = await solveExact(problem, tools, proven);
        const strong = withImpliedLimits(problem);
        const bound = lagrangianBound(strong, viewBySite(problem), { iterations: 40, stop: () => false });
        let best = emptySolution(problem);
        let boundUsd = bound.boundUsd;
        await closeOnCore({ problem, strong, bound }, tools, {
          ...proven,
          best,
          boundUsd,
          mostArcs: Infinity,
          branchedTimeLimitS: proven.timeLimitS,
          onBound: (usd) => void (boundUsd = usd),
          onPlan: (found) => void (best = found),
        });
        expect(checkSolution(problem, best)).toEqual([]);
        expect(objectiveUsd(problem, best)).toBeCloseTo(optimum, 5);
        expect(boundUsd).toBeLessThanOrEqual(optimum + 1e-5);
        expect(boundUsd).toBeGreaterThan(optimum - 1e-4);
      }),
      { numRuns: runs(40) },
    );
  });
});
