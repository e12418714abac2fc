import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { formulate } from "../../src/plan/problem/formulate.ts";
import { limitsPurchases, type Future } from "../../src/plan/futures/futures-model.ts";
import { cheapest, decide, searchFutures, type Decision } from "../../src/plan/futures/futures-search.ts";
import { checkSolution, usefulModules, type PlanProblem } from "../../src/plan/problem/problem.ts";
import { emptySolution, type PathResult } from "../../src/plan/problem/solution-path.ts";
import { solveProblem } from "../../src/plan/search/solve-problem.ts";
import { tinyProblem } from "../worlds/tiny-problem.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const tools = { solver, nowMs: () => 0 };
const options = { relativeGap: 1e-7, timeLimitS: 30, seed: 1 };

const change = fc.record({
  demand: fc.constantFrom(0.5, 1, 1.5),
  penalty: fc.constantFrom(0.5, 1, 3),
  modulePrice: fc.constantFrom(0.7, 1, 1.3),
  power: fc.constantFrom(0.5, 1),
});

/** The same sites and pools in two or three futures that differ in demand, prices and power. */
const tinyFutures: fc.Arbitrary<Future[]> = fc
  .tuple(tinyProblem, fc.array(change, { minLength: 2, maxLength: 3 }))
  .filter(([problem]) => problem.pools.count <= 3)
  .map(([problem, changes]) =>
    changes.map((entry, index) => ({
      name: `future-${index}`,
      probability: changes.length === 2 ? [0.25, 0.75][index]! : [0.5, 0.3, 0.2][index]!,
      problem: {
        ...problem,
        rows: { ...problem.rows, unservedUsd: problem.rows.unservedUsd.map((usd) => usd * entry.penalty) },
        arcs: { ...problem.arcs, load: problem.arcs.load.map((load) => load * entry.demand) },
        pools: { ...problem.pools, usd: problem.pools.usd.map((usd) => usd * entry.modulePrice) },
        sites: { ...problem.sites, kw: problem.sites.kw.map((kw) => kw * entry.power) },
        limits: problem.limits.map((limit) =>
          limit.name === "zone power"
            ? { ...limit, name: "power of zone all", upper: limit.upper * entry.power }
            : limit,
        ),
      },
    })),
  );

/** Every count of modules per pool up to `most`. */
function* counts(most: readonly number[], from: readonly number[], at = 0): Generator<number[]> {
  if (at === most.length) return void (yield []);
  for (let count = from[at]!; count <= most[at]!; count++) {
    for (const rest of counts(most, from, at + 1)) yield [count, ...rest];
  }
}

/** Least cost of the flows with exactly these modules in service; Infinity when they break a limit on what is in service. */
async function flowsUsd(problem: PlanProblem, inService: readonly number[]): Promise<number> {
  const { model, openCol, moduleCol, limitRow } = formulate(problem, new Set());
  model.colInteger.fill(0);
  const open = new Uint8Array(problem.sites.forced);
  for (const [pool, count] of inService.entries()) if (count > 0) open[problem.pools.site[pool]!] = 1;
  for (const [pool, col] of moduleCol.entries()) {
    model.colCost[col] = 0;
    if (inService[pool]! > model.colUpper[col]!) return Infinity;
    model.colLower[col] = model.colUpper[col] = inService[pool]!;
  }
  for (const [site, col] of openCol.entries()) {
    if (col < 0) continue;
    model.colCost[col] = 0;
    model.colLower[col] = model.colUpper[col] = open[site]!;
  }
  for (const [l, row] of limitRow.entries()) if (limitsPurchases(problem.limits[l]!)) model.rowUpper[row] = Infinity;
  const result = await solver.solve(model, { timeLimitS: 10, relativeGap: 0, seed: 1 });
  return result.status === "optimal" ? result.objective : Infinity;
}

