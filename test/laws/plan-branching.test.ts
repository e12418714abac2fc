import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { branchCertificate } from "../../src/plan/bound/branch-certificate.ts";
import { caseOf } from "../../src/plan/problem/branch-tree.ts";
import { certificateFault, certify, recomputeBound } from "../../src/plan/bound/certificate.ts";
import type { Certificate } from "../../src/plan/problem/prices.ts";
import { solveExact } from "../../src/plan/search/exact.ts";
import { lagrangianBound } from "../../src/plan/bound/lagrangian.ts";
import { checkSolution, type PlanProblem } from "../../src/plan/problem/problem.ts";
import { viewBySite } from "../../src/plan/problem/site-view.ts";
import { emptySolution } from "../../src/plan/problem/solution-path.ts";
import { tiedProblem } from "../worlds/tied-problem.ts";
import { tinyProblem } from "../worlds/tiny-problem.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const tools = { solver, nowMs: () => 0 };
const options = { solver, seed: 1, stop: () => false };
const proven = { relativeGap: 0, timeLimitS: 30, seed: 1 };

const rootOf = (problem: PlanProblem): Certificate => {
  const view = viewBySite(problem);
  return certify(problem, lagrangianBound(problem, view, { iterations: 300, stop: () => false }), view);
};
const throughJson = (certificate: Certificate): Certificate => JSON.parse(JSON.stringify(certificate)) as Certificate;

/** A site that has to be opened for little, and modules that are large against what they serve. */
const lumpy: PlanProblem = {
  rows: { count: 3, unservedUsd: Float64Array.of(60, 60, 60), gbps: new Float64Array(3) },
  arcs: {
    starts: Int32Array.of(0, 2, 4, 6),
    pool: Int32Array.of(0, 1, 0, 1, 0, 1),
    usd: Float64Array.of(1, 2, 2, 1, 1, 1),
    load: Float64Array.of(0.3, 0.4, 0.3, 0.4, 0.5, 0.4),
  },
  pools: {
    count: 2,
    site: Int32Array.of(0, 1),
    usd: Float64Array.of(20, 21),
    kw: new Float64Array(2),
    minCount: new Float64Array(2),
    maxCount: Float64Array.of(3, 3),
  },
  sites: {
    count: 2,
    usd: Float64Array.of(15, 14),
    kw: Float64Array.of(Infinity, Infinity),
    gbps: Float64Array.of(Infinity, Infinity),
    forced: new Uint8Array(2),
  },
  limits: [],
};

describe("a certificate that tells cases apart", () => {
  it("never proves more than the optimum, nor less than without, and is recomputed to the last digit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(tinyProblem, tiedProblem), async (problem) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const { objectiveUsd: optimum, solution: plan } = await solveExact(problem, tools, proven);
        const root = rootOf(problem);
        const branched = await branchCertificate(problem, root, { targetUsd: optimum, plan, ...options });
        expect(certificateFault(problem, branched)).toBe(null);
        expect(branched.boundUsd).toBeLessThanOrEqual(optimum + 1e-6);
        expect(branched.boundUsd).toBeGreaterThanOrEqual(root.boundUsd);
        expect(recomputeBound(problem, throughJson(branched))).toBe(branched.boundUsd);
      }),
      { numRuns: runs(40) },
    );
  });

  it("leaves no plan out where what is open or shut in one period decides others", async () => {
    await fc.assert(
      fc.asyncProperty(tiedProblem, fc.nat(), async (problem, seed) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const { solution } = await solveExact(problem, tools, proven);
        const site = seed % problem.sites.count;
        const which = solution.open[site] === 1 ? "more" : "less";
        expect(checkSolution(caseOf(problem, { site }, which), solution)).toEqual([]);
      }),
      { numRuns: runs(60) },
    );
  });

  it("closes the gap that whole modules leave between prices and plans", async () => {
    const { objectiveUsd: optimum, solution: plan } = await solveExact(lumpy, tools, proven);
    const root = rootOf(lumpy);
    const { boundUsd, branches } = await branchCertificate(lumpy, root, { targetUsd: optimum, plan, ...options });
    expect(branches!.length).toBeGreaterThan(2);
    expect(optimum - boundUsd).toBeLessThan(0.2 * (optimum - root.boundUsd) + 1e-6);
  });

  it("proves nothing where cases are missing, counted twice, or bounded by prices that are not there", async () => {
    const { objectiveUsd: optimum, solution: plan } = await solveExact(lumpy, tools, proven);
    const good = await branchCertificate(lumpy, rootOf(lumpy), { targetUsd: optimum, plan, ...options });
    const spoilt = (change: (nodes: Record<string, number>[]) => void): number => {
      const copy = structuredClone(good) as Certificate & { branches: Record<string, number>[] };
      change(copy.branches);
      return recomputeBound(lumpy, copy as unknown as Certificate);
    };
    expect(spoilt(() => undefined)).toBe(good.boundUsd);
    const inner = good.branches!.findIndex((node) => !("leaf" in node));
    expect(spoilt((nodes) => (nodes[inner]!.more = nodes[inner]!.less!))).toBe(-Infinity);
    expect(spoilt((nodes) => (nodes[inner]!.less = inner))).toBe(-Infinity);
    expect(spoilt((nodes) => nodes.push({ leaf: 0 }))).toBe(-Infinity);
    expect(spoilt((nodes) => (nodes.at(-1)!.leaf = 999))).toBe(-Infinity);
    expect(recomputeBound(lumpy, { ...good, leaves: good.leaves!.slice(1) })).toBe(-Infinity);
    expect(recomputeBound(lumpy, { ...good, branches: [] })).toBe(-Infinity);
  });
});