/** The least expected cost by enumeration of what is built and, in each future, what of it is in service. */
async function enumerate(futures: readonly Future[]): Promise<number> {
  const [{ problem: any }] = futures as [Future];
  const least = [...any.pools.minCount];
  const most = least.map((count, pool) =>
    Math.max(count, ...futures.map(({ problem }) => usefulModules(problem)[pool]!)),
  );
  const flows = await Promise.all(
    futures.map(async ({ problem }) => {
      const found: { inService: number[]; usd: number }[] = [];
      for (const inService of counts(most, least)) found.push({ inService, usd: await flowsUsd(problem, inService) });
      return found;
    }),
  );
  let best = Infinity;
  for (const built of counts(most, least)) {
    let total = 0;
    for (const [s, { problem, probability }] of futures.entries()) {
      const open = new Uint8Array(problem.sites.forced);
      for (const [pool, count] of built.entries()) if (count > 0) open[problem.pools.site[pool]!] = 1;
      const broken = problem.limits.filter(limitsPurchases).some((limit) => {
        let used = 0;
        for (const [i, site] of limit.sites.entries()) used += open[site]! * limit.siteWeights[i]!;
        for (const [i, pool] of limit.pools.entries()) used += built[pool]! * limit.poolWeights[i]!;
        return used > limit.upper + 1e-9;
      });
      let usd = Infinity;
      for (const entry of flows[s]!) {
        if (entry.inService.every((count, pool) => count <= built[pool]!)) usd = Math.min(usd, entry.usd);
      }
      for (const [pool, count] of built.entries()) usd += count * problem.pools.usd[pool]!;
      for (const [site, isOpen] of open.entries()) usd += isOpen * problem.sites.usd[site]!;
      total += broken ? Infinity : probability * usd;
    }
    best = Math.min(best, total);
  }
  return best;
}

describe("a plan for several futures", () => {
  it("is the cheapest in expectation, and lies between knowing the future and any plan made for one", async () => {
    await fc.assert(
      fc.asyncProperty(tinyFutures, async (futures) => {
        fc.pre(futures.every(({ problem }) => checkSolution(problem, emptySolution(problem)).length === 0));
        const alone: PathResult[] = [];
        for (const { problem } of futures) alone.push(await solveProblem(problem, tools, options));
        const firsts = [...alone.map((result) => result.solution), emptySolution(futures[0]!.problem)];
        const candidates: Decision[] = [];
        for (const first of firsts) candidates.push(await decide(first, futures, tools, options));
        const found = await searchFutures(futures, alone, candidates, tools, options);
        expect(found.best.expectedUsdPerYear).toBeCloseTo(await enumerate(futures), 4);
        expect(found.boundUsdPerYear).toBeCloseTo(found.best.expectedUsdPerYear, 4);
        expect(found.status).toBe("optimal");
        const split = await searchFutures(futures, alone, candidates, tools, options, -1);
        expect(split.method).toBe("decomposition");
        expect(split.boundUsdPerYear).toBeLessThanOrEqual(found.best.expectedUsdPerYear + 1e-4);
        expect(split.best.expectedUsdPerYear).toBeGreaterThanOrEqual(found.boundUsdPerYear - 1e-4);
        const waitAndSee = futures.reduce((sum, { probability }, s) => sum + probability * alone[s]!.objectiveUsd, 0);
        expect(found.best.expectedUsdPerYear).toBeGreaterThanOrEqual(waitAndSee - 1e-6);
        expect(found.best.expectedUsdPerYear).toBeLessThanOrEqual(cheapest(candidates).expectedUsdPerYear + 1e-6);
      }),
      { numRuns: runs(10) },
    );
  });

  it("may leave a built site wholly idle in a future in which its least use would cost more", async () => {
    const future = (name: string, probability: number, unservedUsd: number): Future => ({
      name,
      probability,
      problem: {
        rows: { count: 1, unservedUsd: Float64Array.of(unservedUsd), gbps: Float64Array.of(0) },
        arcs: {
          starts: Int32Array.of(0, 1),
          pool: Int32Array.of(0),
          usd: Float64Array.of(13),
          load: Float64Array.of(0.25),
        },
        pools: {
          count: 1,
          site: Int32Array.of(0),
          usd: Float64Array.of(0.7),
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
        limits: [
          {
            name: "least use",
            upper: 0,
            sites: new Int32Array(0),
            siteWeights: new Float64Array(0),
            pools: Int32Array.of(0),
            poolWeights: Float64Array.of(0.4),
            arcs: Int32Array.of(0),
            arcWeights: Float64Array.of(-0.5),
          },
          {
            name: "what an open site brings",
            upper: 0,
            sites: Int32Array.of(0),
            siteWeights: Float64Array.of(-1),
            pools: new Int32Array(0),
            poolWeights: new Float64Array(0),
          },
        ],
      },
    });
    const futures = [future("dear", 0.25, 24), future("cheap", 0.75, 12)];
    const built = { open: Uint8Array.of(1), modules: Float64Array.of(1) };
    const { expectedUsdPerYear, recourse } = await decide(built, futures, tools, options);
    expect(recourse[1]!.solution.modules[0]).toBe(0);
    expect(expectedUsdPerYear).toBeCloseTo(0.7 + 0.25 * 13 + 0.75 * 12, 6);
    expect(await enumerate(futures)).toBeCloseTo(expectedUsdPerYear, 6);
  });
});
